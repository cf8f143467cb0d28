//! Something that the project ignores, and Git does not track, is what the source imports, serves or reads: a
//! module, a built front end, compiled translations. A clean checkout lacks it, and so does the image.

use std::collections::BTreeSet;

use super::Scene;
use crate::catalog::{Dockerfiles, Folders, Frameworks, UnwantedKind};
use crate::diagnostic::Diagnostic;
use crate::project::SourceTree;
use crate::project::source_tree::{
    Kept, Left, Mentions, References, Role, has_extension, join, parent,
};
use crate::rules;

/// Files that are often ignored in libraries, and are there wherever dfgen is.
const OF_UV: [&str; 3] = ["uv.lock", "dfgen.toml", ".python-version"];

/// How many paths a message names.
const SHOWN: usize = 5;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    let tree = &scene.subject.inputs.tree;
    let all = all(scene);
    let unshared: Vec<&str> = tree
        .kept()
        .filter(|(path, kept)| *kept == Kept::Unshared && !OF_UV.contains(path))
        .map(|(path, _)| path)
        .collect();
    if all.is_empty() && unshared.is_empty() {
        return Vec::new();
    }
    let source = Source::read(scene);
    let of = |because: Because| {
        let of = all.iter().filter(move |(_, why)| *why == because);
        of.map(|(path, _)| *path)
    };
    // A module is needed where it is imported: `__init__.py` as a word names none. Nor does `README.md` name each that
    // lies in tests or documentation.
    let is_for_production = |path: &str| {
        let role = SourceTree::role(scene.subject.folder, path);
        !matches!(role, Role::Tests | Role::Docs | Role::Examples)
    };
    let is_named = |path: &&str| {
        !has_extension(path, "py") && is_for_production(path) && source.names_left(path)
    };
    let named = |because: Because| of(because).filter(is_named).collect();
    let left: BTreeSet<&str> = of(Because::Ignored).collect();
    let is_imported = |path: &&str| source.imports(tree, path);
    let is_catalog = |path: &&str| is_catalog(tree, path);
    let found = [
        (
            Found::Imported,
            left.iter().copied().filter(is_imported).collect(),
        ),
        (Found::Named, data(tree, &source, &left)),
        (
            Found::Compiled,
            left.iter().copied().filter(is_catalog).collect(),
        ),
        (Found::Unsent, named(Because::Unsent)),
        (Found::Secret, named(Because::Secret)),
        (Found::Unshared, unshared),
    ];
    let found: Vec<(Found, Vec<&str>)> = found.into();
    let found = found.into_iter().filter(|(_, paths)| !paths.is_empty());
    found
        .map(|(found, paths)| finding(scene, found, &paths))
        .collect()
}

/// All that stays out and may be needed, but what `copy` asks for.
fn all<'p>(scene: &Scene<'_, 'p>) -> Vec<(&'p str, Because)> {
    let tree = &scene.subject.inputs.tree;
    let copied = &scene.subject.profile.copy.value;
    let is_asked_for = |path: &str| copied.iter().any(|asked| is_below(path, asked.as_ref()));
    let all = tree.left();
    let all = all.filter_map(|(path, left)| Some((path, because(tree, path, left)?)));
    all.filter(|(path, _)| !is_asked_for(path)).collect()
}

/// What is ignored, and is named as something to read: whole folders, and single files elsewhere.
fn data<'p>(tree: &SourceTree, source: &Source, left: &BTreeSet<&'p str>) -> Vec<&'p str> {
    let tops: BTreeSet<&'p str> = left.iter().map(|path| tree.outermost_left(path)).collect();
    let is_data = |path: &&str| is_read(left, path) && source.names(path);
    let mut data: Vec<&'p str> = tops.into_iter().filter(is_data).collect();
    let files = left
        .iter()
        .copied()
        .filter(|path| source.names_file(path) && is_read(left, path));
    let files: Vec<&'p str> = files
        .filter(|path| !data.iter().any(|top| is_below(path, top)))
        .collect();
    data.extend(files);
    data
}

