//! Every template in small: whole once, then what each option of a plan changes in it. A change of
//! wording shows here as a diff of one step; README says how to review and accept it.

#![expect(
    clippy::too_many_lines,
    reason = "what is expected stands beside what is asked"
)]

use std::collections::BTreeSet;

use similar::{ChangeTag, TextDiff};

use super::dockerfile::{finish_layer, scan_libraries, split_recipe, steps};
use super::{Placement, TEMPLATES, compose, dockerignore, render};
use crate::bytes::Bytes;
use crate::plan::{
    AppForm, AppPlan, AptNeed, BackingPlan, BuildPlan, ComposePlan, Condition, Copied, CopiedKind,
    Decision, EnvValue, HealthPlan, HealthTimes, ImagePlan, LayerPackage, LayerPlan, LocalPackage,
    Plan, PlatformPlan, ProjectPlan, PythonSource, RecipePlan, RunPlan, ScanPlan, ScanSaid,
    ServiceEnv, ServicePlan, ServiceRole, TrimPlan,
};
use crate::profile::{Instruction, Instructions, Line, Origin, Setting, StopSignal};
use crate::target::Platform;

fn because<T>(value: T) -> Decision<T> {
    Decision::new(value, "the test says so")
}

fn lines(words: &[&str]) -> Vec<Line> {
    words.iter().map(|word| word.parse().unwrap()).collect()
}

fn file(path: &str) -> Copied {
    Copied {
        path: path.parse().unwrap(),
        kind: CopiedKind::File,
    }
}

fn folder(path: &str) -> Copied {
    Copied {
        path: path.parse().unwrap(),
        kind: CopiedKind::Folder,
    }
}

fn local(name: &str, files: Vec<Copied>) -> LocalPackage {
    LocalPackage {
        name: name.parse().unwrap(),
        files,
    }
}

fn need(package: &str, because: &str) -> AptNeed {
    AptNeed {
        package: package.parse().unwrap(),
        because: because.to_owned(),
    }
}

fn instruction(text: &str) -> Setting<Vec<Instruction>> {
    Setting {
        value: vec![text.parse().unwrap()],
        origin: Origin::Default,
    }
}

fn no_instruction() -> Setting<Vec<Instruction>> {
    Setting {
        value: Vec::new(),
        origin: Origin::Default,
    }
}

/// An image with every option off.
fn image() -> ImagePlan {
    ImagePlan {
        name: "api".parse().unwrap(),
        taken_because: "asked for".to_owned(),
        purpose: "An API".parse().unwrap(),
        serves_models: false,
        project: ProjectPlan {
            name: "shop".to_owned(),
            labels: vec![("dfgen.profile".to_owned(), "api".parse().unwrap())],
        },
        uv: because("0.9.5".parse().unwrap()),
        python: because("3.13.9".parse().unwrap()),
        base: because("python:3.13-slim-trixie".parse().unwrap()),
        python_source: PythonSource::Image,
        platforms: because(vec![PlatformPlan {
            platform: Platform::LinuxAmd64,
            packages: 2,
            download: Bytes(1000),
            built: Vec::new(),
        }]),
        apt_runtime: Vec::new(),
        build: BuildPlan::default(),
        recipe: RecipePlan {
            flags: vec!["--no-default-groups".to_owned()],
            manifests: Vec::new(),
            exclude: Vec::new(),
        },
        layers: vec![layer()],
        app: AppPlan {
            form: because(AppForm::Package),
            packages: vec![local("shop", vec![file("README.md"), folder("src")])],
            folder: String::new(),
            files: Vec::new(),
            rust: false,
        },
        run: run(),
        env: [].into(),
        bytecode: true,
        strip: true,
        scan: None,
        instructions: Instructions {
            base: no_instruction(),
            build: no_instruction(),
            app: no_instruction(),
            runtime: no_instruction(),
        },
        syntax: true,
        ca_certificates: false,
    }
}

fn layer() -> LayerPlan {
    LayerPlan {
        name: "deps".to_owned(),
        comment: "The dependencies.".to_owned(),
        patterns: vec!["*".to_owned()],
        packages: vec![LayerPackage {
            name: "flask".parse().unwrap(),
            label: "flask==3.1.0".to_owned(),
            download: Some(Bytes(1000)),
        }],
        download: Bytes(1000),
        built: Vec::new(),
        compiles: false,
        trim: Vec::new(),
    }
}

fn run() -> RunPlan {
    RunPlan {
        command: because(lines(&["serve", "shop:app"])),
        port: None,
        health: because(HealthPlan::Off),
        stop_signal: because(StopSignal::Term),
        user: because(10001),
        migrate: None,
        beat: None,
        connections: Vec::new(),
        model_cache: None,
        shm_size: None,
        gpu: false,
        development: false,
    }
}

fn times() -> HealthTimes {
    HealthTimes {
        interval: "30s".parse().unwrap(),
        timeout: "5s".parse().unwrap(),
        start_period: "10s".parse().unwrap(),
        retries: 3,
    }
}

fn placement() -> Placement {
    Placement::below(&"docker".parse().unwrap())
}

