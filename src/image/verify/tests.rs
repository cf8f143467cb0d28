//! One image that is as planned, and others, each broken in one way.

use serde_json::{Value, json};

use super::{Expected, Verification};
use crate::bytes::Bytes;
use crate::image::reading::library;
use crate::image::reading::testing::{ImageOf, LayerOf};

const SITE: &str = "opt/venv/lib/python3.13/site-packages";

/// A distribution with one module, as it is installed.
fn package(layer: LayerOf, name: &str, version: &str, content: &str, recorded: &str) -> LayerOf {
    let info = format!("{name}-{version}.dist-info");
    let hash = hash(recorded);
    let record = format!(
        "{name}.py,sha256={hash},{}\n{info}/METADATA,,\n{info}/RECORD,,\n",
        recorded.len()
    );
    layer
        .file(&format!("{SITE}/{name}.py"), content)
        .file(
            &format!("{SITE}/{info}/METADATA"),
            format!("Name: {name}\nVersion: {version}\n\n"),
        )
        .file(&format!("{SITE}/{info}/RECORD"), record)
}

/// URL-safe base64 of a sha256.
fn hash(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digest = crate::image::reading::Digest::of_bytes(text.as_bytes());
    let mut hash = String::new();
    for chunk in digest.bytes().chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            hash.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    hash
}

fn environment() -> LayerOf {
    let layer = package(LayerOf::new(), "fastapi", "0.115.0", "import x", "import x");
    package(layer, "starlette", "0.40.0", "y = 1", "y = 1")
}

fn config() -> Value {
    json!({
        "User": "10001:10001", "WorkingDir": "/app", "Cmd": ["uvicorn", "shop:app"],
        "Env": ["PATH=/opt/venv/bin:/usr/bin", "HOME=/tmp"],
        "ExposedPorts": { "8000/tcp": {} },
        "Labels": { "dfgen.profile": "core-api" },
        "StopSignal": "SIGTERM",
        "Healthcheck": { "Test": ["CMD", "python", "-c", "ask"] },
    })
}

fn expected() -> Expected {
    let map = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    let version = |text: &str| text.parse().ok();
    Expected {
        profile: "core-api".to_owned(),
        platform: "linux/amd64".to_owned(),
        distributions: [
            ("fastapi".to_owned(), version("0.115.0")),
            ("starlette".to_owned(), version("0.40.0")),
        ]
        .into(),
        user: "10001:10001".to_owned(),
        folder: "/app".to_owned(),
        command: words("uvicorn shop:app"),
        ports: vec!["8000/tcp".to_owned()],
        health: words("CMD python -c ask"),
        env: map(&[("PATH", "/opt/venv/bin:$PATH"), ("HOME", "/tmp")]),
        labels: map(&[("dfgen.profile", "core-api")]),
        most: Some(Bytes(100_000)),
        ..Expected::default()
    }
}

fn image(environment: LayerOf, config: Value) -> ImageOf {
    ImageOf::new()
        .layer(
            "FROM base",
            LayerOf::new()
                .file("usr/bin/python3.13", "elf")
                .file("var/lib/dpkg/status", ""),
        )
        .layer("COPY --link --from=deps /layer/ /", environment)
        .layer(
            "COPY --link --from=app /layer/ /",
            LayerOf::new().file("app/shop.py", "app = 1"),
        )
        .config(config)
}

fn differences(image: &ImageOf) -> Vec<String> {
    let verification = Verification::of(&image.read(), &expected());
    let checks = verification.checks.into_iter();
    checks
        .flat_map(|check| {
            check
                .differences
                .into_iter()
                .map(move |one| format!("{:?}: {one}", check.about))
        })
        .collect()
}

#[test]
fn an_image_that_is_as_planned_is_told_so() {
    assert_eq!(differences(&image(environment(), config())), [""; 0]);
}

#[test]
fn what_is_compiled_beside_its_source_is_as_planned() {
    let layer = environment().file(&format!("{SITE}/__pycache__/fastapi.cpython-313.pyc"), "x");
    assert_eq!(differences(&image(layer, config())), [""; 0]);
}

/// The configuration with one value changed.
fn with(key: &str, value: Value) -> ImageOf {
    let mut config = config();
    config[key] = value;
    image(environment(), config)
}

