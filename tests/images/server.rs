//! A server beside the tests, at 127.0.0.1, and the project that it writes: `sources.py`, `private.py`, `debian.py`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::context::Context;
use crate::engine::text;

/// The server; it ends with its input.
pub(crate) struct Server {
    process: Child,
    folder: TempDir,
}

impl Server {
    /// Starts a program of this folder with a folder of its own.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let folder = TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
        let program = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/images")
            .join(program);
        let mut process = Command::new("python3")
            .args(["-B".as_ref(), program.as_path(), folder.path()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 can be started");
        let output = process.stdout.as_mut().expect("its output is ours");
        let mut port = String::new();
        BufReader::new(output)
            .read_line(&mut port)
            .expect("it prints its port");
        assert!(port.trim().parse::<u16>().is_ok(), "{port}");
        Self { process, folder }
    }

    /// Writes a file of logins, where Git and uv look for it when they lock.
    pub(crate) fn netrc(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join(".netrc");
        std::fs::write(&path, text).expect("a file can be written");
        path
    }

    /// The project, locked by uv and rendered.
    pub(crate) fn project(&self) -> Context {
        let uv = std::env::var_os("DFGEN_UV").expect("DFGEN_UV names uv, which locks the project");
        let project = self.folder.path().join("project");
        let mut lock = Command::new(uv);
        lock.arg("lock")
            .current_dir(&project)
            .env("HOME", self.folder.path())
            .env("UV_PYTHON_DOWNLOADS", "never")
            .env("SETUPTOOLS_SCM_PRETEND_VERSION", "1.0");
        let locked = lock.output().expect("uv can be started");
        assert!(locked.status.success(), "{}", text(&locked.stderr));
        Context::copy_of(&project)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
