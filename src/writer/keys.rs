//! Which key of dfgen.toml says what somebody edited, from the lines that are not as a fresh render has them.

use std::collections::BTreeSet;

use similar::{ChangeTag, TextDiff};

/// The keys that say what differs between the text of a file and a fresh one, as far as there are any.
pub(super) fn keys(file: &str, there: &str, fresh: &str) -> BTreeSet<&'static str> {
    let kind = file.rsplit('.').next().unwrap_or_default();
    let of: fn(&str) -> Vec<Option<&'static str>> = match kind {
        "Dockerfile" => of_dockerfile,
        "dockerignore" => |text| text.lines().map(|_| Some("copy")).collect(),
        "yaml" => of_compose,
        "hcl" => of_bake,
        _ => return BTreeSet::new(),
    };
    let (there_keys, fresh_keys) = (of(there), of(fresh));
    let diff = TextDiff::from_lines(there, fresh);
    let changed = diff.iter_all_changes().filter_map(|change| {
        let line = change.value().trim();
        let says = !line.is_empty() && (!line.starts_with('#') || line.starts_with("# syntax="));
        let key = match change.tag() {
            _ if !says => None,
            ChangeTag::Equal => None,
            ChangeTag::Delete => there_keys.get(change.old_index()?),
            ChangeTag::Insert => fresh_keys.get(change.new_index()?),
        };
        *key?
    });
    changed.collect()
}

/// The key of each line of a Dockerfile.
fn of_dockerfile(text: &str) -> Vec<Option<&'static str>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut keys = Vec::new();
    let mut stage = String::new();
    while keys.len() < lines.len() {
        let rest = &lines[keys.len()..];
        let goes_on = |line: &&&str| line.trim_end().ends_with('\\');
        let length = (rest.iter().take_while(goes_on).count() + 1).min(rest.len());
        let instruction = rest[..length].join("\n");
        let mut words = instruction.split_whitespace();
        let word = words.next().unwrap_or_default().to_uppercase();
        if word == "FROM" {
            let mut words = instruction.split_whitespace().map(str::to_lowercase);
            stage = words
                .by_ref()
                .find(|word| word == "as")
                .and_then(|_| words.next())
                .unwrap_or_default();
        }
        let key = of_instruction(&stage, &word, &instruction);
        keys.extend(std::iter::repeat_n(key, length));
    }
    keys
}

fn of_instruction(stage: &str, word: &str, text: &str) -> Option<&'static str> {
    let is_step = stage.starts_with("step-");
    Some(match word {
        "#" if text.starts_with("# syntax=") => "syntax",
        "FROM" => match stage {
            "base" | "build-base" | "python" => "base",
            "uv" => "uv",
            "rust" => return None,
            _ => "build-steps",
        },
        "RUN" if text.contains("apt-get") => match stage {
            _ if is_step => "build-steps",
            "base" | "runtime" => "apt.runtime",
            _ => "apt.build",
        },
        "RUN" | "ENV" | "COPY" | "ADD" if is_step => "build-steps",
        "ENV" if stage == "runtime" => "env",
        "COPY" | "ADD" => "copy",
        "EXPOSE" => "port",
        "HEALTHCHECK" => "health",
        "CMD" | "ENTRYPOINT" => "command",
        "USER" => "user",
        "STOPSIGNAL" => "stop-signal",
        "VOLUME" => "volumes",
        "RUN" | "ENV" | "LABEL" | "ARG" | "WORKDIR" | "SHELL" | "ONBUILD" => "instructions",
        _ => return None,
    })
}

/// The key of each line of a compose file.
fn of_compose(text: &str) -> Vec<Option<&'static str>> {
    let (mut section, mut name) = (String::new(), String::new());
    let of_line = |line: &str| {
        let depth = line.len() - line.trim_start().len();
        let word = line.trim_start().split(':').next().unwrap_or_default();
        match depth {
            0 if !word.is_empty() => (section, name) = (word.to_owned(), String::new()),
            1..=3 => name.clear(),
            // An item of a list may stand as far in as its key.
            4 if !word.starts_with(['-', '#']) => word.clone_into(&mut name),
            _ => {}
        }
        match section.as_str() {
            "volumes" => Some("volumes"),
            "services" => of_service(&name),
            _ => None,
        }
    };
    text.lines().map(of_line).collect()
}

/// The key of each line of a bake file.
fn of_bake(text: &str) -> Vec<Option<&'static str>> {
    let of_line = |line: &str| match line.split_whitespace().next().unwrap_or_default() {
        "tags" => Some("image"),
        "platforms" => Some("platforms"),
        "args" => Some("build-labels"),
        "cache-from" | "cache-to" | "attest" | "output" => Some("bake"),
        _ => None,
    };
    text.lines().map(of_line).collect()
}

