//! `dfgen layers` and `dfgen verify`: images that are made here, through the program.

use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Project, dfgen};
use crate::schema::Judge;

/// A layer: instruction, and files with their content.
type Layer<'l> = (&'l str, Vec<(&'l str, Vec<u8>)>);

fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, path, &content[..])
            .expect("memory");
    }
    builder.into_inner().expect("memory")
}

/// An archive as `docker image save` of older engines writes it, in a project's folder.
fn archive(project: &Project, name: &str, layers: &[Layer<'_>]) -> PathBuf {
    let packed: Vec<Vec<u8>> = layers.iter().map(|(_, files)| tar(files)).collect();
    let diffs: Vec<String> = packed
        .iter()
        .map(|layer| format!("sha256:{}", hex(layer)))
        .collect();
    let history: Vec<Value> = layers
        .iter()
        .map(|(line, _)| json!({ "created_by": line }))
        .collect();
    let config = json!({
        "os": "linux", "architecture": "amd64", "config": { "Env": ["PATH=/opt/venv/bin:/bin"] },
        "rootfs": { "type": "layers", "diff_ids": diffs }, "history": history,
    });
    let config = config.to_string().into_bytes();
    let config_name = format!("{}.json", hex(&config));
    let paths: Vec<String> = (0..packed.len())
        .map(|number| format!("{number}/layer.tar"))
        .collect();
    let manifest = json!([{ "Config": config_name, "RepoTags": ["shop:1"], "Layers": paths }]);
    let mut files = vec![
        (config_name.as_str(), config),
        ("manifest.json", manifest.to_string().into_bytes()),
    ];
    files.extend(paths.iter().map(String::as_str).zip(packed));
    let place = project.path().join(name);
    std::fs::write(&place, tar(&files)).expect("a folder of the test's");
    place
}

/// An image with faults.
pub(crate) fn shop(project: &Project) -> PathBuf {
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let record = "fastapi/__init__.py,,\nfastapi-0.115.0.dist-info/RECORD,,\n";
    let layers = [
        (
            "# debian.sh --arch 'amd64'",
            vec![
                (
                    "var/lib/dpkg/status",
                    b"Package: libc6\nVersion: 2.41\n".to_vec(),
                ),
                (
                    "var/lib/dpkg/info/libc6:amd64.list",
                    b"/usr/lib/libc.so.6\n".to_vec(),
                ),
                ("usr/lib/libc.so.6", vec![1; 2_000_000]),
            ],
        ),
        (
            "RUN /bin/sh -c apt-get update && apt-get install -y libpq5 # buildkit",
            vec![("var/lib/apt/lists/deb.debian.org", vec![2; 900_000])],
        ),
        (
            "COPY /uv /bin/ # buildkit",
            vec![("bin/uv", vec![3; 1_500_000])],
        ),
        (
            "RUN /bin/sh -c uv sync # buildkit",
            vec![
                (
                    "opt/venv/lib/python3.13/site-packages/fastapi/__init__.py",
                    vec![4; 700_000],
                ),
                (
                    "opt/venv/lib/python3.13/site-packages/fastapi-0.115.0.dist-info/RECORD",
                    record.as_bytes().to_vec(),
                ),
                (
                    "root/.netrc",
                    format!("machine github.com login x password {token}").into_bytes(),
                ),
            ],
        ),
        (
            "RUN /bin/sh -c chown -R app /opt/venv && rm /root/.netrc # buildkit",
            vec![
                (
                    "opt/venv/lib/python3.13/site-packages/fastapi/__init__.py",
                    vec![4; 700_000],
                ),
                ("root/.wh..netrc", Vec::new()),
            ],
        ),
    ];
    archive(project, "shop.tar", &layers)
}

fn run(project: &Project, arguments: &[&str]) -> crate::harness::Ran {
    dfgen(arguments).in_project(project)
}

#[test]
fn an_image_is_told_layer_by_layer_with_a_plan() {
    let project = Project::empty();
    shop(&project);
    insta::assert_snapshot!(run(&project, &["layers", "./shop.tar"]), @r#"
    exit code: 0
    ----- stdout -----
    shop:1 for linux/amd64: 5.8 MB on disk, 5 layers, 9 files; 700 kB of it nobody can see

    layer     disk     pull  could go
        1   2.0 MB                     # debian.sh --arch 'amd64'
                                       libc6 2.41 2.0 MB, system, in no package 48 B
        2   900 kB             900 kB  RUN apt-get update && apt-get install -y libpq5
                                       system, in no package 900 kB
        3   1.5 MB             1.5 MB  COPY /uv /bin/
                                       system, in no package 1.5 MB
        4   700 kB             700 kB  RUN uv sync
                                       fastapi 0.115.0 700 kB, system, in no package 76 B
                                       layer 5 writes once more, unchanged: 700 kB
        5   700 kB                     RUN chown -R app /opt/venv && rm /root/.netrc
                                       fastapi 0.115.0 700 kB

      whose it is
        2.4 MB  system, in no package, in 4 layers
        2.0 MB  Debian, 1 package: libc6, in layer 1
        1.4 MB  fastapi 0.115.0, in 2 layers

      secrets that whoever has the image can read
        /root/.netrc:1  a token of GitHub  layer 4; that layer 5 deletes it hides it from nobody

      today: a line, and nothing that runs is changed
        1.5 MB  uv itself
                `RUN --mount=from=ghcr.io/astral-sh/uv,source=/uv,target=/bin/uv ...` in a build stage, in place of `COPY --from=ghcr.io/astral-sh/uv`: the environment runs without it: start its own executables, not `uv run`; in layer 3: `COPY /uv /bin/`
        900 kB  package lists of apt
                `rm -rf /var/lib/apt/lists/*` at the end of the same RUN, or `--mount=type=cache,target=/var/lib/apt/lists`: they are out of date when an image runs; in layer 2: `RUN apt-get update && apt-get install -y libpq5`
        700 kB  files that layer 5 writes once more, unchanged: `RUN chown -R app /opt/venv && rm /root/.netrc`
                `COPY --chown=USER` or `COPY --chmod=MODE` in place of a `RUN chown` or `RUN chmod` after it: nobody can see them, and everybody pulls them; in layer 4: `RUN uv sync`

      what that comes to
        today  3.1 MB less  2.7 MB left
    "#);
}

#[test]
fn two_images_are_compared() {
    let project = Project::empty();
    shop(&project);
    archive(
        &project,
        "small.tar",
        &[
            (
                "# debian.sh --arch 'amd64'",
                vec![
                    (
                        "var/lib/dpkg/status",
                        b"Package: libc6\nVersion: 2.41\n".to_vec(),
                    ),
                    (
                        "var/lib/dpkg/info/libc6:amd64.list",
                        b"/usr/lib/libc.so.6\n".to_vec(),
                    ),
                    ("usr/lib/libc.so.6", vec![1; 2_000_000]),
                ],
            ),
            ("COPY main.py /app/", vec![("app/main.py", vec![1; 40_000])]),
        ],
    );
    insta::assert_snapshot!(run(&project, &["layers", "./shop.tar", "./small.tar"]), @r#"
    exit code: 0
    ----- stdout -----
    shop:1 for linux/amd64: 5.8 MB on disk, 5 layers, 9 files; 700 kB of it nobody can see
    shop:1 for linux/amd64: 2.0 MB on disk, 2 layers, 4 files

    -3.8 MB on disk; a node that has the first pulls 1 of 2 layers, 40 kB on disk

      pulled
        40 kB  COPY main.py /app/

      what changed, on disk
        -2.4 MB  system, in no package
        -1.4 MB  fastapi                gone 0.115.0
        +40 kB   application            new
    "#);
    let markdown = run(
        &project,
        &[
            "layers",
            "./shop.tar",
            "./small.tar",
            "--format",
            "markdown",
        ],
    );
    assert!(
        markdown.stdout.starts_with(
            "shop:1 → shop:1: -3.8 MB on disk; a node that has the first pulls 1 of 2 layers"
        ),
        "{markdown}"
    );
}

#[test]
fn what_is_printed_of_images_is_as_its_schema_says() {
    let project = Project::example("two-images");
    let image = shop(&project);
    let image = image.to_str().expect("a path of text");
    let judge = Judge::of("layers");
    for arguments in [&["layers", image][..], &["layers", image, image]] {
        let value = run(&project, &[arguments, &["--format", "json"]].concat()).json();
        assert_eq!(judge.refusal(&value), None, "{value:#}");
        assert_eq!(value["version"], 1);
    }
    let ran = run(
        &project,
        &["verify", image, "--profile", "core-api", "--format", "json"],
    );
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_eq!(Judge::of("verify").refusal(&ran.json()), None, "{ran}");
    let markdown = run(&project, &["layers", image, "--format", "markdown"]).stdout;
    assert!(
        markdown.contains("| today | 1.5 MB | uv itself |"),
        "{markdown}"
    );
}

#[test]
fn what_is_not_as_planned_is_told_and_exits_1() {
    let project = Project::example("two-images");
    let image = shop(&project);
    let ran = run(
        &project,
        &[
            "verify",
            image.to_str().expect("text"),
            "--profile",
            "core-api",
        ],
    );
    assert_eq!(ran.code, Some(1), "{ran}");
    for line in [
        "    fastapi 0.115.0 is there, and the lock has ",
        "    uv itself: 1.5 MB in layer 3",
        "    user: is `root`, planned `10001:10001`",
        "    a token of GitHub in /root/.netrc:1, layer 4; layer 5 deletes it, and everybody still has it",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {ran}");
    }
}

#[test]
fn no_image_and_no_profile_exit_2() {
    let project = Project::example("two-images");
    let missing = run(&project, &["layers", "./nowhere.tar"]);
    insta::assert_snapshot!(missing, @r#"
    exit code: 2
    ----- stderr -----
    error[no-image]: there is no file `./nowhere.tar`
     |
     = help: `docker:NAME` is an image of Docker's, `podman:NAME` one of Podman's
    "#);
    let image = shop(&project);
    let unknown = run(
        &project,
        &[
            "verify",
            image.to_str().expect("text"),
            "--profile",
            "nothing",
        ],
    );
    assert_eq!(unknown.code, Some(2), "{unknown}");
    assert!(
        unknown.stderr.contains("error[unknown-profile]"),
        "{unknown}"
    );
}
