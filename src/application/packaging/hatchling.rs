//! hatchling: `packages`, `only-include`, `include`, `exclude`, `sources`, `force-include`, and the
//! search for a folder of the project's name when none is set.
//!
//! Source: <https://hatch.pypa.io/latest/plugins/builder/wheel/#default-file-selection> and
//! <https://hatch.pypa.io/latest/config/build/#file-selection>.

use super::patterns::PathPatterns;
use super::{Project, Wheel};
use crate::diagnostic::Place;
use crate::project::source_tree::{join, parent};

/// The tables that may hold a setting, the wheel's own first.
const TABLES: [&[&str]; 2] = [
    &["tool", "hatch", "build", "targets", "wheel"],
    &["tool", "hatch", "build"],
];

/// What is selected, before excludes.
struct Selection {
    /// Walk only these paths.
    only: Vec<String>,
    /// Take only what these patterns select, when there are any.
    include: Vec<String>,
    /// Taken off the front of paths, with what comes in its place.
    sources: Vec<(String, String)>,
    rule: String,
    place: Option<Place>,
}

pub(super) fn wheel(project: &Project<'_, '_>) -> Option<Wheel> {
    if is_set(project, "hooks") && !is_set(project, "packages") && !is_set(project, "include") {
        // A build hook can add anything.
        return None;
    }
    if let Some(refused) = unforced(project) {
        return Some(refused);
    }
    let Some(selection) = selected(project) else {
        let name = file_name(project);
        let reason = format!("hatchling finds neither `{name}` nor `src/{name}` nor `{name}.py`");
        let place = project.facts.place_of(&["project", "name"], "named here");
        let forced = forced(project);
        return Some(if forced.is_empty() {
            Wheel::Refused { reason, place }
        } else {
            project.built(
                forced,
                "only `force-include` selects files".to_owned(),
                place,
            )
        });
    };
    let exclude = texts(project, "exclude");
    let excluded = PathPatterns::new(exclude.iter().map(String::as_str).chain(["/dist"]));
    let include = PathPatterns::new(selection.include.iter().map(String::as_str));
    let files = project.files().into_iter().filter(|path| {
        let chosen = if selection.only.is_empty() {
            include.select(path)
        } else {
            selection.only.iter().any(|only| is_at_or_below(path, only))
        };
        chosen && !excluded.select(path)
    });
    let files = files.map(|path| (path.to_owned(), renamed(path, &selection.sources)));
    let files: Vec<(String, String)> = files.chain(forced(project)).collect();
    Some(project.built(files, selection.rule, selection.place))
}

fn selected(project: &Project<'_, '_>) -> Option<Selection> {
    let (only, packages) = (texts(project, "only-include"), texts(project, "packages"));
    let include = texts(project, "include");
    let key = ["only-include", "packages", "include"]
        .into_iter()
        .find(|key| is_set(project, key));
    let Some(key) = key else {
        return by_name(project);
    };
    let place = TABLES.iter().find_map(|table| {
        let keys: Vec<&str> = table.iter().copied().chain([key]).collect();
        project.facts.place_of(&keys, "all that is packaged")
    });
    let mut sources = sources(project);
    let clean = |path: &String| path.trim_matches('/').to_owned();
    sources.extend(
        packages
            .iter()
            .map(clean)
            .map(|path| (parent(&path).to_owned(), String::new())),
    );
    let walked = if only.is_empty() { &packages } else { &only };
    Some(Selection {
        only: walked.iter().map(clean).collect(),
        include,
        sources,
        rule: format!("`{key}` does not hold it"),
        place,
    })
}

fn by_name(project: &Project<'_, '_>) -> Option<Selection> {
    let raw = project.facts.name.as_deref().unwrap_or_default();
    let names = [normalized(raw), project.module_name()];
    let only = names.iter().find_map(|name| default_path(project, name))?;
    let sources = vec![(parent(&only).to_owned(), String::new())];
    let rule = format!("hatchling packages `{only}` only, the folder of the project's name");
    Some(Selection {
        only: vec![only],
        include: Vec::new(),
        sources,
        rule,
        place: None,
    })
}