fn of_service(name: &str) -> Option<&'static str> {
    Some(match name {
        "image" | "depends_on" => "services",
        "command" | "entrypoint" | "working_dir" => "command",
        "environment" => "env",
        "env_file" => "env-files",
        "ports" => "port",
        "healthcheck" => "health",
        "volumes" => "volumes",
        "shm_size" => "shm-size",
        "platform" => "platforms",
        "deploy" | "gpus" => "gpu",
        "user" => "user",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Config;

    const DOCKERFILE: &str = "# syntax=docker/dockerfile:1\nFROM uv:1 AS uv\nFROM python:3.13 AS base\nRUN --mount=type=cache \\\n    apt-get install a\nFROM base AS compile\nRUN apt-get install gcc\n\
        FROM base AS runtime\nENV A=b \\\n    C=d\nEXPOSE 8000\nHEALTHCHECK CMD [\"a\"]\nUSER 1\nCOPY --from=app /a /\nCMD [\"a\"]\n";

    fn edited(file: &str, text: &str, from: &str, to: &str) -> String {
        assert!(text.contains(from), "{from}");
        let keys = keys(file, &text.replace(from, to), text);
        keys.into_iter().collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn an_edit_of_a_dockerfile_is_a_key() {
        let edited = |from, to| edited("a.Dockerfile", DOCKERFILE, from, to);
        assert_eq!(edited("python:3.13", "own/python:3.13"), "base");
        assert_eq!(edited("uv:1", "own/uv:1"), "uv");
        assert_eq!(edited("# syntax=docker/dockerfile:1\n", ""), "syntax");
        assert_eq!(edited("install a", "install a b"), "apt.runtime");
        assert_eq!(edited("install gcc", "install gcc g++"), "apt.build");
        assert_eq!(edited("C=d", "C=e"), "env");
        assert_eq!(edited("EXPOSE 8000\n", ""), "port");
        assert_eq!(
            edited("HEALTHCHECK CMD [\"a\"]", "HEALTHCHECK NONE"),
            "health"
        );
        assert_eq!(edited("USER 1", "USER 0"), "user");
        assert_eq!(edited("COPY", "COPY data /app/data\nCOPY"), "copy");
        assert_eq!(
            edited("CMD [\"a\"]\n", "CMD [\"b\"]\nLABEL a=b\n"),
            "command, health, instructions"
        );
        assert_eq!(edited("FROM uv", "# why\n\nFROM uv"), "");
    }

    #[test]
    fn an_edit_of_a_compose_file_is_a_key_where_there_is_one() {
        let text = "name: a\nservices:\n  api:\n    image: a\n    environment:\n      A: b\n    ports:\n      - \"1:2\"\n    restart: always\n    volumes:\n    - a:/a\nvolumes:\n  a:\n";
        let edited = |from, to| edited("compose.yaml", text, from, to);
        assert_eq!(edited("A: b", "A: c"), "env");
        assert_eq!(edited("1:2", "3:2"), "port");
        assert_eq!(edited("- a:/a", "- b:/a"), "volumes");
        assert_eq!(edited("always", "\"no\""), "");
        assert_eq!(edited("image: a", "image: b"), "services");
        assert_eq!(super::keys("dfgen.py", "a\n", "b\n").len(), 0);
    }

    #[test]
    fn an_edit_of_a_bake_file_is_a_key_where_there_is_one() {
        let text =
            "target \"a\" {\n  context = \".\"\n  tags = [\"a\"]\n  cache-to = [\"type=gha\"]\n}\n";
        let edited = |from, to| edited("docker-bake.hcl", text, from, to);
        assert_eq!(edited("[\"a\"]", "[\"b\"]"), "image");
        assert_eq!(edited("gha", "inline"), "bake");
        assert_eq!(edited("\".\"", "\"a\""), "");
    }

    #[test]
    fn every_key_is_one_of_dfgen_toml() {
        let schema = serde_json::to_string(&Config::schema()).unwrap();
        let words = "RUN ENV COPY EXPOSE HEALTHCHECK CMD USER STOPSIGNAL VOLUME LABEL FROM # image command environment env_file \
            ports healthcheck volumes shm_size platform deploy user";
        for word in words.split_whitespace() {
            let stages = ["base", "uv", "runtime", "compile", "step-1"];
            let texts = ["# syntax=", "apt-get"];
            let keys = stages.iter().flat_map(|stage| {
                texts
                    .iter()
                    .filter_map(|text| of_instruction(stage, word, text))
            });
            for key in
                keys.chain(of_service(word))
                    .chain(["image", "platforms", "build-labels", "bake"])
            {
                for part in key.split('.') {
                    assert!(schema.contains(&format!("\"{part}\":")), "{part}");
                }
            }
        }
    }
}
