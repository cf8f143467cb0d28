//! What a build is told in confidence is nowhere in the image: no layer, no history, no setting has it.

use std::fs;
use std::process::{Command, Stdio};

use serde::Deserialize;
use tempfile::TempDir;

use crate::build::{build_fails, build_text, build_with};
use crate::context::Context;
use crate::engine::{Container, Image, text, unique};
use crate::server::Server;

const BASE: &str = "python:3.13-slim-trixie";

/// What `find_in_image.py` saw.
#[derive(Debug, Deserialize)]
struct Seen {
    layers: usize,
    files: usize,
    settings: usize,
    found: Vec<String>,
}

/// Looks for words in all that an image is made of.
fn look_for(words: &[&str], image: &Image) -> Seen {
    let mut save = Command::new("docker")
        .args(["save", image.tag()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program `docker` is installed");
    let saved = save.stdout.take().expect("it is piped");
    let program = include_str!("find_in_image.py");
    let found = Command::new("docker")
        .args(["run", "--rm", "--interactive", "--network=none", BASE])
        .args(["python", "-c", program])
        .args(words)
        .stdin(saved)
        .output()
        .expect("the program `docker` is installed");
    assert!(save.wait().is_ok_and(|status| status.success()));
    serde_json::from_slice(&found.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&found.stderr)))
}

/// A secret that nothing else on this machine holds.
fn secret(what: &str) -> String {
    format!("{what}-{}", unique())
}

/// An index for one user, and a project whose dependency is there.
pub(crate) fn private_index(user: &str, password: &str) -> (Container, Context) {
    let index = Container::for_builds(
        BASE,
        &[
            "python",
            "-c",
            include_str!("index.py"),
            &format!("{user}:{password}"),
        ],
    );
    let line = index.first_line();
    let (port, hash) = line
        .split_once(' ')
        .expect("index.py prints a port and a hash");
    let context = Context::fixture("private_index");
    for file in ["pyproject.toml", "uv.lock"] {
        context.edit(file, "PORT", port);
    }
    context.edit("uv.lock", "HASH", hash);
    if std::env::var_os("DFGEN_CA").is_none() {
        context.edit(
            "dfgen.toml",
            "ca-certificates = false",
            "ca-certificates = true",
        );
    }
    context.render();
    (index, context)
}

#[test]
fn credentials_and_certificates_are_not_in_the_image() {
    let [user, password, certificate] = ["user", "password", "certificate"].map(secret);
    let (_index, context) = private_index(&user, &password);
    let folder = TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file can be written");
        path.to_str().expect("a plain path").to_owned()
    };
    let trusted =
        std::env::var("DFGEN_CA").map(|path| fs::read_to_string(path).expect("it can be read"));
    let bundle = write(
        "ca.pem",
        &format!("# {certificate}\n{}", trusted.unwrap_or_default()),
    );
    let [user_file, password_file] = [write("user", &user), write("password", &password)];
    let options = [
        format!("--secret=id=UV_INDEX_ACME_USERNAME,src={user_file}"),
        format!("--secret=id=UV_INDEX_ACME_PASSWORD,src={password_file}"),
        format!("--secret=id=ca-certificates,src={bundle}"),
    ];
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let both = format!("{user}:{password}");
    let image = build_with(&context, "worker", &options).image;
    assert_eq!(image.container().finish(), "acme\n");
    let seen = look_for(&[&user, &password, &both, &certificate], &image);
    assert!(
        seen.layers > 3 && seen.files > 1000 && seen.settings > 1,
        "{seen:?}"
    );
    assert_eq!(seen.found, Vec::<String>::new());
}

