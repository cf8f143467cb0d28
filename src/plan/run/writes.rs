//! What the application writes beside itself, in an image that is read-only.
//!
//! Each folder is told once, with the line that keeps it in a volume.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::application::writes::Write;
use crate::diagnostic::Diagnostic;
use crate::plan::inputs::Subject;
use crate::plan::{AppPlan, Decision, RunPlan};
use crate::profile::{DataFolder, EnvName, Line};
use crate::project::source_tree::{SourceTree, has_extension, join};
use crate::rules;

/// How many further places are told one by one.
const MOST: usize = 3;

/// What is written, as a volume could keep it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    /// This folder.
    Folder(String),
    /// Not as it is: the file lies beside the source.
    File(String),
}

/// One finding for each folder that is in no volume.
pub(crate) fn findings(
    subject: &Subject<'_>,
    app: &AppPlan,
    run: &RunPlan,
    env: &IndexMap<EnvName, Decision<Line>>,
    writes: &[Write],
) -> Vec<Diagnostic> {
    if run.development {
        return Vec::new();
    }
    // What is taken from a package's own place is not below /app.
    let is_package = app.form.value.is_package();
    let is_set = |name: &String| {
        let connections = run.connections.iter().map(|one| &one.name);
        env.keys()
            .chain(connections)
            .any(|set| set.as_ref() == name.as_str())
    };
    let lost = writes.iter().filter(|write| {
        !(is_package && write.of_source
            || write.variables.iter().any(is_set)
            || is_kept(run, write))
    });
    let mut found: BTreeMap<Kept, Vec<&Write>> = BTreeMap::new();
    for write in lost {
        let kept = kept(&subject.inputs.tree, subject.folder, write);
        found.entry(kept).or_default().push(write);
    }
    let found = outermost(found);
    let folders = found.keys().filter_map(|kept| match kept {
        Kept::Folder(folder) => Some(folder.as_str()),
        Kept::File(_) => None,
    });
    let folders: Vec<&str> = folders.collect();
    let told = found.iter();
    told.map(|(kept, writes)| finding(subject, kept, writes, &folders))
        .collect()
}

/// What is in a folder that is found itself is told with that.
fn outermost(found: BTreeMap<Kept, Vec<&Write>>) -> BTreeMap<Kept, Vec<&Write>> {
    let mut outer: BTreeMap<Kept, Vec<&Write>> = BTreeMap::new();
    for (kept, writes) in found {
        let around = match &kept {
            Kept::Folder(folder) => outer.keys().find(|known| match known {
                Kept::Folder(known) => folder.starts_with(&format!("{known}/")),
                Kept::File(_) => false,
            }),
            Kept::File(_) => None,
        };
        let kept = around.cloned().unwrap_or(kept);
        outer.entry(kept).or_default().extend(writes);
    }
    outer
}

fn is_kept(run: &RunPlan, write: &Write) -> bool {
    let path = format!("/app/{}", write.parts.join("/"));
    let mut kept = run.kept_folders().map(AsRef::as_ref);
    kept.any(|folder: &str| path == folder || path.starts_with(&format!("{folder}/")))
}

/// The outermost folder of a path that the source does not have, else the innermost without code in it.
fn kept(tree: &SourceTree, project: &str, write: &Write) -> Kept {
    let folders = write.parts.len() - usize::from(!write.is_folder);
    let folders = (1..=folders).map(|count| write.parts[..count].join("/"));
    let folders: Vec<String> = folders.collect();
    let is_there = |folder: &&String| tree.has_folder(&join(project, folder));
    let new = folders.iter().find(|folder| !is_there(folder));
    let has_code = |folder: &String| {
        let path = join(project, folder);
        let mut files = tree.below(&path);
        files.any(|file| has_extension(file, "py"))
    };
    let last = || folders.last().filter(|folder| !has_code(folder));
    let folder = new.or_else(last);
    match folder.filter(|folder| folder.parse::<DataFolder>().is_ok()) {
        Some(folder) => Kept::Folder(folder.clone()),
        None => Kept::File(write.parts.join("/")),
    }
}

fn finding(subject: &Subject<'_>, kept: &Kept, writes: &[&Write], folders: &[&str]) -> Diagnostic {
    let name = &subject.profile.name;
    let why = "the image is read-only: only /tmp and volumes can be written";
    let problem = match kept {
        Kept::Folder(folder) => format!("`{name}` writes to `{folder}`, and {why}"),
        Kept::File(file) => format!("`{name}` writes `{file}` beside the source, and {why}"),
    };
    let mut places: Vec<_> = writes.iter().map(|write| &write.place).collect();
    places.dedup_by_key(|place| place.location());
    let mut finding = Diagnostic::new(rules::WRITES_TO_IMAGE, problem);
    let (first, rest) = places.split_first().expect("something is written there");
    finding = finding.at((*first).clone());
    for place in rest.iter().take(MOST) {
        finding = finding.with_note(format!("and in {}", place.location()));
    }
    if rest.len() > MOST {
        finding = finding.with_note(format!("and in {} more places", rest.len() - MOST));
    }
    finding.with_help(match kept {
        Kept::Folder(_) => format!("keep it: {}", volumes(subject, folders)),
        Kept::File(file) => of_file(subject, file, writes, folders),
    })
}

/// `volumes = ["data"]`, with what the profile has there.
fn volumes(subject: &Subject<'_>, folders: &[&str]) -> String {
    let said = subject.profile.volumes.value.iter().map(AsRef::as_ref);
    let all = said.chain(folders.iter().copied());
    let all: Vec<String> = all.map(|folder| format!("\"{folder}\"")).collect();
    format!(
        "`volumes = [{}]` in [profile.{}] of dfgen.toml",
        all.join(", "),
        subject.profile.name
    )
}

/// A file beside the source has to be elsewhere: a volume over its folder would hide the source.
fn of_file(subject: &Subject<'_>, file: &str, writes: &[&Write], folders: &[&str]) -> String {
    let file = file.rsplit('/').next().unwrap_or(file);
    if let Some((variable, default)) = writes.iter().find_map(|write| write.variable.as_ref()) {
        let own = subject.manifest.name().map_or("app", AsRef::as_ref);
        let folder = format!("/var/lib/{own}");
        let scheme = default
            .split_once("://")
            .map(|(scheme, _)| format!("{scheme}:///"));
        let value = format!("{}{folder}/{file}", scheme.unwrap_or_default());
        let volumes = volumes(subject, &[folders, &[&folder]].concat());
        return format!(
            "let it be elsewhere: `env = {{ {variable} = \"{value}\" }}` and {volumes}"
        );
    }
    let volumes = if folders.contains(&"data") {
        volumes(subject, folders)
    } else {
        volumes(subject, &[folders, &["data"]].concat())
    };
    format!(
        "a volume over its folder would hide the source: move it to `data/{file}`, and keep that: {volumes}"
    )
}
