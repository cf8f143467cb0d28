//! What the application writes, in an image that is read-only.
//!
//! A folder that the source does not have is kept in a volume, and so is the user's home where something stays there. A
//! file beside the source is a link into one: a volume over its folder would hide the source. What neither can keep is
//! told, once for each folder.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::application::writes::{Root, Write};
use crate::diagnostic::{Diagnostic, Place};
use crate::plan::inputs::Subject;
use crate::plan::run::volumes;
use crate::plan::{AppPlan, Decision, LinkPlan, RunPlan, VolumePlan};
use crate::profile::{DataFolder, EnvName, ImagePath, Line};
use crate::project::source_tree::{SourceTree, has_extension, join};
use crate::rules;

/// How many further places are told one by one.
const MOST: usize = 3;

/// The folder of files that lie beside the source: the volume `linked-files`.
const FILES: &str = "/var/lib/linked-files";

/// The home of whoever runs it, where something stays in it: the volume `home`.
const HOME: &str = "/var/lib/home";

/// Folders that can be written in every container.
const WRITABLE: [&str; 4] = ["/dev", "/proc", "/tmp", "/var/tmp"];

/// Folders of a home that may be lost.
const LOST: [&str; 1] = [".cache"];

/// What is written, as a volume could keep it: below `/app`, or absolute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    /// This folder.
    Folder(String),
    /// Not as it is: the file lies beside the source.
    File(String),
}

/// Where it stays, and what has no place.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) volumes: Vec<Decision<VolumePlan>>,
    pub(crate) links: Vec<Decision<LinkPlan>>,
    pub(crate) findings: Vec<Diagnostic>,
}

/// Decides for each folder and file that is in no volume yet.
pub(crate) fn written(
    subject: &Subject<'_>,
    app: &AppPlan,
    run: &RunPlan,
    env: &IndexMap<EnvName, Decision<Line>>,
    writes: &[Write],
) -> Written {
    let mut written = Written::default();
    if run.development {
        return written;
    }
    let mut found: BTreeMap<Kept, Vec<&Write>> = BTreeMap::new();
    let mut env_names = env.iter();
    let home = env_names.find(|(name, _)| name.as_ref() == "HOME");
    let home = home.map_or(HOME, |(_, home)| home.value.as_ref());
    for write in lost(app, run, env, home, writes) {
        let kept = match write.root {
            Root::App => kept(&subject.inputs.tree, subject.folder, write),
            Root::Home | Root::System => outside(&in_image(write, home), write.is_folder),
        };
        found.entry(kept).or_default().push(write);
    }
    let is_none = is_none(subject);
    let mut told = Vec::new();
    for (kept, writes) in outermost(found) {
        if is_none {
            told.push((kept, writes));
            continue;
        }
        let because = || format!("{} writes there", writes[0].place.location());
        if let Some(volume) = volume(subject, run, &kept) {
            written.volumes.push(Decision::new(volume, because()));
        } else if let Some(link) = link(&subject.inputs.tree, subject.folder, &kept, &writes) {
            written.links.push(Decision::new(link, because()));
        } else {
            told.push((kept, writes));
        }
    }
    if !written.links.is_empty() {
        let because = "files that the source writes beside itself are links to there";
        let files = VolumePlan {
            name: volumes::name(subject, "linked-files"),
            folder: FILES.parse().expect("it is a path"),
        };
        written.volumes.push(Decision::new(files, because));
    }
    let folders = told.iter().filter_map(|(kept, _)| match kept {
        Kept::Folder(folder) => Some(folder.as_str()),
        Kept::File(_) => None,
    });
    let folders: Vec<&str> = folders.collect();
    written.findings = told
        .iter()
        .map(|(kept, writes)| finding(subject, kept, writes, &folders))
        .chain(in_package(app, env, run, writes).map(|write| of_package(subject, write, &folders)))
        .collect();
    written
}

/// What is written where the package is installed, as it runs by its own command.
fn in_package<'w>(
    app: &AppPlan,
    env: &IndexMap<EnvName, Decision<Line>>,
    run: &RunPlan,
    writes: &'w [Write],
) -> Option<&'w Write> {
    let is_set = |name: &String| {
        let connections = run.connections.iter().map(|one| &one.name);
        let mut set = env.keys().chain(connections);
        set.any(|one| one.as_ref() == name.as_str())
    };
    let mut writes = writes.iter().filter(|_| app.form.value.is_package());
    writes.find(|write| {
        let is_led = write.variables.iter().any(is_set);
        write.of_source && write.root == Root::App && !is_led
    })
}

fn of_package(subject: &Subject<'_>, write: &Write, folders: &[&str]) -> Diagnostic {
    let (name, path) = (&subject.profile.name, write.parts.join("/"));
    let problem = format!(
        "`{name}` writes `{path}` from where its package is installed, and the image is read-only: only /tmp and volumes can be written"
    );
    let help = if write.variable.is_some() {
        of_file(subject, &path, &[write], folders)
    } else {
        let all = volumes(subject, &[folders, &["data"]].concat());
        format!("take it from the working folder, as `Path(\"data\")`, and keep that: {all}")
    };
    Diagnostic::new(rules::WRITES_TO_IMAGE, problem)
        .at(write.place.clone())
        .with_help(help)
}

