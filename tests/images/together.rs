//! The compose file as it is rendered: what somebody asks for after `docker compose up`, now and on the second day.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Map, Value, json};

use crate::build::{alone, build};
use crate::context::Context;
use crate::engine::{Answer, Image, attempt, docker, text, unique};
use crate::server::Server;

/// The services of a project's compose file, gone with their volumes when the test ends.
pub(crate) struct Together<'c> {
    context: &'c Context,
    project: String,
    files: Vec<PathBuf>,
    images: Vec<Image>,
}

impl<'c> Together<'c> {
    /// Those of a context. Builds get the network of this machine, images a name that no other test has, and ports of
    /// the host are left to it; nothing else is changed.
    pub(crate) fn new(context: &'c Context) -> Self {
        let mut this = Self {
            context,
            project: unique(),
            files: vec![context.path().join("docker/compose.yaml")],
            images: Vec::new(),
        };
        let config = this.compose(&["--profile", "*", "config", "--format", "json"]);
        let config: Value = serde_json::from_str(&config).expect("compose prints JSON");
        let services = config["services"].as_object().expect("services");
        let own = services
            .iter()
            .filter(|(_, service)| !service["build"].is_null());
        let own: Vec<&str> = own
            .filter_map(|(_, service)| service["image"].as_str())
            .collect();
        let mut changes = Map::new();
        for (name, service) in services {
            let image = service["image"].as_str().unwrap_or_default();
            if own.contains(&image) {
                let mut change = json!({ "image": format!("{}-{image}", this.project) });
                if !service["build"].is_null() {
                    change["build"] = json!({ "network": "host" });
                }
                changes.insert(name.clone(), change);
            }
        }
        let images = own
            .iter()
            .map(|image| Image::tagged(format!("{}-{image}", this.project)));
        this.images = images.collect();
        this.with(&json!({ "services": changes }))
    }

    /// The same with a file of the user's own on top.
    pub(crate) fn with(mut self, changes: &Value) -> Self {
        let file = self
            .context
            .path()
            .join(format!("more-{}.json", self.files.len()));
        fs::write(&file, changes.to_string()).expect("a file can be written");
        self.files.push(file);
        self
    }

    fn attempt(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("docker");
        command.args(["compose", "--project-name", &self.project]);
        for file in &self.files {
            command.arg("--file").arg(file);
        }
        command.args(arguments);
        for service in ["CORE_API", "ML_INFERENCE_CPU"] {
            command.env(format!("{service}_PORT"), "0");
        }
        match std::env::var_os("DFGEN_CA") {
            Some(ca) if arguments.contains(&"build") => command.env("CA_CERTIFICATES", ca),
            _ => command.env_remove("CA_CERTIFICATES"),
        };
        command.output().expect("docker can be started")
    }

    pub(crate) fn compose(&self, arguments: &[&str]) -> String {
        let output = self.attempt(arguments);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let words = arguments.join(" ");
        assert!(
            output.status.success(),
            "`docker compose {words}` failed:\n{stdout}{stderr}"
        );
        stdout
    }

    /// Builds and starts all, and waits until all is well.
    pub(crate) fn up(&self) {
        let building = alone();
        let built = self.attempt(&["build"]);
        drop(building);
        assert!(built.status.success(), "{}", text(&built.stderr));
        let output = self.attempt(&["up", "--detach", "--wait"]);
        let said = text(&output.stderr);
        assert!(
            output.status.success(),
            "{said}\n{}",
            self.compose(&["logs"])
        );
    }

    /// Starts all of it again, in new containers.
    fn again(&self) {
        self.compose(&["up", "--detach", "--wait", "--force-recreate"]);
    }

    pub(crate) fn request(&self, words: &[&str]) -> Answer {
        let run = [
            "exec",
            "-T",
            "core-api",
            "python",
            "-c",
            include_str!("request.py"),
        ];
        Answer::read(&self.compose(&[&run, words].concat()))
    }

    /// The text of a page.
    fn page(&self, path: &str) -> String {
        let read = "import sys, urllib.request as r; print(r.urlopen('http://127.0.0.1:8000' + sys.argv[1]).read().decode())";
        self.compose(&["exec", "-T", "core-api", "python", "-c", read, path])
    }

    /// The headers of an answer, by name in small letters.
    fn headers(&self, path: &str) -> Value {
        let read = "import json, sys, urllib.request as r; print(json.dumps({k.lower(): v for k, v in r.urlopen('http://127.0.0.1:8000' + sys.argv[1]).headers.items()}))";
        let text = self.compose(&["exec", "-T", "core-api", "python", "-c", read, path]);
        serde_json::from_str(&text).expect("JSON")
    }