/// An image with a shared object that needs a library.
fn and_library(environment: LayerOf) -> ImageOf {
    let content = library(&["libGL.so.1"], "", "", 0);
    image(environment.file("app/shop.so", content), config())
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a list of images, each broken in one way"
)]
fn each_way_of_being_another_is_named() {
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let one = |layer: LayerOf| image(layer, config());
    let and = |path: &str| one(environment().file(path, "x".repeat(50)));
    let only = |name: &str, version: &str, content: &str| {
        let layer = package(LayerOf::new(), "fastapi", "0.115.0", "import x", "import x");
        one(package(layer, name, version, content, "y = 1"))
    };
    let added = |instruction: &str, layer: LayerOf| {
        image(environment(), config()).layer(instruction, layer)
    };
    let broken: Vec<(ImageOf, &str)> = vec![
        (
            one(package(
                LayerOf::new(),
                "fastapi",
                "0.115.0",
                "import x",
                "import x",
            )),
            "Distributions: starlette 0.40.0 is missing",
        ),
        (
            only("starlette", "0.41.0", "y = 1"),
            "Distributions: starlette 0.41.0 is there, and the lock has 0.40.0",
        ),
        (
            one(package(environment(), "pytest", "8.4.0", "z", "z")),
            "Distributions: pytest 8.4.0 is there, and the lock asks for none in this image",
        ),
        (
            only("starlette", "0.40.0", "y = 2"),
            "Files: changed after it was installed: /opt/venv/lib/python3.13/site-packages/starlette.py of starlette",
        ),
        (
            added(
                "RUN rm",
                LayerOf::new().whiteout(&format!("{SITE}/fastapi.py")),
            ),
            "Files: in its RECORD and not in the image: /opt/venv/lib/python3.13/site-packages/fastapi.py of fastapi",
        ),
        (
            and(&format!("{SITE}/sitecustomize.py")),
            "Files: in no RECORD: /opt/venv/lib/python3.13/site-packages/sitecustomize.py",
        ),
        (
            and("usr/local/bin/uv"),
            "Leftovers: uv itself: 50 B in layer 2",
        ),
        (
            and("root/.cache/uv/archive"),
            "Leftovers: the cache of uv: 50 B in layer 2",
        ),
        (
            and("var/lib/apt/lists/deb"),
            "Leftovers: package lists of apt: 50 B in layer 2",
        ),
        (
            and("app/tests/test_shop.py"),
            "Leftovers: tests of the application: 50 B in layer 2",
        ),
        (
            and("app/.git/HEAD"),
            "Leftovers: the history of Git: 50 B in layer 2",
        ),
        (
            added(
                "RUN apt-get install gcc",
                LayerOf::new()
                    .file("var/lib/dpkg/status", "Package: gcc-14\nVersion: 14\n")
                    .file("var/lib/dpkg/info/gcc-14.list", "/usr/bin/gcc-14\n")
                    .file("usr/bin/gcc-14", "gcc"),
            ),
            "Leftovers: compilers and what they need: 3 B in layer 4",
        ),
        (
            added(
                "COPY --from=build",
                LayerOf::new().file(
                    "app/.venv/lib/python3.13/site-packages/fastapi-0.1.dist-info/RECORD",
                    "",
                ),
            ),
            "Leftovers: a second environment in /app/.venv/lib/python3.13/site-packages: fastapi",
        ),
        (
            with("User", json!("")),
            "Running: user: is `root`, planned `10001:10001`",
        ),
        (
            with("Cmd", json!(["sh"])),
            "Running: command: is `sh`, planned `uvicorn shop:app`",
        ),
        (
            with("WorkingDir", json!("/srv")),
            "Running: folder: is `/srv`, planned `/app`",
        ),
        (
            with("Entrypoint", json!(["tini"])),
            "Running: entrypoint: is `tini`, planned nothing",
        ),
        (
            with("ExposedPorts", json!({})),
            "Running: ports: is nothing, planned `8000/tcp`",
        ),
        (
            with("Healthcheck", json!(null)),
            "Running: health check: is nothing, planned `CMD python -c ask`",
        ),
        (
            with("StopSignal", json!("SIGKILL")),
            "Running: stop signal: is `SIGKILL`, planned `SIGTERM`",
        ),
        (
            with("Env", json!(["PATH=/opt/venv/bin:/bin", "HOME=/root"])),
            "Environment: HOME: is `/root`, planned `/tmp`",
        ),
        (
            with("Labels", json!({})),
            "Labels: dfgen.profile: is nothing, planned `core-api`",
        ),
        (
            with(
                "Env",
                json!(["PATH=/opt/venv/bin:", "HOME=/tmp", format!("T={token}")]),
            ),
            "Secrets: a token of GitHub in the environment",
        ),
        (
            added(
                &format!("RUN |1 T={token} /bin/sh -c x"),
                LayerOf::new().file("app/x", "x"),
            ),
            "Secrets: a token of GitHub in the history",
        ),
        (
            added(
                "COPY .env",
                LayerOf::new().file(
                    "root/x.conf",
                    format!("url = https://u:s3cr3t9@h/s {token}"),
                ),
            ),
            "Secrets: a password in a URL in /root/x.conf:1, layer 4",
        ),
        (
            added(
                "COPY big",
                LayerOf::new().file("app/big.bin", vec![7; 200_000]),
            ),
            "Size: 200 kB on disk, and at most 100 kB was predicted: `dfgen layers` says what it is",
        ),
        (
            and_library(environment()),
            "Libraries: libGL.so.1 is missing, which application cannot load without (/app/shop.so): `apt-file search libGL.so.1` names the package that brings it; `scan = { ignore = [\"libGL.so.1\"] }` where nothing loads it",
        ),
        (
            image(environment(), config()).architecture("arm64"),
            "Platform: it is for linux/arm64, not for linux/amd64",
        ),
        (
            added(
                "ADD",
                LayerOf::new().raw(b"../x", tar::EntryType::Regular, b"x"),
            ),
            "Contents: layer 4: a name that leaves the image: ../x",
        ),
    ];
    assert!(broken.len() >= 20);
    for (image, expected) in &broken {
        let found = differences(image);
        assert_eq!(
            found.first().map(String::as_str),
            Some(*expected),
            "{found:#?}"
        );
        let about = expected.split(':').next().unwrap();
        assert!(found.iter().all(|one| one.starts_with(about)), "{found:#?}");
    }
}

