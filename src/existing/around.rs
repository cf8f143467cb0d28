//! What lies around a Dockerfile: the project whose files it takes, its lock, its `.dockerignore`.
//!
//! A Dockerfile does not say what its build context is. It is looked for where most of what is copied lies, from the
//! Dockerfile's own folder upwards. What cannot be known is left open, and then no rule claims it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::dockerfile::{Dockerfile, Kind};
use crate::catalog::Folders;
use crate::ignore_pattern::{IgnoreLines, IgnorePattern};

/// How many folders upwards a context is looked for.
const UPWARDS: usize = 6;

/// What is known of what lies around a Dockerfile.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Whether the project has a lock.
    pub(crate) has_lock: bool,
    /// The names of locked packages; empty where they are not known.
    pub(crate) locked: BTreeSet<String>,
    /// What its pyproject.toml says.
    pub(crate) manifest: Option<Manifest>,
    /// What is kept out of the build context.
    pub(crate) ignored: Ignored,
    /// The build context's folder, where it has a project.
    pub(crate) root: Option<PathBuf>,
}

/// What a pyproject.toml says, as far as rules ask.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    /// Dependency groups.
    pub(crate) groups: BTreeSet<String>,
    /// Whether uv installs some of them unless it is told not to.
    pub(crate) has_default_groups: bool,
    /// Extras.
    pub(crate) extras: BTreeSet<String>,
    /// Whether the project itself is installed.
    pub(crate) is_package: bool,
    /// The file that its description is in.
    pub(crate) readme: Option<String>,
}

/// What is kept out of the build context.
#[derive(Debug, Default)]
pub(crate) enum Ignored {
    /// Nobody knows.
    #[default]
    Unknown,
    /// There is no `.dockerignore`.
    Nothing,
    /// The file's lines.
    By {
        /// Its path, as messages name it.
        file: String,
        /// Whether it leaves out everything that it does not name.
        is_allowlist: bool,
        /// The lines.
        lines: IgnoreLines,
    },
}

impl Surroundings {
    /// Of a Dockerfile that lies there on disk.
    pub fn of(path: &Path, dockerfile: &Dockerfile) -> Self {
        let context = context(path, dockerfile);
        let read = |name: &str| std::fs::read_to_string(context.join(name)).ok();
        let lock = read("uv.lock");
        let mut found = Self {
            has_lock: lock.is_some() || names_lock(dockerfile),
            locked: lock.as_deref().map(names).unwrap_or_default(),
            manifest: read("pyproject.toml").as_deref().and_then(manifest),
            ignored: Ignored::Nothing,
            root: None,
        };
        found.root = found.manifest.is_some().then(|| context.clone());
        let mut own = path.as_os_str().to_owned();
        own.push(".dockerignore");
        for file in [PathBuf::from(own), context.join(".dockerignore")] {
            if let Ok(text) = std::fs::read_to_string(&file) {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                found.ignored = ignored(&name, &text);
                break;
            }
        }
        found
    }

    /// Of a Dockerfile of which nothing but its text is known.
    pub fn of_text(dockerfile: &Dockerfile) -> Self {
        Self {
            has_lock: names_lock(dockerfile),
            ..Self::default()
        }
    }

    /// Of a project with a lock, as dfgen itself reads it.
    pub(crate) fn of_project(pyproject: &str) -> Self {
        Self {
            has_lock: true,
            manifest: manifest(pyproject),
            ..Self::default()
        }
    }
}

/// Whether the Dockerfile itself speaks of a lock of uv.
fn names_lock(dockerfile: &Dockerfile) -> bool {
    let text = dockerfile.file.text();
    let mut lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.any(|line| line.contains("uv.lock") || line.contains("uv sync"))
}

