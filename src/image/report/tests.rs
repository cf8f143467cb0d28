//! Images with known faults: each is found, with its bytes.

use serde_json::json;

use super::{EndedHow, ImageReport, Verdict};
use crate::image::reading::testing::{ImageOf, LayerOf};
use crate::rules::Effort;

const SITE: &str = "app/.venv/lib/python3.13/site-packages";

/// Bytes that are worth a line, and differ from all others.
fn bytes(thousands: usize) -> Vec<u8> {
    let mut state = thousands as u64 + 1;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        u8::try_from(state >> 33 & 0xff).expect("eight bits")
    };
    std::iter::repeat_with(next)
        .take(thousands * 1000)
        .collect()
}

/// A distribution with one module of this many kilobytes.
fn package(layer: LayerOf, site: &str, name: &str, version: &str, thousands: usize) -> LayerOf {
    let info = format!("{name}-{version}.dist-info");
    let record = format!("{name}/__init__.py,,\n{info}/RECORD,,\n{info}/METADATA,,\n");
    layer
        .file(&format!("{site}/{name}/__init__.py"), bytes(thousands))
        .file(
            &format!("{site}/{info}/METADATA"),
            format!("Name: {name}\nVersion: {version}\n\nx"),
        )
        .file(&format!("{site}/{info}/RECORD"), record)
}

fn base() -> ImageOf {
    let status = "Package: gcc-14\nStatus: install ok installed\nVersion: 14.2\n\nPackage: libc6\nVersion: 2.41\n";
    ImageOf::new()
        .layer(
            "# debian.sh",
            LayerOf::new()
                .file("var/lib/dpkg/status", "Package: libc6\nVersion: 2.41\n")
                .file(
                    "var/lib/dpkg/info/libc6:amd64.list",
                    "/lib/x86_64-linux-gnu/libc.so.6\n",
                )
                .file("usr/lib/x86_64-linux-gnu/libc.so.6", bytes(200)),
        )
        .layer(
            "RUN apt-get update && apt-get install -y gcc",
            LayerOf::new()
                .file("var/lib/dpkg/status", status)
                .file("var/lib/dpkg/info/gcc-14.list", "/usr/bin/gcc-14\n")
                .file("usr/bin/gcc-14", bytes(700))
                .file("var/lib/apt/lists/deb.debian.org_dists", bytes(300)),
        )
}

