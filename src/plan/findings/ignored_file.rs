//! Something that the project ignores, and Git does not track, is what the source imports, serves or reads: a
//! module, a built front end, compiled translations. A clean checkout lacks it, and so does the image.

use std::collections::BTreeSet;

use super::Scene;
use crate::catalog::UnwantedKind;
use crate::diagnostic::Diagnostic;
use crate::project::SourceTree;
use crate::project::source_tree::{Left, References, Role, has_extension, parent};
use crate::rules;

/// What programs write when they run, and nobody ships.
const WRITTEN: [&str; 6] = ["lock", "log", "pid", "pyc", "sock", "tmp"];

/// Names of folders that programs write to.
const WRITTEN_TO: [&str; 5] = ["cache", "log", "logs", "temp", "tmp"];

/// How many paths a message names.
const SHOWN: usize = 5;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    let tree = &scene.subject.inputs.tree;
    let copied = &scene.subject.profile.copy.value;
    let is_asked_for = |path: &str| {
        let mut copied = copied.iter();
        copied.any(|asked| {
            let rest = path.strip_prefix(asked.as_ref());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let left: BTreeSet<&str> = tree
        .left()
        .filter(|(_, left)| is_ignored(left))
        .map(|(path, _)| path)
        .filter(|path| !is_asked_for(path))
        .collect();
    if left.is_empty() {
        return Vec::new();
    }
    let source = Source::read(tree, scene.subject.folder);
    let modules = left
        .iter()
        .copied()
        .filter(|path| source.imports(tree, path));
    let tops: BTreeSet<&str> = left.iter().map(|path| tree.outermost_left(path)).collect();
    let is_data = |path: &&str| is_read(&left, path) && source.names(path);
    let data: Vec<&str> = tops.into_iter().filter(is_data).collect();
    let catalogs = left.iter().copied().filter(|path| is_catalog(tree, path));
    let found = [
        (
            "the source imports",
            Made::ByHand,
            modules.collect::<Vec<_>>(),
        ),
        ("the source names", Made::ByAStep, data),
        (
            "translations are compiled to",
            Made::ByAStep,
            catalogs.collect(),
        ),
    ];
    let found = found.into_iter().filter(|(.., paths)| !paths.is_empty());
    let found = found.map(|(what, made, paths)| finding(scene, what, made, &paths));
    found.collect()
}

fn is_ignored(left: &Left) -> bool {
    // Build output that lies beside a manifest is ignored by its name.
    matches!(left, Left::Ignored | Left::Unwanted(UnwantedKind::Rubbish))
}

/// How something comes to be: which help goes first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    ByHand,
    ByAStep,
}

fn finding(scene: &Scene<'_, '_>, what: &str, made: Made, paths: &[&str]) -> Diagnostic {
    let first = paths[0];
    let shown = paths.iter().take(SHOWN);
    let quoted: Vec<String> = shown.clone().map(|path| format!("\"{path}\"")).collect();
    let words: Vec<&str> = shown.copied().collect();
    let track = format!("have Git track it: `git add --force {}`", words.join(" "));
    let copy = format!(
        "take it as it lies there when the image is built:\n{}\ncopy = [{}]",
        scene.heading(),
        quoted.join(", ")
    );
    let helps = match made {
        Made::ByHand => [track, copy],
        Made::ByAStep => [copy, track],
    };
    let finding = Diagnostic::new(
        rules::IGNORED_FILE,
        format!("{what} `{first}`, which is ignored: the image lacks it"),
    );
    let finding = helps.into_iter().fold(finding, Diagnostic::with_help);
    match paths.len() {
        1 => finding,
        count => finding.with_note(format!("{count} such files, as {}", words.join(", "))),
    }
}

/// Whether something is there to be read, and not only what the program itself writes.
fn is_read(left: &BTreeSet<&str>, top: &str) -> bool {
    let name = top.rsplit('/').next().unwrap_or(top);
    let written = |path: &str| {
        WRITTEN
            .iter()
            .any(|extension| has_extension(path, extension))
    };
    let inside = |path: &&&str| {
        let rest = path.strip_prefix(top);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !WRITTEN_TO.contains(&name)
        && !has_extension(name, "py")
        && left.iter().filter(inside).any(|path| !written(path))
}

/// Whether it is the compiled form of translations that enter.
fn is_catalog(tree: &SourceTree, path: &str) -> bool {
    let text = path.strip_suffix(".mo").map(|stem| format!("{stem}.po"));
    text.is_some_and(|text| tree.has_file(&text))
}

/// What the application says, its tests left out.
struct Source {
    references: References,
    texts: Vec<String>,
}

impl Source {
    fn read(tree: &SourceTree, folder: &str) -> Self {
        let mut source = Self {
            references: References::default(),
            texts: Vec::new(),
        };
        let modules = tree.below(folder).filter(|path| has_extension(path, "py"));
        for path in modules.filter(|path| SourceTree::role(folder, path) == Role::Source) {
            if let Some(file) = tree.text(path) {
                source.references.read(path, file.text());
                source.texts.push(file.text().to_owned());
            }
        }
        source
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_names_paths_from_their_last_two_names() {
        let source = Source {
            references: References::default(),
            texts: vec!["app.mount('/', StaticFiles(directory='../frontend/dist'))".to_owned()],
        };
        assert!(source.names("frontend/dist") && !source.names("other/dist"));
        assert!(!source.names("frontend/di"));
    }
}
