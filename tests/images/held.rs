//! What a lock does not hold, held to a day: what a project is built with, and Debian's packages.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::build::{build, build_cold, build_fails};
use crate::context::Context;
use crate::server::Server;

/// Has the index of `days.py` show the newer backend.
fn raise(context: &Context) {
    let manifest = context.read("pyproject.toml");
    let (_, address) = manifest
        .split_once("url = \"http://")
        .expect("the index has an address");
    let (address, _) = address.split_once('/').expect("the address has a path");
    let mut stream = TcpStream::connect(address).expect("the index answers");
    let request = format!("GET /raise HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .expect("it can be asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.ends_with("raised"), "{answer}");
}

#[test]
fn a_backend_that_was_raised_between_two_builds_changes_nothing() {
    let server = Server::start("days.py", &[]);
    let context = server.project();
    let before = build(&context, "job").image;
    assert_eq!(before.container().finish(), "built with 1.0\n");
    raise(&context);
    let after = build_cold(server.project(), "job").image;
    assert_eq!(after.container().finish(), "built with 1.0\n");
    assert_eq!(before.layers(), after.layers());
    // Without the day it is another one: or this test would prove nothing.
    let day = "exclude-newer = \"2026-03-01T00:00:00Z\"\n";
    let context = server.project();
    context.edit("pyproject.toml", day, "");
    let lock = context.read("uv.lock");
    let start = lock.find("[options]").expect("the lock has the day");
    let end = start + lock[start..].find("\n[[").expect("packages follow");
    context.edit("uv.lock", &lock[start..end], "");
    context.render();
    let moved = build_cold(context, "job").image;
    assert_eq!(moved.container().finish(), "built with 2.0\n");
}

const ARCHIVE: &str = "http://snapshot.debian.org/archive";
const DAY: &str = "/20261101T000000Z";

/// Debian's own mirror stands in for its archive, which may not be in reach: of the same shape but for the day.
#[test]
fn packages_of_a_day_come_from_there_alone_and_the_image_keeps_its_own_sources() {
    let context = Context::fixture("private_index");
    for (file, words) in [
        (
            "pyproject.toml",
            "[project]\nname = \"job\"\nversion = \"0.1.0\"\nrequires-python = \">=3.11\"\n",
        ),
        (
            "uv.lock",
            "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"job\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n",
        ),
        ("main.py", "print('well')\n"),
    ] {
        std::fs::write(context.path().join(file), words).expect("a file can be written");
    }
    context.append(
        "dfgen.toml",
        "apt = { runtime = [\"libltdl7\"], snapshot = \"2026-11-01\" }\n",
    );
    context.render();
    let dockerfile = "docker/worker.Dockerfile";
    let rendered = context.read(dockerfile);
    context.edit(dockerfile, DAY, "");
    context.edit(dockerfile, ARCHIVE, "http://deb.debian.org");
    let image = build(&context, "worker").image;
    let look = "import os; print(os.path.exists('/usr/lib/x86_64-linux-gnu/libltdl.so.7') or os.path.exists('/usr/lib/aarch64-linux-gnu/libltdl.so.7'), os.path.exists('/debian.sources'), os.path.exists('/etc/apt/apt.conf'), open('/etc/apt/sources.list').read().split()[0])";
    let seen = image.container().command(&["python", "-c", look]).finish();
    assert_eq!(seen, "True False False deb\n");
    // Nowhere else is looked.
    let held = context.read(dockerfile);
    std::fs::write(
        context.path().join(dockerfile),
        rendered.replace(ARCHIVE, "http://127.0.0.1:9/archive"),
    )
    .expect("a file can be written");
    let log = build_fails(&context, "worker");
    assert!(
        log.contains("http://127.0.0.1:9/archive/debian/20261101T000000Z"),
        "{log}"
    );
    std::fs::write(context.path().join(dockerfile), held).expect("a file can be written");
    assert_eq!(image.layers(), build_cold(context, "worker").image.layers());
}
