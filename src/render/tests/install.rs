//! The recipe, and the stages that install.

use super::*;

#[test]
fn recipe() {
    const LOCK: &str = "dockerfile/lock.jinja";
    insta::assert_snapshot!(of(LOCK, &image()), @r"
    # The recipe: what uv.lock says this image needs. A change of uv.lock that does not change the
    # recipe (a new version of the project, a new development tool) rebuilds nothing below.
    FROM build AS lock
    COPY pyproject.toml uv.lock ./
    RUN uv export --quiet --frozen --format pylock.toml --output-file pylock.toml --no-header --no-editable \
            --no-default-groups && \
        python3 -BIS /dfgen.py split 'deps=*'
    ");
    let more = changed(LOCK, |image| {
        image.recipe.flags.push("--extra ml".to_owned());
        image.recipe.manifests = vec!["packages/money/pyproject.toml".parse().unwrap()];
    });
    insta::assert_snapshot!(more, @r"
    +COPY packages/money/pyproject.toml packages/money/
    -        --no-default-groups && \
    +        --no-default-groups --extra ml && \
    ");
    let split = changed(LOCK, |image| {
        let member = local("money", vec![folder("packages/money/src")]);
        image.app.members.push(member);
        image.layers.insert(0, layer());
        image.layers[0].name = "heavy".to_owned();
        let named = ["numpy", "scipy"].map(|name| LayerPattern::Name(name.parse().unwrap()));
        image.layers[0].patterns = named.into();
    });
    insta::assert_snapshot!(split, @"
    -    python3 -BIS /dfgen.py split 'deps=*'
    +    python3 -BIS /dfgen.py split heavy=numpy,scipy 'deps=*' --members money
    ");
    let credentials = |image: &mut ImagePlan| {
        image.ca_certificates = true;
        image.build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
        image.build.netrc = true;
    };
    insta::assert_snapshot!(changed(LOCK, credentials), @"");
    let downloading = changed(LOCK, |image| {
        credentials(image);
        image.recipe.downloads = true;
    });
    insta::assert_snapshot!(downloading, @r"
    -RUN uv export --quiet --frozen --format pylock.toml --output-file pylock.toml --no-header --no-editable \
    +# The lock does not have all hashes: uv downloads what it has none of.
    +RUN --mount=type=cache,target=/root/.cache/uv \
    +    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    --mount=type=secret,id=UV_INDEX_A_PASSWORD,env=UV_INDEX_A_PASSWORD \
    +    --mount=type=secret,id=netrc,target=/root/.netrc \
    +    uv export --quiet --frozen --format pylock.toml --output-file pylock.toml --no-header --no-editable \
    ");
}

#[test]
fn dependencies() {
    const DEPS: &str = "dockerfile/deps.jinja";
    insta::assert_snapshot!(of(DEPS, &image()), @r"
    # The dependencies.
    FROM build AS deps
    COPY --from=lock /build/pylock.deps.toml ./
    RUN --mount=type=cache,target=/root/.cache/uv \
        uv pip sync pylock.deps.toml && python3 -BIS /dfgen.py finish
    ");
    let trimmed = changed(DEPS, |image| {
        let trim = |kind, patterns: &[&str]| TrimPlan {
            rule: "a".to_owned(),
            kind,
            patterns: patterns.iter().map(ToString::to_string).collect(),
            saves: None,
        };
        image.layers[0].trim = vec![
            trim(TrimKind::Unused, &["**/*.pyx", "**/*.pxd"]),
            trim(TrimKind::Tests, &["numpy/**/tests"]),
            trim(TrimKind::Asked, &["nvidia/**/include", "triton"]),
        ];
    });
    insta::assert_snapshot!(trimmed, @r#"
    -    uv pip sync pylock.deps.toml && python3 -BIS /dfgen.py finish
    +    uv pip sync pylock.deps.toml && python3 -BIS /dfgen.py finish "$UNUSED" 'numpy/**/tests' --asked 'nvidia/**/include,triton'
    "#);
    let untouched = changed(DEPS, |image| {
        image.strip = false;
        image.bytecode = false;
    });
    insta::assert_snapshot!(untouched, @"
    -    uv pip sync pylock.deps.toml && python3 -BIS /dfgen.py finish
    +    uv pip sync pylock.deps.toml && python3 -BIS /dfgen.py finish --symbols --no-bytecode
    ");
    let credentials = changed(DEPS, |image| {
        image.ca_certificates = true;
        image.build.ssh = true;
        image.build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
        image.build.netrc = true;
    });
    insta::assert_snapshot!(credentials, @r"
    -    uv pip sync pylock.deps.toml && python3 -BIS /dfgen.py finish
    +    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    --mount=type=secret,id=UV_INDEX_A_PASSWORD,env=UV_INDEX_A_PASSWORD \
    +    --mount=type=secret,id=netrc,target=/root/.netrc \
    +    --mount=type=ssh \
    +    uv pip sync pylock.deps.toml || { \
    +        test -s ~/.netrc || echo 'Is something private? Build with --secret id=netrc,src=FILE, which has a line for each host: machine HOST login NAME password TOKEN' >&2; \
    +        exit 1; \
    +    } && \
    +    python3 -BIS /dfgen.py finish
    ");
    let named = changed(DEPS, |image| {
        image.layers[0].name = "gpu".to_owned();
        image.layers[0].comment = "The GPU libraries.".to_owned();
    });
    insta::assert_snapshot!(named, @"
    -# The dependencies.
    -FROM build AS deps
    -COPY --from=lock /build/pylock.deps.toml ./
    +# The GPU libraries.
    +FROM build AS deps-gpu
    +COPY --from=lock /build/pylock.gpu.toml ./
    -    uv pip sync pylock.deps.toml && python3 -BIS /dfgen.py finish
    +    uv pip sync pylock.gpu.toml && python3 -BIS /dfgen.py finish
    ");
}

#[test]
fn application() {
    const APP: &str = "dockerfile/app.jinja";
    insta::assert_snapshot!(of(APP, &image()), @r"
    # The project itself, built and installed as a wheel.
    FROM build AS app
    COPY --from=lock /build/pylock.app.toml ./
    COPY README.md pyproject.toml ./
    COPY src src
    # Without uv's cache: it would not notice an edited source file.
    RUN mkdir --parents /app && uv pip sync --no-cache pylock.app.toml && \
        python3 -BIS /dfgen.py finish
    ");
    let source = changed(APP, |image| {
        image.app.form = because(AppForm::Source(vec!["/app".parse().unwrap()]));
        image.app.package = None;
        image.app.files = vec![file("main.py"), folder("shop"), folder("two words")];
    });
    insta::assert_snapshot!(source, @r#"
    -# The project itself, built and installed as a wheel.
    +# The project itself, as source.
    -COPY --from=lock /build/pylock.app.toml ./
    -COPY README.md pyproject.toml ./
    -COPY src src
    -# Without uv's cache: it would not notice an edited source file.
    -RUN mkdir --parents /app && uv pip sync --no-cache pylock.app.toml && \
    -    python3 -BIS /dfgen.py finish
    +COPY main.py /app/
    +COPY shop /app/shop
    +COPY ["two words", "/app/two words"]
    +RUN python3 -BIS /dfgen.py finish
    "#);
    let member = changed(APP, |image| {
        let money = local("money", vec![folder("packages/money/src")]);
        image.app.members.push(money);
    });
    insta::assert_snapshot!(member, @r"
    +# The project's own packages that the application needs, each built and installed as a wheel.
    +FROM build AS members
    +COPY --from=lock /build/pylock.members.toml ./
    +COPY pyproject.toml ./
    +COPY packages/money/src packages/money/src
    +# Without uv's cache: it would not notice an edited source file.
    +RUN uv pip sync --no-cache pylock.members.toml && \
    +    python3 -BIS /dfgen.py finish
    +
    ");
    let kept = changed(APP, |image| {
        image.run.model_cache = Some(volume("api-models", "/models"));
        image.run.volumes = vec![because(volume("data", "/app/data"))];
    });
    insta::assert_snapshot!(kept, @"
    -    python3 -BIS /dfgen.py finish
    +    python3 -BIS /dfgen.py finish --volumes /models,/app/data --user 10001
    ");
    let rust = changed(APP, |image| image.app.rust = true);
    insta::assert_snapshot!(rust, @r"
    -# The project itself, built and installed as a wheel.
    +# The project itself, built and installed as a wheel. Its Rust code is compiled here.
    -RUN mkdir --parents /app && uv pip sync --no-cache pylock.app.toml && \
    +RUN --mount=type=bind,from=rust,source=/usr/local/cargo/bin,target=/usr/local/cargo/bin \
    +    --mount=type=bind,from=rust,source=/usr/local/rustup,target=/usr/local/rustup,rw \
    +    --mount=type=cache,target=/root/.cargo/registry \
    +    mkdir --parents /app && uv pip sync --no-cache pylock.app.toml && \
    ");
    let credentials = changed(APP, |image| {
        image.ca_certificates = true;
        image.build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
        image.build.netrc = true;
    });
    insta::assert_snapshot!(credentials, @r"
    -RUN mkdir --parents /app && uv pip sync --no-cache pylock.app.toml && \
    +RUN --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    --mount=type=secret,id=UV_INDEX_A_PASSWORD,env=UV_INDEX_A_PASSWORD \
    +    --mount=type=secret,id=netrc,target=/root/.netrc \
    +    mkdir --parents /app && uv pip sync --no-cache pylock.app.toml || { \
    +        test -s ~/.netrc || echo 'Is something private? Build with --secret id=netrc,src=FILE, which has a line for each host: machine HOST login NAME password TOKEN' >&2; \
    +        exit 1; \
    +    } && \
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
fn commands_whose_results_are_kept() {
    const STEP: &str = "dockerfile/step.jinja";
    let step = |place: StepIn| {
        because(StepPlan {
            comment: "What it does.".to_owned(),
            run: vec!["npm ci".parse().unwrap(), "a || b # c".parse().unwrap()],
            folder: "/app/web".parse().unwrap(),
            env: [("A".parse().unwrap(), "b c".parse().unwrap())].into(),
            secrets: vec!["NPM_TOKEN".parse().unwrap()],
            place,
        })
    };
    let elsewhere = step(StepIn::Elsewhere {
        image: "node:22-slim".parse().unwrap(),
        files: vec![folder("web"), file("package.json")],
        keep: vec![
            "web/dist".parse().unwrap(),
            "src/shop/static".parse().unwrap(),
        ],
    });
    let here = |needs| {
        step(StepIn::Here {
            needs,
            apt: vec!["gettext".parse().unwrap()],
            keep: vec![
                "/app/locale".parse().unwrap(),
                "/var/cache/models/a".parse().unwrap(),
            ],
        })
    };
    let with = |steps: &[Decision<StepPlan>]| {
        let mut image = image();
        image.steps = steps.to_vec();
        image.run.model_cache = Some(volume("api-models", "/var/cache/models"));
        image
            .env
            .insert("HOME".parse().unwrap(), because("/tmp".parse().unwrap()));
        image
    };
    let steps = [
        here(Needs::Dependencies),
        elsewhere,
        here(Needs::Application),
    ];
    insta::assert_snapshot!(of(STEP, &with(&steps)), @r#"
    # What it does.
    FROM base AS step-1
    # hadolint ignore=DL3008
    RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
        --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
        apt-get update && \
        apt-get install --yes --no-install-recommends gettext
    COPY --link --from=skeleton /layer/ /
    COPY --link --from=deps /layer/ /
    ENV PYTHONDONTWRITEBYTECODE=1 \
        HOME="/tmp"
    WORKDIR /app/web
    RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
        export A='b c' && \
        npm ci
    RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
        export A='b c' && \
        a || b # c
    RUN --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
        python3 -BIS /dfgen.py keep /app/locale /var/cache/models/a --volumes /var/cache/models --user 10001

    # What it does.
    FROM node:22-slim AS step-2
    COPY web /app/web
    COPY package.json /app/
    WORKDIR /app/web
    RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
        export A='b c' && \
        npm ci
    RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
        export A='b c' && \
        a || b # c

    # What it does.
    FROM base AS step-3
    # hadolint ignore=DL3008
    RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
        --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
        apt-get update && \
        apt-get install --yes --no-install-recommends gettext
    COPY --link --from=skeleton /layer/ /
    COPY --link --from=deps /layer/ /
    COPY --link --from=step-1 /layer/ /
    COPY --link --from=app /layer/ /
    ENV PYTHONDONTWRITEBYTECODE=1 \
        HOME="/tmp"
    WORKDIR /app/web
    RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
        export A='b c' && \
        npm ci
    RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
        export A='b c' && \
        a || b # c
    RUN --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
        python3 -BIS /dfgen.py keep /app/locale /var/cache/models/a --volumes /var/cache/models --user 10001
    "#);
    // What another image made is there when the package is built, or beside it.
    let app = difference(
        &of("dockerfile/app.jinja", &with(&[])),
        &of("dockerfile/app.jinja", &with(&steps)),
    );
    insta::assert_snapshot!(app, @"
    +COPY --from=step-2 /app/web/dist /app/web/dist
    +COPY --from=step-2 /app/src/shop/static src/shop/static
    ");
    let runtime = difference(
        &of("dockerfile/runtime.jinja", &with(&[])),
        &of("dockerfile/runtime.jinja", &with(&steps)),
    );
    insta::assert_snapshot!(runtime, @"
    +COPY --link --from=step-1 /layer/ /
    +COPY --link --from=step-3 /layer/ /
    ");
    let certificates = |image: &mut ImagePlan| image.ca_certificates = true;
    let mut other = with(&steps[1..2]);
    certificates(&mut other);
    insta::assert_snapshot!(difference(&of(STEP, &with(&steps[1..2])), &of(STEP, &other)), @r"
    -RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
    +RUN --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
    -RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
    +RUN --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    +    --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
    ");
}
