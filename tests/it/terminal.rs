//! `dfgen init` on a terminal: what it asks, and what comes of the answers.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use crate::harness::Project;

const ARROW_DOWN: &str = "\u{1b}[B";
const SHOW_CURSOR: &str = "\u{1b}[?25h";

/// Two applications: nobody but a person can say which one is meant.
fn project() -> Project {
    let app = "from fastapi import FastAPI\napp = FastAPI()\n";
    Project::fixture("small_api")
        .without("main.py")
        .with("front.py", app)
        .with("back.py", app)
}

fn init(project: &Project) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
    command
        .args(["init", "--profile", "core-api"])
        .current_dir(project.path());
    command.env_clear().env("TERM", "xterm");
    spawn_command(command, Some(20_000)).expect("a terminal can be made")
}

#[test]
fn the_choice_is_written() {
    let project = project();
    let mut session = init(&project);
    let asked = session.exp_string("What should the image `core-api` run?");
    asked.expect("it asks");
    session
        .exp_string("front:app: FastAPI")
        .expect("it lists both");
    session
        .send(ARROW_DOWN)
        .and_then(|_| session.send_line(""))
        .expect("it can be answered");
    let before = session
        .exp_string("Write this to dfgen.toml?")
        .expect("it shows what it would write");
    session.send_line("y").expect("it can be answered");
    let after = session.exp_eof().expect("it ends");
    let shown = |text: &str| text.matches("# Settings of dfgen").count();
    assert_eq!(
        (shown(&before), shown(&after)),
        (1, 0),
        "shown once: {after}"
    );
    assert!(
        project.read("dfgen.toml").contains("entry = \"front:app\""),
        "{}",
        project.read("dfgen.toml")
    );
}

#[test]
fn who_leaves_gets_the_cursor_back_and_no_file() {
    let project = project();
    let mut session = init(&project);
    session
        .exp_string("front:app: FastAPI")
        .expect("it lists both");
    session.send_control('c').expect("it can be left");
    let rest = session.exp_eof().expect("it ends");
    assert!(rest.contains(SHOW_CURSOR), "{rest:?}");
    assert!(!project.files().contains(&"dfgen.toml".to_owned()));
}