/// The folder that is most likely the build context.
fn context(path: &Path, dockerfile: &Dockerfile) -> PathBuf {
    let own = path.parent().unwrap_or(Path::new("")).to_owned();
    let own = std::path::absolute(&own).unwrap_or(own);
    let sources = sources(dockerfile);
    let mut best = (0, usual(&own));
    for folder in own.ancestors().take(UPWARDS) {
        let there = sources.iter().filter(|source| folder.join(source).exists());
        let there = there.count();
        if there > best.0 {
            best = (there, folder.to_owned());
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    best.1
}

/// A folder, or the one above where it is one in which container files are usual.
fn usual(folder: &Path) -> PathBuf {
    let mut folder = folder;
    while let (Some(name), Some(above)) = (folder.file_name(), folder.parent()) {
        let is_usual = Folders::embedded()
            .containers()
            .contains(&name.to_string_lossy());
        if !is_usual || folder.join("pyproject.toml").is_file() {
            break;
        }
        folder = above;
    }
    folder.to_owned()
}

/// What is copied from the build context, but for whole folders by `.`.
fn sources(dockerfile: &Dockerfile) -> BTreeSet<String> {
    let stages = dockerfile.stages.iter();
    let kinds = stages
        .flat_map(|stage| &stage.instructions)
        .map(|one| &one.kind);
    let copies = kinds.filter_map(|kind| match kind {
        Kind::Copy {
            from: None,
            sources,
            ..
        } => Some(sources),
        _ => None,
    });
    let plain = |source: &&String| !source.contains(['*', '?', '[', '$', ':']);
    let paths = copies.flatten().filter(plain);
    let paths = paths.map(|path| path.trim_start_matches("./").trim_matches('/').to_owned());
    paths
        .filter(|path| !matches!(path.as_str(), "" | "."))
        .collect()
}

/// The names of a lock's packages, without reading the rest of it.
fn names(lock: &str) -> BTreeSet<String> {
    let lines = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \""));
    lines
        .map(|name| name.trim_end_matches('"').to_owned())
        .collect()
}

fn manifest(text: &str) -> Option<Manifest> {
    let table: toml::Table = text.parse().ok()?;
    let at = |keys: &[&str]| {
        let mut value = table.get(keys[0]);
        for key in &keys[1..] {
            value = value.and_then(|value| value.get(key));
        }
        value
    };
    let keys = |value: Option<&toml::Value>| -> BTreeSet<String> {
        let tables = value.and_then(toml::Value::as_table);
        tables
            .into_iter()
            .flat_map(toml::Table::keys)
            .map(|key| normal(key))
            .collect()
    };
    let mut groups = keys(at(&["dependency-groups"]));
    let old = at(&["tool", "uv", "dev-dependencies"]);
    if old
        .and_then(toml::Value::as_array)
        .is_some_and(|list| !list.is_empty())
    {
        groups.insert("dev".to_owned());
    }
    let has_default_groups = match at(&["tool", "uv", "default-groups"]) {
        Some(toml::Value::Array(list)) => !list.is_empty(),
        Some(_) => !groups.is_empty(),
        None => groups.contains("dev"),
    };
    let readme = at(&["project", "readme"]);
    let readme = readme.and_then(|readme| readme.get("file").unwrap_or(readme).as_str());
    let package = at(&["tool", "uv", "package"]).and_then(toml::Value::as_bool);
    Some(Manifest {
        groups,
        has_default_groups,
        extras: keys(at(&["project", "optional-dependencies"])),
        is_package: package.unwrap_or_else(|| at(&["build-system"]).is_some()),
        readme: readme.map(str::to_owned),
    })
}

/// A name of an extra or a group as locks have it.
pub(super) fn normal(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

fn ignored(file: &str, text: &str) -> Ignored {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<(bool, &str)> = lines
        .map(|line| match line.strip_prefix('!') {
            Some(line) => (true, line.trim()),
            None => (false, line),
        })
        .collect();
    let is_allowlist = lines.iter().any(|(back, line)| {
        !back && matches!(line.trim_matches('/'), "*" | "**" | "**/*" | "." | "*.*")
    });
    let patterns: Vec<(bool, IgnorePattern)> = lines
        .iter()
        .filter_map(|(back, line)| Some((*back, IgnorePattern::parse_docker(line)?)))
        .collect();
    Ignored::By {
        file: file.to_owned(),
        is_allowlist,
        lines: patterns.iter().map(|(back, one)| (*back, one)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_manifest_says() {
        let read = manifest("[project]\nname = \"a\"\nreadme = { file = \"R.md\" }\n[project.optional-dependencies]\nML_x = []\n[dependency-groups]\ndev = []\n[build-system]\nrequires = []\n").unwrap();
        assert!(read.has_default_groups && read.is_package);
        assert!(read.extras.contains("ml-x"));
        assert_eq!(read.readme.as_deref(), Some("R.md"));
        let none =
            manifest("[tool.uv]\ndefault-groups = []\n[dependency-groups]\ndev = []\n").unwrap();
        assert!(!none.has_default_groups && !none.is_package);
        assert!(
            manifest("[tool.uv]\ndev-dependencies = [\"a\"]\n")
                .unwrap()
                .has_default_groups
        );
    }

    #[test]
    fn a_list_of_what_is_taken_is_told_from_one_of_what_is_not() {
        let is_allowlist = |text: &str| {
            matches!(
                ignored("f", text),
                Ignored::By {
                    is_allowlist: true,
                    ..
                }
            )
        };
        assert!(is_allowlist("# all\n*\n!src\n"));
        assert!(!is_allowlist(".git\n*.md\n"));
    }
}
