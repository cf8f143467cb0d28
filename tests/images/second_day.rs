//! The second day: an edit, another machine, a dependency, a base, a migration, and back. Pages answer at each step, data is
//! there, and `--check` says the truth.

#![expect(
    clippy::too_many_lines,
    reason = "one day after the other: what is asked stands behind what was done"
)]

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use serde_json::{Value, json};

use crate::context::Context;
use crate::engine::{Image, attempt, docker, text, unique};
use crate::together::{Together, stand_in};

/// A registry at 127.0.0.1, gone when the test ends.
struct Registry {
    name: String,
    port: u16,
}

impl Registry {
    fn start() -> Self {
        stand_in("registry:3", include_str!("registry.Dockerfile"));
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = free.local_addr().expect("it has one").port();
        drop(free);
        let name = unique();
        let address = format!("REGISTRY_HTTP_ADDR=127.0.0.1:{port}");
        docker(&[
            "run",
            "--detach",
            "--network=host",
            "--name",
            &name,
            "--env",
            &address,
            "registry:3",
        ]);
        Self { name, port }
    }

    /// An image of it; its tag here goes with what this returns.
    fn image(&self, name: &str) -> Image {
        Image::tagged(format!("127.0.0.1:{}/{name}", self.port))
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        attempt(&["rm", "--force", "--volumes", &self.name]);
    }
}

/// What `dfgen render --check` says: its exit code and its words.
fn check(context: &Context) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
    let command = command
        .args(["render", "--check"])
        .current_dir(context.path());
    let output = command.output().expect("dfgen can be started");
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout) + &text(&output.stderr),
    )
}

fn uv(context: &Context, arguments: &[&str]) {
    let uv = std::env::var_os("DFGEN_UV").expect("DFGEN_UV names uv, which locks the project");
    let mut command = Command::new(uv);
    let command = command
        .args(arguments)
        .current_dir(context.path())
        .env("UV_PYTHON_DOWNLOADS", "never");
    let output = command.output().expect("uv can be started");
    assert!(output.status.success(), "{}", text(&output.stderr));
}

const TEA: &str = r#"{"name": "tea", "price_cents": 450, "rating": 4.5, "stock": 12}"#;

const NOTES: &str = "\"\"\"Create the table of notes.\"\"\"\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = \"0002\"\ndown_revision = \"0001\"\n\n\ndef upgrade() -> None:\n    op.create_table(\"notes\", sa.Column(\"id\", sa.Integer, primary_key=True))\n\n\ndef downgrade() -> None:\n    op.drop_table(\"notes\")\n";

/// The first product's name and the API's title, as they are now.
fn now(together: &Together<'_>) -> (String, String) {
    let products = together.request(&["GET", "8000", "/products"]);
    assert_eq!(products.status, 200, "{products:?}");
    let scored = together.request(&["GET", "8000", "/products/1/score"]);
    assert_eq!(scored.status, 200, "{scored:?}");
    let about = together.request(&["GET", "8000", "/openapi.json"]);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (
        word(&products.body[0]["name"]),
        word(&about.body["info"]["title"]),
    )
}

fn both(name: &str, title: &str) -> (String, String) {
    (name.to_owned(), title.to_owned())
}

#[test]
fn an_api_with_a_database_and_a_model_lives_on() {
    let registry = Registry::start();
    let context = Context::of("two-images");
    let images = ["core", "core:first"].map(|name| registry.image(name));
    let [core, first] = images.each_ref().map(Image::tag);
    let named = json!({ "services": { "core-api": { "image": core }, "core-api-migrate": { "image": core } } });
    let together = Together::new(&context).with(&named);
    together.up();
    let added = together.request(&["POST", "8000", "/products", TEA]);
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(now(&together), both("tea", "shop-api"));

    // A line of the source. The files say no source, so they are as fresh as before.
    context.edit(
        "src/shop_api/main.py",
        "title=\"shop-api\"",
        "title=\"edited\"",
    );
    assert_eq!(check(&context).0, 0, "{}", check(&context).1);
    together.up();
    assert_eq!(now(&together), both("tea", "edited"));
    docker(&["tag", core, first]);

    // Another machine has the image from a registry alone.
    together.compose(&["push", "core-api"]);
    docker(&["push", "--quiet", first]);
    together.compose(&["rm", "--stop", "--force"]);
    docker(&["image", "rm", "--force", core, first]);
    let up = [
        "up",
        "--detach",
        "--wait",
        "--no-build",
        "--pull",
        "missing",
    ];
    together.compose(&up);
    assert_eq!(now(&together), both("tea", "edited"));

    // A dependency. What Dockerfiles say of packages are layers, and none moved.
    uv(
        &context,
        &["lock", "--quiet", "--upgrade-package", "click==8.2.1"],
    );
    assert_eq!(check(&context).0, 0, "{}", check(&context).1);
    together.up();
    assert_eq!(now(&together), both("tea", "edited"));
    let version = "import importlib.metadata as m; print(m.version('click'))";
    let version = together.compose(&["exec", "-T", "core-api", "python", "-c", version]);
    assert_eq!(version.trim(), "8.2.1");

    // A bot raises the base. dfgen tells, keeps it once dfgen.toml says so, and nothing else changes.
    context.edit(
        "docker/core-api.Dockerfile",
        "FROM python:3.13-slim-trixie AS base",
        "FROM python:3.13-slim AS base",
    );
    let (code, said) = check(&context);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("core-api.Dockerfile"), "{said}");
    context.append(
        "dfgen.toml",
        "\n[profile.core-api]\nbase = \"python:3.13-slim\"\n",
    );
    let mut render = Command::new(env!("CARGO_BIN_EXE_dfgen"));
    let rendered = render
        .args(["render", "--force"])
        .current_dir(context.path())
        .output();
    assert!(rendered.expect("dfgen can be started").status.success());
    assert_eq!(check(&context).0, 0, "{}", check(&context).1);
    together.up();
    assert_eq!(now(&together), both("tea", "edited"));

    // A migration, before the service starts again.
    fs::write(
        context.path().join("migrations/versions/0002_notes.py"),
        NOTES,
    )
    .expect("a file can be written");
    assert_eq!(check(&context).0, 0, "{}", check(&context).1);
    together.up();
    let current = together.compose(&["exec", "-T", "core-api", "alembic", "current"]);
    assert!(current.contains("0002"), "{current}");
    assert_eq!(now(&together), both("tea", "edited"));

    // Back to the image before. The database goes first, as only the newer image knows the way.
    together.compose(&["exec", "-T", "core-api", "alembic", "downgrade", "0001"]);
    let back = json!({ "services": { "core-api": { "image": first }, "core-api-migrate": { "image": first } } });
    let together = together.with(&back);
    together.compose(&up);
    assert_eq!(now(&together), both("tea", "edited"));
}

