//! The stages that others are built on.

use super::*;

#[test]
fn tools() {
    insta::assert_snapshot!(of("dockerfile/uv.jinja", &image()), @"
    # uv installs Python packages. It is needed to build, and never shipped.
    FROM ghcr.io/astral-sh/uv:0.9.5 AS uv
    ");
    let rust = changed("dockerfile/rust.jinja", |image| {
        image.build.rust = Some(because("rust:1.91-slim-trixie".parse().unwrap()));
    });
    insta::assert_snapshot!(rust, @"
    +# The Rust toolchain. It is needed to build, and never shipped.
    +FROM rust:1.91-slim-trixie AS rust
    ");
}

#[test]
fn packages_of_a_day() {
    const BASE: &str = "dockerfile/base.jinja";
    let of_a_day = |image: &mut ImagePlan| {
        image.snapshot = Some(SnapshotPlan {
            day: "2026-11-01".parse().unwrap(),
            release: DebianRelease::Bookworm,
        });
    };
    let asking = |image: &mut ImagePlan| image.apt_runtime = vec![need("libgomp1", "torch")];
    let stage = changed("dockerfile/snapshot.jinja", |image| {
        of_a_day(image);
        asking(image);
    });
    insta::assert_snapshot!(stage, @r#"
    +# Where apt has Debian's packages as they were on 2026-11-01. It is needed to build, and never shipped.
    +FROM python:3.13-slim-trixie AS snapshot
    +RUN printf '%s\n' > /debian.sources \
    +        'Types: deb' \
    +        'URIs: http://snapshot.debian.org/archive/debian/20261101T000000Z' \
    +        'Suites: bookworm bookworm-updates' \
    +        'Components: main' \
    +        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' \
    +        'Check-Valid-Until: no' \
    +        '' \
    +        'Types: deb' \
    +        'URIs: http://snapshot.debian.org/archive/debian-security/20261101T000000Z' \
    +        'Suites: bookworm-security' \
    +        'Components: main' \
    +        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' \
    +        'Check-Valid-Until: no' && \
    +    printf '%s\n' > /apt.conf \
    +        'Dir::Etc::SourceList "/debian.sources";' \
    +        'Dir::Etc::SourceParts "/dev/null";' \
    +        'Acquire::Retries "5";'
    "#);
    let mut of_the_build = image();
    asking(&mut of_the_build);
    let mut held = of_the_build.clone();
    of_a_day(&mut held);
    insta::assert_snapshot!(difference(&of(BASE, &of_the_build), &of(BASE, &held)), @r"
    +    --mount=type=bind,from=snapshot,source=/debian.sources,target=/debian.sources \
    +    --mount=type=bind,from=snapshot,source=/apt.conf,target=/etc/apt/apt.conf \
    ");
}

#[test]
fn base() {
    const BASE: &str = "dockerfile/base.jinja";
    insta::assert_snapshot!(of(BASE, &image()), @"
    # What building and running share.
    FROM python:3.13-slim-trixie AS base
    ENV PATH=/opt/venv/bin:$PATH
    ");
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
    +    --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
    +    started=$(date +%s) && \
    +    apt-get update && \
    +    apt-get install --yes --no-install-recommends \
    +        libgomp1 \
    +        libpq5 && \
    +    python3 -BIS /dfgen.py date "$started"
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
    +    --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
    +    { test -s /etc/ssl/certs/ca-certificates.crt || { \
    +        echo 'Whose certificates does this build trust? Set CA_CERTIFICATES for compose, or add --secret id=ca-certificates,src=FILE' >&2; \
    +        exit 1; \
    +    }; } && \
    +    started=$(date +%s) && \
    +    apt-get update && \
    +    apt-get install --yes --no-install-recommends \
    +        libpq5 && \
    +    python3 -BIS /dfgen.py date "$started"
    "#);
    let lines = changed(BASE, |image| {
        image.instructions.base = instruction("RUN one");
    });
    insta::assert_snapshot!(lines, @"+RUN one");
}

#[test]
fn skeleton() {
    const SKELETON: &str = "dockerfile/skeleton.jinja";
    insta::assert_snapshot!(of(SKELETON, &image()), @r"
    # The lowest layer: an empty environment, a user without rights, and bytecode of the standard library: Python starts faster.
    FROM base AS skeleton
    RUN --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
        python3 -BIS /dfgen.py skeleton --user 10001
    ");
    let plain = changed(SKELETON, |image| image.bytecode = false);
    insta::assert_snapshot!(plain, @"
    -# The lowest layer: an empty environment, a user without rights, and bytecode of the standard library: Python starts faster.
    +# The lowest layer: an empty environment, and a user without rights.
    -    python3 -BIS /dfgen.py skeleton --user 10001
    +    python3 -BIS /dfgen.py skeleton --user 10001 --no-bytecode
    ");
}

#[test]
fn base_without_a_python_of_its_own() {
    let python = |image: &mut ImagePlan| {
        image.base = because("nvidia/cuda:12.8.1-base-ubuntu24.04".parse().unwrap());
        image.python_source = PythonSource::Uv;
        image.ca_certificates = true;
    };
    insta::assert_snapshot!(changed("dockerfile/base.jinja", python), @"
    -FROM python:3.13-slim-trixie AS base
    +FROM nvidia/cuda:12.8.1-base-ubuntu24.04 AS base
    +COPY --link --from=python /layer/ /
    ");
    insta::assert_snapshot!(changed("dockerfile/python.jinja", python), @r"
    +# uv's own build of Python, for a base image that has none: it goes to where Python images have theirs.
    +FROM nvidia/cuda:12.8.1-base-ubuntu24.04 AS python
    +RUN --mount=type=bind,from=uv,source=/uv,target=/usr/bin/uv \
    +    --mount=type=tmpfs,target=/tmp \
    +    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
    +    { test -s /etc/ssl/certs/ca-certificates.crt || { \
    +        echo 'Whose certificates does this build trust? Set CA_CERTIFICATES for compose, or add --secret id=ca-certificates,src=FILE' >&2; \
    +        exit 1; \
    +    }; } && \
    +    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt uv python install --no-cache --no-bin --install-dir /tmp/python 3.13.9 && \
    +    /tmp/python/cpython-3.13.9-*/bin/python3 -BIS /dfgen.py python /tmp/python
    ");
}

#[test]
fn a_pair_of_bases() {
    let pair = |image: &mut ImagePlan| {
        image.base = because("dhi.io/python:3.13".parse().unwrap());
        image.build_base = Some(because("dhi.io/python:3.13-dev".parse().unwrap()));
        image.foreign_base = true;
        image.scan = Some(scan());
    };
    let mut image = image();
    pair(&mut image);
    insta::assert_snapshot!(of("dockerfile/base.jinja", &image), @"
    # What running stands on. Nothing is installed in it: it may have no shell.
    FROM dhi.io/python:3.13 AS base
    # It may run as somebody else. The steps of this build need root; the image ends with a user without rights.
    USER root
    ENV PATH=/opt/venv/bin:$PATH

    # What building stands on. It has the same Python, and is never shipped.
    FROM dhi.io/python:3.13-dev AS build-base
    # It may run as somebody else. The steps of this build need root; the image ends with a user without rights.
    USER root
    ENV PATH=/opt/venv/bin:$PATH
    ");
    let changes = ["build", "skeleton", "scan", "runtime"].map(|template| {
        let template = format!("dockerfile/{template}.jinja");
        format!("{template}\n{}", changed(&template, pair))
    });
    insta::assert_snapshot!(changes.concat(), @r"
    dockerfile/build.jinja
    -FROM base AS build
    +FROM build-base AS build
    dockerfile/skeleton.jinja
    -FROM base AS skeleton
    +FROM build-base AS skeleton
    -    python3 -BIS /dfgen.py skeleton --user 10001
    +    --mount=type=bind,from=base,source=/,target=/runtime \
    +    python3 -BIS /dfgen.py skeleton --user 10001 --runtime /runtime
    dockerfile/scan.jinja
    +# A check, not a part of the image: the build ends here where a package needs a shared library that nothing brings.
    +FROM build-base AS scan
    +COPY --link --from=deps /layer/ /
    +COPY --link --from=app /layer/ /
    +# What may be missing, and why:
    +#   libcuda.so.*: brought later
    +# apt has work only where something is missing: its index says which package brings it.
    +RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    +    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    +    --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
    +    --mount=type=bind,from=base,source=/,target=/runtime \
    +    python3 -BIS /dfgen.py scan --runtime /runtime --profile api --release trixie --absent 'libcuda.so.*'
    dockerfile/runtime.jinja
    +# An empty folder: without it, nothing would ask for the check.
    +COPY --link --from=scan /scanned/ /
    +# The base may start a program of its own, or check its health.
    +ENTRYPOINT []
    +HEALTHCHECK NONE
    ");
}

#[test]
fn compile() {
    const COMPILE: &str = "dockerfile/compile.jinja";
    let built = |image: &mut ImagePlan| {
        image.build.apt = vec![need("gcc", "psycopg2"), need("libpq-dev", "psycopg2")];
        image.build.env = [("CFLAGS".parse().unwrap(), "-g0".parse().unwrap())].into();
        image.build.constraints = lines(&["setuptools<80", "wheel>=0.45"]);
        image.layers[0].contents[0].built = vec!["flask".parse().unwrap()];
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
    RUN printf '%s\n' \
            'setuptools<80' \
            'wheel>=0.45' > build-constraints.txt
    "#);
    insta::assert_snapshot!(changed("dockerfile/deps.jinja", built), @"
    -FROM build AS deps
    +FROM compile AS deps
    ");
    insta::assert_snapshot!(changed("dockerfile/app.jinja", built), @"
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
    insta::assert_snapshot!(of("dockerfile/deps.jinja", &image), @r"
    # The dependencies.
    FROM compile AS deps
    COPY --from=lock /build/pylock.deps.toml ./
    RUN --mount=type=bind,from=rust,source=/usr/local/cargo/bin,target=/usr/local/cargo/bin \
        --mount=type=bind,from=rust,source=/usr/local/rustup,target=/usr/local/rustup,rw \
        --mount=type=cache,target=/root/.cargo/registry \
        --mount=type=cache,target=/root/.cache/uv \
        uv pip sync pylock.deps.toml && python3 -BIS /dfgen.py finish
    ");
    let unisolated =
        |image: &mut ImagePlan| image.build.unisolated = vec!["flask".parse().unwrap()];
    insta::assert_snapshot!(changed("dockerfile/deps.jinja", unisolated), @r"
    +# Built without isolation, as pyproject.toml asks: flask. What builds it is installed first,
    +# and is gone again with the second `uv pip sync`.
    +COPY --from=lock /build/pylock.isolated.toml ./
    +ENV PYTHONDONTWRITEBYTECODE=1
    +    uv pip sync pylock.isolated.toml && \
    ");
    insta::assert_snapshot!(changed("dockerfile/lock.jinja", unisolated), @"
    -    python3 -BIS /dfgen.py split 'deps=*'
    +    python3 -BIS /dfgen.py split 'deps=*' --unisolated flask
    ");
    let matched = |image: &mut ImagePlan| {
        let mut torch = layer();
        torch.name = "frameworks".to_owned();
        torch.contents[0].packages[0].name = "torch".parse().unwrap();
        image.layers.insert(0, torch);
        let others = ["flask", "torch"].map(|name| name.parse().unwrap());
        image.build.matched = [("flask".parse().unwrap(), others.to_vec())].into();
    };
    insta::assert_snapshot!(changed("dockerfile/deps.jinja", matched), @r"
    +FROM build AS deps-frameworks
    +COPY --from=lock /build/pylock.frameworks.toml ./
    +RUN --mount=type=cache,target=/root/.cache/uv \
    +    uv pip sync pylock.frameworks.toml && python3 -BIS /dfgen.py finish
    +
    +# Built with what runs, as pyproject.toml asks: torch. Another layer has it, so it is gone again after it.
    -    uv pip sync pylock.deps.toml && python3 -BIS /dfgen.py finish
    +    uv pip sync pylock.deps.toml && \
    +    uv pip uninstall torch && \
    +    python3 -BIS /dfgen.py finish
    ");
    insta::assert_snapshot!(changed("dockerfile/lock.jinja", matched), @"
    -    python3 -BIS /dfgen.py split 'deps=*'
    +    python3 -BIS /dfgen.py split 'frameworks=*' 'deps=*' --brought deps=torch
    ");
}

#[test]
fn build() {
    const BUILD: &str = "dockerfile/build.jinja";
    insta::assert_snapshot!(of(BUILD, &image()), @r"
    # What the stages below share: uv, the program that makes layers, and an empty environment to install into.
    FROM base AS build
    COPY --from=uv /uv /usr/local/bin/uv
    COPY docker/dfgen.py /
    ENV VIRTUAL_ENV=/opt/venv SOURCE_DATE_EPOCH=315619200 \
        UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_PREVIEW_FEATURES=pylock UV_PYTHON_DOWNLOADS=never
    WORKDIR /build
    RUN python3 -BIS /dfgen.py environment
    ");
    insta::assert_snapshot!(changed(BUILD, |image| image.ca_certificates = true), @r"
    -    UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_PREVIEW_FEATURES=pylock UV_PYTHON_DOWNLOADS=never
    +    UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_PREVIEW_FEATURES=pylock UV_PYTHON_DOWNLOADS=never \
    +    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
    -RUN python3 -BIS /dfgen.py environment
    +RUN --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    { test -s /etc/ssl/certs/ca-certificates.crt || { \
    +        echo 'Whose certificates does this build trust? Set CA_CERTIFICATES for compose, or add --secret id=ca-certificates,src=FILE' >&2; \
    +        exit 1; \
    +    }; } && \
    +    python3 -BIS /dfgen.py environment
    ");
    let unused = |name: &str, patterns: &[&str]| TrimPlan {
        rule: name.to_owned(),
        kind: TrimKind::Unused,
        patterns: patterns.iter().map(ToString::to_string).collect(),
        saves: None,
    };
    let trimmed = changed(BUILD, |image| {
        image.layers[0].trim = vec![
            unused("headers", &["**/*.h"]),
            unused("stubs", &["**/*.pyi"]),
        ];
    });
    insta::assert_snapshot!(trimmed, @r#"
    +# What no program needs when it runs; `dfgen explain NAME` says more: headers, stubs.
    +ENV UNUSED="**/*.h **/*.pyi"
    "#);
    let settings = changed(BUILD, |image| {
        image.build.uv_settings = "no-binary = true\n".to_owned();
    });
    insta::assert_snapshot!(settings, @r"
    +# Settings of [tool.uv] that decide where packages come from and how they are built.
    +RUN printf '%s\n' \
    +        'no-binary = true' > uv.toml
    ");
    let lines = changed(BUILD, |image| {
        image.instructions.build = instruction("RUN one");
    });
    insta::assert_snapshot!(lines, @"+RUN one");
}