fn default_path(project: &Project<'_, '_>, name: &str) -> Option<String> {
    let packages = [name.to_owned(), format!("src/{name}")];
    let package = packages
        .into_iter()
        .find(|path| project.has_file(&join(path, "__init__.py")));
    let file = format!("{name}.py");
    package
        .or_else(|| project.has_file(&file).then_some(file))
        .or_else(|| namespace(project, name))
}

/// The one folder that holds a package of the project's name.
fn namespace(project: &Project<'_, '_>, name: &str) -> Option<String> {
    let end = format!("/{name}/__init__.py");
    let files = project.python_files();
    let mut around = files
        .iter()
        .filter_map(|path| path.strip_suffix(&end))
        .filter(|f| !f.contains('/'));
    match (around.next(), around.next()) {
        (Some(only), None) => Some(only.to_owned()),
        _ => None,
    }
}

fn normalized(name: &str) -> String {
    let letters = name.chars().map(|c| {
        if c.is_alphanumeric() || c == '.' || c == '_' {
            c
        } else {
            '_'
        }
    });
    letters.collect()
}

fn file_name(project: &Project<'_, '_>) -> String {
    normalized(project.facts.name.as_deref().unwrap_or_default())
}

fn is_set(project: &Project<'_, '_>, key: &str) -> bool {
    TABLES.iter().any(|table| {
        let keys: Vec<&str> = table.iter().copied().chain([key]).collect();
        project.facts.get(&keys).is_some()
    })
}

fn texts(project: &Project<'_, '_>, key: &str) -> Vec<String> {
    let found = TABLES.iter().find_map(|table| {
        let keys: Vec<&str> = table.iter().copied().chain([key]).collect();
        project.facts.texts(&keys)
    });
    found
        .unwrap_or_default()
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

/// `sources = ["src"]` and `sources = { "src/a" = "b" }`.
fn sources(project: &Project<'_, '_>) -> Vec<(String, String)> {
    let listed = texts(project, "sources")
        .into_iter()
        .map(|path| (path.trim_matches('/').to_owned(), String::new()));
    listed.chain(table(project, "sources")).collect()
}

fn table(project: &Project<'_, '_>, key: &str) -> Vec<(String, String)> {
    let found = TABLES.iter().find_map(|table| {
        let keys: Vec<&str> = table.iter().copied().chain([key]).collect();
        project.facts.get(&keys)?.get_ref().as_table()
    });
    let pairs = found.into_iter().flatten().filter_map(|(from, to)| {
        let to = to.get_ref().as_str()?.trim_matches('/').to_owned();
        Some((from.get_ref().trim_matches('/').to_owned(), to))
    });
    pairs.collect()
}

fn forced(project: &Project<'_, '_>) -> Vec<(String, String)> {
    let pairs = table(project, "force-include").into_iter();
    let files = pairs.flat_map(|(from, to)| {
        if project.has_file(&from) {
            vec![(from, to)]
        } else {
            project.tree(&from, &to)
        }
    });
    files.collect()
}

/// What `force-include` names has to be there, or nothing is built.
fn unforced(project: &Project<'_, '_>) -> Option<Wheel> {
    let is_there = |from: &str| project.has_file(from) || !project.tree(from, "").is_empty();
    let pairs = table(project, "force-include").into_iter();
    let (from, _) = pairs.into_iter().find(|(from, _)| !is_there(from))?;
    let place = TABLES.iter().find_map(|table| {
        let keys: Vec<&str> = table.iter().copied().chain(["force-include"]).collect();
        project.facts.place_of(&keys, "it has to be there")
    });
    Some(Wheel::Refused {
        reason: format!("`force-include` of hatchling names `{from}`, which is not there"),
        place,
    })
}

fn is_at_or_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('/') || folder.is_empty() || folder == "."
    })
}

fn renamed(path: &str, sources: &[(String, String)]) -> String {
    let mut fitting = sources
        .iter()
        .filter(|(from, _)| !from.is_empty() && is_at_or_below(path, from));
    fitting.next().map_or_else(
        || path.to_owned(),
        |(from, to)| join(to, path[from.len()..].trim_start_matches('/')),
    )
}
