//! `--run`: what is asked of a trial on the command line, and what ends it.

use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use dfgen::diagnostic::{Diagnostic, Result};
use dfgen::image::Reference;
use dfgen::image::trial::{Planned, Trial, Variable};
use dfgen::image::verify::{Check, Ran};
use dfgen::rules;
use dfgen::target::Platform;

/// What a program ends with that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// How the image is run.
#[derive(Args)]
pub(super) struct Options {
    /// Run it, too: it starts with nothing to write to and as another user, turns healthy in its time, can be reached, ends
    /// when it is told to, and every module of its distributions can be imported.
    #[arg(long)]
    run: bool,

    /// Set a variable in the container; without a value, to that of this shell. The others are those of the compose file.
    #[arg(long, value_name = "NAME[=VALUE]", requires = "run")]
    env: Vec<String>,

    /// Set the variables of a file, a line `NAME=value` each.
    #[arg(long, value_name = "FILE", requires = "run")]
    env_file: Vec<PathBuf>,

    /// The network of the container, where it needs a database: that of the compose file is `PROJECT_default`.
    #[arg(long, value_name = "NAME", default_value = "none", requires = "run")]
    network: String,
}

/// A trial that was asked for.
pub(super) struct Asked<'a> {
    program: &'a str,
    image: &'a str,
    network: &'a str,
    env: Vec<Variable>,
}

impl Options {
    /// What is to be run. Errors: the image is no engine's; a variable without a value, a file that cannot be read.
    pub(super) fn asked<'a>(&'a self, image: &'a Reference) -> Result<Option<Asked<'a>>> {
        if !self.run {
            return Ok(None);
        }
        let Reference::Engine { program, name } = image else {
            let message = "`--run` needs an image that an engine has";
            return Err(Diagnostic::new(rules::NO_ENGINE, message)
                .with_help("`docker image load --input FILE` gives it to one; then name it as `docker image ls` does")
                .into());
        };
        let mut env = Vec::new();
        for file in &self.env_file {
            let shown = file.display();
            let text = std::fs::read_to_string(file).map_err(|error| {
                Diagnostic::new(
                    rules::UNREADABLE_FILE,
                    format!("`{shown}` cannot be read: {error}"),
                )
            })?;
            let lines = text.lines().map(str::trim);
            let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            env.extend(lines.map(variable).collect::<Result<Vec<_>>>()?);
        }
        env.extend(
            self.env
                .iter()
                .map(|text| variable(text))
                .collect::<Result<Vec<_>>>()?,
        );
        Ok(Some(Asked {
            program,
            image: name,
            network: &self.network,
            env,
        }))
    }
}

/// `NAME=value`, or `NAME` of this shell. A value may stand in quotes.
fn variable(text: &str) -> Result<Variable> {
    if let Some((name, value)) = text.split_once('=') {
        let quoted = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
        let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
        return Ok((name.trim().to_owned(), value.to_owned()));
    }
    let value = std::env::var(text).map_err(|_| {
        Diagnostic::new(
            rules::INVALID_VALUE,
            format!("the variable `{text}` is not set here"),
        )
        .with_help(format!("`--env {text}=value`, or set it in this shell"))
    })?;
    Ok((text.to_owned(), value))
}

/// Set by Ctrl-C, and by what ends a job of CI.
static STOPPED: AtomicBool = AtomicBool::new(false);

impl Asked<'_> {
    /// Runs the image. Whoever ends dfgen meanwhile waits until its containers are gone.
    pub(super) fn run(
        self,
        planned: &Planned,
        platform: Option<Platform>,
    ) -> Result<(Vec<Check>, Ran)> {
        // Without a handler it works as well, but for that.
        let _ = ctrlc::set_handler(|| STOPPED.store(true, Ordering::Relaxed));
        let trial = Trial {
            program: self.program,
            image: self.image,
            platform,
            network: self.network,
            env: self.env,
            stopped: &STOPPED,
        };
        let came = trial.run(planned);
        if STOPPED.load(Ordering::Relaxed) {
            process::exit(INTERRUPTED);
        }
        came
    }
}
