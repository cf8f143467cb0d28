//! What the source reads by its path, brought to where it looks for it; and what is not there to bring.

use crate::application::packaging::{Cause, Contents, NotPackaged, Wheel};
use crate::application::reads::Read;
use crate::diagnostic::Diagnostic;
use crate::plan::inputs::Subject;
use crate::plan::{Decision, StepPlan};
use crate::project::SourceTree;
use crate::project::source_tree::{Role, has_extension, join};
use crate::rules;

/// What an image has because the source reads it.
#[derive(Default)]
pub(crate) struct Brought {
    pub(crate) files: Vec<String>,
    /// What is looked for from where the source is, and no installed package has.
    pub(crate) not_packaged: Vec<NotPackaged>,
    /// What is served and not there.
    pub(crate) missing: Vec<Read>,
}

/// Decides; `wheel` is what the project's build makes, where it is known, and `lacking` what is known already not to be
/// in it.
pub(crate) fn brought(
    subject: &Subject<'_>,
    reads: Vec<Read>,
    wheel: Option<&Wheel>,
    lacking: &[NotPackaged],
) -> Brought {
    let contents = match wheel {
        Some(Wheel::Built(contents)) => Some(contents),
        _ => None,
    };
    let mut brought = Brought::default();
    for read in reads {
        if !read.is_there {
            brought.missing.push(read);
            continue;
        }
        let is_packaged = contents.is_some_and(|contents| holds(contents, &read.path));
        if !(read.of_source && is_packaged) {
            brought.files.push(taken(subject, &read.path));
        }
        let is_outside = read.of_source && !is_packaged && subject.manifest.is_package();
        let is_in = |known: &NotPackaged| {
            let rest = read.path.strip_prefix(known.path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if is_outside && !lacking.iter().chain(&brought.not_packaged).any(is_in) {
            brought.not_packaged.push(outside(&read));
        }
    }
    brought
}

fn holds(contents: &Contents, path: &str) -> bool {
    let below = format!("{path}/");
    let mut files = contents.files.keys();
    files.any(|file| file == path || file.starts_with(&below))
}

/// All of the project's folder that it lies in: what is beside it is read by names that only running it tells. Folders
/// with code are taken file by file.
fn taken(subject: &Subject<'_>, path: &str) -> String {
    let tree = &subject.inputs.tree;
    let below = path.strip_prefix(subject.folder).unwrap_or(path);
    let first = below.trim_start_matches('/').split('/').next();
    let top = join(subject.folder, first.unwrap_or_default());
    let role = SourceTree::role(subject.folder, &format!("{top}/x"));
    let has_code = tree.below(&top).any(|file| has_extension(file, "py"));
    let is_data = tree.has_folder(&top) && role == Role::Source && !has_code;
    if is_data { top } else { path.to_owned() }
}

fn outside(read: &Read) -> NotPackaged {
    NotPackaged {
        path: read.path.clone(),
        name: read.path.clone(),
        cause: Cause::Data,
        reason: "it lies outside of the package, and is looked for from where the source is"
            .to_owned(),
        help: "have it inside the package, and find it with `importlib.resources`".to_owned(),
        place: Some(read.place.clone()),
    }
}

/// Folders that are served and that neither the project nor a step of the build has. What is told with a front end is
/// not told again.
pub(crate) fn missing(
    subject: &Subject<'_>,
    missing: &[Read],
    steps: &[Decision<StepPlan>],
    told: &[Diagnostic],
) -> Vec<Diagnostic> {
    let name = &subject.profile.name;
    let found = missing.iter().filter(|read| {
        let is_it = |path: &str| path == read.path || read.path.starts_with(&format!("{path}/"));
        let mut made = steps.iter().flat_map(|step| step.value.brought());
        let mut copied = subject.profile.copy.value.iter();
        let mut front_ends = told.iter().filter(|one| one.rule() == rules::FRONT_END);
        !(made.any(|path| is_it(path.as_ref()))
            || copied.any(|path| is_it(path.as_ref()))
            || front_ends.any(|one| one.message().contains(&format!("`{}`", read.path))))
    });
    let findings = found.map(|read| {
        let path = &read.path;
        let problem = format!("`{name}` reads the folder `{path}`, and it is not there");
        let finding = Diagnostic::new(rules::MISSING_FOLDER, problem).at(read.place.clone());
        let finding = if subject.inputs.tree.is_ignored(path) {
            finding.with_note("an ignore file names it: something builds it")
        } else {
            finding
        };
        finding
            .with_help(format!(
                "where a command makes it, in dfgen.toml: `build-steps = [{{ run = [\"COMMAND\"], keep = [\"{path}\"] }}]` in [profile.{name}]"
            ))
            .with_help(format!(
                "where it is made before the image is built: `copy = [\"{path}\"]` there"
            ))
    });
    findings.collect()
}
