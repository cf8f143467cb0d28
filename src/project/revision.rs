//! A project as it was in a revision of its Git repository.
//!
//! Its files are laid out in a folder of their own, which goes away again: what is read of a project is read from there as
//! it is from a checkout. Large files are holes of their size; links and submodules are left out. Asks the program `git`,
//! since the objects of a repository may be packed in ways that only it knows.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::diagnostic::{Diagnostic, Result};
use crate::rules;

/// A larger file is no source: only its size is of interest. The lock is read whatever its size.
const LARGEST: u64 = 1_000_000;

/// The files of a revision, in a folder that goes with this value.
#[derive(Debug)]
pub struct Revision {
    /// What goes with it.
    top: PathBuf,
    /// The project's in it.
    folder: PathBuf,
}

/// A file of a revision.
struct Blob {
    hash: String,
    size: u64,
    path: PathBuf,
}

impl Revision {
    /// Lays the files of a project out as they were. Errors: there is no such revision, no repository or no `git`.
    pub fn at(root: &Path, name: &str) -> Result<Self> {
        if name.is_empty() || name.starts_with('-') {
            return Err(unknown(name, "a revision does not begin with `-`").into());
        }
        let commit = format!("{name}^{{commit}}");
        let commit = git(
            root,
            ["rev-parse", "--verify", "--end-of-options", &commit],
            name,
        )?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        let below = git(root, ["rev-parse", "--show-prefix"], name)?;
        let below = String::from_utf8_lossy(&below).trim().to_owned();
        let listed = git(
            root,
            ["ls-tree", "-r", "-l", "-z", "--full-tree", &commit],
            name,
        )?;
        let blobs = listed.split(|byte| *byte == 0).filter_map(Blob::parse);
        // What it extends lies elsewhere in its repository.
        let is_wanted = |blob: &Blob| {
            let path = blob.path.to_string_lossy();
            path.starts_with(&below) || path.ends_with("dfgen.toml")
        };
        let blobs: Vec<Blob> = blobs.filter(is_wanted).collect();
        let short = commit.get(..12).unwrap_or(&commit);
        let folder = format!("dfgen-{}-{short}", std::process::id());
        let top = std::env::temp_dir().join(folder);
        let revision = Self {
            folder: top.join(&below),
            top,
        };
        let laid_out = fs::create_dir(&revision.top)
            .and_then(|()| fs::create_dir_all(&revision.folder))
            .and_then(|()| revision.lay_out(root, &blobs))
            .map_err(|error| unknown(name, &format!("its files cannot be laid out: {error}")));
        laid_out?;
        Ok(revision)
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn lay_out(&self, root: &Path, blobs: &[Blob]) -> std::io::Result<()> {
        let is_read = |blob: &&Blob| blob.size <= LARGEST || blob.path.ends_with("uv.lock");
        let read: Vec<&Blob> = blobs.iter().filter(is_read).collect();
        let asked = self.top.join(".asked");
        let hashes: Vec<&str> = read.iter().map(|blob| blob.hash.as_str()).collect();
        fs::write(&asked, hashes.join("\n") + "\n")?;
        let output = command(root, ["cat-file", "--batch"])
            .stdin(File::open(&asked)?)
            .output()?;
        fs::remove_file(asked)?;
        let mut rest = output.stdout.as_slice();
        for blob in read {
            let start = rest
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(rest.len(), |end| end + 1);
            let size = usize::try_from(blob.size).unwrap_or(usize::MAX);
            let Some(content) = rest.get(start..start.saturating_add(size)) else {
                return Err(std::io::Error::other("git gave less than it has"));
            };
            self.made(&blob.path)?.write_all(content)?;
            rest = rest.get(start + size + 1..).unwrap_or_default();
        }
        for blob in blobs.iter().filter(|blob| !is_read(blob)) {
            self.made(&blob.path)?.set_len(blob.size)?;
        }
        Ok(())
    }

    fn made(&self, path: &Path) -> std::io::Result<File> {
        let path = self.top.join(path);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        File::create(path)
    }
}

impl Drop for Revision {
    fn drop(&mut self) {
        // What is left is in a folder for what may be left.
        let _ = fs::remove_dir_all(&self.top);
    }
}

impl Blob {
    /// `100644 blob HASH SIZE\tPATH`. `None` for what is no file, and for a path that is none in a project.
    fn parse(entry: &[u8]) -> Option<Self> {
        let entry = std::str::from_utf8(entry).ok()?;
        let (facts, path) = entry.split_once('\t')?;
        let mut facts = facts.split_ascii_whitespace();
        let (mode, kind, hash, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
        let path = PathBuf::from(path);
        let mut parts = path.components();
        let is_inside = parts.all(|part| matches!(part, Component::Normal(name) if name != ".git"));
        let is_file = kind == "blob" && mode.starts_with("100") && is_inside;
        is_file.then_some(Self {
            hash: hash.to_owned(),
            size: size.parse().ok()?,
            path,
        })
    }
}

fn command<'a>(root: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(root)
        .args(arguments.into_iter().map(OsStr::new));
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

fn git<'a>(
    root: &Path,
    arguments: impl IntoIterator<Item = &'a str>,
    name: &str,
) -> Result<Vec<u8>> {
    let output = command(root, arguments).output();
    let output: Output =
        output.map_err(|error| unknown(name, &format!("git cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("git said nothing");
    Err(unknown(
        name,
        &format!("git: {}", said.trim_start_matches("fatal: ")),
    )
    .into())
}

fn unknown(name: &str, because: &str) -> Diagnostic {
    let shown = name.escape_debug();
    Diagnostic::new(rules::NO_REVISION, format!("`{shown}` is no file here, and no revision of the project"))
        .with_note(because)
        .with_help("name a branch, a tag or a commit that is here, as `main`, `origin/main` or `HEAD~1`; `git fetch` brings what is not")
        .with_help("or an older uv.lock, or the folder of another checkout")
}

#[cfg(test)]
mod tests {
    use super::Blob;

    #[test]
    fn nothing_but_files_of_the_project_is_laid_out() {
        let parsed = |entry: &str| Blob::parse(entry.as_bytes()).map(|blob| blob.path);
        let file = |path: &str| format!("100644 blob 0123 42\t{path}");
        assert!(parsed(&file("src/main.py")).is_some());
        for path in ["../x", "/etc/x", "a/../../x", ".git/config"] {
            assert_eq!(parsed(&file(path)), None, "{path}");
        }
        assert_eq!(parsed("120000 blob 0123 7\tlink"), None);
        assert_eq!(parsed("160000 commit 0123 -\tsubmodule"), None);
    }
}
