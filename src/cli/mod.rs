//! The command line: arguments as typed, one file per command, and the only code that prints.
//!
//! Data goes to standard output, talk to standard error, so that a pipe gets what it asked for.

mod closure;
mod explain;
mod init;
mod output;
mod plan;
mod profiles;
mod render;
mod rows;
mod schema;
mod selection;
mod target;
mod why;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use dfgen::diagnostic::{Diagnostic, Diagnostics, Result, Style};
use dfgen::project::discover;
use dfgen::rules;
use dfgen::secret::mask;

/// Container files for a uv project, decided from its lock: one small image per profile.
#[derive(Parser)]
#[command(version, about, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    /// The project's folder, or one below it: pyproject.toml is searched upwards, and a member of a workspace stands for
    /// the workspace.
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    project: PathBuf,

    /// When to colour what is printed.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    color: Colour,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Arguments),
    Render(render::Arguments),
    Plan(plan::Arguments),
    Profiles(profiles::Arguments),
    Closure(closure::Arguments),
    Why(why::Arguments),
    Explain(explain::Arguments),
    Schema(schema::Arguments),
}

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

/// How to print data.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// How a command ended: its exit code is 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Nothing to tell.
    Done,
    /// Something was found: stale files, things to look at.
    Found,
}

/// What a command may use.
struct Terminal {
    project: PathBuf,
    talk: Style,
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal {
        talk: cli.color.style(std::io::stderr().is_terminal()),
        project: discover(&cli.project),
    };
    let outcome = match &cli.command {
        Command::Init(arguments) => init::run(&terminal, arguments),
        Command::Render(arguments) => render::run(&terminal, arguments),
        Command::Plan(arguments) => plan::run(&terminal, arguments),
        Command::Profiles(arguments) => profiles::run(&terminal, arguments),
        Command::Closure(arguments) => closure::run(&terminal, arguments),
        Command::Why(arguments) => why::run(&terminal, arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Schema(arguments) => schema::run(arguments),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(problems) => {
            terminal.tell(&problems);
            ExitCode::from(2)
        }
    }
}

impl Colour {
    fn style(self, is_terminal: bool) -> Style {
        let wanted = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none(),
        };
        if wanted {
            Style::Coloured
        } else {
            Style::Plain
        }
    }
}

impl Terminal {
    /// Problems, to standard error.
    fn tell(&self, problems: &Diagnostics) {
        talk(&problems.draw(self.talk));
    }

    /// Things to look at, to standard error.
    fn tell_all(&self, findings: &[Diagnostic]) {
        for finding in findings {
            talk(&format!("{}\n", finding.draw(self.talk)));
        }
    }

    /// A line of talk, to standard error.
    #[expect(
        clippy::unused_self,
        reason = "talk goes through the terminal, coloured or not"
    )]
    fn say(&self, line: &str) {
        talk(&format!("{}\n", mask(line)));
    }
}

/// Talk, to standard error. That nobody listens is no reason to end before the work is done.
fn talk(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Data, to standard output. A reader that has gone away (`| head`) is no error.
fn print(text: &str) -> Result<Outcome> {
    let mut output = std::io::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let message = format!("standard output cannot be written: {error}");
            Err(Diagnostic::new(rules::UNWRITABLE_OUTPUT, message).into())
        }
        _ => Ok(Outcome::Done),
    }
}