/// The steps that are made from a template.
fn of(template: &str, image: &ImagePlan) -> String {
    let steps = steps(image, &placement());
    let texts = steps.into_iter().filter(|(name, _)| *name == template);
    // The programs have snapshots of their own.
    let texts = texts.map(|(_, text)| {
        let text = text
            .replace(&finish_layer(image), "(finish-layer)\n")
            .replace(&split_recipe(image), "(split-recipe)\n");
        match scan_libraries(image) {
            Some(program) => text.replace(&program, "(scan-libraries)\n"),
            None => text,
        }
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// What a change of the plan changes in a template's text.
fn changed(template: &str, change: impl Fn(&mut ImagePlan)) -> String {
    let mut other = image();
    change(&mut other);
    difference(&of(template, &image()), &of(template, &other))
}

fn difference(before: &str, after: &str) -> String {
    let difference = TextDiff::from_lines(before, after);
    let lines = difference.iter_all_changes().filter_map(|change| {
        let line = change.value().trim_end_matches('\n');
        match change.tag() {
            ChangeTag::Equal => None,
            ChangeTag::Delete => Some(format!("-{line}\n")),
            ChangeTag::Insert => Some(format!("+{line}\n")),
        }
    });
    lines.collect()
}

#[test]
fn header() {
    const HEADER: &str = "dockerfile/header.tera";
    insta::assert_snapshot!(of(HEADER, &image()), @"
    # syntax=docker/dockerfile:1
    # The image api of shop: An API.
    # Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
    #
    #     docker build --file docker/api.Dockerfile --tag shop-api .
    #
    # Only the last stage, `runtime`, is shipped. The others make what it copies.
    ");
    insta::assert_snapshot!(changed(HEADER, |image| image.syntax = false), @"-# syntax=docker/dockerfile:1");
    let everything = changed(HEADER, |image| {
        image.ca_certificates = true;
        image.build.ssh = true;
        image.build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
    });
    insta::assert_snapshot!(everything, @"
    -#     docker build --file docker/api.Dockerfile --tag shop-api .
    +#     docker build --secret id=ca-certificates,src=FILE --secret id=UV_INDEX_A_PASSWORD,env=UV_INDEX_A_PASSWORD --ssh default --file docker/api.Dockerfile --tag shop-api .
    ");
}

#[test]
fn tools() {
    insta::assert_snapshot!(of("dockerfile/uv.tera", &image()), @"
    # uv installs Python packages. It is needed to build, and never shipped.
    FROM ghcr.io/astral-sh/uv:0.9.5 AS uv
    ");
    let rust = changed("dockerfile/rust.tera", |image| {
        image.build.rust = Some(because("rust:1.91-slim-trixie".parse().unwrap()));
    });
    insta::assert_snapshot!(rust, @"
    +# The Rust toolchain. It is needed to build, and never shipped.
    +FROM rust:1.91-slim-trixie AS rust
    ");
}

#[test]
fn base() {
    const BASE: &str = "dockerfile/base.tera";
    insta::assert_snapshot!(of(BASE, &image()), @r#"
    # What building and running share: Python, and an empty virtual environment at /opt/venv.
    FROM python:3.13-slim-trixie AS base
    RUN <<EOF
    set -eu
    started=$(date +%s)
    # The image comes without bytecode for the standard library. With it, Python starts five times faster.
    stdlib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
    PYTHONHASHSEED=0 python3 -m compileall -q -f -x /site-packages/ --invalidation-mode unchecked-hash "$stdlib"
    # These two links and one file are all that an environment needs. uv and python3 -m venv add scripts to it.
    mkdir -p /opt/venv/bin
    ln -s "$(command -v python3)" /opt/venv/bin/python
    ln -s python /opt/venv/bin/python3
    printf '%s\n' 'home = /usr/local/bin' 'include-system-site-packages = false' > /opt/venv/pyvenv.cfg
    # A user without password, shell or rights. Its home is /tmp: a read-only container can still write there.
    echo 'app:x:10001:10001::/tmp:/usr/sbin/nologin' >> /etc/passwd
    echo 'app:x:10001:' >> /etc/group
    # One date on everything written here, so that every build gives the same bytes.
    find / -xdev -newermt "@$started" \( -writable -o -type l \) -exec touch -h -d '1980-01-02 UTC' {} +
    EOF

    ENV PATH=/opt/venv/bin:$PATH
    "#);
    insta::assert_snapshot!(changed(BASE, |image| image.bytecode = false), @r#"
    -# The image comes without bytecode for the standard library. With it, Python starts five times faster.
    -stdlib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
    -PYTHONHASHSEED=0 python3 -m compileall -q -f -x /site-packages/ --invalidation-mode unchecked-hash "$stdlib"
    "#);
    let models = changed(BASE, |image| {
        image.run.model_cache = Some("/models".parse().unwrap());
    });
    insta::assert_snapshot!(models, @r#"
    +# Downloaded models are kept in a volume. A new volume takes its owner from this folder.
    +RUN <<EOF
    +set -eu
    +started=$(date +%s)
    +install -d -o 10001 -g 10001 /models
    +find / -xdev -newermt "@$started" \( -writable -o -type l \) -exec touch -h -d '1980-01-02 UTC' {} +
    +EOF
    +
    "#);
    // With the macros of dockerfile/mounts.tera.
    let packages = changed(BASE, |image| {
        image.apt_runtime = vec![need("libgomp1", "torch"), need("libpq5", "psycopg2")];
    });
    insta::assert_snapshot!(packages, @r#"
    +# Debian packages that the image needs to run:
    +#   libgomp1: torch
    +#   libpq5: psycopg2
    +# The mounts keep what apt and dpkg write besides, lists and logs, out of the image.
    +# hadolint ignore=DL3008
    +RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    +    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    +    --mount=type=tmpfs,target=/var/cache/ldconfig \
    +    --mount=type=tmpfs,target=/var/log \
    +    <<EOF
    +set -eu
    +started=$(date +%s)
    +apt-get update
    +apt-get install --yes --no-install-recommends \
    +        libgomp1 \
    +        libpq5
    +find / -xdev -newermt "@$started" \( -writable -o -type l \) -exec touch -h -d '1980-01-02 UTC' {} +
    +EOF
    +
    "#);
    let trusting = |image: &mut ImagePlan| {
        image.apt_runtime = vec![need("libpq5", "psycopg2")];
        image.ca_certificates = true;
    };
    insta::assert_snapshot!(changed(BASE, trusting), @r#"
    +# Debian packages that the image needs to run:
    +#   libpq5: psycopg2
    +# The mounts keep what apt and dpkg write besides, lists and logs, out of the image.
    +# hadolint ignore=DL3008
    +RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    +    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    +    --mount=type=tmpfs,target=/var/cache/ldconfig \
    +    --mount=type=tmpfs,target=/var/log \
    +    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    <<EOF
    +set -eu
    +started=$(date +%s)
    +apt-get update
    +apt-get install --yes --no-install-recommends \
    +        libpq5
    +find / -xdev -newermt "@$started" \( -writable -o -type l \) -exec touch -h -d '1980-01-02 UTC' {} +
    +EOF
    +
    "#);
    let lines = changed(BASE, |image| {
        image.instructions.base = instruction("RUN one");
    });
    insta::assert_snapshot!(lines, @"+RUN one");
}

#[test]
fn base_without_a_python_of_its_own() {
    let python = |image: &mut ImagePlan| {
        image.base = because("nvidia/cuda:12.8.1-base-ubuntu24.04".parse().unwrap());
        image.python_source = PythonSource::Uv;
    };
    insta::assert_snapshot!(changed("dockerfile/base.tera", python), @r"
    -FROM python:3.13-slim-trixie AS base
    -RUN <<EOF
    +FROM nvidia/cuda:12.8.1-base-ubuntu24.04 AS base
    +# It has no Python: uv's own build of it goes to where Python images have theirs.
    +RUN --mount=type=bind,from=uv,source=/uv,target=/usr/bin/uv \
    +    --mount=type=tmpfs,target=/tmp \
    +    <<EOF
    +uv python install --no-cache --no-bin --install-dir /tmp/python 3.13.9
    +cp -a /tmp/python/cpython-3.13.9-*/. /usr/local/
    +sed -i 's|/tmp/python/cpython-[a-z0-9._-]*|/usr/local|g' /usr/local/lib/python3*/_sysconfigdata_*.py /usr/local/lib/pkgconfig/*.pc
    ");
    let trusting = |image: &mut ImagePlan| {
        python(image);
        image.ca_certificates = true;
    };
    insta::assert_snapshot!(changed("dockerfile/base.tera", trusting), @r"
    -FROM python:3.13-slim-trixie AS base
    -RUN <<EOF
    +FROM nvidia/cuda:12.8.1-base-ubuntu24.04 AS base
    +# It has no Python: uv's own build of it goes to where Python images have theirs.
    +RUN --mount=type=bind,from=uv,source=/uv,target=/usr/bin/uv \
    +    --mount=type=tmpfs,target=/tmp \
    +    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    <<EOF
    +export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
    +uv python install --no-cache --no-bin --install-dir /tmp/python 3.13.9
    +cp -a /tmp/python/cpython-3.13.9-*/. /usr/local/
    +sed -i 's|/tmp/python/cpython-[a-z0-9._-]*|/usr/local|g' /usr/local/lib/python3*/_sysconfigdata_*.py /usr/local/lib/pkgconfig/*.pc
    ");
}

#[test]
fn compile() {
    const COMPILE: &str = "dockerfile/compile.tera";
    let built = |image: &mut ImagePlan| {
        image.build.apt = vec![need("gcc", "psycopg2"), need("libpq-dev", "psycopg2")];
        image.build.env = [("CFLAGS".parse().unwrap(), "-g0".parse().unwrap())].into();
        image.build.constraints = lines(&["setuptools<80", "wheel>=0.45"]);
        image.layers[0].compiles = true;
    };
    let mut image = image();
    assert_eq!(of(COMPILE, &image), "");
    built(&mut image);
    insta::assert_snapshot!(of(COMPILE, &image), @r#"
    # What is built from source is built on this stage; what has a wheel does not wait for it.
    FROM build AS compile
    # What only building needs:
    #   gcc: psycopg2
    #   libpq-dev: psycopg2
    # hadolint ignore=DL3008
    RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
        --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
        apt-get update && \
        apt-get install --yes --no-install-recommends \
            gcc \
            libpq-dev
    ENV CFLAGS="-g0"
    # What builds may use, from build-constraint-dependencies in pyproject.toml.
    COPY <<'EOF' build-constraints.txt
    setuptools<80
    wheel>=0.45
    EOF
    "#);
    insta::assert_snapshot!(changed("dockerfile/deps.tera", built), @"
    -FROM build AS deps
    +FROM compile AS deps
    ");
    insta::assert_snapshot!(changed("dockerfile/app.tera", built), @"
    -FROM build AS app
    +FROM compile AS app
    ");
    let before = of(COMPILE, &image);
    image.build.rust = Some(because("rust:1.91-slim-trixie".parse().unwrap()));
    image.build.rust_for_dependencies = true;
    insta::assert_snapshot!(difference(&before, &of(COMPILE, &image)), @r"
    +# The toolchain is mounted where it is used.
    +ENV PATH=/usr/local/cargo/bin:$PATH \
    +    RUSTUP_HOME=/usr/local/rustup \
    +    CARGO_HOME=/root/.cargo \
    +    CARGO_PROFILE_RELEASE_STRIP=true
    ");
    insta::assert_snapshot!(of("dockerfile/deps.tera", &image), @r"
    # The dependencies.
    FROM compile AS deps
    COPY --from=lock /build/pylock.deps.toml ./
    RUN --mount=type=bind,from=rust,source=/usr/local/cargo/bin,target=/usr/local/cargo/bin \
        --mount=type=bind,from=rust,source=/usr/local/rustup,target=/usr/local/rustup,rw \
        --mount=type=cache,target=/root/.cargo/registry \
        --mount=type=cache,target=/root/.cache/uv \
        uv pip sync pylock.deps.toml && \
        finish-layer
    ");
    let unisolated =
        |image: &mut ImagePlan| image.build.unisolated = vec!["flask".parse().unwrap()];
    insta::assert_snapshot!(changed("dockerfile/deps.tera", unisolated), @r"
    +# Built without isolation, as pyproject.toml asks: flask. What builds it is installed first,
    +# and is gone again with the second `uv pip sync`.
    +COPY --from=lock /build/pylock.isolated.toml ./
    +ENV PYTHONDONTWRITEBYTECODE=1
    +    uv pip sync pylock.isolated.toml && \
    ");
    let mut image = self::image();
    let before = split_recipe(&image);
    unisolated(&mut image);
    insta::assert_snapshot!(difference(&before, &split_recipe(&image)), @r#"
    +# These are built with what the environment holds: all others, which `isolated` lists.
    +UNISOLATED = ["flask"]
    -parts = {layer: [] for layer in [*LAYERS, "app"]}
    +parts = {layer: [] for layer in [*LAYERS, "app", "isolated"]}
    +    if layers[0] in LAYERS and name not in UNISOLATED:
    +        parts["isolated"].append(package)
    "#);
}

#[test]
fn build() {
    const BUILD: &str = "dockerfile/build.tera";
    insta::assert_snapshot!(of(BUILD, &image()), @r"
    # Tools of the stages below.
    FROM base AS build
    COPY --from=uv /uv /usr/local/bin/uv
    ENV VIRTUAL_ENV=/opt/venv \
        SOURCE_DATE_EPOCH=315619200 \
        UV_LINK_MODE=copy \
        UV_NO_INSTALLER_METADATA=1 \
        UV_PREVIEW_FEATURES=pylock \
        UV_PYTHON_DOWNLOADS=never
    COPY --chmod=755 <<'EOF' /usr/local/bin/finish-layer
    (finish-layer)
    EOF

    WORKDIR /build
    ");
    insta::assert_snapshot!(changed(BUILD, |image| image.ca_certificates = true), @r"
    -    UV_PYTHON_DOWNLOADS=never
    +    UV_PYTHON_DOWNLOADS=never \
    +    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
    ");
    let settings = changed(BUILD, |image| {
        image.build.uv_settings = "no-binary = true\n".to_owned();
    });
    insta::assert_snapshot!(settings, @"
    +# Settings of [tool.uv] that decide where packages come from and how they are built.
    +COPY <<'EOF' uv.toml
    +no-binary = true
    +EOF
    ");
    let lines = changed(BUILD, |image| {
        image.instructions.build = instruction("RUN one");
    });
    insta::assert_snapshot!(lines, @"+RUN one");
}

#[test]
fn program_that_finishes_a_layer() {
    // dockerfile/finish-layer.tera
    insta::assert_snapshot!(finish_layer(&image()), @r#"
    #!/usr/local/bin/python3
    """Turns what was installed into one layer of the image: the folder /layer.

    Usage: finish-layer [PATTERN]...    what matches a pattern below site-packages is not needed to run, and is left out
    """
    import base64
    import csv
    import hashlib
    import mmap
    import os
    import shutil
    import struct
    import subprocess
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    VENV, APP, LAYER = Path("/opt/venv"), Path("/app"), Path("/layer")
    SITE = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


    def remove(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


    def compile_bytecode(path):
        # Hash-based, in a fixed order, one process for each package: the same bytes in every build.
        command = [sys.executable, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", path]
        # Exit code 1 means that a file is not valid Python, as some templates are not. It is shown, and left alone.
        if subprocess.run(command, env={"PYTHONHASHSEED": "0"}).returncode not in (0, 1):
            sys.exit(f"finish-layer: compiling {path} failed")


    def strip(library):
        """Cuts out what only debuggers read. What is loaded keeps its bytes and addresses. Returns RECORD's hash and size."""
        with library.open("rb") as file:
            header = file.read(64)
            # Shared libraries for x86-64 and arm64 only: code for GPUs comes in such files too.
            if header[:6] != b"\x7fELF\2\1" or header[16:20] not in (b"\3\0\x3e\0", b"\3\0\xb7\0"):
                return None
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

        def number(at, form="<Q"):
            return struct.unpack_from(form, data, at)[0]

        def table(at, row_size, count):
            return range(number(at), number(at) + number(row_size, "<H") * number(count, "<H"), number(row_size, "<H"))

        segments, sections, names = table(32, 54, 56), table(40, 58, 60), number(62, "<H")
        kept, cut = [(0, 64), (segments.start, segments.stop), (sections.start, sections.stop)], []
        kept += [(number(row + 8), number(row + 8) + number(row + 32)) for row in segments]
        for index, row in enumerate(sections):
            name = number(sections[names] + 24) + number(row, "<I")
            start, size = number(row + 24), number(row + 32)
            debug = data[name : name + 8].startswith((b".debug_", b".symtab\0", b".strtab\0"))
            if debug and not number(row + 8) & 2 and index != names:  # 2: loaded
                # Whole pages, so that the segments behind keep their places in them.
                page = max([64] + [number(part + 48) for part in segments if number(part + 8) >= start + size])
                cut.append((start, start + size // page * page))
                struct.pack_into("<I", data, row + 4, 0)  # an empty row: the others keep their numbers
                struct.pack_into("<QQ", data, row + 24, 0, 0)
            elif number(row + 4, "<I") != 8:  # 8 takes no room in the file
                kept.append((start, start + size))
        if not any(start < end for start, end in cut) or any(start < to and at < end for start, end in cut for at, to in kept):
            return None

        for place in [32, 40, *(row + 8 for row in segments), *(row + 24 for row in sections)]:
            struct.pack_into("<Q", data, place, number(place) - sum(end - start for start, end in cut if end <= number(place)))
        made, digest, at = library.with_name(library.name + ".stripped"), hashlib.sha256(), 0
        with made.open("wb") as file, memoryview(data) as bytes_of:
            for start, end in [*sorted(cut), (len(data), len(data))]:
                file.write(bytes_of[at:start])
                digest.update(bytes_of[at:start])
                at = end
        shutil.copymode(library, made)
        made.replace(library)
        return "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("="), library.stat().st_size


    for pattern in sys.argv[1:]:
        for path in list(SITE.glob(pattern)):
            remove(path)

    stripped = {}
    for path in SITE.rglob("*.so*"):
        if path.is_file() and not path.is_symlink():
            try:
                record = strip(path)
                stripped.update({path: record} if record else {})
            except (IndexError, struct.error):
                print(f"finish-layer: {path} is no whole library; it stays as it is")

    # RECORD is a package's list of its files: keep it true.
    for record in SITE.glob("*.dist-info/RECORD"):
        with record.open(newline="") as lines:
            rows = [row for row in csv.reader(lines) if (SITE / row[0]).exists()]
        rows = [[row[0], *stripped.get(SITE / row[0], row[1:])] for row in rows]
        with record.open("w", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(rows)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_bytecode, [*SITE.glob("*"), *APP.glob("*")]))

    # The empty environment is part of the base, and the lock file is uv's own.
    for name in ["pyvenv.cfg", "bin/python", "bin/python3", ".lock"]:
        remove(VENV / name)
    (LAYER / "opt/venv").mkdir(parents=True)
    for part in VENV.iterdir():
        shutil.move(part, LAYER / "opt/venv")
    if APP.exists():
        shutil.move(APP, LAYER)

    # One date and plain permissions on everything, so that every build gives the same bytes.
    for path in [LAYER, *LAYER.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (315619200, 315619200), follow_symlinks=False)  # 1980-01-02: zip files know no earlier day
    "#);
    let mut other = image();
    other.bytecode = false;
    let without = difference(&finish_layer(&image()), &finish_layer(&other));
    insta::assert_snapshot!(without, @r#"
    -with ThreadPoolExecutor(os.cpu_count()) as pool:
    -    list(pool.map(compile_bytecode, [*SITE.glob("*"), *APP.glob("*")]))
    -
    "#);
    other.bytecode = true;
    other.run.development = true;
    assert_eq!(
        difference(&finish_layer(&image()), &finish_layer(&other)),
        without
    );
}

fn scan() -> ScanPlan {
    let library = |name: &str| (name.parse().unwrap(), "brought later".to_owned());
    ScanPlan {
        libraries: vec![library("libcuda.so.*")],
        files: Vec::new(),
        said: ScanSaid::default(),
    }
}

#[test]
fn missing_libraries() {
    let scanned = changed("dockerfile/scan.tera", |image| image.scan = Some(scan()));
    insta::assert_snapshot!(scanned, @r"
    +# A check, not a part of the image: the build ends here where a package needs a shared library that nothing brings.
    +FROM base AS scan
    +COPY --chmod=755 <<'EOF' /usr/local/bin/scan-libraries
    +(scan-libraries)
    +EOF
    +
    +COPY --link --from=deps /layer/ /
    +COPY --link --from=app /layer/ /
    +# apt has work only where something is missing: its index says which package brings it.
    +RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    +    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    +    scan-libraries
    ");
    insta::assert_snapshot!(
        changed("dockerfile/runtime.tera", |image| image.scan = Some(scan())),
        @"
    +# An empty folder: without it, nothing would ask for the check.
    +COPY --link --from=scan /scanned/ /
    "
    );
}

#[test]
fn program_that_looks_for_missing_libraries() {
    // dockerfile/scan-libraries.tera
    let mut image = image();
    assert_eq!(scan_libraries(&image), None);
    image.scan = Some(scan());
    let program = scan_libraries(&image).unwrap();
    insta::assert_snapshot!(program, @r#"
    #!/usr/local/bin/python3
    """Looks for shared libraries that a package needs and nothing brings. Where one is missing, the build ends here."""
    import csv
    import mmap
    import os
    import struct
    import subprocess
    import sys
    import sysconfig
    from fnmatch import fnmatch
    from pathlib import Path

    # Libraries that are not missed, each with why.
    LIBRARIES = {
        "libcuda.so.*": "brought later",
    }
    PARTS = {}
    # What the profile says already.
    BUILD, RUNTIME, IGNORE = [], [], []

    VENV = Path("/opt/venv")
    SITE = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    MACHINE = Path(sys.executable).open("rb").read(20)[18:]


    def read(path):
        """The libraries that an ELF file for this machine needs, its own names, and the folders that it looks in itself."""
        with path.open("rb") as file:
            header = file.read(64)
            # Programs and shared libraries: an object file has nothing that is loaded.
            if header[:6] != b"\x7fELF\2\1" or header[16:18] not in (b"\2\0", b"\3\0") or header[18:20] != MACHINE:
                return None
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        at, (size, count) = struct.unpack_from("<Q", header, 32)[0], struct.unpack_from("<HH", header, 54)
        segments = [struct.unpack_from("<II6Q", data, row) for row in range(at, at + size * count, size)]
        entries = []
        for kind, _, start, _, _, length, _, _ in segments:
            if kind == 2:  # the dynamic section
                entries += struct.iter_unpack("<QQ", data[start : start + length // 16 * 16])
        address = next((value for tag, value in entries if tag == 5), None)  # of the strings
        loaded = [part for part in segments if part[0] == 1 and address is not None and part[3] <= address < part[3] + part[5]]
        if not loaded:
            return None
        strings = address - loaded[0][3] + loaded[0][2]

        def texts(*tags):
            starts = [strings + value for tag, value in entries if tag in tags]
            return [os.fsdecode(data[start : data.find(b"\0", start)]) for start in starts]

        return texts(1), [path.name, *texts(14)], [folder for text in texts(15, 29) for folder in text.split(":") if folder]


    def owners():
        """Which package each file belongs to, from the packages' own lists."""
        found = {}
        for record in SITE.glob("*.dist-info/RECORD"):
            with record.open(newline="") as lines:
                for row in csv.reader(lines):
                    found[os.path.normpath(SITE / row[0])] = record.parent.name.split("-")[0].replace("_", "-").lower()
        return found


    # Where files with something missing look, besides the places for everybody.
    own_folders = set()


    def missing():
        """Each library that is nowhere, with the files that need it."""
        files = {path: read(path) for path in sorted(VENV.rglob("*")) if path.is_file() and not path.is_symlink()}
        files = {path: what for path, what in files.items() if what}
        # What is in the image, and what is in the environment: packages load each other's libraries by name.
        cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
        names = {line.split()[0] for line in cache.splitlines()[1:]} | {path.name for path in VENV.rglob("*.so*")}
        names |= {path.name for folder in ["/lib", "/usr/lib", "/usr/local/lib"] for path in Path(folder).glob("*.so*")}
        names |= {name for _, own, _ in files.values() for name in own}
        found = {}
        for path, (needed, _, folders) in files.items():
            if any(fnmatch(os.path.relpath(path, SITE), part) for part in PARTS):
                continue
            folders = [Path(folder.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", str(path.parent))) for folder in folders]
            for name in needed:
                if name not in names and not any((folder / name).exists() for folder in folders):
                    if not any(fnmatch(name, library) for library in LIBRARIES):
                        found.setdefault(name, []).append(path)
                        own_folders.update(str(folder).lstrip("/") for folder in folders)
        return found


    def debian_packages(libraries):
        """The Debian package of each library, from Debian's own index of files: what `apt-file` reads."""
        index = {"MetaKey": "$(COMPONENT)/Contents-$(ARCHITECTURE)", "ShortDescription": "Contents", "Description": "Contents"}
        options = [word for key, value in index.items() for word in ["-o", f"Acquire::IndexTargets::deb::Contents::{key}={value}"]]
        if subprocess.run(["apt-get", "update", "-qq", *options]).returncode:
            return {}
        listed = ["apt-get", "indextargets", *options, "--format", "$(FILENAME)", "Created-By: Contents"]
        files = subprocess.run(listed, capture_output=True, text=True).stdout.split()
        machine = sysconfig.get_config_var("MULTIARCH")
        folders, found = own_folders | {"lib", "usr/lib", f"lib/{machine}", f"usr/lib/{machine}"}, {}
        for file in files:
            text = subprocess.Popen(["/usr/lib/apt/apt-helper", *options, "cat-file", file], stdout=subprocess.PIPE, text=True)
            for line in text.stdout:
                path, _, packages = line.rstrip().rpartition(" ")
                folder, _, name = path.strip().rpartition("/")
                if name in libraries and folder in folders:
                    found.setdefault(name, []).extend(package.split("/")[-1] for package in packages.split(","))
        return {name: min(packages, key=len) for name, packages in found.items()}


    def toml(names):
        return "[" + ", ".join(f'"{name}"' for name in sorted(set(names))) + "]"


    libraries = missing()
    if libraries:
        packages, owner = debian_packages(libraries), owners()
        lines = []
        for name, paths in sorted(libraries.items()):
            whose = sorted({owner.get(str(path), "no package") for path in paths})
            lines += [
                f"error: {name} is missing, which {', '.join(whose)} cannot load without",
                *[f"    needed by {os.path.relpath(path, SITE)}" for path in paths[:3]],
                *([f"    and by {len(paths) - 3} other files"] if len(paths) > 3 else []),
                f"    {packages[name]} of Debian brings it" if name in packages else "    no package of Debian is known to bring it",
            ]
        build = f"build = {toml(BUILD)}, " if BUILD else ""
        if packages:
            lines += [
                "help: to have it in the image, write to dfgen.toml and run `dfgen render`:",
                "[profile.api]",
                "apt = { " + build + "runtime = " + toml([*RUNTIME, *packages.values()]) + " }",
            ]
        lines += [
            "help: what is never loaded in this image may be missing; say so there:",
            "[profile.api]",
            "scan = { ignore = " + toml([*IGNORE, *libraries]) + " }",
        ]
        sys.exit("\n".join(lines))
    Path("/scanned").mkdir()
    "#);
    let part = "cv2/qt/*".to_owned().try_into().unwrap();
    image.scan = Some(ScanPlan {
        libraries: Vec::new(),
        files: vec![(part, "windows".to_owned())],
        said: ScanSaid {
            apt_build: vec!["gcc".parse().unwrap()],
            apt_runtime: vec!["libgl1".parse().unwrap()],
            ignore: vec!["libfoo.so.1".parse().unwrap()],
        },
    });
    let other = scan_libraries(&image).unwrap();
    insta::assert_snapshot!(difference(&program, &other), @r#"
    -    "libcuda.so.*": "brought later",
    -PARTS = {}
    +# Files below site-packages that nothing has to load, each with what only they do.
    +PARTS = {
    +    "cv2/qt/*": "windows",
    +}
    -BUILD, RUNTIME, IGNORE = [], [], []
    +BUILD, RUNTIME, IGNORE = ["gcc"], ["libgl1"], ["libfoo.so.1"]
    "#);
}

#[test]
fn recipe() {
    const LOCK: &str = "dockerfile/lock.tera";
    insta::assert_snapshot!(of(LOCK, &image()), @r"
    # The recipe: what uv.lock says this image needs. A change of uv.lock that does not change the
    # recipe (a new version of the project, a new development tool) rebuilds nothing below.
    FROM build AS lock
    COPY <<'EOF' split-recipe.py
    (split-recipe)
    EOF

    COPY pyproject.toml uv.lock ./
    RUN uv export --quiet --frozen --format pylock.toml --no-header --no-editable \
            --no-default-groups \
            --output-file pylock.toml && \
        python3 split-recipe.py
    ");
    let more = changed(LOCK, |image| {
        image.recipe.flags.push("--extra ml".to_owned());
        image.recipe.manifests = vec!["packages/money/pyproject.toml".parse().unwrap()];
    });
    insta::assert_snapshot!(more, @r"
    +COPY packages/money/pyproject.toml packages/money/
    +        --extra ml \
    ");
}

#[test]
fn program_that_splits_the_recipe() {
    // dockerfile/split-recipe.tera
    insta::assert_snapshot!(split_recipe(&image()), @r#"
    """Splits the recipe, pylock.toml, into one part for each layer."""
    import re
    from fnmatch import fnmatch
    from pathlib import Path

    # The first layer with a fitting name takes a package.
    LAYERS = {
        "deps": ["*"],
    }

    header, *packages = re.split(r"^(?=\[\[packages\]\])", Path("pylock.toml").read_text(), flags=re.M)
    parts = {layer: [] for layer in [*LAYERS, "app"]}
    for package in packages:
        name = re.search(r'^name = "(.+)"$', package, flags=re.M)[1]
        layers = [layer for layer, names in LAYERS.items() if any(fnmatch(name, fitting) for fitting in names)]
        # What has a path is part of this project.
        if re.search(r'\bpath = "|"file:', package):
            layers = ["app"]
        parts[layers[0]].append(package)
    header = header.replace("packages = []", "")
    for layer, packages in parts.items():
        blocks = [header, *(packages or ["packages = []"])]
        Path(f"pylock.{layer}.toml").write_text("\n\n".join(block.strip() for block in blocks) + "\n")
    "#);
    let mut other = image();
    let member = local("money", vec![folder("packages/money/src")]);
    other.app.packages.insert(0, member);
    other.layers.insert(0, layer());
    other.layers[0].name = "heavy".to_owned();
    other.layers[0].patterns = vec!["numpy".to_owned(), "scipy*".to_owned()];
    let more = difference(&split_recipe(&image()), &split_recipe(&other));
    insta::assert_snapshot!(more, @r#"
    +    "heavy": ["numpy", "scipy*"],
    +# What has a path is part of this project: these packages go to `members`, the others to `app`.
    +MEMBERS = ["money"]
    -parts = {layer: [] for layer in [*LAYERS, "app"]}
    +parts = {layer: [] for layer in [*LAYERS, "members", "app"]}
    -    # What has a path is part of this project.
    -        layers = ["app"]
    +        layers = ["members" if name in MEMBERS else "app"]
    "#);
}

#[test]
fn dependencies() {
    const DEPS: &str = "dockerfile/deps.tera";
    insta::assert_snapshot!(of(DEPS, &image()), @r"
    # The dependencies.
    FROM build AS deps
    COPY --from=lock /build/pylock.deps.toml ./
    RUN --mount=type=cache,target=/root/.cache/uv \
        uv pip sync pylock.deps.toml && \
        finish-layer
    ");
    let trimmed = changed(DEPS, |image| {
        let trim = |patterns: &[&str]| TrimPlan {
            rule: "a".to_owned(),
            patterns: patterns.iter().map(|one| (*one).to_owned()).collect(),
            saves: None,
        };
        image.layers[0].trim = vec![trim(&["**/*.pyx", "**/*.pxd"]), trim(&["numpy/**/tests"])];
    });
    insta::assert_snapshot!(trimmed, @r"
    -    finish-layer
    +    finish-layer \
    +        '**/*.pyx' '**/*.pxd' \
    +        'numpy/**/tests'
    ");
    let credentials = changed(DEPS, |image| {
        image.ca_certificates = true;
        image.build.ssh = true;
        image.build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
    });
    insta::assert_snapshot!(credentials, @r"
    +    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    --mount=type=secret,id=UV_INDEX_A_PASSWORD,env=UV_INDEX_A_PASSWORD \
    +    --mount=type=ssh \
    ");
    let named = changed(DEPS, |image| {
        image.layers[0].name = "gpu".to_owned();
        image.layers[0].comment = "The GPU libraries.".to_owned();
    });
    insta::assert_snapshot!(named, @r"
    -# The dependencies.
    -FROM build AS deps
    -COPY --from=lock /build/pylock.deps.toml ./
    +# The GPU libraries.
    +FROM build AS deps-gpu
    +COPY --from=lock /build/pylock.gpu.toml ./
    -    uv pip sync pylock.deps.toml && \
    +    uv pip sync pylock.gpu.toml && \
    ");
}

#[test]
fn application() {
    const APP: &str = "dockerfile/app.tera";
    insta::assert_snapshot!(of(APP, &image()), @r"
    # The project itself, built and installed as a wheel.
    FROM build AS app
    COPY --from=lock /build/pylock.app.toml ./
    COPY README.md pyproject.toml ./
    COPY src src
    # Without uv's cache: it would not notice an edited source file.
    RUN mkdir --parents /app && \
        uv pip sync --no-cache pylock.app.toml && \
        finish-layer
    ");
    let source = changed(APP, |image| {
        image.app.form = because(AppForm::Source(vec!["/app".parse().unwrap()]));
        image.app.packages = Vec::new();
        image.app.files = vec![file("main.py"), folder("shop"), folder("two words")];
    });
    insta::assert_snapshot!(source, @r#"
    -# The project itself, built and installed as a wheel.
    +# The project itself, as source.
    -COPY --from=lock /build/pylock.app.toml ./
    -COPY README.md pyproject.toml ./
    -COPY src src
    -# Without uv's cache: it would not notice an edited source file.
    -RUN mkdir --parents /app && \
    -    uv pip sync --no-cache pylock.app.toml && \
    -    finish-layer
    +COPY main.py /app/
    +COPY shop /app/shop
    +COPY ["two words", "/app/two words"]
    +RUN finish-layer
    "#);
    let member = changed(APP, |image| {
        let money = local("money", vec![folder("packages/money/src")]);
        image.app.packages.insert(0, money);
    });
    insta::assert_snapshot!(member, @r"
    +# The project's own packages that the application needs, each built and installed as a wheel.
    +FROM build AS members
    +COPY --from=lock /build/pylock.members.toml ./
    +COPY pyproject.toml ./
    +COPY packages/money/src packages/money/src
    +# Without uv's cache: it would not notice an edited source file.
    +RUN uv pip sync --no-cache pylock.members.toml && \
    +    finish-layer
    +
    ");
    let rust = changed(APP, |image| image.app.rust = true);
    insta::assert_snapshot!(rust, @r"
    -# The project itself, built and installed as a wheel.
    +# The project itself, built and installed as a wheel. Its Rust code is compiled here.
    -RUN mkdir --parents /app && \
    +RUN --mount=type=bind,from=rust,source=/usr/local/cargo/bin,target=/usr/local/cargo/bin \
    +    --mount=type=bind,from=rust,source=/usr/local/rustup,target=/usr/local/rustup,rw \
    +    --mount=type=cache,target=/root/.cargo/registry \
    +    mkdir --parents /app && \
    ");
    let credentials = changed(APP, |image| {
        image.ca_certificates = true;
        image.build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
    });
    insta::assert_snapshot!(credentials, @r"
    -RUN mkdir --parents /app && \
    +RUN --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    --mount=type=secret,id=UV_INDEX_A_PASSWORD,env=UV_INDEX_A_PASSWORD \
    +    mkdir --parents /app && \
    ");
    let more = changed(APP, |image| {
        image.app.files = vec![file("alembic.ini"), folder("migrations")];
        image.instructions.app = instruction("RUN one");
    });
    insta::assert_snapshot!(more, @"
    +COPY alembic.ini /app/
    +COPY migrations /app/migrations
    +RUN one
    ");
}

#[test]
fn runtime() {
    const RUNTIME: &str = "dockerfile/runtime.tera";
    insta::assert_snapshot!(of(RUNTIME, &image()), @r#"
    # The image.
    FROM base AS runtime
    LABEL dfgen.profile="api"
    # What changes least comes first. Each line is a layer of its own: who has it does not pull it again.
    COPY --link --from=deps /layer/ /
    COPY --link --from=app /layer/ /
    WORKDIR /app
    # A number, so that Kubernetes can see that it is not root.
    USER 10001:10001
    # Logs appear at once; all bytecode is there already.
    ENV PYTHONUNBUFFERED=1 \
        PYTHONDONTWRITEBYTECODE=1
    STOPSIGNAL SIGTERM
    # A list, not a line of shell: the server is process 1, gets the stop signal and can finish what it is at.
    CMD ["serve", "shop:app"]
    "#);
    insta::assert_snapshot!(changed(RUNTIME, |image| image.bytecode = false), @"
    -# Logs appear at once; all bytecode is there already.
    +# Logs appear at once; bytecode is not written: nobody could keep it.
    ");
    let labelled = changed(RUNTIME, |image| {
        let label = ("title".to_owned(), "say \"$1\"".parse().unwrap());
        image.project.labels.push(label);
        image.env = [("NAME".parse().unwrap(), because("a b".parse().unwrap()))].into();
        image.instructions.runtime = instruction("RUN one");
    });
    insta::assert_snapshot!(labelled, @r#"
    -LABEL dfgen.profile="api"
    +LABEL dfgen.profile="api" \
    +      title="say \"\$1\""
    +RUN one
    -    PYTHONDONTWRITEBYTECODE=1
    +    PYTHONDONTWRITEBYTECODE=1 \
    +    NAME="a b"
    "#);
    let checked = |health: HealthPlan| {
        changed(RUNTIME, |image| {
            image.run.port = Some(because(8000));
            image.run.health = because(health.clone());
        })
    };
    let path = "/health".parse().unwrap();
    let times = times();
    insta::assert_snapshot!(checked(HealthPlan::Http { path, times }), @r#"
    +EXPOSE 8000
    +HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    +    CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status >= 400)"]
    "#);
    let times = self::times();
    insta::assert_snapshot!(checked(HealthPlan::Port { times }), @r#"
    +EXPOSE 8000
    +HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    +    CMD ["python", "-IS", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), timeout=4).close()"]
    "#);
    let times = self::times();
    let command = lines(&["ask", "it's up"]);
    insta::assert_snapshot!(checked(HealthPlan::Command { command, times }), @r#"
    +EXPOSE 8000
    +HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    +    CMD ["ask", "it's up"]
    "#);
}

#[test]
fn ignored_files() {
    // dockerignore.tera
    let mut other = image();
    insta::assert_snapshot!(dockerignore::render(&other), @"
    # Made by dfgen. Only what the build needs is sent to Docker. All else is ignored, secrets and .git too.
    *
    !README.md
    !pyproject.toml
    !src
    !uv.lock
    **/__pycache__
    **/*.pyc
    ");
    other.app.files = vec![folder(".")];
    insta::assert_snapshot!(dockerignore::render(&other), @"
    # Made by dfgen. Only what the build needs is sent to Docker. All else is ignored, secrets and .git too.
    .git
    **/.venv
    **/.env
    **/.env.*
    **/__pycache__
    **/*.pyc
    ");
}

fn service(name: &str) -> ServicePlan {
    ServicePlan {
        name: name.to_owned(),
        image: "api".parse().unwrap(),
        role: ServiceRole::Main,
        command: None,
        folder: "/app".parse().unwrap(),
        port: None,
        depends_on: Vec::new(),
        env: Vec::new(),
        gpu: false,
        shm_size: None,
        model_cache: None,
        watch: Vec::new(),
    }
}

fn plan() -> Plan {
    Plan {
        images: vec![image()],
        compose: ComposePlan {
            name: "shop".to_owned(),
            services: vec![service("api")],
            backing: Vec::new(),
        },
        output: "docker".parse().unwrap(),
        findings: Vec::new(),
    }
}

fn composed(change: impl Fn(&mut Plan)) -> String {
    let mut other = plan();
    change(&mut other);
    let text = |plan: &Plan| compose::render(plan, &placement());
    difference(&text(&plan()), &text(&other))
}

fn variable(name: &str, value: EnvValue) -> ServiceEnv {
    ServiceEnv {
        name: name.parse().unwrap(),
        value,
    }
}

#[test]
fn services() {
    // compose.tera
    insta::assert_snapshot!(compose::render(&plan(), &placement()), @r#"
    # Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
    #
    #     docker compose --file docker/compose.yaml up --build
    #
    # Settings and secrets of the application come from a file .env in the project's folder, if there is one. What this
    # file itself asks for, as ${NAME}, comes from the environment: add `--env-file .env` where it is in that file.
    name: "shop"

    services:
      api:
        image: "shop-api"
        build:
          context: ".."
          dockerfile: "docker/api.Dockerfile"
        env_file:
          - path: "../.env"
            required: false
        read_only: true
        tmpfs: [/tmp]
        cap_drop: [ALL]
        security_opt: ["no-new-privileges:true"]
        restart: unless-stopped
    "#);
    let more = composed(|plan| {
        let service = &mut plan.compose.services[0];
        service.port = Some((8001, 8000));
        service.gpu = true;
        service.shm_size = Some("1gb".parse().unwrap());
        service.model_cache = Some(("api-models".to_owned(), "/models".parse().unwrap()));
    });
    insta::assert_snapshot!(more, @r#"
    +    ports:
    +      - "127.0.0.1:${API_PORT:-8001}:8000"
    +    shm_size: "1gb"
    +    volumes:
    +      - api-models:/models
    +    # Needs the NVIDIA Container Toolkit on the host.
    +    deploy:
    +      resources:
    +        reservations:
    +          devices:
    +            - driver: nvidia
    +              count: all
    +              capabilities: [gpu]
    +
    +volumes:
    +  api-models:
    "#);
    let development = composed(|plan| {
        plan.images[0].run.development = true;
        plan.compose.services[0].watch = vec!["src".parse().unwrap(), ".".parse().unwrap()];
    });
    insta::assert_snapshot!(development, @r#"
    -    read_only: true
    +    develop:
    +      watch:
    +        - action: sync+restart
    +          path: "../src"
    +          target: "/app/src"
    +        - action: sync+restart
    +          path: "../."
    +          target: "/app"
    "#);
    let secret = composed(|plan| {
        plan.images[0].ca_certificates = true;
        plan.images[0].build.ssh = true;
        plan.images[0].build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
    });
    insta::assert_snapshot!(secret, @r#"
    +      secrets: ["ca-certificates", "UV_INDEX_A_PASSWORD"]
    +      ssh: [default]
    +
    +secrets:
    +  ca-certificates:
    +    file: "${CA_CERTIFICATES:?the file of your company's certificates}"
    +  UV_INDEX_A_PASSWORD:
    +    environment: "UV_INDEX_A_PASSWORD"
    "#);
}

#[test]
fn services_that_wait_for_others() {
    let more = composed(|plan| {
        let mut migration = service("api-migrate");
        migration.role = ServiceRole::Migration;
        migration.folder = "/app/backend".parse().unwrap();
        migration.command = Some(lines(&["alembic", "upgrade", "$head"]));
        let mut beat = service("api-beat");
        beat.role = ServiceRole::Beat;
        beat.command = Some(lines(&["celery", "beat"]));
        let service = &mut plan.compose.services[0];
        service.depends_on = vec![
            ("api-migrate".to_owned(), Condition::Completed),
            ("postgresql".to_owned(), Condition::Healthy),
            ("on".to_owned(), Condition::Started),
        ];
        let url = "http://models:8000".parse().unwrap();
        let dollars = "a$b".parse().unwrap();
        service.env = vec![
            variable("MODELS_URL", EnvValue::Default(url)),
            variable("DOLLARS", EnvValue::Default(dollars)),
            variable("TOKEN", EnvValue::Required),
            variable("LEVEL", EnvValue::Optional),
        ];
        plan.compose.services.insert(0, migration);
        plan.compose.services.push(beat);
        plan.compose.backing = vec![
            BackingPlan {
                name: "postgresql".to_owned(),
                image: "postgres:18".parse().unwrap(),
                env: vec![variable("POSTGRES_PASSWORD", EnvValue::Required)],
                health: lines(&["CMD", "pg_isready"]),
                data: Some("/var/lib/postgresql".parse().unwrap()),
            },
            BackingPlan {
                name: "redis".to_owned(),
                image: "redis:8".parse().unwrap(),
                env: Vec::new(),
                health: Vec::new(),
                data: None,
            },
        ];
    });
    insta::assert_snapshot!(more, @r#"
    +  api-migrate:
    +    image: "shop-api"
    +    command: ["alembic", "upgrade", "$$head"]
    +    working_dir: "/app/backend"
    +    env_file:
    +      - path: "../.env"
    +        required: false
    +    read_only: true
    +    tmpfs: [/tmp]
    +    cap_drop: [ALL]
    +    security_opt: ["no-new-privileges:true"]
    +    # Runs once: others wait until it has ended well.
    +    restart: "no"
    +    healthcheck:
    +      disable: true
    +    environment:
    +      MODELS_URL: "${MODELS_URL:-http://models:8000}"
    +      DOLLARS: "a$$b"
    +      TOKEN: "${TOKEN:?set TOKEN in the environment, or in .env with --env-file .env}"
    +      LEVEL: "${LEVEL:-}"
    +    depends_on:
    +      api-migrate:
    +        condition: service_completed_successfully
    +      postgresql:
    +        condition: service_healthy
    +      "on":
    +        condition: service_started
    +    read_only: true
    +    tmpfs: [/tmp]
    +    cap_drop: [ALL]
    +    security_opt: ["no-new-privileges:true"]
    +    restart: unless-stopped
    +  api-beat:
    +    image: "shop-api"
    +    command: ["celery", "beat"]
    +    env_file:
    +      - path: "../.env"
    +        required: false
    +    # Never more than one: two would put every periodic task on the queue twice.
    +    scale: 1
    +  postgresql:
    +    image: "postgres:18"
    +    environment:
    +      POSTGRES_PASSWORD: "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD in the environment, or in .env with --env-file .env}"
    +    volumes:
    +      - postgresql-data:/var/lib/postgresql
    +    healthcheck:
    +      test: ["CMD", "pg_isready"]
    +      interval: 5s
    +      timeout: 5s
    +      retries: 20
    +    restart: unless-stopped
    +  redis:
    +    image: "redis:8"
    +    restart: unless-stopped
    +
    +volumes:
    +  postgresql-data:
    "#);
}

#[test]
fn the_same_plan_gives_the_same_files() {
    let [one, two] = [(); 2].map(|()| render(&plan(), &placement()));
    assert_eq!(one, two);
    let names: Vec<&str> = one.iter().map(|file| file.name.as_str()).collect();
    let expected = [
        "api.Dockerfile",
        "api.Dockerfile.dockerignore",
        "compose.yaml",
    ];
    assert_eq!(names, expected);
}

#[test]
fn every_file_of_the_folder_is_a_template_with_a_snapshot() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    let mut files = BTreeSet::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(format!("{root}/{folder}")).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}{}", entry.file_name().into_string().unwrap());
            if entry.path().is_dir() {
                folders.push(format!("{path}/"));
            } else {
                files.insert(path);
            }
        }
    }
    let known: BTreeSet<String> = TEMPLATES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(files, known);
    let tests = include_str!("tests.rs");
    let untested: Vec<&String> = known.iter().filter(|name| !tests.contains(*name)).collect();
    assert!(untested.is_empty(), "without a snapshot: {untested:?}");
}
