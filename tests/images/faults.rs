//! Images with known faults, really built: `dfgen layers` finds each, with its bytes.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::context::examples;
use crate::engine::{docker, unique};
use crate::gallery::{Example, GALLERY};

/// Each fault, as the area that tells it begins, and where its bytes lie in the image or in the build context.
const DOCKERFILE: &str = r"FROM python:3.13-slim-trixie AS build
RUN python3 -m venv --without-pip /app/.venv \
 && mkdir -p /app/.venv/lib/python3.13/site-packages/shop-1.0.dist-info /app/.venv/lib/python3.13/site-packages/shop \
 && head -c 3000000 /dev/urandom > /app/.venv/lib/python3.13/site-packages/shop/data.py \
 && printf 'shop/data.py,,\nshop-1.0.dist-info/RECORD,,\n' > /app/.venv/lib/python3.13/site-packages/shop-1.0.dist-info/RECORD
FROM python:3.13-slim-trixie
COPY --from=build /app/.venv /app/.venv
COPY --from=build /app/.venv /root/.venv
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
RUN mkdir -p /root/.cache/uv/archive-v0 && head -c 1500000 /dev/urandom > /root/.cache/uv/archive-v0/x
RUN mkdir -p /var/lib/apt/lists && head -c 2500000 /dev/urandom > /var/lib/apt/lists/deb.debian.org_dists
RUN printf 'Package: gcc-14\nStatus: install ok installed\nVersion: 14.2.0-19\n\n' >> /var/lib/dpkg/status \
 && printf '/usr/bin/x86_64-linux-gnu-gcc-14\n' > /var/lib/dpkg/info/gcc-14.list \
 && head -c 4000000 /dev/urandom > /usr/bin/x86_64-linux-gnu-gcc-14
RUN mkdir -p /app/tests && head -c 700000 /dev/urandom > /app/tests/test_all.py
RUN head -c 2000000 /dev/urandom > /app/model.bin
RUN chown -R 10001:10001 /app/model.bin
RUN printf 'machine github.com login x password ghp_aaaabbbbccccddddeeeeffffgggghhhhiiii\n' > /root/.netrc
RUN rm /root/.netrc
RUN head -c 1200000 /dev/urandom > /opt/download.bin
RUN rm /opt/download.bin
";

/// What was put in, in bytes.
const TRUTH: [(&str, u64); 7] = [
    ("the cache of uv", 1_500_000),
    ("compilers and what they need", 4_000_000),
    ("tests of the application", 700_000),
    (
        "files that layer LAST writes once more, unchanged",
        2_000_000,
    ),
    ("a second environment with the same packages", 3_000_000),
    ("files that layer LAST deletes", 1_200_000),
    ("package lists of apt", 2_500_000),
];

/// An image that is gone with the test.
pub(crate) struct Built(pub(crate) String);

impl Drop for Built {
    fn drop(&mut self) {
        docker(&["image", "rm", "--force", &self.0]);
    }
}

pub(crate) fn built(dockerfile: &str) -> Built {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).expect("a file");
    let tag = format!("dfgen-faults-{}", unique());
    docker(&[
        "build",
        "--quiet",
        "--network=none",
        "--tag",
        &tag,
        path(folder.path()),
    ]);
    Built(tag)
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