/// uv looks up the hashes that a lock does not have, and asks the index for it.
#[test]
fn an_index_without_hashes_is_asked_with_credentials_where_the_recipe_is_made() {
    let [user, password] = ["user", "password"].map(secret);
    let (_index, context) = private_index(&user, &password);
    let lock = context.read("uv.lock");
    let start = lock.find(", hash = ").expect("the lock has a hash");
    let end = start + lock[start..].find(" }").expect("the table ends");
    context.edit("uv.lock", &lock[start..end], "");
    context.render();
    let folder = TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
    let options = [("USERNAME", &user), ("PASSWORD", &password)].map(|(name, value)| {
        let path = folder.path().join(name);
        fs::write(&path, value).expect("a file can be written");
        format!("--secret=id=UV_INDEX_ACME_{name},src={}", path.display())
    });
    let bundle = folder.path().join("ca.pem");
    fs::write(&bundle, "# nobody\n").expect("a file can be written");
    let mut options: Vec<String> = options.to_vec();
    if std::env::var_os("DFGEN_CA").is_none() {
        options.push(format!(
            "--secret=id=ca-certificates,src={}",
            bundle.display()
        ));
    }
    for stage in ["lock", "deps", "runtime"] {
        let target = format!("--target={stage}");
        let mut options: Vec<&str> = options.iter().map(String::as_str).collect();
        options.push(&target);
        let image = build_with(&context, "worker", &options).image;
        let seen = look_for(&[&user, &password], &image);
        assert_eq!(seen.found, Vec::<String>::new(), "{stage}");
    }
}

/// Two hosts, a login for each: a file of logins has both.
#[test]
fn private_git_repositories_are_fetched_with_a_file_of_logins_that_no_stage_keeps() {
    let [one, two] = ["one", "two"].map(secret);
    let logins = [
        format!("127.0.0.1=first:{one}"),
        format!("localhost=second:{two}"),
    ];
    let server = Server::start("private.py", &[&logins[0], &logins[1]]);
    let netrc = server.netrc(&format!(
        "machine 127.0.0.1 login first password {one}\nmachine localhost login second password {two}\n"
    ));
    let context = server.project();
    let option = format!("--secret=id=netrc,src={}", netrc.display());
    let image = build_with(&context, "job", &[&option]).image;
    assert_eq!(image.container().finish(), "by-url git-one git-two\n");
    let dockerfile = context.read("docker/job.Dockerfile");
    let stages = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("FROM ")?.split_once(" AS "));
    let stages: Vec<&str> = stages.map(|(_, stage)| stage).collect();
    assert!(stages.contains(&"lock") && stages.contains(&"runtime"));
    for stage in stages
        .iter()
        .filter(|stage| !["uv", "base"].contains(stage))
    {
        let target = format!("--target={stage}");
        let image = build_with(&context, "job", &[&option, &target]).image;
        let seen = look_for(&[&one, &two], &image);
        assert_eq!(seen.found, Vec::<String>::new(), "{stage}");
    }
    let log = build_fails(&context.with_new_caches(&unique()), "job");
    let help = "machine HOST login NAME password TOKEN";
    assert!(log.contains(help) && log.contains("id=netrc"), "{log}");
}

/// Whether a repository is private, no lock says: one that is not is built without the secret, and with an empty one.
#[test]
fn public_git_repositories_need_no_file_of_logins() {
    let server = Server::start("private.py", &[]);
    let context = server.project();
    for options in [&[][..], &["--secret=id=netrc,src=/dev/null"]] {
        let image = build_with(&context, "job", options).image;
        assert_eq!(image.container().finish(), "by-url git-one git-two\n");
    }
}

/// Or the tests above would prove nothing.
#[test]
fn a_secret_that_was_deleted_again_is_found() {
    let password = secret("password");
    let image = build_text(&format!(
        "FROM {BASE}\nRUN printf %s {password} > /tmp/netrc\nRUN rm /tmp/netrc\n"
    ));
    let found = look_for(&[&password], &image).found;
    assert!(
        found.iter().any(|place| place.ends_with(": tmp/netrc")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|place| !place.contains("tmp")),
        "the history has it, too: {found:?}"
    );
}
