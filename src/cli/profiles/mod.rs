//! `dfgen profiles`: which profiles there are, and what each comes to after merging.

mod list;
mod merged;

use clap::Args;
use dfgen::diagnostic::Result;
use schemars::Schema;

use super::loaded::Loaded;
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
    let loaded = Loaded::load(&terminal.project)?;
    match &arguments.name {
        Some(name) => merged(&loaded, name, arguments.format),
        None => list(&loaded, arguments.format),
    }
}

/// The list is told also where it cannot be known what is rendered: a mistyped name in `profiles`
/// is found with it.
fn list(loaded: &Loaded, format: Format) -> Result<Outcome> {
    let taken = loaded.taken(&[]);
    let view = list::ListView::new(loaded.config(), taken.as_deref().unwrap_or_default())?;
    match format {
        Format::Text => print(&view.text())?,
        Format::Json => print(&json(&view))?,
    };
    taken.map(|_| Outcome::Done)
}

fn merged(loaded: &Loaded, name: &str, format: Format) -> Result<Outcome> {
    let names = [name.to_owned()];
    let taken = loaded.taken(&names)?;
    let view = merged::ProfileView::new(&taken[0].profile, loaded.plan(&names));
    match format {
        Format::Text => print(&view.text()),
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
