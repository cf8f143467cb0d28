//! Base images of other people: without a shell, with a user and an entry point of their own.

use serde_json::json;

use crate::build::{build, build_fails, build_text};
use crate::context::Context;
use crate::engine::{Image, docker};
use crate::together::stand_in;

/// What runs: Python, what it loads, and nothing else.
const RUNTIME: &str = "dhi.io/python:3.13-debian13";

fn shell_less() {
    stand_in(RUNTIME, include_str!("shell_less.Dockerfile"));
}

/// Locked distributions and their versions.
fn closure(image: &Image) -> String {
    let list = "from importlib.metadata import distributions; print(*sorted(f'{one.name}=={one.version}' for one in distributions()))";
    docker(&[
        "run",
        "--rm",
        "--network=none",
        image.tag(),
        "python",
        "-c",
        list,
    ])
}

fn with_base(base: &str) -> Context {
    let context = Context::of("two-images");
    context.append(
        "dfgen.toml",
        &format!("\n[profile.core-api]\nbase = {base}\n"),
    );
    context.render();
    context
}

#[test]
fn what_runs_needs_no_shell() {
    shell_less();
    let foreign = "FROM python:3.13-slim-trixie\nUSER 1000\nENTRYPOINT [\"/bin/false\"]\n";
    let builder = build_text(foreign);
    let pair = |build: &str| format!("{{ build = \"{build}\", runtime = \"{RUNTIME}\" }}");
    let context = with_base(&pair(builder.tag()));
    let image = build(&context, "core-api").image;
    assert_eq!(image.config()["User"], json!("10001:10001"));
    assert_eq!(image.config()["Entrypoint"], json!(null));
    let api = image.container().start();
    api.becomes_healthy();
    let answer = api.get(image.port(), "/health");
    assert_eq!(answer.status, 200, "{answer:?}");
    let slim = build(&Context::of("two-images"), "core-api").image;
    assert_eq!(closure(&image), closure(&slim));
    // One layer for the standard library's bytecode in each, made for the files that are there.
    let cached = "import json, pathlib; print(pathlib.Path(json.__cached__).exists())";
    let has_cached = docker(&["run", "--rm", image.tag(), "python", "-c", cached]);
    assert_eq!(has_cached.trim(), "True");
    let shell = [
        "run",
        "--rm",
        "--entrypoint",
        "sh",
        image.tag(),
        "-c",
        "true",
    ];
    let shell = crate::engine::attempt(&shell);
    assert!(!shell.status.success(), "it has a shell");
}

#[test]
fn the_two_pythons_are_the_same() {
    shell_less();
    let other = build_text(&format!(
        "FROM python:3.13-slim-trixie AS edit\n\
         COPY --from={RUNTIME} /usr/lib/python3.13/platform.py /\n\
         RUN sed -i 's/^def python_version():/def python_version():\\n    return \"3.13.99\"/' /platform.py\n\
         FROM {RUNTIME}\n\
         COPY --from=edit /platform.py /usr/lib/python3.13/platform.py\n"
    ));
    let base = format!(
        "{{ build = \"python:3.13-slim-trixie\", runtime = \"{}\" }}",
        other.tag()
    );
    let log = build_fails(&with_base(&base), "core-api");
    let told = "are no pair: Python 3.13.";
    assert!(log.contains(told) && log.contains("3.13.99 runs"), "{log}");
}

#[test]
fn a_base_with_a_user_and_an_entry_point_is_taken_over() {
    let base = build_text(
        "FROM python:3.13-slim-trixie\nUSER 1000\nENTRYPOINT [\"/bin/false\"]\nHEALTHCHECK CMD false\n",
    );
    let context = with_base(&format!("\"{}\"", base.tag()));
    let image = build(&context, "core-api").image;
    let api = image.container().start();
    api.becomes_healthy();
}
