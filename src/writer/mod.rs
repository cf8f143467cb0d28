//! The one place that writes to disk: all files or none, and nothing of the user's is lost.
//!
//! A file that dfgen did not write, or that was edited since, is refused. Files are written beside
//! their places first and moved there when all are whole.

mod keys;
mod replace;
mod state;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::catalog::Dockerfiles;
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::existing::checksum::{Authorship, authorship, is_of_before};
use crate::render::{self, File};
use crate::rules;

use replace::Failure;
pub use replace::create;
use state::Writer;
pub use state::{Checked, State};

/// What to do with files that are not dfgen's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Refuse.
    OwnOnly,
    /// Replace them.
    Everything,
}

/// The files of a folder beside a fresh render of them. Errors: one that cannot be read.
pub fn check(folder: &Path, files: &[File]) -> Result<Vec<Checked>> {
    let program = read(&folder.join(render::PROGRAM))?;
    let made_by = program.as_deref().and_then(render::made_by);
    let there = files.iter().map(|file| read(&folder.join(&file.name)));
    let there: Vec<Option<String>> = there.collect::<Result<_>>()?;
    let pairs = || files.iter().zip(&there);
    let is_old = |(file, there): (&File, &Option<String>)| {
        let text = there.as_deref().unwrap_or_default();
        is_of_before(&file.name, text)
    };
    let writer = match made_by {
        Some(version) if version != render::VERSION => Writer::Version(version.to_owned()),
        _ if pairs().any(is_old) => Writer::Earlier,
        _ => Writer::This,
    };
    let checked =
        pairs().map(|(file, there)| Checked::new(folder, file, there.as_deref(), &writer));
    Ok(checked.collect())
}

/// A file of the output folder that carries dfgen's mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Its path.
    pub path: PathBuf,
    /// Its name in the folder.
    pub name: String,
    /// Whether somebody edited it since dfgen wrote it.
    pub is_edited: bool,
}

impl Marked {
    /// The profile that its name says; `None` for a file of all images.
    pub fn profile(&self) -> Option<&str> {
        profile_of(&self.name)
    }
}

/// `api` of `api.Dockerfile` and `api.Dockerfile.dockerignore`.
fn profile_of(name: &str) -> Option<&str> {
    let dockerfile = name.strip_suffix(".dockerignore").unwrap_or(name);
    dockerfile.strip_suffix(".Dockerfile")
}

/// Files that belong to all images.
const OF_ALL: [&str; 3] = ["compose.yaml", render::BAKE, render::PROGRAM];

/// Folders that are proposed where the one asked for is taken.
const FREE: [&str; 4] = ["docker", "deploy", "containers", "dfgen"];

/// The files of a folder that dfgen wrote at some time, by name. Looks at names that dfgen gives, and not below the
/// folder. Errors: a folder or such a file that cannot be read.
pub fn marked(folder: &Path) -> Result<Vec<Marked>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_nothing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error).into()),
    };
    let mut marked = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        // A name that is not UTF-8 is none of dfgen's.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = folder.join(&name);
        let is_candidate = profile_of(&name).is_some() || OF_ALL.contains(&name.as_str());
        if !is_candidate || !path.is_file() {
            continue;
        }
        let is_edited = match authorship(&name, &read(&path)?.unwrap_or_default()) {
            Authorship::Ours => false,
            // What cannot be judged is not removed.
            Authorship::Edited | Authorship::Unknown => true,
            Authorship::Foreign => continue,
        };
        marked.push(Marked {
            path,
            name,
            is_edited,
        });
    }
    marked.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(marked)
}

/// Removes files that nobody edited; the others stay. Errors: a file that cannot be removed.
pub fn prune(orphans: &[Marked]) -> Result<Vec<&Path>> {
    let unedited = orphans.iter().filter(|orphan| !orphan.is_edited);
    let removed = unedited.map(|orphan| {
        fs::remove_file(&orphan.path).map_err(|error| {
            let problem = format!("`{}` cannot be removed: {error}", orphan.path.display());
            Diagnostic::new(rules::UNWRITABLE_OUTPUT, problem)
                .with_help("make its folder writable, or remove the file by hand")
        })?;
        Ok(orphan.path.as_path())
    });
    removed.collect()
}

