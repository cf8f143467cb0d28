//! Which files the built package holds, and which of those that an entry needs it lacks.
//!
//! An image installs the project as a wheel. What goes into the wheel is decided by the build
//! backend from its table in `pyproject.toml`, with defaults that differ between backends. Each
//! backend here is a small function from manifest and files to [`Wheel`]; a backend that decides by
//! running code is not guessed at.

mod data;
mod hatchling;
mod patterns;
mod pdm;
mod plain;
mod setuptools;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::manifest::ManifestFacts;
use crate::diagnostic::Place;
use crate::project::source_tree::{has_extension, join};

/// What a build would put into the wheel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wheel {
    /// These files.
    Built(Contents),
    /// Nothing: the backend stops with an error.
    Refused {
        /// What it says, in our words.
        reason: String,
        /// The line of the manifest to blame, if there is one.
        place: Option<Place>,
    },
}

/// The files of a wheel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contents {
    /// Path in the tree, and path below `site-packages`.
    pub(crate) files: BTreeMap<String, String>,
    /// What decided, for messages: "`packages` lists `shop`".
    pub(crate) rule: String,
    /// The line of the manifest that decided, if it was not a default.
    pub(crate) place: Option<Place>,
}

/// A module that an entry needs and the wheel does not hold under that name, or data that it reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NotPackaged {
    /// The file.
    pub(crate) path: String,
    /// The name that it is imported by; for data its path.
    pub(crate) name: String,
    /// Why it is not there.
    pub(crate) cause: Cause,
    /// The same in words.
    pub(crate) reason: String,
    /// What to do, in words.
    pub(crate) help: String,
    /// The line of `pyproject.toml` to blame, if there is one; for data the line that reads it.
    pub(crate) place: Option<Place>,
}

/// Why a module is not in the wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// The build stops with an error.
    BuildFails,
    /// What the backend selects does not hold it.
    NotSelected,
    /// Its folder has no `__init__.py`, and the backend wants one.
    NoInit,
    /// It is installed under another name.
    OtherName,
    /// It is no Python file, and the backend was not told to take it.
    Data,
}

/// What the manifest's build backend would build; `None` for a project that is not built, and for
/// a backend that dfgen does not know.
pub(crate) fn wheel(code: &Code<'_>, facts: &ManifestFacts) -> Option<Wheel> {
    let project = Project { code, facts };
    if facts.get(&["build-system", "backend-path"]).is_some() {
        return None;
    }
    let is_built = facts.get(&["build-system"]).is_some()
        || facts.flag(&["tool", "uv", "package"]) == Some(true);
    match project.backend()? {
        _ if !is_built => None,
        "setuptools" => setuptools::wheel(&project),
        "hatchling" => hatchling::wheel(&project),
        "flit_core" | "flit" => Some(plain::flit(&project)),
        "poetry" => plain::poetry(&project),
        "uv_build" => Some(plain::uv_build(&project)),
        "pdm" => Some(pdm::wheel(&project)),
        "maturin" => Some(plain::maturin(&project)),
        _ => None,
    }
}

/// The files of `reached` (see [`reached`](super::imports::reached)) that belong to this project and
/// that its wheel does not hold under the name that they are imported by, sorted by path.
pub(crate) fn check(
    code: &Code<'_>,
    facts: &ManifestFacts,
    reached: &[String],
) -> Vec<NotPackaged> {
    let Some(wheel) = wheel(code, facts) else {
        return Vec::new();
    };
    let own: BTreeSet<&str> = code.files().iter().copied().collect();
    let needed = reached.iter().filter(|path| own.contains(path.as_str()));
    let needed: Vec<&str> = needed.map(String::as_str).collect();
    let modules = needed.iter().filter_map(|path| wheel.lacks(code, path));
    let mut lacking: Vec<NotPackaged> = modules.collect();
    if let Wheel::Built(contents) = &wheel {
        lacking.extend(data::check(&Project { code, facts }, contents, &needed));
    }
    lacking
}

/// That nothing is built at all, whatever is needed of it.
pub(crate) fn refused(code: &Code<'_>, facts: &ManifestFacts) -> Option<NotPackaged> {
    let wheel = wheel(code, facts).filter(|wheel| matches!(wheel, Wheel::Refused { .. }))?;
    let lacking = wheel.lacks(code, code.files().first()?)?;
    let name = facts.name.clone().unwrap_or(lacking.name);
    Some(NotPackaged { name, ..lacking })
}

