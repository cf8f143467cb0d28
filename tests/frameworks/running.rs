//! A program that is started as rendered, in an environment of its own.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::dockerfile::Dockerfile;
use crate::harness::Project;

/// How long a framework may take to answer: a slow disk loads some for half a minute.
const PATIENCE: Duration = Duration::from_mins(2);

/// A started program with all that it starts itself; ended when the test ends.
pub(crate) struct Running {
    child: Child,
    log: std::path::PathBuf,
}

impl Running {
    /// Runs the command of a Dockerfile in the project, with `/app` at the project's folder.
    pub(crate) fn start(project: &Project, rendered: &Dockerfile, env: &[(&str, &str)]) -> Self {
        Self::run(project, rendered, env, &[])
    }

    /// The same as process 1 of a container, for which the kernel does nothing on signals that it does not handle.
    pub(crate) fn as_process_1(
        project: &Project,
        rendered: &Dockerfile,
        env: &[(&str, &str)],
    ) -> Self {
        let alone = [
            "unshare",
            "--user",
            "--map-root-user",
            "--pid",
            "--fork",
            "--kill-child",
            // Who runs the tests may ignore some: a shell does that for what it starts in the background.
            "env",
            "--default-signal",
        ];
        Self::run(project, rendered, env, &alone)
    }

    fn run(
        project: &Project,
        rendered: &Dockerfile,
        told: &[(&str, &str)],
        before: &[&str],
    ) -> Self {
        let here = |text: &str| match text.strip_prefix("/app") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                format!("{}{rest}", project.path().display())
            }
            _ => text.to_owned(),
        };
        let bin = project.path().join(".venv/bin");
        let path = std::env::var("PATH").unwrap_or_default();
        let env = rendered.env.iter().filter(|(name, _)| name != "PATH");
        let log = project.path().join("log");
        let (program, arguments) = rendered.command.split_first().expect("it has a command");
        let program = found(&bin, program);
        let first = before.first().map_or(program.as_os_str(), OsStr::new);
        let mut command = Command::new(first);
        if let Some((_, rest)) = before.split_first() {
            command.args(rest).arg(&program);
        }
        let child = command
            .args(arguments.iter().map(|word| here(word)))
            .current_dir(project.path())
            .env_clear()
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("HOME", project.path())
            .envs(env.map(|(name, value)| (name.clone(), here(value))))
            .envs(told.iter().copied())
            .stdin(Stdio::null())
            .stdout(File::create(&log).expect("a file can be made"))
            .stderr(
                File::options()
                    .append(true)
                    .open(&log)
                    .expect("it is there"),
            )
            .process_group(0)
            .spawn();
        let child =
            child.unwrap_or_else(|error| panic!("{} cannot be started: {error}", first.display()));
        Self { child, log }
    }

    /// The first line of its answer, which must be a good one.
    pub(crate) fn answer(&mut self, address: SocketAddr, path: &str) -> String {
        let begun = Instant::now();
        let mut last = String::new();
        while begun.elapsed() < PATIENCE {
            if let Some(ended) = self.child.try_wait().expect("it is our own child") {
                panic!("it ended: {ended}\n{}", self.said());
            }
            match ask(address, path) {
                Ok(answer) if answer.contains(" 200 ") => return answer,
                Ok(answer) => last = answer,
                Err(error) => last = error.to_string(),
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("http://{address}{path}: {last}\n{}", self.said());
    }

    /// Sends process 1 a signal. What it ends with, and after how long; nothing where it does not end in time.
    pub(crate) fn stop(&mut self, signal: &str, patience: Duration) -> Option<(i32, Duration)> {
        let children = format!("/proc/{0}/task/{0}/children", self.child.id());
        let children = std::fs::read_to_string(children).expect("it runs");
        let inner = children.split_whitespace().next();
        let inner = inner.unwrap_or_else(|| panic!("it ended\n{}", self.said()));
        let begun = Instant::now();
        let sent = Command::new("kill").args(["-s", signal, inner]).status();
        assert!(sent.is_ok_and(|sent| sent.success()), "no signal");
        while begun.elapsed() < patience {
            if let Some(ended) = self.child.try_wait().expect("it is our own child") {
                return Some((ended.code().unwrap_or(-1), begun.elapsed()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = (killed, self.child.wait());
    }
}

/// The program of the environment, which the image would find first.
fn found(bin: &Path, program: &str) -> std::path::PathBuf {
    let own = bin.join(program);
    assert!(own.is_file(), "the environment has no `{program}`");
    own
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let patience = Duration::from_secs(10);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut start = [0; 256];
    let length = stream.read(&mut start)?;
    let text = String::from_utf8_lossy(&start[..length]);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