/// What was done to a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The files that changed, as they were before.
    pub files: Vec<Checked>,
    /// What a run that was ended had left, and is removed.
    pub swept: Vec<PathBuf>,
}

/// Writes files into a folder. Errors: files that are not dfgen's own, a folder that cannot be written. What is told to
/// type is relative to `project`.
pub fn write(
    project: &Path,
    folder: &Path,
    files: &[File],
    overwrite: Overwrite,
) -> Result<Written> {
    let made = fs::create_dir_all(folder);
    let lock = made.and_then(|()| locked(folder));
    let mut stale = check(folder, files)?;
    stale.retain(|one| one.state != State::Current);
    if overwrite == Overwrite::OwnOnly {
        let free = free_folder(project, folder);
        let refused = stale.iter().filter_map(|one| refused(one, free));
        let shadowed = files.iter().find_map(|file| shadowed(folder, file, free));
        Diagnostics::check(refused.chain(shadowed).collect())?;
    }
    if stale.is_empty() {
        // Of a folder that nobody may write, too.
        let swept = lock.map_or_else(|_| Vec::new(), |_| replace::sweep(folder));
        return Ok(Written {
            files: stale,
            swept,
        });
    }
    let _lock = lock.map_err(|error| unwritable(folder, &error))?;
    let swept = replace::sweep(folder);
    let changed = files.iter().filter_map(|file| {
        let path = folder.join(&file.name);
        let is_changed = stale.iter().any(|one| one.path == path);
        is_changed.then(|| (within(project, path), file.text.as_str()))
    });
    let changed: Vec<(PathBuf, &str)> = changed.collect();
    replace::replace(&changed).map_err(|failure| failed(&failure))?;
    Ok(Written {
        files: stale,
        swept,
    })
}

/// Two runs at once write one after the other. Where a file system knows no locks, nothing is held.
fn locked(folder: &Path) -> io::Result<Option<fs::File>> {
    let Ok(handle) = fs::File::open(folder) else {
        // Windows opens no folders.
        return Ok(None);
    };
    let is_held = handle.lock().is_ok();
    Ok(is_held.then_some(handle))
}

/// Where a path leads, if it is a link within the project: that link is to stay.
fn within(project: &Path, path: PathBuf) -> PathBuf {
    if !path.is_symlink() {
        return path;
    }
    let real = fs::canonicalize(&path).ok();
    let root = fs::canonicalize(project).ok();
    match (real, root) {
        (Some(real), Some(root)) if real.starts_with(&root) => real,
        _ => path,
    }
}

/// A compose file of the user's that `docker compose` would no longer read, as it takes ours first.
fn shadowed(folder: &Path, file: &File, free: &str) -> Option<Diagnostic> {
    let other = shadowed_by(folder, file)?;
    let (ours, theirs) = (folder.join(&file.name), folder.join(other));
    let problem = format!(
        "`{}` would be read in place of `{}`",
        ours.display(),
        theirs.display()
    );
    Some(
        Diagnostic::new(rules::FOREIGN_FILE, problem)
            .with_note("`docker compose` takes the first of the names that it knows")
            .with_help(format!(
                "write elsewhere: `output = \"{free}\"` in dfgen.toml"
            ))
            .with_help("or let `dfgen init` read your file first, and then put it away"),
    )
}

/// The compose file of another name that lies where this one is to go.
fn shadowed_by(folder: &Path, file: &File) -> Option<&'static str> {
    let names = Dockerfiles::embedded().composes();
    if !names.contains(&file.name) || folder.join(&file.name).exists() {
        return None;
    }
    let mut others = names.iter().filter(|name| **name != file.name);
    others.find(|name| folder.join(name).exists())
}

