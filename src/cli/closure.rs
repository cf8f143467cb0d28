//! `dfgen closure`: the packages that would be installed.

use clap::Args;
use dfgen::closure::{Closure, Via};
use dfgen::diagnostic::Result;
use dfgen::lock::{Distribution, PackageId};
use dfgen::plan::{self, Inputs};
use dfgen::project::Project;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::output::{self, json};
use super::selection::SelectionArguments;
use super::target::TargetArguments;
use super::{Format, Outcome, Terminal, print};

/// Print the packages that would be installed, one `name==version` a line.
#[derive(Args)]
pub(super) struct Arguments {
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Take what this profile selects, for its Python and its first platform.
    #[arg(long, value_name = "NAME", conflicts_with = "SelectionArguments")]
    profile: Option<String>,

    #[command(flatten)]
    selection: SelectionArguments,

    #[command(flatten)]
    target: TargetArguments,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    if let Some(name) = &arguments.profile {
        let inputs = Inputs::load(&terminal.project)?;
        let profiles = (arguments.target).profiles(&inputs, std::slice::from_ref(name))?;
        let closures = plan::closures(&inputs, &profiles[0])?;
        return show(&closures[0], arguments.format);
    }
    let project = Project::load(&terminal.project)?;
    let target = arguments.target.target(&project)?;
    let closure = Closure::select(&project, &arguments.selection.selection(), &target)?;
    show(&closure, arguments.format)
}

fn show(closure: &Closure<'_>, format: Format) -> Result<Outcome> {
    match format {
        Format::Text => print(&text(closure)),
        Format::Json => print(&json(&ClosureView::new(closure))),
    }
}

/// The schema of the closure as JSON.
pub(super) fn schema() -> Schema {
    output::schema::<ClosureView>("closure", "dfgen closure")
}

fn text(closure: &Closure<'_>) -> String {
    let lines = closure
        .installed()
        .map(|(_, package, _)| format!("{}\n", package.label()));
    lines.collect()
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct ClosureView {
    platform: String,
    python: String,
    packages: Vec<PackageView>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct PackageView {
    name: String,
    version: Option<String>,
    source: SourceView,
    extras: Vec<String>,
    file: FileView,
    reasons: Vec<ReasonView>,
}

#[derive(Serialize, JsonSchema)]
struct SourceView {
    kind: &'static str,
    place: String,
}

/// What is installed: a wheel, a source distribution that is built, a folder, nothing.
#[derive(Serialize, JsonSchema)]
struct FileView {
    kind: &'static str,
    name: Option<String>,
    bytes: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct ReasonView {
    by: Option<String>,
    extra: Option<String>,
    group: Option<String>,
    extras: Vec<String>,
    marker: Option<String>,
}

impl ClosureView {
    fn new(closure: &Closure<'_>) -> Self {
        Self {
            platform: closure.target().platform.to_string(),
            python: closure.target().python.to_string(),
            packages: closure
                .installed()
                .map(|(id, _, _)| PackageView::new(closure, id))
                .collect(),
        }
    }
}

impl PackageView {
    fn new(closure: &Closure<'_>, id: PackageId) -> Self {
        let package = closure.lock().package(id);
        let chosen = closure.chosen(id);
        let reasons = chosen.iter().flat_map(|chosen| &chosen.reasons);
        let extras = chosen.iter().flat_map(|chosen| &chosen.extras);
        Self {
            name: package.name.to_string(),
            version: package.version.as_ref().map(ToString::to_string),
            source: SourceView {
                kind: package.source.kind(),
                place: package.source.to_string(),
            },
            extras: extras.map(ToString::to_string).collect(),
            file: FileView::new(&closure.fitting(id)),
            reasons: reasons
                .map(|reason| ReasonView::new(closure, reason))
                .collect(),
        }
    }
}

impl FileView {
    fn new(distribution: &Distribution<'_>) -> Self {
        let (kind, artifact) = match distribution {
            Distribution::Wheel(wheel) => ("wheel", Some(wheel)),
            Distribution::Sdist(sdist) => ("sdist", Some(sdist)),
            Distribution::Source => ("source", None),
            Distribution::Virtual => ("virtual", None),
            Distribution::Missing => ("missing", None),
        };
        Self {
            kind,
            name: artifact.map(|artifact| artifact.filename.clone()),
            bytes: artifact.and_then(|artifact| artifact.size),
        }
    }
}

impl ReasonView {
    fn new(closure: &Closure<'_>, reason: &dfgen::closure::Reason) -> Self {
        let (extra, group) = match &reason.via {
            Via::Project => (None, None),
            Via::Extra(extra) => (Some(extra.to_string()), None),
            Via::Group(group) => (None, Some(group.to_string())),
        };
        Self {
            by: reason
                .by
                .map(|id| closure.lock().package(id).name.to_string()),
            extra,
            group,
            extras: reason.extras.iter().map(ToString::to_string).collect(),
            marker: reason.marker.as_ref().map(ToString::to_string),
        }
    }
}
