//! `dfgen verify --run`, with an engine of the test's own: what it is asked, what is told of its answers, and that nothing is
//! left behind.
#![cfg(unix)]

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Project, Ran, dfgen};
use crate::layers::shop;
use crate::schema::Judge;

/// An engine that has one image. Each answer is a file that a test may write before.
const ENGINE: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
echo "$@" >> asked
case "$1 $*" in
"image "*) cat ../shop.tar ;;
"run "*--interactive*) cat > program; cat imported ;;
"run "*) env | grep -E '^(SECRET_KEY|DATABASE_URL)=' >> given; cat starts 2>/dev/null && exit 125; echo id ;;
"inspect "*) cat ended 2>/dev/null || cat state ;;
"exec "*-IS*import\ socket*) cat unreachable 2>/dev/null && exit 1; exit 0 ;;
"exec "*) [ -f slow ] && sleep 0.2; cat ill 2>/dev/null && exit 1; exit 0 ;;
"logs "*) cat log 2>/dev/null ;;
"stop "*) cp stopped ended ;;
"rm "*) rm -f ended ;;
esac
exit 0
"#;

const IMPORTED: &str = r#"{"modules": 12, "failed": []}"#;

/// The example, an image, and an engine that finds nothing wrong.
fn project() -> Project {
    let project = Project::example("two-images")
        .with("bin/docker", ENGINE)
        .with("bin/imported", IMPORTED)
        .with("bin/state", "true 0")
        .with("bin/stopped", "false 0");
    shop(&project);
    let program = project.path().join("bin/docker");
    std::fs::set_permissions(program, Permissions::from_mode(0o755)).expect("its own file");
    project
}

fn verify(project: &Project, further: &[&str]) -> Ran {
    let path = format!("{}:/usr/bin:/bin", project.path().join("bin").display());
    let arguments = ["verify", "shop:1", "--profile", "core-api", "--run"];
    let run = dfgen(&[&arguments, further].concat()).with_env("PATH", &path);
    run.with_env("SECRET_KEY", "from the shell")
        .in_project(project)
}

/// What of it is about running.
fn told(ran: &Ran) -> String {
    let value = ran.json();
    assert_eq!(Judge::of("verify").refusal(&value), None, "{value:#}");
    let checks = value["checks"].as_array().expect("checks");
    let of_run = checks.iter().filter(|check| {
        let about = check["about"].as_str().expect("text");
        ["start", "reach", "stop", "imports"].contains(&about)
    });
    let mut told = String::new();
    for check in of_run {
        for difference in check["differences"].as_array().expect("a list") {
            let text = difference.as_str().expect("text");
            told.push_str(&format!(
                "{}: {text}\n",
                check["about"].as_str().expect("text")
            ));
        }
    }
    told
}

fn differences(project: &Project) -> String {
    told(&verify(project, &["--format", "json"]))
}

#[test]
fn an_image_that_runs_is_told_so() {
    let project = project();
    let ran = verify(&project, &[]);
    assert!(ran.stdout.contains("\nrun: healthy after 0."), "{ran}");
    assert!(ran.stdout.contains(", 12 modules imported\n"), "{ran}");
    assert_eq!(differences(&project), "");
    let asked = project.read("bin/asked");
    for words in [
        "--pull never --network none --user 54321:0 --read-only --tmpfs /tmp",
        "--tmpfs /var/lib/sqlite:mode=1777",
        "--cap-drop ALL --security-opt no-new-privileges",
        "stop --time 10 dfgen-verify-",
    ] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    let names = |start: &str| asked.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(
        (names("run "), names("rm --force --volumes dfgen-verify-")),
        (4, 4),
        "{asked}"
    );
}