/// Twenty kinds of secrets, each planted in a file, the history and the environment.
#[test]
fn planted_secrets_of_twenty_kinds_are_found() {
    let long = "a1B2c3D4e5".repeat(12);
    let part = |length: usize| &long[..length];
    let secrets = [
        format!("ghp_{}", part(36)),
        format!("github_pat_{}", part(82)),
        format!("gho_{}", part(36)),
        format!("glpat-{}", part(20)),
        format!("AKIA{}", "ABCDEFGH23456789"),
        format!("xoxb-{}", part(40)),
        format!("hf_{}", part(34)),
        format!("sk-ant-{}", part(90)),
        format!("pypi-AgEIcHlwaS5vcmc{}", part(90)),
        format!("npm_{}", part(36)),
        format!("dckr_pat_{}", part(27)),
        format!("sk_live_{}", part(24)),
        format!("AIza{}", part(35)),
        "https://user:s3cr3tpw9@pkgs.example/simple".to_owned(),
        "postgresql://shop:hunter2xyz@db:5432/shop".to_owned(),
        format!("API_KEY={}", part(24)),
        format!("DB_PASSWORD={}", part(16)),
        format!("AWS_SECRET_ACCESS_KEY={}", part(40)),
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----".to_owned(),
        format!("Authorization: Bearer {}", part(30)),
    ];
    let mut missed = Vec::new();
    for secret in &secrets {
        let layer = LayerOf::new().file("app/settings.conf", format!("{secret}\n"));
        let found = differences(&image(environment(), config()).layer("COPY", layer));
        if !found
            .iter()
            .any(|one| one.starts_with("Secrets: ") && one.contains("settings.conf"))
        {
            missed.push(secret);
        }
        assert!(!found.join("\n").contains(part(16)), "{found:?}");
    }
    assert_eq!(missed, [&""; 0]);
}
