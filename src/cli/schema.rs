//! `dfgen schema`: the JSON Schemas of what dfgen reads and prints.

use clap::{Args, ValueEnum};
use dfgen::diagnostic::Result;
use dfgen::profile::Config;

use super::{
    Outcome, audit, closure, layers, output, plan, print, profiles, render, size, verify, why,
};

/// Print the JSON Schema of dfgen.toml, or of what a command prints with `--format json`.
#[derive(Args)]
pub(super) struct Arguments {
    /// What to describe.
    #[arg(value_enum, value_name = "WHAT", default_value_t = Subject::Settings)]
    what: Subject,
}

/// What has a schema.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// dfgen's settings in a file of their own.
    #[value(name = "dfgen.toml")]
    Settings,
    /// pyproject.toml, of which the table `[tool.dfgen]`.
    #[value(name = "pyproject.toml")]
    Pyproject,
    /// What `dfgen plan` prints.
    Plan,
    /// What `dfgen profiles` prints.
    Profiles,
    /// What `dfgen profiles NAME` prints.
    Profile,
    /// What `dfgen why` prints.
    Why,
    /// What `dfgen size` prints.
    Size,
    /// What `dfgen audit` prints.
    Audit,
    /// What `dfgen layers` prints.
    Layers,
    /// What `dfgen verify` prints.
    Verify,
    /// What `dfgen closure` prints.
    Closure,
    /// What `dfgen render --check` prints.
    Check,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let schema = match arguments.what {
        Subject::Settings => Config::schema(),
        Subject::Pyproject => Config::pyproject_schema(),
        Subject::Plan => plan::schema(),
        Subject::Profiles => profiles::list_schema(),
        Subject::Profile => profiles::profile_schema(),
        Subject::Why => why::schema(),
        Subject::Size => size::schema(),
        Subject::Audit => audit::schema(),
        Subject::Layers => layers::schema(),
        Subject::Verify => verify::schema(),
        Subject::Closure => closure::schema(),
        Subject::Check => render::schema(),
    };
    print(&output::schema_text(&schema))
}
