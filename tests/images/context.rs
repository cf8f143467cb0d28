//! A copy of an example, to be edited and built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// A copy of `examples/<name>`, generated files included.
pub(crate) struct Context {
    folder: TempDir,
}

impl Context {
    /// The example as it is, with Dockerfiles that can be built here.
    pub(crate) fn of(example: &str) -> Self {
        let folder = TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
        copy(&examples().join(example), folder.path());
        let context = Self { folder };
        context.make_buildable();
        context
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces words in a file that has them.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).expect("the file can be read");
        assert!(text.contains(from), "`{file}` has no `{from}`");
        fs::write(path, text.replace(from, to)).expect("the file can be written");
    }

    /// Renders the container files again, as somebody does after an edit.
    pub(crate) fn render(&self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
        let output = command
            .args(["render", "--force"])
            .current_dir(self.path())
            .output();
        let output = output.expect("dfgen can be started");
        assert!(
            output.status.success(),
            "dfgen render: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        self.make_buildable();
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
        self.each_dockerfile(|text| with_new_caches(text, name));
        self
    }

    fn make_buildable(&self) {
        self.each_dockerfile(buildable);
    }

    fn each_dockerfile(&self, change: impl Fn(&str) -> String) {
        for path in below(&self.path().join("docker")) {
            if path
                .extension()
                .is_some_and(|extension| extension == "Dockerfile")
            {
                let text = fs::read_to_string(&path).expect("the file can be read");
                fs::write(path, change(&text)).expect("the file can be written");
            }
        }
    }
}

/// The folder of all examples.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
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

/// Without the line that fetches BuildKit's newest Dockerfile frontend from a registry: the engine's own is used.
fn buildable(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines
        .filter(|line| !line.starts_with("# syntax="))
        .collect()
}

fn with_new_caches(text: &str, name: &str) -> String {
    let mount = "--mount=type=cache,target=";
    let mut parts = text.split(mount);
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let target = part.split([',', ' ']).next().unwrap_or_default();
        changed += &format!("--mount=type=cache,id={name}{target},target={part}");
    }
    changed.replace(
        "--mount=type=cache,id=",
        &format!("--mount=type=cache,id={name}-"),
    )
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
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions can be set");
}

#[cfg(not(unix))]
fn restrict(_path: &Path) {}