fn area<'r>(report: &'r ImageReport, what: &str) -> (&'r str, u64, Effort) {
    let area = report.areas.iter().find(|area| area.what.starts_with(what));
    let area = area.unwrap_or_else(|| panic!("{what}: {:#?}", report.areas));
    (&area.because, area.saves.disk.bytes().0, area.effort)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one image, fault by fault")]
fn the_faults_of_an_image_made_by_hand_are_found_with_their_bytes() {
    let environment = package(LayerOf::new(), SITE, "fastapi", "0.115.0", 400);
    let environment = package(environment, SITE, "pytest", "8.4.0", 250);
    let image = base()
        .layer(
            "COPY --from=ghcr.io/astral-sh/uv /uv /bin/",
            LayerOf::new().file("bin/uv", bytes(500)),
        )
        .layer(
            "RUN uv sync",
            environment.file("root/.cache/uv/archive-v0/x", bytes(350)),
        )
        .layer(
            "COPY . /app",
            LayerOf::new()
                .file("app/main.py", bytes(5))
                .file("app/tests/test_main.py", bytes(120))
                .file("app/.git/objects/pack", bytes(130)),
        )
        .layer(
            "RUN chown -R app /app",
            LayerOf::new()
                .owned(&format!("{SITE}/fastapi/__init__.py"), bytes(400), 1000)
                .owned("app/main.py", bytes(5), 1000),
        )
        .layer(
            "COPY model.bin /tmp/model.bin",
            LayerOf::new().file("tmp/model.bin", bytes(600)),
        )
        .layer(
            "RUN rm /tmp/model.bin",
            LayerOf::new().whiteout("tmp/model.bin"),
        );
    let report = ImageReport::of(&image.read());
    for (what, thousands) in [
        ("compilers and what they need", 700),
        ("package lists of apt", 300),
        ("uv itself", 500),
        ("the cache of uv", 350),
        ("tests of the application", 120),
        ("the history of Git", 130),
        ("development tools: pytest", 250),
        (
            "files that layer 6 writes once more, unchanged: `RUN chown -R app /app`",
            405,
        ),
        ("files that layer 8 deletes: `RUN rm /tmp/model.bin`", 600),
    ] {
        let (_, found, effort) = area(&report, what);
        assert!(
            found.abs_diff(thousands * 1000) < thousands * 10,
            "{what}: {found}"
        );
        assert_eq!(effort, Effort::Easy, "{what}");
    }
    assert_eq!(report.areas.len(), 9, "{:#?}", report.areas);
    let saved: u64 = report
        .areas
        .iter()
        .map(|area| area.saves.disk.bytes().0)
        .sum();
    assert_eq!(report.plan[0].saves.0, saved);
    assert_eq!(report.plan[0].leaves.0, report.bytes.0 - saved);
}

#[test]
fn layers_have_owners_verdicts_and_what_ended_them() {
    let image = base()
        .layer(
            "RUN uv sync",
            package(LayerOf::new(), SITE, "fastapi", "0.115.0", 400)
                .file(
                    &format!("{SITE}/fastapi/__pycache__/__init__.cpython-313.pyc"),
                    bytes(90),
                )
                .file(&format!("{SITE}/fastapi/data.bin"), bytes(10)),
        )
        .layer(
            "RUN uv sync again",
            package(LayerOf::new(), SITE, "fastapi", "0.116.0", 410),
        );
    let report = ImageReport::of(&image.read());
    let [base, apt, first, second] = &report.layers[..] else {
        panic!("four layers");
    };
    let verdicts = [base.verdict, apt.verdict, first.verdict, second.verdict];
    assert_eq!(
        verdicts,
        [
            Verdict::Expected,
            Verdict::Unnecessary,
            Verdict::Partly,
            Verdict::Expected
        ]
    );
    let owners = |number: usize| {
        let shares = report.layers[number].owners.iter();
        let shares = shares
            .map(|share| format!("{} {}", share.name, share.version.as_deref().unwrap_or("-")));
        shares.collect::<Vec<_>>()
    };
    assert_eq!(owners(0), ["libc6 2.41", "system, in no package -"]);
    assert_eq!(owners(1)[0], "gcc-14 14.2");
    assert_eq!(owners(2), ["fastapi 0.115.0"]);
    assert_eq!(owners(3), ["fastapi 0.116.0"]);
    assert_eq!(
        (first.ended[0].by, first.ended[0].how),
        (4, EndedHow::Changed)
    );
    assert_eq!(report.owners[0].name, "gcc-14");
}

#[test]
fn a_second_environment_and_bytecode_of_another_python_are_told() {
    let other = "root/.venv/lib/python3.13/site-packages";
    let environment = package(LayerOf::new(), SITE, "fastapi", "0.115.0", 400);
    let environment = package(environment, SITE, "numpy", "2.0", 100);
    let image = ImageOf::new()
        .layer(
            "FROM",
            LayerOf::new().file("usr/local/bin/python3.13", "elf"),
        )
        .layer(
            "COPY --from=build",
            environment.file(
                &format!("{SITE}/fastapi/__pycache__/__init__.cpython-312.pyc"),
                bytes(150),
            ),
        )
        .layer(
            "COPY --from=build",
            package(LayerOf::new(), other, "fastapi", "0.115.0", 420),
        );
    let report = ImageReport::of(&image.read());
    let (because, found, _) = area(
        &report,
        "a second environment with the same packages: /root/.venv",
    );
    assert!(found.abs_diff(420_000) < 4200, "{found}");
    assert!(
        because.ends_with("in layer 3: `COPY --from=build`"),
        "{because}"
    );
    let (_, found, _) = area(&report, "bytecode of another Python");
    assert_eq!(found, 150_000);
}

#[test]
fn bytecode_that_is_older_than_its_source_is_told() {
    let compiled = |modified: u32| {
        let mut head = vec![0xf3, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0];
        head.extend(modified.to_le_bytes());
        head.extend(400_000_u32.to_le_bytes());
        head.extend(bytes(200));
        head
    };
    for (modified, stale) in [(0, false), (7, true)] {
        let pyc = format!("{SITE}/fastapi/__pycache__/__init__.cpython-313.pyc");
        let layer =
            package(LayerOf::new(), SITE, "fastapi", "0.115.0", 400).file(&pyc, compiled(modified));
        let report = ImageReport::of(&ImageOf::new().layer("RUN", layer).read());
        assert_eq!(
            report.areas.len(),
            usize::from(stale),
            "{:#?}",
            report.areas
        );
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one image, secret by secret")]
fn secrets_are_seen_wherever_they_are_and_never_shown() {
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let image = ImageOf::new()
        .layer(
            &format!("RUN |1 TOKEN={token} /bin/sh -c pip install x # buildkit"),
            LayerOf::new()
                .file(
                    "root/.netrc",
                    format!("machine github.com login x password {token}\n"),
                )
                .file("app/.env", "DEBUG=1\nAPI_KEY=s3cr3t-Zk29xQ\n")
                .file("app/settings.py", "DEBUG = False\n")
                .file("etc/ssl/private/ssl-cert-snakeoil.key", "x"),
        )
        .layer(
            "RUN rm /root/.netrc",
            LayerOf::new().whiteout("root/.netrc"),
        )
        .config(json!({ "Env": ["PATH=/bin", "DB_PASSWORD=hunter2hunter2"] }));
    let report = ImageReport::of(&image.read());
    let seen: Vec<String> = report
        .secrets
        .iter()
        .map(|one| {
            format!(
                "{} in {} of {:?}, {:?}",
                one.what, one.place, one.layer, one.deleted_in
            )
        })
        .collect();
    assert!(
        seen.iter()
            .any(|one| one.contains("/root/.netrc") && one.ends_with("Some(1), Some(2)")),
        "{seen:#?}"
    );
    assert!(
        seen.iter().any(|one| one.contains("/app/.env:2")),
        "{seen:#?}"
    );
    assert!(
        seen.iter().any(|one| one.contains("GitHub in history")),
        "{seen:#?}"
    );
    assert!(
        seen.iter()
            .any(|one| one.contains("`DB_PASSWORD` in environment")),
        "{seen:#?}"
    );
    assert!(
        !seen
            .iter()
            .any(|one| one.contains("settings.py") || one.contains("snakeoil")),
        "{seen:#?}"
    );
    let shown = serde_json::to_string(&report).unwrap();
    assert!(!shown.contains(&token) && !shown.contains("hunter2"));
}

#[test]
fn an_image_without_python_is_read_all_the_same() {
    let database = "P:musl\nV:1.2.5-r9\nF:lib\nR:ld-musl-x86_64.so.1\n\n";
    let image = ImageOf::new().layer(
        "ADD alpine",
        LayerOf::new()
            .file("lib/apk/db/installed", database)
            .file("lib/ld-musl-x86_64.so.1", bytes(60)),
    );
    let report = ImageReport::of(&image.read());
    assert_eq!(report.owners[0].name, "musl");
    assert_eq!(report.owners[0].version.as_deref(), Some("1.2.5-r9"));
    assert!(report.areas.is_empty());
}
