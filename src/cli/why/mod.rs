//! `dfgen why PACKAGE`: why a package is in an image, or why it is not.

mod text;
mod view;

use clap::Args;
use dfgen::closure::{Closure, Why};
use dfgen::diagnostic::Result;
use dfgen::names::PackageName;
use dfgen::plan::{self, Inputs};
use dfgen::project::Project;
use schemars::Schema;

use super::output::{self, json};
use super::selection::SelectionArguments;
use super::target::TargetArguments;
use super::{Format, Outcome, Terminal, print};

/// Print why a package is there: every chain that pulls it in, and what would leave with it.
#[derive(Args)]
pub(super) struct Arguments {
    /// The package to ask about.
    #[arg(value_name = "PACKAGE")]
    name: PackageName,

    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Ask for this profile; may be given again. Without it, and without a selection: for those
    /// that `dfgen render` takes.
    #[arg(long, value_name = "NAME", conflicts_with = "SelectionArguments")]
    profile: Vec<String>,

    #[command(flatten)]
    selection: SelectionArguments,

    #[command(flatten)]
    target: TargetArguments,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    if arguments.selection.is_empty() {
        return of_profiles(terminal, arguments);
    }
    let project = Project::load(&terminal.project)?;
    let target = arguments.target.target(&project)?;
    let closure = Closure::select(&project, &arguments.selection.selection(), &target)?;
    answer(
        &[("this selection", &closure)],
        &arguments.name,
        arguments.format,
    )
}

/// Answers for profiles, on each of their platforms.
fn of_profiles(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let inputs = Inputs::load(&terminal.project)?;
    let profiles = arguments.target.profiles(&inputs, &arguments.profile)?;
    let mut closures = Vec::new();
    for profile in &profiles {
        for closure in plan::closures(&inputs, profile)? {
            closures.push((profile.name.as_ref(), closure));
        }
    }
    let closures: Vec<(&str, &Closure<'_>)> = closures
        .iter()
        .map(|(name, closure)| (*name, closure))
        .collect();
    answer(&closures, &arguments.name, arguments.format)
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

/// The schema of the answer as JSON.
pub(super) fn schema() -> Schema {
    output::schema::<view::WhyView>("why", "dfgen why PACKAGE")
}
