//! The Dockerfiles that are meant: by name, below folders, by patterns.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Result};
use crate::existing::is_dockerfile;
use crate::ignore_pattern::IgnorePattern;
use crate::rules;

/// The name of standard input.
pub const STANDARD_INPUT: &str = "-";

/// How deep folders are searched.
const DEEPEST: usize = 12;

/// Folders of others' files.
const FOREIGN: [&str; 8] = [
    "node_modules",
    "site-packages",
    "target",
    "venv",
    "vendor",
    "__pycache__",
    "dist",
    "env",
];

/// The files that are meant, each once, in order. Errors: one that is not there, a pattern that nothing matches.
pub fn found(named: &[String]) -> Result<Vec<PathBuf>> {
    let mut files = BTreeSet::new();
    for name in named {
        let path = Path::new(name);
        if name == STANDARD_INPUT || path.is_file() {
            files.insert(path.to_owned());
        } else if path.is_dir() {
            below(path, 0, &mut files, &|path| {
                is_dockerfile(&path.to_string_lossy())
            });
        } else if name.contains(['*', '?', '[']) {
            let before = files.len();
            let start = fixed(name);
            if let Some(pattern) = IgnorePattern::parse(name.trim_start_matches("./")) {
                let matches =
                    |path: &Path| pattern.matches(path.to_string_lossy().trim_start_matches("./"));
                below(&start, 0, &mut files, &matches);
            }
            if files.len() == before {
                return Err(missing(name, "matches no file").into());
            }
        } else {
            return Err(missing(name, "is not there").into());
        }
    }
    Ok(files.into_iter().collect())
}

/// The folder that a pattern begins with.
fn fixed(pattern: &str) -> PathBuf {
    let path = Path::new(pattern);
    let plain = path
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']));
    let start: PathBuf = plain.collect();
    if start.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        start
    }
}

fn missing(name: &str, what: &str) -> Diagnostic {
    Diagnostic::new(rules::UNREADABLE_FILE, format!("`{name}` {what}"))
        .with_help("name Dockerfiles, folders, patterns, or `-` for standard input")
}

fn below(
    folder: &Path,
    depth: usize,
    files: &mut BTreeSet<PathBuf>,
    is_meant: &dyn Fn(&Path) -> bool,
) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = if folder == Path::new(".") {
            PathBuf::from(entry.file_name())
        } else {
            entry.path()
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let is_hidden = name.starts_with('.')
            && !matches!(name.as_str(), ".docker" | ".devcontainer" | ".github");
        if kind.is_dir() && !is_hidden && !FOREIGN.contains(&name.as_str()) && depth < DEEPEST {
            below(&path, depth + 1, files, is_meant);
        } else if kind.is_file() && is_meant(&path) {
            files.insert(path);
        }
    }
}
