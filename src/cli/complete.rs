//! `dfgen completions` and `dfgen man`: what shells and `man` read, from the arguments themselves.

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man as Page;
use dfgen::diagnostic::{Diagnostic, Result, nearest};
use dfgen::rules;

use super::{Cli, Outcome, print};

/// Print what a shell needs to complete commands and options.
///
/// For bash: `dfgen completions bash > ~/.local/share/bash-completion/completions/dfgen`
#[derive(Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the manual page of dfgen, or of one of its commands: `dfgen man render | man -l -`.
#[derive(Args)]
pub(super) struct Man {
    /// The command; without one, the page of dfgen.
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(super) fn completions(arguments: &Completions) -> Result<Outcome> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "dfgen", &mut text);
    print(&String::from_utf8_lossy(&text))
}

pub(super) fn man(arguments: &Man) -> Result<Outcome> {
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    let page = match &arguments.command {
        None => all,
        Some(name) => match all.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Err(unknown(name, &all).into()),
        },
    };
    let mut text = Vec::new();
    let written = Page::new(page).render(&mut text);
    written.expect("memory can be written to");
    print(&String::from_utf8_lossy(&text))
}

fn unknown(name: &str, all: &clap::Command) -> Diagnostic {
    let names = all.get_subcommands().map(clap::Command::get_name);
    Diagnostic::new(
        rules::INVALID_VALUE,
        format!("there is no command `{name}`"),
    )
    .with_help_some(nearest(name, names))
}
