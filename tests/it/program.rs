//! The program of the build stages, executed: its own tests, with each Python that is to be tried.
//!
//! `DFGEN_PYTHONS` names interpreters, with spaces between; each has to be there. Without it, it is the machine's own
//! `python3`, where there is one that is new enough.

use std::process::{Command, Output};

use crate::harness::repository;

fn run(python: &str, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new(python);
    command.args(arguments).current_dir(repository());
    command.output().ok()
}

fn is_new_enough(python: &str) -> bool {
    let asked = "import sys; sys.exit(sys.version_info < (3, 8))";
    run(python, &["-c", asked]).is_some_and(|output| output.status.success())
}

#[test]
fn it_does_what_the_dockerfiles_ask_of_it() {
    let asked = std::env::var("DFGEN_PYTHONS").unwrap_or_default();
    let mut pythons: Vec<&str> = asked.split_whitespace().collect();
    for python in &pythons {
        assert!(
            is_new_enough(python),
            "`{python}` is no Python 3.8 or newer"
        );
    }
    if pythons.is_empty() && is_new_enough("python3") {
        pythons.push("python3");
    }
    if pythons.is_empty() {
        println!("no Python is there: `.ci/run` names some in DFGEN_PYTHONS");
    }
    let written = include_str!("../program/test_dfgen.py")
        .matches("\n    def test_")
        .count();
    assert_ne!(written, 0);
    for python in pythons {
        let tests = ["tests/program/test_dfgen.py", "src/render/program/dfgen.py"];
        let output = run(python, &tests).expect("it was started before");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{python}:\n{said}");
        let count = said
            .split("Ran ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let count: usize = count
            .and_then(|count| count.parse().ok())
            .unwrap_or_default();
        assert_eq!(count, written, "{python}:\n{said}");
    }
}