/// The home, where something stays in it that is written there, unless the profile says where it is.
pub(crate) fn home(subject: &Subject<'_>, writes: &[Write]) -> Option<Decision<VolumePlan>> {
    let mut said = subject.profile.env.keys();
    let is_said = said.any(|name| name.as_ref() == "HOME");
    if subject.profile.development.value || is_said || is_none(subject) {
        return None;
    }
    let stays = |write: &&Write| {
        let first = write.parts.first();
        write.root == Root::Home && first.is_some_and(|first| !LOST.contains(&first.as_str()))
    };
    let write = writes.iter().find(stays)?;
    let volume = VolumePlan {
        name: volumes::name(subject, "home"),
        folder: HOME.parse().expect("it is a path"),
    };
    let because = format!(
        "{} writes there, below the user's home",
        write.place.location()
    );
    Some(Decision::new(volume, because))
}

/// The first place that writes where the source is, and that no variable leads elsewhere.
pub(crate) fn beside(writes: &[Write], is_set: impl Fn(&str) -> bool) -> Option<Place> {
    let mut beside = writes.iter().filter(|write| {
        let is_led = write.variables.iter().any(|name| is_set(name));
        write.of_source && write.root == Root::App && !is_led
    });
    beside.next().map(|write| write.place.clone())
}

/// Whether the project wants no volumes.
fn is_none(subject: &Subject<'_>) -> bool {
    let said = &subject.profile.volumes;
    said.value.is_empty() && said.origin.is_said()
}

/// Where it is in the image.
fn in_image(write: &Write, home: &str) -> String {
    let parts = write.parts.join("/");
    match write.root {
        Root::App => format!("/app/{parts}"),
        Root::Home => format!("{home}/{parts}"),
        Root::System => format!("/{parts}"),
    }
}

/// What is in no volume yet.
fn lost<'w>(
    app: &AppPlan,
    run: &RunPlan,
    env: &IndexMap<EnvName, Decision<Line>>,
    home: &str,
    writes: &'w [Write],
) -> impl Iterator<Item = &'w Write> {
    // What is taken from a package's own place is not below /app.
    let is_package = app.form.value.is_package();
    let is_set = |name: &String| {
        let connections = run.connections.iter().map(|one| &one.name);
        env.keys()
            .chain(connections)
            .any(|set| set.as_ref() == name.as_str())
    };
    writes.iter().filter(move |write| {
        let path = in_image(write, home);
        let mut kept = run.kept_folders().map(AsRef::as_ref).chain(WRITABLE);
        let is_kept = kept.any(|folder| is_in(&path, folder));
        !(is_package && write.of_source || write.variables.iter().any(is_set) || is_kept)
    })
}

/// The volume of a folder that has no files of the source's: those would not be seen to change any more.
fn volume(subject: &Subject<'_>, run: &RunPlan, kept: &Kept) -> Option<VolumePlan> {
    let Kept::Folder(folder) = kept else {
        return None;
    };
    // What is absolute is not the source's.
    let path = join(subject.folder, folder);
    let mut files = subject.inputs.tree.below(&path);
    let placeholder = |file: &str| {
        file.rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with('.'))
    };
    let is_free = files.all(placeholder);
    let folder: DataFolder = folder.parse().ok().filter(|_| is_free)?;
    let name = volumes::name(subject, folder.as_ref());
    let is_taken = run.volumes.iter().any(|other| other.value.name == name);
    (!is_taken).then(|| VolumePlan {
        name,
        folder: folder.in_image(),
    })
}

/// The link that a file is which the source does not have.
fn link(tree: &SourceTree, project: &str, kept: &Kept, writes: &[&Write]) -> Option<LinkPlan> {
    let Kept::File(file) = kept else {
        return None;
    };
    let is_file = writes
        .iter()
        .all(|write| write.root == Root::App && !write.is_folder);
    let is_new = !tree.has_file(&join(project, file)) && !tree.has_folder(&join(project, file));
    let name = file.replace('/', "-");
    // A pattern stands for names that only running it tells.
    (is_file && is_new && !file.contains('*')).then_some(())?;
    Some(LinkPlan {
        path: format!("/app/{file}").parse().ok()?,
        target: format!("{FILES}/{name}").parse::<ImagePath>().ok()?,
    })
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

fn is_in(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What is written elsewhere than in the application's folder: its folder, where a volume can be one.
fn outside(path: &str, is_folder: bool) -> Kept {
    let around = path.rsplit_once('/').map(|(around, _)| around);
    let folder = if is_folder { Some(path) } else { around };
    match folder.filter(|folder| folder.parse::<DataFolder>().is_ok()) {
        Some(folder) => Kept::Folder(folder.to_owned()),
        None => Kept::File(path.to_owned()),
    }
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
        Kept::File(file) if file.starts_with('/') => format!("`{name}` writes `{file}`, and {why}"),
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
    let is_absolute = file.starts_with('/');
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
    let what = if is_absolute {
        "what the image has"
    } else {
        "the source"
    };
    format!(
        "a volume over its folder would hide {what}: move it to `data/{file}`, and keep that: {volumes}"
    )
}
