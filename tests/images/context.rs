//! A copy of an example or a fixture, to be edited and built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::engine::text;

/// A copy of a project, generated files included.
pub(crate) struct Context {
    folder: TempDir,
}

impl Context {
    /// The example, rendered for the machine that the tests run on.
    pub(crate) fn of(example: &str) -> Self {
        Self::copy_of(&examples().join(example))
    }

    /// `tests/images/fixtures/<situation>`, rendered for the machine that the tests run on.
    pub(crate) fn fixture(situation: &str) -> Self {
        Self::copy_of(&fixtures().join(situation))
    }

    /// A copy of a project, rendered for the machine that the tests run on.
    pub(crate) fn copy_of(project: &Path) -> Self {
        let folder = TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
        copy(project, folder.path());
        let context = Self { folder };
        context.set_up_for_this_machine();
        context.render();
        context
    }

    /// A file's text.
    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).expect("the file can be read")
    }

    /// Adds to a file.
    pub(crate) fn append(&self, file: &str, more: &str) {
        let text = self.read(file) + more;
        fs::write(self.path().join(file), text).expect("the file can be written");
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Its files.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let all = below(self.path()).into_iter();
        all.filter(|path| path.is_file()).collect()
    }

    /// Replaces words in a file that has them.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "`{file}` has no `{from}`");
        fs::write(self.path().join(file), text.replace(from, to)).expect("the file can be written");
    }

    /// Renders the container files again, as somebody does after an edit.
    pub(crate) fn render(&self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
        let command = command.arg("render").current_dir(self.path());
        let output = command.output().expect("dfgen can be started");
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// Without the line that fetches the newest Dockerfile frontend, as no registry may be in reach, and
    /// with the certificate authority of the network, where it has one.
    fn set_up_for_this_machine(&self) {
        let path = self.path().join("dfgen.toml");
        let own = fs::read_to_string(&path).unwrap_or_default();
        let ca = std::env::var_os("DFGEN_CA").is_some();
        let settings = format!("syntax = false\nca-certificates = {ca}\n\n{own}");
        fs::write(path, settings).expect("the file can be written");
    }

    /// As somebody else's checkout: another day, another umask.
    pub(crate) fn checked_out_elsewhere(self) -> Self {
        let day = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for path in below(self.path()) {
            restrict(&path);
            fs::File::open(&path)
                .and_then(|file| file.set_modified(day))
                .expect("a file's date can be set");
        }
        self
    }

    /// With cache mounts that nothing has used yet.
    pub(crate) fn with_new_caches(self, name: &str) -> Self {
        for path in below(&self.path().join("docker")) {
            let text = fs::read_to_string(&path).expect("the file can be read");
            fs::write(path, with_new_caches(&text, name)).expect("the file can be written");
        }
        self
    }
}

/// The folder of all examples.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The folder of the tests' own projects.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images/fixtures")
}

/// Every file and folder below a folder, sorted; folders before what is in them.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()));
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a folder can be read").path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| {
            if path.is_dir() {
                [vec![path.clone()], below(&path)].concat()
            } else {
                vec![path]
            }
        })
        .collect()
}

fn with_new_caches(text: &str, name: &str) -> String {
    let mount = "--mount=type=cache,target=";
    let mut parts = text.split(mount);
    let before = parts.next().unwrap_or_default().to_owned();
    let named = parts.map(|part| {
        let target = part.split([',', ' ']).next().unwrap_or_default();
        format!("--mount=type=cache,id={name}{target},target={part}")
    });
    before + &named.collect::<String>()
}

fn copy(from: &Path, to: &Path) {
    for path in below(from) {
        let target = to.join(path.strip_prefix(from).expect("it lies below"));
        if path.is_dir() {
            fs::create_dir_all(target).expect("a folder can be made");
        } else {
            fs::copy(path, target).expect("a file can be copied");
        }
    }
}

#[cfg(unix)]
fn restrict(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = path.metadata().expect("it exists").permissions().mode() & 0o700;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions can be set");
}

#[cfg(not(unix))]
fn restrict(_path: &Path) {}