#[test]
fn each_way_of_not_running_is_named() {
    let broken = |file: &str, text: &str| differences(&project().with(file, text));
    insta::assert_snapshot!(broken("bin/starts", "exec: \"uvicorn\": not found"), @"start: it cannot be started: exec: \"uvicorn\": not found");
    insta::assert_snapshot!(
        differences(&project().with("bin/state", "false 3").with("bin/log", "no key\n")),
        @r"
    start: it ended with exit code 3 before it was told to
      it said: no key
    "
    );
    insta::assert_snapshot!(broken("bin/unreachable", "refused"), @"reach: port 8000 cannot be reached from outside of the container: it listens on 127.0.0.1 alone");
    insta::assert_snapshot!(broken("bin/stopped", "false 137"), @"stop: it did not end within 10 s of its signal, and was killed");
    insta::assert_snapshot!(broken("bin/stopped", "false 1"), @"stop: it ended with exit code 1 when it was told to stop");
    assert_eq!(
        broken("bin/stopped", "false 143"),
        "",
        "the signal itself may end it"
    );
}

#[test]
fn modules_that_need_not_be_imported_are_no_difference() {
    let imported = r#"{"modules": 3, "failed": [
        {"distribution": "shop", "module": "shop.files", "needs": ["pyyaml; extra == 'files'"], "kind": "ModuleNotFoundError", "said": "No module named 'yaml'", "lacks": "yaml", "refuses": false},
        {"distribution": "cv", "module": "cv2", "needs": [], "kind": "ImportError", "said": "libGL.so.1: cannot open shared object file", "lacks": null, "refuses": false}
    ]}"#;
    let project = project().with("bin/imported", imported);
    assert_eq!(
        differences(&project),
        "imports: `import cv2` of cv: ImportError: libGL.so.1: cannot open shared object file\n"
    );
    let ran = verify(&project, &[]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout
            .contains("3 modules imported, 1 more need not be"),
        "{ran}"
    );
}

#[test]
fn variables_are_those_of_compose_and_of_the_command_line() {
    let project = project().with(
        "few.env",
        "# A comment.\nDATABASE_URL='sqlite+aiosqlite:////tmp/x.db'\n",
    );
    verify(&project, &[]);
    let given = project.read("bin/given");
    assert!(
        given.contains("DATABASE_URL=sqlite+aiosqlite:////var/lib/sqlite/"),
        "{given}"
    );
    verify(&project, &["--env", "SECRET_KEY", "--env-file", "few.env"]);
    let given = project.read("bin/given");
    assert!(given.contains("SECRET_KEY=from the shell"), "{given}");
    assert!(
        given.contains("DATABASE_URL=sqlite+aiosqlite:////tmp/x.db"),
        "{given}"
    );
    assert!(
        !project.read("bin/asked").contains("from the shell"),
        "arguments are everybody's"
    );
    let missing = verify(&project, &["--env", "NOWHERE"]);
    assert_eq!(missing.code, Some(2), "{missing}");
    assert!(
        missing
            .stderr
            .contains("error[invalid-value]: the variable `NOWHERE` is not set here"),
        "{missing}"
    );
}

#[test]
fn an_archive_cannot_be_run() {
    let project = project();
    let ran =
        dfgen(&["verify", "./shop.tar", "--profile", "core-api", "--run"]).in_project(&project);
    insta::assert_snapshot!(ran, @r"
    exit code: 2
    ----- stderr -----
    error[no-engine]: `--run` needs an image that an engine has
     |
     = help: `docker image load --input FILE` gives it to one; then name it as `docker image ls` does
    ");
}

/// Ctrl-C while the image is not healthy yet.
#[test]
fn whoever_stops_it_leaves_nothing_behind() {
    for signal in ["INT", "TERM"] {
        let project = project().with("bin/ill", "connection refused");
        let path = format!("{}:/usr/bin:/bin", project.path().join("bin").display());
        let mut child = Command::new(env!("CARGO_BIN_EXE_dfgen"))
            .args(["verify", "shop:1", "--profile", "core-api", "--run"])
            .env("PATH", path)
            .current_dir(project.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("dfgen can be started");
        let asked =
            || std::fs::read_to_string(project.path().join("bin/asked")).unwrap_or_default();
        let begun = Instant::now();
        while !asked().contains("\nexec ") && begun.elapsed() < Duration::from_mins(1) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = std::io::stdout().flush();
        let kill = Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status();
        assert!(kill.expect("kill is there").success());
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(130), "{signal}");
        assert!(
            asked().contains("\nrm --force --volumes dfgen-verify-"),
            "{signal}: {}",
            asked()
        );
    }
}