    /// What runs.
    fn running(&self) -> Vec<String> {
        let names = self.compose(&["ps", "--services"]);
        let mut names: Vec<String> = names.lines().map(str::to_owned).collect();
        names.sort();
        names
    }
}

impl Drop for Together<'_> {
    fn drop(&mut self) {
        self.attempt(&["--profile", "*", "down", "--volumes", "--timeout", "1"]);
    }
}

const TEA: &str = r#"{"name": "tea", "price_cents": 450, "rating": 4.5, "stock": 12}"#;

fn keeps_products(together: &Together<'_>) {
    let before = together.request(&["GET", "8000", "/products"]);
    assert_eq!(
        (before.status, &before.body),
        (200, &json!([])),
        "{before:?}"
    );
    let added = together.request(&["POST", "8000", "/products", TEA]);
    assert_eq!(added.status, 201, "{added:?}");
    together.again();
    let after = together.request(&["GET", "8000", "/products"]);
    assert_eq!(after.body[0]["name"], "tea", "{after:?}");
}

#[test]
fn the_first_run_answers_without_any_setting_and_the_second_has_its_data() {
    let context = Context::of("two-images");
    let together = Together::new(&context);
    together.up();
    keeps_products(&together);
    let scored = together.request(&["GET", "8000", "/products/1/score"]);
    assert_eq!(scored.status, 200, "{scored:?}");
    // Without a variable of the build: `compose` has none here.
    assert_eq!(together.running(), ["core-api", "ml-inference-cpu"]);
    together.compose(&["logs", "core-api"]);
}

#[test]
fn another_user_of_group_0_works_too() {
    let context = Context::of("two-images");
    let other = json!({ "user": "123456:0" });
    let together = Together::new(&context).with(&json!({ "services": {
        "core-api": other, "core-api-migrate": other, "ml-inference-cpu": other,
    }}));
    together.up();
    keeps_products(&together);
    let tried = "cd \"$HOME\" && touch here && touch /var/cache/models/here && ! touch /app/here";
    together.compose(&["exec", "-T", "ml-inference-cpu", "sh", "-c", tried]);
}

/// The database of the public image, a folder of the application's, and a model service that this machine has no GPU for.
#[test]
fn what_the_profile_asks_for_is_there_and_what_the_machine_lacks_holds_nobody_up() {
    let context = Context::of("two-images");
    context.append(
        "dfgen.toml",
        "[profile.core-api]\nservices = [\"postgresql\"]\nvolumes = [\"uploads\"]\n[profile.ml-inference-cpu]\ngpu = { count = 1 }\n",
    );
    context.render();
    stand_in("postgres:18", include_str!("postgresql.Dockerfile"));
    let together = Together::new(&context);
    together.up();
    let upload = [
        "exec",
        "-T",
        "core-api",
        "sh",
        "-c",
        "echo here > uploads/file",
    ];
    together.compose(&upload);
    keeps_products(&together);
    assert_eq!(together.running(), ["core-api", "postgresql"]);
    let read = together.compose(&["exec", "-T", "core-api", "cat", "uploads/file"]);
    assert_eq!(read.trim(), "here");
    let reserved = together.compose(&["--profile", "gpu", "config", "ml-inference-cpu"]);
    assert!(reserved.contains("driver: nvidia"), "{reserved}");
}

/// A hub is asked once, and the model is still there in a new container without one, whoever it runs as.
#[test]
fn a_downloaded_model_is_kept() {
    let context = Context::fixture("models_from_a_hub");
    let other = json!({ "services": { "core-api": { "user": "123456:0" } } });
    let together = Together::new(&context).with(&other);
    together.up();
    let hub = [
        "exec",
        "--detach",
        "core-api",
        "python",
        "-c",
        include_str!("hub.py"),
    ];
    together.compose(&hub);
    let ask = || together.request(&["GET", "8000", "/model"]);
    let first = ask();
    assert_eq!(first.status, 200, "{first:?}");
    together.again();
    let second = ask();
    assert_eq!(
        (second.status, &second.body),
        (200, &first.body),
        "{second:?}"
    );
    let path = second.body["path"].as_str().unwrap_or_default();
    assert!(path.starts_with("/var/cache/models/"), "{path}");
}