/// Why something stays out that may be needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Because {
    Ignored,
    Unsent,
    /// It is tracked, and called as secrets are.
    Secret,
}

fn because(tree: &SourceTree, path: &str, left: &Left) -> Option<Because> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match left {
        // Repositories, environments and caches hide, and no image needs them, whoever asks for their names.
        Left::Unwanted(UnwantedKind::Rubbish)
            if path.split('/').any(|name| name.starts_with('.')) =>
        {
            None
        }
        // Build output that lies beside a manifest is ignored by its name.
        Left::Ignored | Left::Unwanted(UnwantedKind::Rubbish) => Some(Because::Ignored),
        Left::Unsent => Some(Because::Unsent),
        // A program reads the settings of a machine there, where they are.
        Left::Unwanted(UnwantedKind::Secret) if tree.tracks(path) && !name.contains(".env") => {
            Some(Because::Secret)
        }
        Left::Unwanted(_) => None,
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Imported,
    Named,
    Compiled,
    Unsent,
    Secret,
    Unshared,
}

impl Found {
    fn message(self, path: &str) -> String {
        let ignored = "which is ignored: the image lacks it";
        match self {
            Self::Imported => format!("the source imports `{path}`, {ignored}"),
            Self::Named => format!("the source names `{path}`, {ignored}"),
            Self::Compiled => format!("translations are compiled to `{path}`, {ignored}"),
            Self::Unsent => format!(
                "the source names `{path}`, which `.dockerignore` leaves out: the image lacks it"
            ),
            Self::Secret => format!(
                "the source names `{path}`, which is named like a secret, so the image lacks it"
            ),
            Self::Unshared => {
                format!("the build takes `{path}`, which Git ignores: a clean checkout lacks it")
            }
        }
    }
}

fn finding(scene: &Scene<'_, '_>, found: Found, paths: &[&str]) -> Diagnostic {
    let shown = paths.iter().take(SHOWN);
    let quoted: Vec<String> = shown.clone().map(|path| format!("\"{path}\"")).collect();
    let words: Vec<&str> = shown.copied().collect();
    let lines: Vec<String> = words.iter().map(|path| format!("!{path}")).collect();
    let track = format!("have Git track it: `git add --force {}`", words.join(" "));
    let send = format!("add to the end of .dockerignore\n{}", lines.join("\n"));
    let make = "have the step that makes it run before `docker build`".to_owned();
    let take = match found {
        Found::Secret => "where it is none, take it:",
        _ => "take it as it lies there when the image is built:",
    };
    let copy = format!(
        "{take}\n{}\ncopy = [{}]",
        scene.heading(),
        quoted.join(", ")
    );
    let helps = match found {
        Found::Imported => vec![track, copy],
        Found::Named | Found::Compiled => vec![copy, track],
        Found::Unsent => vec![send, copy],
        Found::Secret => vec![copy],
        Found::Unshared => vec![make, track],
    };
    let finding = Diagnostic::new(rules::IGNORED_FILE, found.message(paths[0]));
    let finding = helps.into_iter().fold(finding, Diagnostic::with_help);
    match paths.len() {
        1 => finding,
        count => finding.with_note(format!("{count} such files, as {}", words.join(", "))),
    }
}

/// Whether something is there to be read, and not only what the program itself writes.
fn is_read(left: &BTreeSet<&str>, top: &str) -> bool {
    let name = top.rsplit('/').next().unwrap_or(top);
    let folders = Folders::embedded();
    let written = |path: &str| {
        folders
            .written()
            .iter()
            .any(|extension| has_extension(path, extension))
    };
    let inside = |path: &&&str| is_below(path, top);
    !folders.written_to().contains(name)
        && !has_extension(name, "py")
        && left.iter().filter(inside).any(|path| !written(path))
}

/// Whether it is the compiled form of translations that enter.
fn is_catalog(tree: &SourceTree, path: &str) -> bool {
    let text = path.strip_suffix(".mo").map(|stem| format!("{stem}.po"));
    text.is_some_and(|text| tree.has_file(&text))
}

