//! The data that setuptools packages: `package-data`, and with `include-package-data`, which is on
//! where there is a `pyproject.toml`, what `MANIFEST.in` names.
//!
//! Source: <https://setuptools.pypa.io/en/latest/userguide/datafiles.html>.

use super::super::Project;
use super::super::patterns::PathPatterns;
use crate::project::source_tree::{has_extension, join};

/// Words of `setup.py` and `setup.cfg` that decide in ways which are not read here.
const DECIDES_ELSEWHERE: [&str; 3] = ["package_data", "data_files", "cmdclass"];

/// The data of packages, given by folder and dotted name, that is packaged: path and installed path.
pub(super) fn of(
    project: &Project<'_, '_>,
    packages: &[(String, String)],
) -> Vec<(String, String)> {
    let (taken, left) = if is_unknown(project) {
        (vec!["*".to_owned()], Vec::new())
    } else {
        let mut taken = table(project, "package-data", packages);
        taken.extend(manifest_in(project));
        (taken, table(project, "exclude-package-data", packages))
    };
    let taken = PathPatterns::new(taken.iter().map(String::as_str));
    let left = PathPatterns::new(left.iter().map(String::as_str));
    let data = project.files().into_iter().filter(|path| {
        !has_extension(path, "py") && taken.select_file(path) && !left.select_file(path)
    });
    let installed = data.filter_map(|path| {
        let around = packages.iter().filter_map(|(folder, name)| {
            let inner = path.strip_prefix(folder.as_str())?;
            let inner = if folder.is_empty() {
                inner
            } else {
                inner.strip_prefix('/')?
            };
            Some((folder.len(), join(&name.replace('.', "/"), inner)))
        });
        let (_, installed) = around.max_by_key(|(length, _)| *length)?;
        Some((path.to_owned(), installed))
    });
    installed.collect()
}

/// Whether something decides that is not read here. Then all data counts as packaged.
fn is_unknown(project: &Project<'_, '_>) -> bool {
    let older = ["setup.py", "setup.cfg"].iter().any(|name| {
        let file = project.code.text(&join(&project.facts.folder, name));
        file.is_some_and(|file| {
            DECIDES_ELSEWHERE
                .iter()
                .any(|word| file.text().contains(word))
        })
    });
    let requires = project
        .facts
        .texts(&["build-system", "requires"])
        .unwrap_or_default();
    older
        || requires
            .iter()
            .any(|(requirement, _)| is_plugin(requirement))
}

/// pbr lists data of its own. setuptools-scm and its like take what is under version control, which is nothing where an
/// image is built: the repository is not there.
fn is_plugin(requirement: &str) -> bool {
    requirement.starts_with("pbr")
}

/// The patterns of one table, from the project's folder on; `*` and the empty name are all packages.
fn table(project: &Project<'_, '_>, key: &str, packages: &[(String, String)]) -> Vec<String> {
    let patterns = packages.iter().flat_map(|(folder, name)| {
        let texts = ["*", "", name]
            .into_iter()
            .filter_map(|package| project.facts.texts(&["tool", "setuptools", key, package]));
        texts
            .flatten()
            .map(move |(text, _)| format!("/{}", join(folder, &text)))
    });
    patterns.collect()
}

/// What `MANIFEST.in` takes. What it leaves out again is not read: then nothing is said.
fn manifest_in(project: &Project<'_, '_>) -> Vec<String> {
    let is_off = project
        .facts
        .flag(&["tool", "setuptools", "include-package-data"])
        == Some(false);
    let file = project
        .code
        .text(&join(&project.facts.folder, "MANIFEST.in"));
    let Some(file) = file.filter(|_| !is_off) else {
        return Vec::new();
    };
    let below = |folder: &str, pattern: &str| {
        let folder = folder.trim_start_matches("./").trim_matches(['/', '.']);
        format!("/{}", join(folder, pattern))
    };
    let taken = file.text().lines().flat_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let patterns: Vec<String> = match words.as_slice() {
            ["include", patterns @ ..] => patterns.iter().map(|one| below("", one)).collect(),
            ["global-include", patterns @ ..] => {
                patterns.iter().map(|one| format!("/**/{one}")).collect()
            }
            ["recursive-include", folder, patterns @ ..] => patterns
                .iter()
                .map(|one| below(folder, &format!("**/{one}")))
                .collect(),
            ["graft", folders @ ..] => folders.iter().map(|one| below(one, "**")).collect(),
            _ => Vec::new(),
        };
        patterns
    });
    taken.collect()
}