impl Wheel {
    fn lacks(&self, code: &Code<'_>, path: &str) -> Option<NotPackaged> {
        let (_, module) = code.module_name(path);
        let found = |cause, reason, place: &Option<Place>| NotPackaged {
            path: path.to_owned(),
            name: module.clone(),
            cause,
            reason,
            help: "let the build backend find the packages by itself, or list every one of them"
                .to_owned(),
            place: place.clone(),
        };
        let contents = match self {
            Self::Refused { reason, place } => {
                return Some(found(Cause::BuildFails, reason.clone(), place));
            }
            Self::Built(contents) => contents,
        };
        let Some(installed) = contents.files.get(path) else {
            let cause = contents.cause_of(code, path);
            let reason = match cause {
                Cause::NoInit => format!("its folder has no `__init__.py`, and {}", contents.rule),
                _ => contents.rule.clone(),
            };
            return Some(found(cause, reason, &contents.place));
        };
        let name = installed
            .trim_end_matches(".py")
            .trim_end_matches("/__init__");
        let name = name.replace('/', ".");
        let reason = format!("it is installed as `{name}`: {}", contents.rule);
        (name != module).then(|| found(Cause::OtherName, reason, &contents.place))
    }
}

impl Contents {
    /// A folder without `__init__.py` next to one that was taken is the likely slip.
    fn cause_of(&self, code: &Code<'_>, path: &str) -> Cause {
        let folder = crate::project::source_tree::parent(path);
        let above = crate::project::source_tree::parent(folder);
        let has_init = code.tree().has_file(&join(folder, "__init__.py"));
        let above_taken = self.files.contains_key(&join(above, "__init__.py"));
        if !has_init && above_taken {
            Cause::NoInit
        } else {
            Cause::NotSelected
        }
    }
}

/// A project as the backends see it: paths relative to its folder.
struct Project<'p, 'a> {
    code: &'p Code<'a>,
    facts: &'p ManifestFacts,
}

impl Project<'_, '_> {
    /// Its files, those of projects nested in it left out, relative to its folder, sorted.
    fn files(&self) -> Vec<&str> {
        let folder = self.facts.folder.as_str();
        let tree = self.code.tree();
        let nested: Vec<String> = tree
            .nested_projects(folder)
            .into_iter()
            .map(|folder| format!("{folder}/"))
            .collect();
        let own = tree
            .below(folder)
            .filter(|path| !nested.iter().any(|folder| path.starts_with(folder)));
        own.filter_map(|path| path.strip_prefix(folder))
            .map(|path| path.trim_start_matches('/'))
            .collect()
    }

    /// Those that are Python.
    fn python_files(&self) -> Vec<&str> {
        let mut files = self.files();
        files.retain(|path| has_extension(path, "py"));
        files
    }

    fn backend(&self) -> Option<&str> {
        let named = self.facts.backend.as_deref();
        named.unwrap_or("setuptools").split([':', '.']).next()
    }

    fn is_setuptools(&self) -> bool {
        self.backend() == Some("setuptools")
    }

    fn has_file(&self, path: &str) -> bool {
        self.code.tree().has_file(&join(&self.facts.folder, path))
    }

    fn has_folder(&self, path: &str) -> bool {
        self.code.tree().has_folder(&join(&self.facts.folder, path))
    }

    /// The project's name as a module name.
    fn module_name(&self) -> String {
        let name = self.facts.name.as_deref().unwrap_or_default();
        name.replace(['-', '.'], "_").to_lowercase()
    }

    /// A wheel of `(path, installed path)` pairs relative to the project's folder.
    fn built(
        &self,
        files: impl IntoIterator<Item = (String, String)>,
        rule: String,
        place: Option<Place>,
    ) -> Wheel {
        let folder = &self.facts.folder;
        let files = files
            .into_iter()
            .map(|(path, installed)| (join(folder, &path), installed));
        Wheel::Built(Contents {
            files: files.collect(),
            rule,
            place,
        })
    }

    /// Everything below `folder`, installed as `name`.
    fn tree(&self, folder: &str, name: &str) -> Vec<(String, String)> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let below = self.files().into_iter().filter_map(|path| {
            let inner = path.strip_prefix(&prefix)?;
            Some((path.to_owned(), join(name, inner)))
        });
        below.collect()
    }
}