/// What the application says, its tests left out, and its manifest.
#[derive(Default)]
struct Source {
    references: References,
    texts: Vec<String>,
    mentions: Mentions,
    /// The files beside it that the manifest names.
    manifest: BTreeSet<String>,
}

impl Source {
    fn read(scene: &Scene<'_, '_>) -> Self {
        let (tree, folder) = (&scene.subject.inputs.tree, scene.subject.folder);
        let mut source = Self::default();
        let modules = tree.below(folder).filter(|path| has_extension(path, "py"));
        for path in modules.filter(|path| SourceTree::role(folder, path) == Role::Source) {
            if let Some(file) = tree.text(path) {
                let text = without_collected(file.text());
                source.references.read(path, file.text());
                source.mentions.read(&text);
                source.texts.push(text);
            }
        }
        for named in scene.subject.manifest.named_paths() {
            if named.contains('/') {
                source.mentions.read(&format!("\"{named}\""));
            } else {
                source.manifest.insert(join(folder, &named));
            }
        }
        source
    }

    /// Whether something that is not sent is named. What lies in a hidden folder is for tools of developers, and
    /// `README.md` is called what many others are, until a path leads there; what the manifest names lies where it says.
    fn names_left(&self, path: &str) -> bool {
        let (known, name) = (Dockerfiles::embedded(), path.rsplit('/').next());
        let is_hidden = parent(path).split('/').any(|name| name.starts_with('.'));
        let is_usual = name.is_some_and(|name| {
            known.no_data().contains(name) || known.no_data_prefixes().begin(name)
        });
        let by_path = || self.mentions.name_in_folder(path);
        self.manifest.contains(path)
            || self.mentions.name(path) && (!is_hidden && !is_usual || by_path())
    }

    /// Whether a file is named that is read: what a program writes is often named by a word alone.
    fn names_file(&self, path: &str) -> bool {
        !has_extension(path, "py") && self.mentions.name_in_folder(path)
    }

    fn imports(&self, tree: &SourceTree, path: &str) -> bool {
        has_extension(path, "py") && self.references.name(path, |folder| tree.is_package(folder))
    }

    /// Whether a line names it as a path: whole, or from its last two names.
    fn names(&self, path: &str) -> bool {
        let above = parent(path).rsplit('/').next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or(path);
        let ends = if above.is_empty() {
            vec![format!("\"{name}"), format!("'{name}"), format!("/{name}")]
        } else {
            vec![format!("{above}/{name}"), format!("\"{above}\" / \"{name}")]
        };
        let names = |text: &String| {
            ends.iter().any(|end| {
                let mut found = text.match_indices(end.as_str());
                found.any(|(at, _)| text[at + end.len()..].starts_with(['"', '\'', '/']))
            })
        };
        self.texts.iter().any(names)
    }
}

/// A text without the lines that say where a framework collects files: it makes that folder.
fn without_collected(text: &str) -> String {
    let frameworks = Frameworks::embedded().all();
    let roots = frameworks.filter_map(|one| Some(one.collects()?.root.as_str()));
    let roots: BTreeSet<&str> = roots.collect();
    let is_root = |line: &&str| {
        let name = line.split(['=', ':']).next().unwrap_or_default();
        roots.contains(name.trim())
    };
    let mut kept = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !is_root(line)) {
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_a_framework_makes_is_not_missing() {
        let text = "STATIC_ROOT = BASE_DIR / 'collected'\nDATA = BASE_DIR / 'data'\n";
        assert_eq!(without_collected(text), "DATA = BASE_DIR / 'data'\n");
    }

    #[test]
    fn the_source_names_paths_from_their_last_two_names() {
        let source = Source {
            texts: vec!["app.mount('/', StaticFiles(directory='../frontend/dist'))".to_owned()],
            ..Source::default()
        };
        assert!(source.names("frontend/dist") && !source.names("other/dist"));
        assert!(!source.names("frontend/di"));
    }
}