/// No shell stands between the platform and the server, which is process 1 and ends when it is told to.
#[test]
fn a_platform_says_the_port() {
    let context = Context::of("two-images");
    let port = "[profile.core-api]\nport = { env = \"PORT\", default = 8080 }\n";
    context.append("dfgen.toml", port);
    context.render();
    let image = build(&context, "core-api").image;
    for (asked, listens) in [("", 8080), ("9123", 9123)] {
        let run = image.container();
        let run = if asked.is_empty() {
            run
        } else {
            run.env("PORT", asked)
        };
        let api = run.start();
        api.becomes_healthy();
        assert_eq!(api.get(listens, "/health").status, 200, "{listens}");
        let first = api.exec(&["cat", "/proc/1/cmdline"]);
        assert!(
            first.contains("uvicorn") && !first.contains("execvp"),
            "{first}"
        );
        assert_eq!(api.stop().exit_code, "0");
    }
}

/// Makes an image that no registry has to be in reach for.
pub(crate) fn stand_in(tag: &str, dockerfile: &str) {
    if attempt(&["image", "inspect", tag]).status.success() {
        return;
    }
    let folder =
        tempfile::TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
    let file = folder.path().join("Dockerfile");
    fs::write(&file, dockerfile).expect("a file can be written");
    let folder = folder.path().to_str().expect("a plain path");
    let label = "--label=dfgen.stand-in=true";
    docker(&[
        "build",
        "--quiet",
        "--network=host",
        label,
        "--tag",
        tag,
        folder,
    ]);
}

/// Style sheets are collected, and what browsers kept of them is not taken for what they are now.
#[test]
fn the_pages_of_a_site_have_their_style() {
    let context = Context::fixture("site_with_pages");
    let key =
        json!({ "services": { "core-api": { "environment": { "SECRET_KEY": "of-a-test" } } } });
    let together = Together::new(&context).with(&key);
    together.up();
    let home = together.request(&["GET", "8000", "/"]);
    assert_eq!(home.status, 200, "{home:?}");
    let style = home.body["style"].as_str().expect("its path").to_owned();
    assert_ne!(style, "/static/style.css", "its name has no digest");
    assert!(together.page(&style).contains("teal"), "{style}");
    let changed = |text: &str| {
        context.edit("assets/style.css", "teal", text);
        context.render();
        together.up();
        together.headers("/static/style.css")
    };
    let before = together.headers("/static/style.css");
    let after = changed("blue");
    assert_ne!(before["etag"], after["etag"], "{after}");
}

/// A front end that another image builds, and static files after it: by the lines that dfgen proposes.
#[test]
fn a_front_end_is_built_with_the_image() {
    stand_in("node:24-slim", include_str!("node.Dockerfile"));
    let context = Context::fixture("site_with_pages");
    // The stand-in has no npm.
    let steps = "[[profile.core-api.build-steps]]\nimage = \"node:24-slim\"\nfolder = \"web\"\nrun = [\"node build.js\"]\nkeep = [\"assets/built\"]\n\n\
        [[profile.core-api.build-steps]]\nrun = [\"python -m django collectstatic --noinput\"]\nkeep = [\"staticfiles\"]\nenv = { DJANGO_SETTINGS_MODULE = \"site_config.settings\", SECRET_KEY = \"none\" }\n";
    context.append("dfgen.toml", steps);
    context.render();
    let key =
        json!({ "services": { "core-api": { "environment": { "SECRET_KEY": "of-a-test" } } } });
    let together = Together::new(&context).with(&key);
    together.up();
    let script = together.request(&["GET", "8000", "/script"]);
    let script = script.body["script"].as_str().expect("its path").to_owned();
    assert!(together.page(&script).contains("built"), "{script}");
    let nothing_else =
        "command -v node && exit 1; test ! -e /app/web && test ! -e /app/assets/built/node_modules";
    together.compose(&["exec", "-T", "core-api", "sh", "-c", nothing_else]);
}

/// The browser that the library wants, from its own host: whoever the container runs as can start it.
#[test]
fn a_browser_is_there_for_whoever_runs_it() {
    let server = Server::start("downloads.py", &[]);
    let context = server.project();
    let other = json!({ "services": { "core-api": { "user": "123456:0" } } });
    let together = Together::new(&context).with(&other);
    together.up();
    let browser = together.request(&["GET", "8000", "/browser"]);
    let said = together.compose(&["logs", "core-api"]);
    assert_eq!(browser.body, "a stand-in, run by 123456\n", "{said}");
}
