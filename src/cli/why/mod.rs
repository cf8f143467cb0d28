//! `dfgen why PACKAGE`: why a package is in an image, or why it is not.

mod text;
mod view;

use clap::Args;
use dfgen::closure::{Closure, Why};
use dfgen::diagnostic::Result;
use dfgen::names::PackageName;
use dfgen::project::Project;

use super::selection::SelectionArguments;
use super::target::TargetArguments;
use super::{Format, Outcome, Terminal, json, print};

/// Print why a package is there: every chain that pulls it in, and what would leave with it.
#[derive(Args)]
pub(super) struct Arguments {
    /// The package to ask about.
    #[arg(value_name = "PACKAGE")]
    name: PackageName,

    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    selection: SelectionArguments,

    #[command(flatten)]
    target: TargetArguments,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let project = Project::load(&terminal.project)?;
    let target = arguments.target.target();
    let closure = Closure::select(&project, &arguments.selection.selection(), &target)?;
    answer(
        &[("this selection", &closure)],
        &arguments.name,
        arguments.format,
    )
}

/// Prints the answer for closures of one lock, each with the name of its profile.
fn answer(
    closures: &[(&str, &Closure<'_>)],
    package: &PackageName,
    format: Format,
) -> Result<Outcome> {
    let why = Why::new(closures, package)?;
    match format {
        Format::Text => print(&text::text(&why)),
        Format::Json => print(&json(&view::WhyView::new(&why))),
    }
}
