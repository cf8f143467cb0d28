//! Images that buildah and podman of Debian 13 build, beside those that `BuildKit` builds of the same project: they hold the
//! same, run and are healthy. `.ci/buildah` brings both programs up.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::build::build;
use crate::context::Context;
use crate::engine::{text, unique};
use crate::secrets::private_index;

const BUILDER: &str = "builder = \"buildah\"\n";

/// Runs podman and returns what it prints to standard output.
fn podman(arguments: &[&str]) -> String {
    let output = attempt(arguments);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let words = arguments.join(" ");
    assert!(
        output.status.success(),
        "`podman {words}` failed:\n{stdout}{stderr}"
    );
    stdout
}

fn attempt(arguments: &[&str]) -> Output {
    let output = Command::new("podman").args(arguments).output();
    output.expect("the program `podman` is installed; `.ci/buildah` brings it up")
}

/// A built image.
struct Built {
    tag: String,
}

impl Built {
    /// Builds an image with further options, in the way that the head of its Dockerfile says.
    fn new(context: &Context, profile: &str, options: &[&str]) -> Self {
        let built = Self { tag: unique() };
        let folder = context.path().to_str().expect("a plain path");
        let file = format!("{folder}/docker/{profile}.Dockerfile");
        let ca = std::env::var("DFGEN_CA").ok();
        let ca = ca.filter(|_| {
            !options
                .iter()
                .any(|option| option.contains("id=ca-certificates"))
        });
        let ca = ca.map(|path| {
            // The program sees no file of this machine but those in its temporary folder.
            let copy = context.path().join("docker/.ca.pem");
            std::fs::copy(path, &copy).expect("a file can be copied");
            format!("--secret=id=ca-certificates,src={}", copy.display())
        });
        let mut arguments = vec![
            "build",
            "--format=docker",
            "--network=host",
            "--tag",
            &built.tag,
            "--file",
            &file,
        ];
        arguments.extend(ca.as_deref());
        arguments.extend(options);
        arguments.push(folder);
        podman(&arguments);
        built
    }

    fn inspect(&self, format: &str) -> Value {
        let json = podman(&["image", "inspect", "--format", format, &self.tag]);
        serde_json::from_str(&json).expect("podman prints JSON")
    }

    fn layers(&self) -> Vec<String> {
        serde_json::from_value(self.inspect("{{json .RootFS.Layers}}"))
            .expect("an image has layers")
    }

    /// Runs a command in it, as root, and returns what it prints.
    fn run(&self, command: &[&str]) -> String {
        podman(
            &[
                &["run", "--rm", "--network=none", "--user=0", &self.tag],
                command,
            ]
            .concat(),
        )
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        attempt(&["image", "rm", "--force", &self.tag]);
    }
}

/// A container that runs its image's own command.
struct Running {
    id: String,
}

impl Running {
    fn start(image: &Built) -> Self {
        let words = [
            "run",
            "--detach",
            "--network=none",
            "--read-only",
            "--tmpfs=/tmp",
            "--cap-drop=ALL",
            &image.tag,
        ];
        let id = podman(&words).trim().to_owned();
        Self { id }
    }

