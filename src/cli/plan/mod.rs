//! `dfgen plan`: every decision about the images, each with its reason.

mod built;
mod compose;
mod lists;
mod takes;
mod text;
mod total;

use clap::Args;
use dfgen::diagnostic::Result;
use dfgen::plan::{self, Inputs, Plan, StagePlan};
use dfgen::size::Sizes;
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

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
    let taken = plan::choose(&inputs, &arguments.profile)?;
    let plan = Plan::new(&inputs, &taken)?;
    terminal.tell_all(&plan.findings);
    match arguments.format {
        Format::Text => {
            let sizes = Sizes::of_plan(&inputs, &taken, &plan)?;
            terminal.print_chapters(&text::text(&plan, &sizes))
        }
        Format::Json => print(&json(&PlanView::new(plan))),
    }
}

/// The plan for machines: as the library has it, and what follows from it. Sizes are bytes, compressed; a decision is a
/// `value` and its `because`.
#[derive(Serialize, JsonSchema)]
struct PlanView {
    #[serde(flatten)]
    plan: Plan,
    /// The stages of each image's Dockerfile, in their order.
    stages: IndexMap<String, Vec<StagePlan>>,
}

impl PlanView {
    fn new(plan: Plan) -> Self {
        let stages = plan.images.iter();
        Self {
            stages: stages
                .map(|image| (image.name.to_string(), image.stages()))
                .collect(),
            plan,
        }
    }
}

/// The schema of the plan as JSON.
pub(super) fn schema() -> Schema {
    output::schema::<PlanView>("plan", "dfgen plan")
}
