//! Projects really started with the command that dfgen renders for them: those of `tests/it/entries/`, and small ones
//! that are stopped while something is under way (`stopping.rs`).
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
mod running;
mod stopping;

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::process::Command;

use dockerfile::Dockerfile;
use harness::{Project, dfgen};
use known::{Known, table};
use running::Running;

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
    let mut running = Running::start(&project, &rendered, &[]);
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
