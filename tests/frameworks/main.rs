//! Projects of `tests/it/entries/`, really started with the command that dfgen renders for them.
//!
//! Runs when asked for by name, with uv and a network that has packages: `cargo test --test frameworks`.
//! Every project that names what it `installs` is locked by uv, gets its files from `dfgen render`, and a
//! fresh environment from wheels alone. Its `CMD` is run there with the variables of its Dockerfile, and
//! must answer on its port, on an address that other machines could reach.
//!
//! | variable | meaning |
//! |---|---|
//! | `DFGEN_UV` | the uv program; `uv` when not said |

#[path = "../it/dockerfile.rs"]
#[expect(dead_code, reason = "shared with `it`")]
mod dockerfile;
#[path = "../it/harness.rs"]
#[expect(dead_code, reason = "shared with `it`")]
mod harness;
#[path = "../it/known.rs"]
#[expect(dead_code, reason = "shared with `it`")]
mod known;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dockerfile::Dockerfile;
use harness::{Project, dfgen};
use known::{Known, table};

/// How long a framework may take to answer: a slow disk loads some for half a minute.
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn frameworks_answer_when_started_as_rendered() {
    let table = table();
    let cases: Vec<_> = table
        .iter()
        .filter(|(_, known)| !known.installs.is_empty())
        .collect();
    assert!(!cases.is_empty(), "no project says what it installs");
    for (name, known) in cases {
        println!("{name}: {}", started(known));
    }
}

/// Starts a project as rendered, and asks it: what was run, and what it answered.
fn started(known: &Known) -> String {
    let project = known.unlocked(&known.installs);
    uv(&project, &["lock", "--quiet"]);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let sync = ["sync", "--quiet", "--frozen", "--no-build", "--no-dev"];
    uv(&project, &sync);

    let rendered = Dockerfile::parse(&project.read("docker/core-api.Dockerfile"));
    let port = known.runs["core-api"].port.expect("the table names it");
    let port = u16::try_from(port).expect("a port is a number of 16 bits");
    // What answers must be the project, not something else of this machine.
    let is_free = TcpListener::bind(("0.0.0.0", port)).is_ok();
    assert!(is_free, "port {port} of this machine is in use");
    let mut running = Running::start(&project, &rendered);
    let answer = running.answer(SocketAddr::new(own_address(), port), &known.answers);
    format!("`{}` on {port}: {answer}", rendered.command.join(" "))
}

fn uv(project: &Project, arguments: &[&str]) {
    let uv = std::env::var("DFGEN_UV").unwrap_or_else(|_| "uv".to_owned());
    let ran = Command::new(uv)
        .args(arguments)
        .current_dir(project.path())
        .env_remove("VIRTUAL_ENV")
        .output()
        .expect("uv can be started: name it with DFGEN_UV");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "uv {}: {said}", arguments.join(" "));
}

/// An address of this machine that is not its loopback: what listens on that alone is reached by nobody
/// in a container. Nothing is sent.
fn own_address() -> IpAddr {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).expect("a socket can be had");
    let routed = socket.connect(("192.0.2.1", 9));
    routed.expect("this machine has an address besides its loopback");
    let address = socket.local_addr().expect("a bound socket has an address");
    address.ip()
}

/// A started program with all that it starts itself; ended when the test ends.
struct Running {
    child: Child,
    log: std::path::PathBuf,
}

impl Running {
    /// Runs the command of a Dockerfile in the project, with `/app` at the project's folder.
    fn start(project: &Project, rendered: &Dockerfile) -> Self {
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
        let child = Command::new(found(&bin, program))
            .args(arguments.iter().map(|word| here(word)))
            .current_dir(project.path())
            .env_clear()
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("HOME", project.path())
            .envs(env.map(|(name, value)| (name.clone(), here(value))))
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
        let child = child.unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
        Self { child, log }
    }

    /// The first line of its answer, which must be a good one.
    fn answer(&mut self, address: SocketAddr, path: &str) -> String {
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

    fn said(&self) -> String {
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
