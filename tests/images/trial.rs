//! `dfgen verify --run` on images that are really run: those of the examples do, and each that was broken in one way is told.

use std::process::{Command, Stdio};

use crate::context::examples;
use crate::engine::docker;
use crate::faults::changed;
use crate::gallery::{Example, GALLERY};

/// What it exits with, and what it says. It leaves no container.
fn verified(example: &Example, image: &str, further: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
    command.args([
        "verify",
        image,
        "--profile",
        example.profile,
        "--run",
        "--project",
    ]);
    let command = command.arg(examples().join(example.project)).args(further);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("dfgen can be started");
    let name = format!("name=dfgen-verify-{}-", child.id());
    let output = child.wait_with_output().expect("it ends");
    let left = docker(&["ps", "--all", "--quiet", "--filter", &name]);
    assert_eq!(left, "", "nothing is left behind");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// What images of an example need to start.
fn given(example: &Example) -> &'static [&'static str] {
    match (example.project, example.profile) {
        ("django-site", _) => &["--env", "SECRET_KEY=for-tests"],
        _ => &[],
    }
}

#[test]
fn images_of_the_examples_run_as_planned() {
    for example in GALLERY.iter().filter(|one| one.profile != "worker") {
        let build = example.build();
        let (code, said) = verified(example, build.image.tag(), given(example));
        println!("{example}: {said}");
        assert_eq!(code, Some(0), "{example}: {said}");
        assert!(said.contains("\nrun: healthy after "), "{example}: {said}");
    }
}

/// Lines behind a good image, and what is told of each. Bytecode is not held against its source: it has to go with it.
const BROKEN: [(&str, &str); 6] = [
    (
        "CMD [\"uvicorn\", \"shop_api.main:app\", \"--host\", \"127.0.0.1\", \"--port\", \"8000\"]",
        "port 8000 cannot be reached from outside",
    ),
    ("CMD [\"nothing\"]", "it cannot be started: docker: Error"),
    (
        "CMD [\"python\", \"-c\", \"raise SystemExit('no key')\"]",
        "it ended with exit code 1 before it was told to\n      it said: no key",
    ),
    (
        "CMD [\"python\", \"-c\", \"import uvicorn.server as s, runpy, signal, sys; s.HANDLED_SIGNALS = (); signal.signal(signal.SIGTERM, signal.SIG_IGN); sys.argv = ['uvicorn', 'shop_api.main:app', '--host', '0.0.0.0', '--port', '8000']; runpy.run_module('uvicorn', run_name='__main__')\"]",
        "it did not end within 10 s of its signal, and was killed",
    ),
    (
        "RUN cd /opt/venv/lib/python3.13/site-packages/anyio && rm -r __pycache__ && echo 'raise ImportError(\"libGL.so.1: cannot open shared object file\")' > __init__.py",
        "`import anyio` of anyio: ImportError: libGL.so.1",
    ),
    (
        "RUN cd /opt/venv/lib/python3.13/site-packages/h11 && rm -r __pycache__ && echo 'def broken(:' > __init__.py",
        "`import h11` of h11: SyntaxError: ",
    ),
];

#[test]
fn images_that_do_not_run_are_told() {
    let example = GALLERY
        .iter()
        .find(|one| (one.project, one.profile) == ("two-images", "core-api"));
    let example = example.expect("it is in the gallery");
    let good = example.build();
    for (line, told) in BROKEN {
        let broken = changed(good.image.tag(), line);
        let (code, said) = verified(example, &broken.0, &[]);
        assert_eq!(code, Some(1), "{line}: {said}");
        assert!(said.contains(told), "{line}: {said}");
    }
}
