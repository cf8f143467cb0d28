//! Dependencies from everywhere: an index, a second one, Git, a URL, a folder, a file, the workspace; one of two
//! conflicting extras; one built without isolation, two with what runs, one whose version Git knows. `sources.py` writes the
//! project and serves what comes over HTTP.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::build::{build, build_cold, build_with};
use crate::context::Context;
use crate::engine::text;

/// The server; it ends with its input.
struct Server {
    process: Child,
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images/sources.py");
        let mut process = Command::new("python3")
            .args([program.as_path(), folder.path()])
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

    /// The project, locked by uv and rendered.
    fn project(&self) -> Context {
        let uv = std::env::var_os("DFGEN_UV").expect("DFGEN_UV names uv, which locks the project");
        let project = self.folder.path().join("project");
        let mut lock = Command::new(uv);
        lock.arg("lock")
            .current_dir(&project)
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

#[test]
fn dependencies_come_from_everywhere_and_give_the_same_bytes() {
    let server = Server::start();
    let version = ["--build-arg=VERSION=1.2.3"];
    let image = build_with(&server.project(), "job", &version).image;
    insta::assert_snapshot!(image.container().finish(), @"
    by-git, built with six 1.17.0
    by-index
    by-member, built with idna 3.9
    by-path
    by-url
    by-wheel
    idna 3.9
    by-path 1.2.3
    ");
    let image = build(&server.project(), "job").image;
    let again = build_cold(server.project().checked_out_elsewhere(), "job").image;
    assert_eq!(image.layers(), again.layers());
}
