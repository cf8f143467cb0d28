//! A build that looks for missing shared libraries, with `opencv-python`: its windows need libraries that
//! the slim images lack, and the catalog knows whose they are. What it does not know is looked up in the index
//! of files of a mirror: here one of the test's own, whole or as mirrors are on a bad day.

use crate::build::{build, build_fails};
use crate::context::Context;
use crate::server::Server;

/// What the catalog knows is taken away.
const NOTHING_KNOWN: &str = "\n[catalog.package.opencv-python]\nruntime = []\n";

/// The digest of a layer without a file.
const EMPTY: &str = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

fn without_what_is_known() -> Context {
    let context = Context::fixture("library_for_windows");
    context.append("dfgen.toml", NOTHING_KNOWN);
    context.render();
    context
}

#[test]
fn a_missing_library_ends_the_build_and_says_what_to_write() {
    let log = build_fails(&without_what_is_known(), "worker");
    let lines = [
        "error: libGL.so.1 is missing, which opencv-python cannot load without",
        "libgl1 of Debian brings it",
        "error: libglib-2.0.so.0 is missing, which opencv-python cannot load without",
        "[profile.worker]",
        "apt = { runtime = [\"libgl1\", \"libglib2.0-0t64\", ",
        "scan = { ignore = [\"libGL.so.1\", ",
    ];
    assert_has(&log, &lines);
}

#[test]
fn what_the_message_says_to_write_helps() {
    let context = without_what_is_known();
    let log = build_fails(&context, "worker");
    let advice = log
        .split(" apt = {")
        .nth(1)
        .expect("the message has advice");
    let advice = advice.lines().next().expect("text has a line");
    context.edit(
        "dfgen.toml",
        "scan = true",
        &format!("scan = true\napt = {{{advice}"),
    );
    context.render();
    let image = build(&context, "worker").image;
    image.container().finish();
}

#[test]
fn nothing_is_missing_with_what_the_catalog_knows() {
    let context = Context::fixture("library_for_windows");
    let image = build(&context, "worker").image;
    image.container().finish();
    context.edit("dfgen.toml", "scan = true", "scan = false");
    context.render();
    let [with, without] = [image, build(&context, "worker").image].map(|image| image.layers());
    let of_files = |layers: &[String]| -> Vec<String> {
        let all = layers.iter().filter(|layer| !layer.contains(EMPTY));
        all.cloned().collect()
    };
    assert_ne!(with, without);
    assert_eq!(of_files(&with), of_files(&without));
}

/// The log of a build that lacks a library which only the index of a suite of `debian.py` knows.
fn looked_up_in(suite: &str) -> String {
    let server = Server::start("debian.py", &[]);
    let context = server.project();
    context.edit("dfgen.toml", "SUITE", suite);
    context.render();
    let log = build_fails(&context, "worker");
    assert_has(
        &log,
        &["error: libodd.so.7 is missing, which odd cannot load without"],
    );
    log
}

fn assert_has(log: &str, lines: &[&str]) {
    for line in lines {
        assert!(log.contains(line), "no `{line}` in\n{log}");
    }
}

#[test]
fn a_library_that_the_catalog_does_not_know_is_looked_up() {
    let log = looked_up_in("whole");
    assert_has(
        &log,
        &[
            "libodd7 of Debian brings it",
            "apt = { runtime = [\"libodd7\"] }",
        ],
    );
}

#[test]
fn an_index_that_cannot_be_had_is_not_blamed_on_debian() {
    let log = looked_up_in("torn");
    assert_has(
        &log,
        &[
            "which package of Debian brings it could not be looked up",
            "note: Debian's index of files cannot be read:",
            "File has unexpected size",
            "https://packages.debian.org/search?searchon=contents&suite=trixie&keywords=libodd.so.7",
            "scan = { ignore = [\"libodd.so.7\"] }",
        ],
    );
    assert!(!log.contains("no package of Debian"), "{log}");
    let log = looked_up_in("bare");
    assert_has(&log, &["none of the sources in /etc/apt has one"]);
}