pub(crate) fn layers(image: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
    command.args(["layers", image, "--format", "json"]);
    let output = command.output().expect("dfgen can be started");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn every_fault_of_an_image_made_by_hand_is_found_within_one_percent() {
    let image = built(DOCKERFILE);
    let report = layers(&image.0);
    let areas = report["image"]["areas"].as_array().expect("areas").clone();
    let uv = docker(&[
        "run",
        "--rm",
        "--entrypoint",
        "stat",
        &image.0,
        "-c",
        "%s",
        "/usr/local/bin/uv",
    ]);
    let uv: u64 = uv.trim().parse().expect("a number");
    let truth = TRUTH.into_iter().chain([("uv itself", uv)]);
    for (what, bytes) in truth {
        let (start, rest) = what.split_once("LAST").unwrap_or((what, ""));
        let is_it = |area: &&Value| {
            let told = area["what"].as_str().expect("text");
            told.starts_with(start) && told.contains(rest)
        };
        let found: u64 = areas
            .iter()
            .filter(is_it)
            .map(|area| area["disk"]["bytes"].as_u64().expect("bytes"))
            .sum();
        println!("{what}: {found} of {bytes}");
        assert!(
            found.abs_diff(bytes) <= bytes / 100,
            "{what}: {found}, not {bytes}: {areas:#?}"
        );
    }
    let secrets = report["image"]["secrets"].to_string();
    assert!(secrets.contains("/root/.netrc:1"), "{secrets}");
    assert!(!report.to_string().contains("ghp_aaaa"));
}

/// Runs `dfgen verify` on an image of an example. Gives its exit code, and what it said.
fn verified(example: &Example, image: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
    command.args(["verify", image, "--profile", example.profile, "--project"]);
    let output = command.arg(examples().join(example.project)).output();
    let output = output.expect("dfgen can be started");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn images_of_the_examples_are_as_planned() {
    for example in GALLERY {
        let build = example.build();
        let (code, said) = verified(example, build.image.tag());
        assert_eq!(code, Some(0), "{example}: {said}");
    }
}

/// Lines behind a good image, and what is told of each.
const BROKEN: [(&str, &str); 8] = [
    (
        "RUN rm $(python3 -c 'import fastapi; print(fastapi.__file__)')",
        "in its RECORD and not in the image: ",
    ),
    (
        "RUN echo >> $(python3 -c 'import fastapi; print(fastapi.__file__)')",
        "changed after it was installed: ",
    ),
    (
        "COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv",
        "uv itself: ",
    ),
    (
        "RUN mkdir -p /root/.cache/uv && head -c 500000 /dev/urandom > /root/.cache/uv/x",
        "the cache of uv: ",
    ),
    ("USER root", "user: is `root`, planned `10001:10001`"),
    ("CMD [\"sh\"]", "command: is `sh`, planned "),
    ("HEALTHCHECK NONE", "health check: is `NONE`, planned "),
    (
        "ENV API_TOKEN=ghp_aaaabbbbccccddddeeeeffffgggghhhhiiii",
        "a token of GitHub in the environment",
    ),
];

/// A good image with one more line, which root runs where it is a `RUN`.
pub(crate) fn changed(good: &str, line: &str) -> Built {
    let (before, behind) = if line.starts_with("RUN") {
        ("USER root\n", "\nUSER 10001:10001")
    } else {
        ("", "")
    };
    built(&format!("FROM {good}\n{before}{line}{behind}\n"))
}

#[test]
fn images_that_were_changed_are_told_from_what_was_planned() {
    let example = GALLERY
        .iter()
        .find(|one| (one.project, one.profile) == ("two-images", "core-api"));
    let example = example.expect("it is in the gallery");
    let good = example.build();
    for (line, told) in BROKEN {
        let broken = changed(good.image.tag(), line);
        let (code, said) = verified(example, &broken.0);
        assert_eq!(code, Some(1), "{line}: {said}");
        assert!(said.contains(told), "{line}: {said}");
        assert!(!said.contains("ghp_aaaa"), "{said}");
    }
}

#[test]
fn layers_that_images_of_a_project_share_are_as_planned() {
    let of = |profile: &str| {
        let mut all = GALLERY.iter();
        let found = all.find(|one| (one.project, one.profile) == ("two-images", profile));
        found.expect("it is in the gallery")
    };
    let api = of("core-api").build();
    let ml = of("ml-inference-cpu").build();
    let verified = |beside: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
        command.args([
            "verify",
            api.image.tag(),
            "--profile",
            "core-api",
            "--beside",
            beside,
        ]);
        let command = command.arg("--project").arg(examples().join("two-images"));
        let output = command.output().expect("dfgen can be started");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    };
    let (code, said) = verified(ml.image.tag());
    assert_eq!(code, Some(0), "{said}");
    let written =
        fs::read_to_string(examples().join("two-images/docker/ml-inference-cpu.Dockerfile"));
    let layers = written
        .expect("it is committed")
        .matches(" /layer/ /")
        .count();
    let later = built(&format!(
        "FROM python:3.13-slim-trixie AS made\nRUN mkdir /layer && touch /layer/other\n\
         FROM python:3.13-slim-trixie\nENV PATH=/opt/venv/bin:/usr/bin:/bin\nLABEL dfgen.profile=ml-inference-cpu\n{}",
        "COPY --from=made /layer/ /\n".repeat(layers)
    ));
    let (code, said) = verified(&later.0);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is another layer than that of"), "{said}");
}
