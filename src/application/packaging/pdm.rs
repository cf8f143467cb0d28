//! pdm-backend: every package below `package-dir`, or what `includes` says.
//!
//! Source: <https://backend.pdm-project.org/build_config/>.

use super::patterns::PathPatterns;
use super::{Project, Wheel};
use crate::project::source_tree::{has_extension, join};

pub(super) fn wheel(project: &Project<'_, '_>) -> Wheel {
    let root = package_dir(project);
    let tests = std::iter::once("/tests".to_owned());
    let excluded = patterns(project, "excludes", tests);
    let chosen = if project.facts.get(&key("includes")).is_some() {
        included(project, &root)
    } else {
        by_default(project, &root)
    };
    let files = chosen
        .into_iter()
        .filter(|(path, _)| !excluded.select(path));
    let place = project
        .facts
        .place_of(&key("includes"), "all that is packaged");
    let rule = match place {
        Some(_) => "`includes` does not hold it",
        None => "pdm-backend takes top-level packages with `__init__.py` only",
    };
    project.built(files, rule.to_owned(), place)
}

fn key(name: &str) -> [&str; 4] {
    ["tool", "pdm", "build", name]
}

/// `src` when there is one.
fn package_dir(project: &Project<'_, '_>) -> String {
    let given = project.facts.text(&key("package-dir"));
    let src = if project.has_folder("src") { "src" } else { "" };
    let root = given.unwrap_or_else(|| src.to_owned());
    root.trim_matches(['.', '/']).to_owned()
}

fn patterns(
    project: &Project<'_, '_>,
    name: &str,
    more: impl Iterator<Item = String>,
) -> PathPatterns {
    let texts = project.facts.texts(&key(name)).unwrap_or_default();
    let anchored = texts
        .iter()
        .map(|(text, _)| format!("/{}", text.trim_start_matches("./")));
    let all: Vec<String> = anchored.chain(more).collect();
    PathPatterns::new(all.iter().map(String::as_str))
}

/// Packages with `__init__.py`; without any, the modules.
fn by_default(project: &Project<'_, '_>, root: &str) -> Vec<(String, String)> {
    let is_package = |inner: &str| {
        inner
            .split_once('/')
            .is_some_and(|(top, _)| project.has_file(&join(&join(root, top), "__init__.py")))
    };
    let (packages, others): (Vec<_>, Vec<_>) = project
        .tree(root, "")
        .into_iter()
        .partition(|(_, inner)| is_package(inner));
    if packages.is_empty() {
        others
            .into_iter()
            .filter(|(_, inner)| !inner.contains('/') && has_extension(inner, "py"))
            .collect()
    } else {
        packages
    }
}

/// What the patterns select, `package-dir` taken off in front.
fn included(project: &Project<'_, '_>, root: &str) -> Vec<(String, String)> {
    let selected = patterns(project, "includes", std::iter::empty());
    let files = project
        .files()
        .into_iter()
        .filter(|path| selected.select(path));
    let named = files.map(|path| {
        let inner = path
            .strip_prefix(root)
            .unwrap_or(path)
            .trim_start_matches('/');
        (path.to_owned(), inner.to_owned())
    });
    named.collect()
}
