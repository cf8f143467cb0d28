//! What comes first and last in a Dockerfile: its header, the check for missing libraries, the image.

use super::*;

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
