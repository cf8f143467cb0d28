//! Runs the real program in a project of the test's own and keeps all that can be seen of it.
//!
//! ```ignore
//! let project = Project::fixture("models_in_an_extra");
//! insta::assert_snapshot!(dfgen(&["why", "torch"]).in_project(&project), @"");
//! ```
//!
//! The program gets no environment but what a test gives it, and no terminal. In what it prints
//! the project's folder becomes `[PROJECT]` and dfgen's own version `[VERSION]`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A project's folder, gone when the test ends. Commands that run in it one after another see each
/// other's files.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        let folder = TempDir::with_prefix("dfgen-it-");
        Self {
            folder: folder.expect("a temporary folder can be made"),
        }
    }

    /// A copy of `tests/it/fixtures/<situation>`.
    pub(crate) fn fixture(situation: &str) -> Self {
        Self::copy_of(&repository().join("tests/it/fixtures").join(situation))
    }

    /// A copy of `examples/<name>`.
    pub(crate) fn example(name: &str) -> Self {
        Self::copy_of(&repository().join("examples").join(name))
    }

    /// The project that the size of images is measured on.
    pub(crate) fn bench() -> Self {
        Self::copy_of(&repository().join("tests/bench/gpu"))
    }

    /// A copy of another project.
    pub(crate) fn copied(other: &Self) -> Self {
        Self::copy_of(other.path())
    }

    fn copy_of(folder: &Path) -> Self {
        let project = Self::empty();
        copy(folder, project.path());
        project
    }

    /// Adds or replaces a file, with the folders that lead to it.
    pub(crate) fn with(self, path: &str, text: &str) -> Self {
        let place = self.path().join(path);
        let folder = place.parent().expect("a file is in a folder");
        std::fs::create_dir_all(folder).expect("folders can be made");
        std::fs::write(place, text).expect("files can be written");
        self
    }

    /// Takes a file away.
    pub(crate) fn without(self, path: &str) -> Self {
        std::fs::remove_file(self.path().join(path)).expect("the file is there");
        self
    }

    /// A file's text.
    pub(crate) fn read(&self, path: &str) -> String {
        let text = std::fs::read_to_string(self.path().join(path));
        text.unwrap_or_else(|error| panic!("`{path}` cannot be read: {error}"))
    }

    /// Every file's path, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        list(self.path(), Path::new(""), &mut files);
        files.sort();
        files
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// A project `shop` that requires these packages and runs from source; each has a wheel for every platform.
pub(crate) fn requiring(packages: &[&str]) -> Project {
    let named =
        |form: fn(&str) -> String| packages.iter().map(|name| form(name)).collect::<Vec<_>>();
    let requires = named(|name| format!("\"{name}\"")).join(", ");
    let tables = named(|name| format!("{{ name = \"{name}\" }}")).join(", ");
    let locked = named(|name| {
        let file = name.replace('-', "_");
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\nwheels = [{{ url = \"https://files.example/{file}-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1000 }}]\n\n"
        )
    });
    Project::empty()
        .with(
            "pyproject.toml",
            &format!("[project]\nname = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [{requires}]\n"),
        )
        .with(
            "uv.lock",
            &format!("version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n{}[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [{tables}]\n\n[package.metadata]\nrequires-dist = [{tables}]\n", locked.concat()),
        )
}

pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    let mut files = Vec::new();
    list(from, Path::new(""), &mut files);
    for file in files {
        let target = to.join(&file);
        std::fs::create_dir_all(target.parent().expect("a file is in a folder"))
            .expect("folders can be made");
        std::fs::copy(from.join(&file), target).expect("files can be copied");
    }
}

fn list(root: &Path, below: &Path, files: &mut Vec<String>) {
    let folder = root.join(below);
    let entries = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("a folder's entries can be read");
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            list(root, &path, files);
        } else {
            files.push(path.to_str().expect("fixtures have plain names").to_owned());
        }
    }
}

/// A run of `dfgen` with these arguments, not started yet.
pub(crate) fn dfgen(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    // So that coverage of the program can be measured through these tests.
    if let Some(profile) = std::env::var_os("LLVM_PROFILE_FILE") {
        command.env("LLVM_PROFILE_FILE", profile);
    }
    Run { command }
}

/// A run of `dfgen`.
pub(crate) struct Run {
    command: Command,
}

impl Run {
    /// With an environment variable.
    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it in a project's folder.
    pub(crate) fn in_project(self, project: &Project) -> Ran {
        self.in_folder(project, ".")
    }

    /// Runs it in a folder of a project.
    pub(crate) fn in_folder(mut self, project: &Project, folder: &str) -> Ran {
        let folder = project.path().join(folder);
        let output = self.command.current_dir(folder).output();
        let output = output.expect("dfgen can be started");
        Ran {
            code: output.status.code(),
            stdout: scrubbed(project, &output.stdout),
            stderr: scrubbed(project, &output.stderr),
        }
    }
}

/// What can be seen of a run that has ended. As text, for a snapshot, it has all of it.
pub(crate) struct Ran {
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in\n{self}"))
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit code: {code}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "----- {name} -----\n{text}")?;
                if !text.ends_with('\n') {
                    writeln!(f, "[no newline at the end]")?;
                }
            }
        }
        Ok(())
    }
}

fn scrubbed(project: &Project, output: &[u8]) -> String {
    let text = String::from_utf8(output.to_vec()).expect("dfgen prints UTF-8");
    let path = project.path();
    let canonical = path.canonicalize().expect("the folder is there");
    // Some systems have the temporary folder behind a link: the longer path goes first.
    [canonical.as_path(), path]
        .iter()
        .fold(text, |text, path| {
            text.replace(&*path.to_string_lossy(), "[PROJECT]")
        })
        .replace(
            concat!("dfgen ", env!("CARGO_PKG_VERSION")),
            "dfgen [VERSION]",
        )
}