    fn becomes_healthy(&self) {
        let started = Instant::now();
        while !attempt(&["healthcheck", "run", &self.id]).status.success() {
            let log = attempt(&["logs", &self.id]);
            let log = text(&log.stdout) + &text(&log.stderr);
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "it is not healthy: {log}"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        attempt(&["rm", "--force", "--volumes", "--time=2", &self.id]);
    }
}

/// An example or fixture, rendered for buildah.
fn for_buildah(context: &Context) {
    let settings = context.read("dfgen.toml");
    std::fs::write(
        context.path().join("dfgen.toml"),
        format!("{BUILDER}{settings}"),
    )
    .expect("a file can be written");
    context.render();
}

#[test]
fn an_image_holds_the_same_whoever_built_it_and_is_healthy() {
    let context = Context::of("two-images");
    let with_buildkit = build(&context, "core-api").image;
    for_buildah(&context);
    let image = Built::new(&context, "core-api", &[]);
    let container = Running::start(&image);
    container.becomes_healthy();

    let distributions = |inventory: &str| {
        let inventory: Value = serde_json::from_str(inventory).expect("inventory.py prints JSON");
        inventory["distributions"].clone()
    };
    let program = include_str!("inventory.py");
    let expected = with_buildkit
        .container()
        .user("0")
        .command(&["python", "-c", program])
        .finish();
    let expected = distributions(&expected);
    assert!(
        expected.as_array().is_some_and(|all| all.len() > 20),
        "{expected}"
    );
    assert_eq!(
        distributions(&image.run(&["python", "-c", program])),
        expected
    );

    // Byte for byte, but for what a step of the base itself writes: buildah dates /run there.
    let known = with_buildkit.layers();
    let of_buildah = image.layers();
    let others = of_buildah
        .iter()
        .filter(|layer| !known.contains(&format!("\"{layer}\"")));
    assert!(others.count() <= 1, "{of_buildah:#?}\n{known:#?}");
}

#[test]
fn a_private_index_is_asked_with_secrets() {
    let [user, password] = ["user", "password"].map(|what| format!("{what}-{}", unique()));
    let (_index, context) = private_index(&user, &password);
    for_buildah(&context);
    let mut options = Vec::new();
    for (name, value) in [("USERNAME", &user), ("PASSWORD", &password)] {
        let path = context.path().join(format!("docker/.{name}"));
        std::fs::write(&path, value).expect("a file can be written");
        options.push(format!(
            "--secret=id=UV_INDEX_ACME_{name},src={}",
            path.display()
        ));
    }
    if std::env::var_os("DFGEN_CA").is_none() {
        let path = context.path().join("docker/.ca.pem");
        std::fs::write(&path, "# nobody\n").expect("a file can be written");
        options.push(format!(
            "--secret=id=ca-certificates,src={}",
            path.display()
        ));
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let image = Built::new(&context, "worker", &options);
    assert_eq!(image.run(&["python", "main.py"]), "acme\n");
    let history = podman(&["history", "--no-trunc", &image.tag]);
    assert!(
        !history.contains(&user) && !history.contains(&password),
        "{history}"
    );
}

/// A pattern that takes something back leads buildah into no folder that is left out: <https://github.com/containers/buildah/issues/6615>.
#[test]
fn what_a_list_takes_back_by_a_pattern_is_sent() {
    let context = Context::of("two-images");
    for (path, words) in [
        (
            ".dockerignore",
            "**\n!**/*.py\n!pyproject.toml\n!alembic.ini\n!README.md\n!LICENSE\n!**/*.mako\n",
        ),
        (
            "docker/list.Dockerfile",
            "FROM debian:trixie-slim\nCOPY . /sent\n",
        ),
    ] {
        std::fs::write(context.path().join(path), words).expect("a file can be written");
    }
    let sent = |name: &str| {
        let from = context
            .path()
            .join("docker/core-api.Dockerfile.dockerignore");
        std::fs::copy(
            from,
            context.path().join("docker/list.Dockerfile.dockerignore"),
        )
        .expect("a file can be copied");
        let list = ["sh", "-c", "cd /sent && find . -type f | sort"];
        match name {
            "buildah" => Built::new(&context, "list", &["--pull=never"]).run(&list),
            _ => build(&context, "list")
                .image
                .container()
                .command(&list)
                .finish(),
        }
    };
    context.render();
    let expected = sent("buildkit");
    assert!(expected.contains("./src/shop_api/main.py"), "{expected}");
    assert_ne!(
        sent("buildah"),
        expected,
        "buildah goes by patterns: these files need no names any more"
    );
    for_buildah(&context);
    assert_eq!(sent("buildah"), expected);
    assert_eq!(sent("buildkit"), expected);
}
