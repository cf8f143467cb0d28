//! What comes first and last in a Dockerfile: its header, the check for missing libraries, the image.

use super::*;

#[test]
fn header() {
    const HEADER: &str = "dockerfile/header.jinja";
    insta::assert_snapshot!(of(HEADER, &image()), @"
    # syntax=docker/dockerfile:1
    # The image api of shop: An API.
    # Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
    #     docker build --file docker/api.Dockerfile --tag shop-api .
    # Only the last stage, `runtime`, is shipped. The others make what it copies.
    ");
    insta::assert_snapshot!(changed(HEADER, |image| image.syntax = false), @"-# syntax=docker/dockerfile:1");
    let everything = changed(HEADER, |image| {
        image.ca_certificates = true;
        image.build.ssh = true;
        image.build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
        image.build.netrc = true;
    });
    insta::assert_snapshot!(everything, @"
    -#     docker build --file docker/api.Dockerfile --tag shop-api .
    +#     docker build --secret id=ca-certificates,src=FILE --secret id=UV_INDEX_A_PASSWORD,env=UV_INDEX_A_PASSWORD --ssh default --file docker/api.Dockerfile --tag shop-api .
    +# Where a Git repository or a URL asks for a login, add `--secret id=netrc,src=$HOME/.netrc`: a file with a line
    +# `machine HOST login NAME password TOKEN` for each host. Without it, what asks nobody is built.
    ");
}

/// Beside them where they are below the project's folder; told as a second context where they are not.
#[test]
fn program() {
    const COMMAND: &str = "docker build";
    let outside = Placement::Outside {
        folder: "/srv/files".to_owned(),
        context: "/srv/shop".to_owned(),
    };
    let dockerfile = |placement: &Placement| {
        let steps = steps(&image(), placement).into_iter();
        let text: String = steps.map(|(_, text)| text).collect();
        let told = [COMMAND, "target=/dfgen.py", "dfgen.py /\n"];
        let lines = text.split_inclusive('\n');
        let told = lines.filter(|line| told.iter().any(|told| line.contains(told)));
        told.collect::<String>()
    };
    insta::assert_snapshot!(dockerfile(&placement()), @r"
    #     docker build --file docker/api.Dockerfile --tag shop-api .
    RUN --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
    COPY docker/dfgen.py /
    ");
    insta::assert_snapshot!(dockerfile(&outside), @r"
    #     docker build --build-context dfgen=/srv/files --file /srv/files/api.Dockerfile --tag shop-api .
    RUN --mount=type=bind,from=dfgen,source=dfgen.py,target=/dfgen.py \
    COPY --from=dfgen dfgen.py /
    ");
    let spaced = Placement::Below("my, files".parse().unwrap());
    insta::assert_snapshot!(dockerfile(&spaced), @r#"
    #     docker build --file 'my, files/api.Dockerfile' --tag shop-api .
    RUN --mount=type=bind,'"source=my, files/dfgen.py"',target=/dfgen.py \
    "#);
    let text = |placement: &Placement| {
        let files = render(&plan(), placement).into_iter();
        let kept = files.filter(|file| file.name != "api.Dockerfile");
        kept.map(|file| file.text).collect::<String>()
    };
    insta::assert_snapshot!(difference(&text(&placement()), &text(&outside)), @r#"
    -!docker/dfgen.py
    -# dfgen: 3917273bd1f404e0
    +# dfgen: d73fd02b3bbf05d2
    -#     docker compose --file docker/compose.yaml up --build
    +#     docker compose --file /srv/files/compose.yaml up --build
    -      context: ".."
    -      dockerfile: "docker/api.Dockerfile"
    +      context: "/srv/shop"
    +      dockerfile: "/srv/files/api.Dockerfile"
    +      additional_contexts:
    +        dfgen: "."
    -      - path: "../.env"
    +      - path: "/srv/shop/.env"
    -# dfgen: fe69d786e8bfe6db
    +# dfgen: 00918795242eea84
    "#);
}

#[test]
fn missing_libraries() {
    let scanned = changed("dockerfile/scan.jinja", |image| image.scan = Some(scan()));
    insta::assert_snapshot!(scanned, @r"
    +# A check, not a part of the image: the build ends here where a package needs a shared library that nothing brings.
    +FROM base AS scan
    +COPY --link --from=deps /layer/ /
    +COPY --link --from=app /layer/ /
    +# What may be missing, and why:
    +#   libcuda.so.*: brought later
    +# apt has work only where something is missing: its index says which package brings it.
    +RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    +    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    +    --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
    +    python3 -BIS /dfgen.py scan --profile api --release trixie --absent 'libcuda.so.*'
    ");
    let said = changed("dockerfile/scan.jinja", |image| {
        let part = "cv2/qt/*".to_owned().try_into().unwrap();
        image.scan = Some(ScanPlan {
            release: DebianRelease::Trixie,
            brought: [].into(),
            libraries: Vec::new(),
            files: vec![(part, "windows".to_owned())],
            said: ScanSaid {
                apt_build: vec!["gcc".parse().unwrap()],
                apt_runtime: vec!["libgl1".parse().unwrap()],
                ignore: vec!["libfoo.so.1".parse().unwrap()],
            },
        });
    });
    insta::assert_snapshot!(said, @r"
    +# A check, not a part of the image: the build ends here where a package needs a shared library that nothing brings.
    +FROM base AS scan
    +COPY --link --from=deps /layer/ /
    +COPY --link --from=app /layer/ /
    +# What may be missing, and why:
    +#   what cv2/qt/* needs: windows
    +# apt has work only where something is missing: its index says which package brings it.
    +RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    +    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    +    --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
    +    python3 -BIS /dfgen.py scan --profile api --release trixie --optional 'cv2/qt/*' --apt-build gcc --apt-runtime libgl1 --ignore libfoo.so.1
    ");
    insta::assert_snapshot!(
        changed("dockerfile/runtime.jinja", |image| image.scan = Some(scan())),
        @"
    +# An empty folder: without it, nothing would ask for the check.
    +COPY --link --from=scan /scanned/ /
    "
    );
}

#[test]
fn runtime() {
    const RUNTIME: &str = "dockerfile/runtime.jinja";
    insta::assert_snapshot!(of(RUNTIME, &image()), @r#"
    # The image.
    FROM base AS runtime
    LABEL dfgen.profile=api
    # What changes least comes first. Each line is a layer of its own: who has it does not pull it again.
    COPY --link --from=skeleton /layer/ /
    COPY --link --from=deps /layer/ /
    COPY --link --from=app /layer/ /
    WORKDIR /app
    # A number, so that Kubernetes can see that it is not root.
    USER 10001:10001
    # Logs appear at once; all bytecode is there already.
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
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
        image.project.labels.extend([label]);
        image.env = [("NAME".parse().unwrap(), because("a b".parse().unwrap()))].into();
        image.instructions.runtime = instruction("RUN one");
    });
    insta::assert_snapshot!(labelled, @r#"
    -LABEL dfgen.profile=api
    +LABEL dfgen.profile=api title="say \"\$1\""
    +RUN one
    -ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
    +ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 NAME="a b"
    "#);
    let checked = |health: HealthPlan| {
        changed(RUNTIME, |image| {
            image.run.port = Some(because(8000));
            image.run.health = because(health.clone());
        })
    };
    let http = |host: Option<&str>, any_host, protected| HealthPlan::Http {
        path: "/health".parse().unwrap(),
        host: host.map(|host| host.parse().unwrap()),
        any_host,
        protected,
        times: times(),
    };
    insta::assert_snapshot!(checked(http(Some("shop.example"), false, false)), @r#"
    +EXPOSE 8000
    +HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    +    CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\", headers={'Host': \"shop.example\"}); sys.exit(c.getresponse().status >= 400)"]
    "#);
    insta::assert_snapshot!(checked(http(None, true, false)), @r#"
    +EXPOSE 8000
    +HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    +    CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status > 400)"]
    "#);
    insta::assert_snapshot!(checked(http(None, false, false)), @r#"
    +EXPOSE 8000
    +HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    +    CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status >= 400)"]
    "#);
    insta::assert_snapshot!(checked(http(None, true, true)), @r#"
    +EXPOSE 8000
    +HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    +    CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status not in (*range(400), 400, 401, 403))"]
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
