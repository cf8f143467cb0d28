//! Which tests are source: folders of that name that the application imports, or that its build lists.

use std::collections::BTreeSet;

use super::{Context, Stage};
use crate::catalog::{Sources, UnwantedKind};
use crate::plan::AppPlan;
use crate::plan::inputs::Subject;
use crate::project::Pyproject;
use crate::project::SourceTree;
use crate::project::source_tree::{References, Role, has_extension, join};

/// Whether tests are sent: to develop in, and where a build may list their files one by one.
pub(super) fn takes_tests(subject: &Subject<'_>, app: &AppPlan) -> bool {
    let mut manifests = manifests(subject).filter(|manifest| {
        let mut packages = app.packages();
        packages.any(|package| manifest.name() == Some(&package.name))
    });
    let may_list = |manifest: &Pyproject| {
        let backend = manifest.build_backend().unwrap_or("setuptools");
        !Sources::embedded().build_backends().begin(backend)
    };
    subject.profile.development.value || app.rust || manifests.any(may_list)
}

fn manifests<'s>(subject: &Subject<'s>) -> impl Iterator<Item = &'s Pyproject> {
    let project = &subject.inputs.project;
    let others = project.path_dependencies.iter();
    project.manifests().chain(others.map(|one| &one.pyproject))
}

/// The folders and files that are called as tests are, and are source.
pub(super) fn tests(context: &Context<'_, '_>) -> BTreeSet<String> {
    let tree = context.tree;
    let mut called: BTreeSet<&str> = BTreeSet::new();
    for path in tree.paths().filter(|path| context.is_copied(path)) {
        called.extend(context.hit(Stage::Names(UnwantedKind::Tests), path));
    }
    if called.is_empty() {
        return BTreeSet::new();
    }
    let mut named = named_by_builds(context.subject);
    named.extend(context.command.iter().map(|word| word.as_ref().to_owned()));
    let references = references(tree);
    let is_source = |path: &&str| {
        context.copied.iter().any(|(copied, _)| copied == path)
            || named.iter().any(|text| names(text, path))
            || references.name(path, |folder| tree.is_package(folder))
            || holds_no_tests(tree, path)
    };
    called
        .into_iter()
        .filter(is_source)
        .map(str::to_owned)
        .collect()
}

/// Whether a folder is called as tests are, and holds none: data that was split into `train` and `test`, a plug-in of
/// that name.
pub(super) fn holds_no_tests(tree: &SourceTree, folder: &str) -> bool {
    let mut files = tree.below(folder).peekable();
    files.peek().is_some() && !files.any(|path| tests_something(tree, path))
}

fn tests_something(tree: &SourceTree, path: &str) -> bool {
    let known = Sources::embedded();
    if !has_extension(path, "py") {
        let mut languages = known.test_languages().iter();
        return languages.any(|extension| has_extension(path, extension));
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_called = name.starts_with("test") || name.ends_with("_test.py") || name == "conftest.py";
    let says = |text: &str| known.test_words().iter().any(|word| text.contains(word));
    is_called || tree.text(path).is_some_and(|file| says(file.text()))
}

/// What everything but tests imports.
fn references(tree: &SourceTree) -> References {
    let mut references = References::default();
    let modules = tree.paths().filter(|path| has_extension(path, "py"));
    for path in modules.filter(|path| !is_test(path)) {
        if let Some(file) = tree.text(path) {
            references.read(path, file.text());
        }
    }
    references
}

/// Whether a folder around a file, or the file itself, is there to test: the outermost telling name does not do here,
/// as an application may be called `tests`.
fn is_test(path: &str) -> bool {
    SourceTree::role("", path) == Role::Tests || path.split('/').any(|name| name == "tests")
}

/// What manifests and build scripts say.
fn named_by_builds(subject: &Subject<'_>) -> Vec<String> {
    let tree = &subject.inputs.tree;
    let mut texts: Vec<String> = manifests(subject)
        .flat_map(Pyproject::named_paths)
        .collect();
    let mut folders = vec![String::new()];
    let project = &subject.inputs.project;
    let others = project.members.iter().chain(&project.path_dependencies);
    folders.extend(others.map(|member| member.path.clone()));
    for folder in folders {
        let files = Sources::embedded()
            .build_code()
            .iter()
            .filter_map(|name| tree.text(&join(&folder, name)));
        texts.extend(files.map(|file| file.text().to_owned()));
    }
    texts
}

/// Whether a text names a folder, as a path or as a package: by its last two names, so that the import root may be
/// anywhere.
fn names(text: &str, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let [.., above, name] = parts.as_slice() else {
        return false;
    };
    [format!("{above}/{name}"), format!("{above}.{name}")]
        .iter()
        .any(|words| text.contains(words.as_str()))
}
