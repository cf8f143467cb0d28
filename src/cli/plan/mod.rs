//! `dfgen plan`: every decision about the images, each with its reason.

mod text;
mod view;

use clap::Args;
use dfgen::diagnostic::Result;
use dfgen::plan::{Inputs, Plan};
use schemars::Schema;

use super::output::{self, json};
use super::{Format, Outcome, Terminal, print};

/// Print what would be rendered and why: every decision about each image, and what it comes to.
#[derive(Args)]
pub(super) struct Arguments {
    /// Plan this profile; may be given again. Without it: those that `dfgen render` takes.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,

    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let inputs = Inputs::load(&terminal.project)?;
    let plan = Plan::of(&inputs, &arguments.profile)?;
    terminal.tell_all(&plan.findings);
    match arguments.format {
        Format::Text => print(&text::text(&plan)),
        Format::Json => print(&json(&view::PlanView::new(&plan))),
    }
}

/// The schema of the plan as JSON.
pub(super) fn schema() -> Schema {
    output::schema::<view::PlanView>("plan", "dfgen plan")
}
