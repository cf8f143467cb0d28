//! `dfgen profiles`: which profiles there are, and what each comes to after merging.

mod list;
mod merged;

use clap::Args;
use dfgen::diagnostic::Result;
use dfgen::plan::{self, Inputs, Plan};
use schemars::Schema;

use super::output::{self, json};
use super::{Format, Outcome, Terminal, print};

/// List the profiles; with a name, print every value of that one and where it comes from.
#[derive(Args)]
pub(super) struct Arguments {
    /// The profile to print after merging.
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let inputs = Inputs::load(&terminal.project)?;
    match &arguments.name {
        Some(name) => merged(terminal, &inputs, name, arguments.format),
        None => list(terminal, &inputs, arguments.format),
    }
}

/// The list is told also where it cannot be known what is rendered: a mistyped name in `profiles`
/// is found with it.
fn list(terminal: &Terminal, inputs: &Inputs, format: Format) -> Result<Outcome> {
    let taken = plan::choose(inputs, &[]);
    let view = list::ListView::new(inputs.config(), taken.as_deref().unwrap_or_default())?;
    match format {
        Format::Text => terminal.print_chapters(&view.text())?,
        Format::Json => print(&json(&view))?,
    };
    taken.map(|_| Outcome::Done)
}

fn merged(terminal: &Terminal, inputs: &Inputs, name: &str, format: Format) -> Result<Outcome> {
    let names = [name.to_owned()];
    let taken = plan::choose(inputs, &names)?;
    let view = merged::ProfileView::new(&taken[0].profile, Plan::new(inputs, &taken));
    match format {
        Format::Text => terminal.print_chapters(&view.text()),
        Format::Json => print(&json(&view)),
    }
}

/// The schema of the list as JSON.
pub(super) fn list_schema() -> Schema {
    output::schema::<list::ListView>("profiles", "dfgen profiles")
}

/// The schema of one profile as JSON.
pub(super) fn profile_schema() -> Schema {
    output::schema::<merged::ProfileView>("profile", "dfgen profiles NAME")
}
