//! A Dockerfile in the words of buildah, and of podman, which builds with it.
//!
//! Older versions refuse two things that `BuildKit` reads, and newer ones read these words too: `COPY --link`, known since
//! buildah 1.41 (<https://github.com/containers/buildah/pull/6240>), and secrets as variables, known to none that Debian 13
//! has (<https://github.com/containers/buildah/pull/6285>). Each stands in one line of what the templates write.

const SECRET: &str = "--mount=type=secret,";

/// The same Dockerfile: layers are copied onto each other, and secrets are read from their files.
pub(super) fn translated(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    // The variables of the instruction that the lines are of, until its command begins.
    let mut names: Vec<&str> = Vec::new();
    for line in text.lines() {
        let words = line.trim_start();
        let mount = words.strip_prefix("RUN ").unwrap_or(words);
        if let Some(name) = secret_variable(mount) {
            names.push(name);
            lines.push(line.replace(&format!(",env={name}"), ""));
            continue;
        }
        if !mount.starts_with("--mount=") {
            lines.extend(names.drain(..).map(export));
        }
        let copy = line.strip_prefix("COPY --link ");
        lines.push(copy.map_or_else(|| line.to_owned(), |rest| format!("COPY {rest}")));
    }
    lines.join("\n") + "\n"
}

/// The variable of a mounted secret, which has its name.
fn secret_variable(mount: &str) -> Option<&str> {
    let options = mount.strip_prefix(SECRET)?.trim_end_matches(['\\', ' ']);
    options.split(',').find_map(|one| one.strip_prefix("env="))
}

/// A secret that nobody gave has no file, and sets nothing.
fn export(name: &str) -> String {
    format!(
        "    {{ test ! -e /run/secrets/{name} || export {name}=\"$(cat /run/secrets/{name})\"; }} && \\"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_buildah_refuses_is_said_otherwise_and_nothing_else() {
        let text = "\
RUN --mount=type=cache,target=/root/.cache/uv \\
    --mount=type=secret,id=UV_INDEX_A_USERNAME,env=UV_INDEX_A_USERNAME \\
    --mount=type=secret,id=UV_INDEX_A_PASSWORD,env=UV_INDEX_A_PASSWORD \\
    --mount=type=secret,id=netrc,target=/root/.netrc \\
    uv pip sync pylock.rest.toml && \\
    python3 -BIS /dfgen.py finish
# COPY --link is no instruction here.
COPY --link --from=deps /layer/ /
COPY --from=uv /uv /usr/local/bin/uv
RUN --mount=type=secret,id=TOKEN,env=TOKEN \\
    export A=b && \\
    npm ci
";
        insta::assert_snapshot!(translated(text), @r#"
        RUN --mount=type=cache,target=/root/.cache/uv \
            --mount=type=secret,id=UV_INDEX_A_USERNAME \
            --mount=type=secret,id=UV_INDEX_A_PASSWORD \
            --mount=type=secret,id=netrc,target=/root/.netrc \
            { test ! -e /run/secrets/UV_INDEX_A_USERNAME || export UV_INDEX_A_USERNAME="$(cat /run/secrets/UV_INDEX_A_USERNAME)"; } && \
            { test ! -e /run/secrets/UV_INDEX_A_PASSWORD || export UV_INDEX_A_PASSWORD="$(cat /run/secrets/UV_INDEX_A_PASSWORD)"; } && \
            uv pip sync pylock.rest.toml && \
            python3 -BIS /dfgen.py finish
        # COPY --link is no instruction here.
        COPY --from=deps /layer/ /
        COPY --from=uv /uv /usr/local/bin/uv
        RUN --mount=type=secret,id=TOKEN \
            { test ! -e /run/secrets/TOKEN || export TOKEN="$(cat /run/secrets/TOKEN)"; } && \
            export A=b && \
            npm ci
        "#);
        assert_eq!(translated(&translated(text)), translated(text));
    }
}