const ENTRY: &str = r#"{"author": "Ada", "message": "three words here"}"#;

/// The first entry's words, once the worker has counted them.
fn counted(together: &Together<'_>) -> Value {
    for _ in 0..50 {
        let entries = together.request(&["GET", "8000", "/entries"]);
        assert_eq!(entries.status, 200, "{entries:?}");
        let words = &entries.body["entries"][0]["word_count"];
        if !words.is_null() {
            return words.clone();
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    panic!("nobody counted\n{}", together.compose(&["logs", "worker"]));
}

#[test]
fn a_site_with_a_worker_lives_on() {
    stand_in("postgres:18", include_str!("postgresql.Dockerfile"));
    stand_in("redis:8.6", include_str!("redis.Dockerfile"));
    let registry = Registry::start();
    let context = Context::of("django-site");
    let images = ["site", "site:first"].map(|name| registry.image(name));
    let [site, first] = images.each_ref().map(Image::tag);
    let env = json!({ "SECRET_KEY": "of-a-test" });
    let own = json!({ "image": site, "environment": env });
    let named = json!({ "services": { "core-api": own, "core-api-migrate": own, "worker": { "environment": env } } });
    let together = Together::new(&context).with(&named);
    together.up();
    let added = together.request(&["POST", "8000", "/entries", ENTRY]);
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(counted(&together), 3);
    docker(&["tag", site, first]);
    docker(&["push", "--quiet", first]);

    // A line of the source, for the site and its worker: another entry is counted by the new one.
    context.edit("guestbook/tasks.py", "split()", "split(\"o\")");
    assert_eq!(check(&context).0, 0, "{}", check(&context).1);
    together.up();
    assert_eq!(counted(&together), 3);
    together.request(&[
        "POST",
        "8000",
        "/entries",
        r#"{"author": "Bob", "message": "foo"}"#,
    ]);
    assert_eq!(counted(&together), 3);
    together.request(&[
        "POST",
        "8000",
        "/entries",
        r#"{"author": "Bob", "message": "no words"}"#,
    ]);
    assert_eq!(counted(&together), 3);

    // A migration, and a machine that has nothing but the registry.
    context.edit("guestbook/models.py", "max_length=80", "max_length=90");
    let made = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    dependencies = [(\"guestbook\", \"0001_initial\")]\n    operations = [migrations.AlterField(\"entry\", \"author\", models.CharField(max_length=90))]\n";
    let path = context.path().join("guestbook/migrations/0002_author.py");
    fs::write(path, made).expect("a file can be written");
    together.up();
    let shown = together.compose(&[
        "exec",
        "-T",
        "core-api",
        "python",
        "manage.py",
        "showmigrations",
        "guestbook",
    ]);
    assert!(shown.contains("[X] 0002_author"), "{shown}");
    together.compose(&["push", "core-api"]);
    together.compose(&["rm", "--stop", "--force", "core-api", "core-api-migrate"]);
    docker(&["image", "rm", "--force", site, first]);
    together.compose(&[
        "up",
        "--detach",
        "--wait",
        "--no-build",
        "--pull",
        "missing",
    ]);
    assert_eq!(counted(&together), 3);

    // Back to the image before: Django's migrations leave alone what they do not know.
    let back = json!({ "services": { "core-api": { "image": first }, "core-api-migrate": { "image": first } } });
    let together = together.with(&back);
    together.compose(&[
        "up",
        "--detach",
        "--wait",
        "--no-build",
        "--pull",
        "missing",
    ]);
    let entries = together.request(&["GET", "8000", "/entries"]);
    assert_eq!(entries.body["entries"][2]["author"], "Ada", "{entries:?}");
}

/// Git on Windows may give every text file other line ends: nothing of the build reads them as more than ends of lines.
#[test]
fn a_checkout_with_the_line_ends_of_windows_works() {
    let context = Context::of("two-images");
    for path in context.files() {
        // What is no text, Git leaves as it is.
        if let Ok(text) = fs::read_to_string(&path) {
            fs::write(&path, text.replace('\n', "\r\n")).expect("a file can be written");
        }
    }
    assert_eq!(check(&context).0, 0, "{}", check(&context).1);
    let together = Together::new(&context);
    together.up();
    let added = together.request(&["POST", "8000", "/products", TEA]);
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(now(&together), both("tea", "shop-api"));
}
