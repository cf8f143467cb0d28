//! The command line: arguments as typed, one file per command, and the only code that prints.
//!
//! Data goes to standard output, talk to standard error, so that a pipe gets what it asked for.

mod audit;
mod closure;
mod complete;
mod explain;
mod hints;
mod init;
mod layers;
mod output;
mod page;
mod paint;
mod plan;
mod profiles;
mod progress;
mod render;
mod rows;
mod schema;
mod selection;
mod size;
mod target;
mod verify;
mod why;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use dfgen::diagnostic::{Diagnostic, Diagnostics, Result, Style};
use dfgen::project::discover;
use dfgen::rules::{self, Severity};
use dfgen::secret::mask;
use terminal_size::{Width, terminal_size};

/// Container files for a uv project, decided from its lock: one small image per profile.
#[derive(Parser)]
#[command(version = env!("DFGEN_VERSION"), about, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    /// The project's folder, or one below it: pyproject.toml is searched upwards, and a member of a workspace stands for
    /// the workspace.
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    project: PathBuf,

    /// When to colour what is printed.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    color: Colour,

    /// Say nothing but errors and warnings.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,

    /// Say notes in full also where nothing has changed.
    #[arg(long, short, global = true)]
    verbose: bool,

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
    Size(size::Arguments),
    Audit(audit::Arguments),
    Layers(layers::Arguments),
    Verify(verify::Arguments),
    Explain(explain::Arguments),
    Schema(schema::Arguments),
    Completions(complete::Completions),
    Man(complete::Man),
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

/// How a command ended: its exit code is 0, 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Nothing to tell.
    Done,
    /// Something was found: stale files, things to look at.
    Found,
    /// It was not done for all that were asked for, and that was told.
    Failed,
}

/// What a command may use.
struct Terminal {
    /// The folder that was named.
    folder: PathBuf,
    /// The folder of its project.
    project: PathBuf,
    talk: Style,
    data: Style,
    loudness: Loudness,
}

/// How much is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loudness {
    Quiet,
    Usual,
    Verbose,
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| hints::with_hint(error).exit());
    let terminal = Terminal {
        talk: cli.color.style(&std::io::stderr()),
        data: cli.color.style(&std::io::stdout()),
        project: discover(&cli.project),
        folder: cli.project,
        loudness: match (cli.quiet, cli.verbose) {
            (true, _) => Loudness::Quiet,
            (_, true) => Loudness::Verbose,
            _ => Loudness::Usual,
        },
    };
    let outcome = match &cli.command {
        Command::Init(arguments) => init::run(&terminal, arguments),
        Command::Render(arguments) => render::run(&terminal, arguments),
        Command::Plan(arguments) => plan::run(&terminal, arguments),
        Command::Profiles(arguments) => profiles::run(&terminal, arguments),
        Command::Closure(arguments) => closure::run(&terminal, arguments),
        Command::Why(arguments) => why::run(&terminal, arguments),
        Command::Size(arguments) => size::run(&terminal, arguments),
        Command::Audit(arguments) => audit::run(&terminal, arguments),
        Command::Layers(arguments) => layers::run(&terminal, arguments),
        Command::Verify(arguments) => verify::run(&terminal, arguments),
        Command::Explain(arguments) => explain::run(&terminal, arguments),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Completions(arguments) => complete::completions(arguments),
        Command::Man(arguments) => complete::man(arguments),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::Failed) => ExitCode::from(2),
        Err(problems) => {
            terminal.tell(&problems);
            ExitCode::from(2)
        }
    }
}

impl Colour {
    fn style(self, stream: &impl IsTerminal) -> Style {
        let width = stream.is_terminal().then(terminal_size);
        Style {
            coloured: match self {
                Self::Always => true,
                Self::Never => false,
                Self::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            },
            width: width.flatten().map(|(Width(columns), _)| columns.into()),
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
            if self.loudness != Loudness::Quiet || finding.severity() > Severity::Note {
                talk(&format!("{}\n", finding.draw(self.talk)));
            }
        }
    }

    /// A line of talk, to standard error.
    fn say(&self, line: &str) {
        if self.loudness != Loudness::Quiet {
            talk(&format!("{}\n", paint::page(&mask(line), self.talk)));
        }
    }

    /// Chapters of rows, to standard output.
    fn print_chapters(&self, text: &str) -> Result<Outcome> {
        print(&paint::chapters(text, self.data))
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