/// The first of a few folders of the project that is not the one asked for, and is not there or holds nothing but dfgen's
/// own: a folder of files is no part of the source once it is the one that is written to.
fn free_folder(project: &Path, asked: &Path) -> &'static str {
    let is_free = |name: &&str| {
        let folder = project.join(name);
        !is_same(&folder, asked) && !folder.is_file() && holds_own_alone(&folder)
    };
    let mut names = FREE.into_iter();
    names.find(is_free).unwrap_or("docker/dfgen")
}

/// Whether everything in a folder was written by dfgen.
fn holds_own_alone(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return !folder.exists();
    };
    entries.flatten().all(|entry| {
        let name = entry.file_name();
        let text = read(&entry.path()).ok().flatten();
        text.is_some_and(|text| authorship(&name.to_string_lossy(), &text) == Authorship::Ours)
    })
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

fn read(path: &Path) -> Result<Option<String>> {
    match crate::disk::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        // A file where a folder belongs is told when the folder is to be written.
        Err(error) if is_nothing(&error) => Ok(None),
        Err(error) => Err(unreadable(path, &error).into()),
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let problem = format!("`{}` cannot be read: {error}", path.display());
    Diagnostic::new(rules::UNREADABLE_FILE, problem)
}

/// Why a file may not be replaced, if it may not.
fn refused(checked: &Checked, free: &str) -> Option<Diagnostic> {
    let path = checked.path.display();
    let (rule, problem) = match checked.state {
        State::Edited => (
            rules::EDITED_FILE,
            format!("`{path}` was edited since dfgen wrote it"),
        ),
        State::Foreign => (
            rules::FOREIGN_FILE,
            format!("`{path}` was not written by dfgen"),
        ),
        State::UnknownChecksum => (
            rules::UNKNOWN_CHECKSUM,
            format!(
                "`{path}` was written by {}: whether it was edited since cannot be told",
                checked.writer()
            ),
        ),
        State::Current | State::Missing | State::Stale | State::OtherVersion => return None,
    };
    let lines: Vec<&str> = checked.diff.lines().skip(2).collect();
    let shown = 20;
    let mut problem = Diagnostic::new(rule, problem).with_note(format!(
        "what a fresh render would change:\n{}",
        lines[..lines.len().min(shown)].join("\n")
    ));
    if lines.len() > shown {
        problem = problem.with_note(format!(
            "and {} more lines: `dfgen render --check` shows all",
            lines.len() - shown
        ));
    }
    let elsewhere = format!("or write elsewhere: `dfgen render --output {free}`");
    Some(problem.with_help(checked.advice()).with_help(elsewhere))
}

fn failed(failure: &Failure) -> Diagnostics {
    let (path, error) = (failure.path.display(), &failure.error);
    let problem = format!("`{path}` cannot be written: {error}");
    let told = Diagnostic::new(rules::UNWRITABLE_OUTPUT, problem);
    let told = if failure.changed.is_empty() {
        told.with_note("nothing was changed").with_help(
            "make the file and its folder writable, or choose another: `dfgen render --output DIR`",
        )
    } else {
        let changed = failure.changed.iter();
        let changed: Vec<String> = changed
            .map(|path| format!("`{}`", path.display()))
            .collect();
        let changed = changed.join(", ");
        told.with_note(format!("new already, and not to be put back: {changed}"))
            .with_help(
                "make the folder writable and run `dfgen render` again: it writes the others",
            )
    };
    told.into()
}

fn unwritable(folder: &Path, error: &io::Error) -> Diagnostics {
    if let Some(file) = folder.ancestors().find(|above| above.is_file()) {
        let problem = format!(
            "the files cannot be written to `{}`: `{}` is a file",
            folder.display(),
            file.display()
        );
        return Diagnostic::new(rules::UNWRITABLE_OUTPUT, problem)
            .with_note("nothing was changed")
            .with_help(
                "move that file away, or choose another folder: `output = \"DIR\"` in dfgen.toml",
            )
            .into();
    }
    let problem = format!("`{}` cannot be written: {error}", folder.display());
    Diagnostic::new(rules::UNWRITABLE_OUTPUT, problem)
        .with_note("nothing was changed")
        .with_help("make the folder writable, or choose another: `dfgen render --output DIR`")
        .into()
}
