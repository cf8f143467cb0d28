//! Whatever a user writes stays data. Every field that reaches a file gets every hostile value: it is
//! refused with an error, or the files have the same instructions, stages and keys as with a harmless
//! value, and the value itself comes out as it went in.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::dockerfile::Dockerfile;
use crate::harness::{Project, Ran, dfgen};

/// Values that mean something to a Dockerfile, a shell, YAML, TOML, Python, Tera or a terminal.
pub(crate) const HOSTILE: [&str; 48] = [
    "two words",
    " before",
    "after ",
    "",
    "it's",
    "'; RUN evil; '",
    "say \"hi\"",
    "a\" B=\"b",
    "back\\slash",
    "\\",
    "two\\\\",
    "\\\"",
    "$HOME",
    "${HOME:-x}",
    "$$",
    "$(id)",
    "`id`",
    "a && b",
    "a; b",
    "a | b > c",
    "# comment",
    "a # b",
    "a#b",
    "a: b",
    "- a",
    "{a: b}",
    "[a]",
    "&a *b !c",
    "%a @b",
    "a, b",
    "null",
    "true",
    "1",
    "1e3",
    "~",
    "<<EOF",
    "EOF",
    "--flag=x",
    "{{ user }}",
    "{% if a %}",
    "line\nRUN evil",
    "line\r\nUSER root",
    "tab\there",
    "l\u{2028}RUN evil: x",
    "\u{feff}é😀",
    "user\u{202e}toor",
    "it's.txt",
    "bell\u{7}\u{1b}[31m",
];

/// A field that reaches a file.
struct Field {
    name: &'static str,
    /// A value that it takes.
    harmless: &'static str,
    /// A project whose field has a value.
    project: fn(&str) -> Project,
    /// Where the value can be read again, if it is written as it is.
    written: fn(&Files) -> Option<String>,
}

/// The files of a profile `api`, read again.
struct Files {
    dockerfile: Dockerfile,
    compose: Value,
    ignore: Vec<String>,
}

impl Files {
    fn read(project: &Project, folder: &str) -> Self {
        let read = |name: &str| project.read(&format!("{folder}/{name}"));
        let compose = read("compose.yaml");
        Self {
            dockerfile: Dockerfile::parse(&read("api.Dockerfile")),
            compose: serde_saphyr::from_str(&compose)
                .unwrap_or_else(|error| panic!("{error} in the compose file:\n{compose}")),
            ignore: read("api.Dockerfile.dockerignore")
                .lines()
                .map(str::to_owned)
                .collect(),
        }
    }

    /// Instructions and stages, names of variables and labels, keys of the compose file, number of
    /// paths that the ignore file lets through.
    fn shape(&self) -> String {
        let names = |pairs: &[(String, String)]| {
            let names = pairs.iter().map(|(name, _)| name.clone());
            names.collect::<Vec<_>>().join(" ")
        };
        let file = &self.dockerfile;
        let taken = self.ignore.iter().filter(|line| line.starts_with('!'));
        let taken = taken.collect::<BTreeSet<_>>().len();
        let words = [file.command.len(), file.health.len(), taken];
        format!(
            "{}\n{}\n{}\n{words:?}\n{}\n{}",
            file.instructions.join(" "),
            names(&file.env),
            names(&file.labels),
            file.user,
            keys(&self.compose),
        )
    }

    fn env(&self, name: &str) -> Option<String> {
        let mut env = self.dockerfile.env.iter();
        env.find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    fn label(&self, name: &str) -> Option<String> {
        let mut labels = self.dockerfile.labels.iter();
        labels
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    fn service(&self, name: &str) -> &Value {
        &self.compose["services"][name]
    }
}

/// The keys of a YAML document and the kinds of its values.
fn keys(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| format!("{key}: {}", keys(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().map(keys);
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::String(_) => "text".to_owned(),
        other => other.to_string(),
    }
}

/// What compose makes of a text: `$$` is `$`.
fn composed(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let plain = text.replace("$$", "");
    assert!(
        !plain.contains('$'),
        "compose would put a variable into {text}"
    );
    Some(text.replace("$$", "$"))
}

fn api() -> Project {
    Project::fixture("small_api")
}

/// A TOML string.
fn toml(value: &str) -> String {
    toml::Value::from(value).to_string()
}

/// The profile `api` with a line of its own.
fn profile(line: &str) -> Project {
    api().with(
        "dfgen.toml",
        &format!("[profile.api]\nextends = \"core-api\"\n{line}\n"),
    )
}

/// The same, with settings before it.
fn top(line: &str) -> Project {
    let profile = "[profile.api]\nextends = \"core-api\"\ndevelopment = true\n";
    api().with("dfgen.toml", &format!("{line}\n{profile}"))
}

/// The manifest with a line below `[project]` and text at its end.
fn manifest(line: &str, end: &str) -> Project {
    let project = profile("");
    let text = project.read("pyproject.toml");
    let text = text.replace("requires-python", &format!("{line}\nrequires-python"));
    let text = text.replace("description = \"A small shop\"\n", "");
    project.with("pyproject.toml", &format!("{text}\n{end}\n"))
}

fn nowhere(_: &Files) -> Option<String> {
    None
}

fn last_word(files: &Files) -> Option<String> {
    files.dockerfile.command.last().cloned()
}

/// Every field, one after another.
fn fields() -> Vec<Field> {
    let mut fields = image_fields();
    fields.extend(run_fields());
    fields.extend(project_fields());
    fields
}

/// What an image is made of.
fn image_fields() -> Vec<Field> {
    vec![
        Field {
            name: "purpose",
            harmless: "An API",
            project: |value| profile(&format!("purpose = {}", toml(value))),
            written: nowhere,
        },
        Field {
            name: "base",
            harmless: "registry.example:5000/python:3.13-slim",
            project: |value| profile(&format!("base = {}", toml(value))),
            written: |files| {
                let stages = files.dockerfile.stages.iter();
                let mut bases = stages.filter(|stage| stage.name == "base");
                bases.next().map(|stage| stage.from.clone())
            },
        },
        Field {
            name: "python",
            harmless: "3.13",
            project: |value| profile(&format!("python = {}", toml(value))),
            written: nowhere,
        },
        Field {
            name: "extras",
            harmless: "ml",
            project: |value| profile(&format!("forbid = []\nextras = [{}]", toml(value))),
            written: nowhere,
        },
        Field {
            name: "groups",
            harmless: "dev",
            project: |value| profile(&format!("groups = [{}]", toml(value))),
            written: nowhere,
        },
        Field {
            name: "exclude",
            harmless: "uvicorn-*",
            project: |value| profile(&format!("exclude = [{}]", toml(value))),
            written: nowhere,
        },
        Field {
            name: "member",
            harmless: "shop-api",
            project: |value| profile(&format!("member = {}", toml(value))),
            written: nowhere,
        },
        Field {
            name: "apt.runtime",
            harmless: "libpq5",
            project: |value| profile(&format!("apt.runtime = [{}]", toml(value))),
            written: nowhere,
        },
        Field {
            name: "apt.build",
            harmless: "gcc",
            project: |value| profile(&format!("apt.build = [{}]", toml(value))),
            written: nowhere,
        },
        Field {
            name: "copy",
            harmless: "plain",
            project: |value| {
                let project = profile(&format!("copy = [{}]", toml(value)));
                let file = value.trim_start_matches('/');
                let can_be = !file.is_empty() && file.len() == value.len();
                if can_be {
                    project.with(file, "")
                } else {
                    project
                }
            },
            written: |files| {
                let own = [
                    "!docker/dfgen.py",
                    "!main.py",
                    "!pyproject.toml",
                    "!uv.lock",
                ];
                let mut lines = files.ignore.iter().filter(|line| line.starts_with('!'));
                let line = lines.find(|line| !own.contains(&line.as_str()));
                line.map(|line| line[1..].to_owned())
            },
        },
        Field {
            name: "layers, a name",
            harmless: "large",
            project: |value| profile(&format!("layers = {{ {} = [\"*\"] }}", toml(value))),
            written: nowhere,
        },
        Field {
            name: "layers, a pattern",
            harmless: "fast*",
            project: |value| profile(&format!("layers = {{ a = [{}] }}", toml(value))),
            written: nowhere,
        },
        Field {
            name: "instructions",
            harmless: "RUN true",
            project: |value| {
                profile(&format!(
                    "instructions.runtime = [{}]",
                    toml(&format!("RUN true {value}"))
                ))
            },
            written: nowhere,
        },
    ]
}

/// How an image runs.
fn run_fields() -> Vec<Field> {
    vec![
        Field {
            name: "env",
            harmless: "plain",
            project: |value| profile(&format!("env.VALUE = {}", toml(value))),
            written: |files| files.env("VALUE"),
        },
        Field {
            name: "env, a name",
            harmless: "NAME",
            project: |value| profile(&format!("env = {{ {} = \"a\" }}", toml(value))),
            written: |files| files.env("NAME").map(|_| "NAME".to_owned()),
        },
        Field {
            name: "entry",
            harmless: "main:app",
            project: |value| profile(&format!("entry = {}", toml(value))),
            written: nowhere,
        },
        Field {
            name: "command",
            harmless: "plain",
            project: |value| profile(&format!("command = [\"run\", {}]", toml(value))),
            written: last_word,
        },
        Field {
            name: "migrate",
            harmless: "plain",
            project: |value| profile(&format!("migrate = [\"run\", {}]", toml(value))),
            written: |files| composed(&files.service("api-migrate")["command"][1]),
        },
        Field {
            name: "health, a path",
            harmless: "/health",
            project: |value| profile(&format!("health = {}", toml(&format!("/{value}")))),
            written: |files| {
                let program = files.dockerfile.health.last()?;
                let (_, rest) = program.split_once("'GET', ")?;
                let (literal, _) = rest.rsplit_once("); sys.exit")?;
                let path: String = serde_json::from_str(literal).ok()?;
                Some(path[1..].to_owned())
            },
        },
        Field {
            name: "health, a command",
            harmless: "plain",
            project: |value| profile(&format!("health.command = [\"ask\", {}]", toml(value))),
            written: |files| files.dockerfile.health.last().cloned(),
        },
        Field {
            name: "health, a time",
            harmless: "10s",
            project: |value| profile(&format!("health.interval = {}", toml(value))),
            written: nowhere,
        },
        Field {
            name: "stop-signal",
            harmless: "SIGINT",
            project: |value| profile(&format!("stop-signal = {}", toml(value))),
            written: nowhere,
        },
        Field {
            name: "shm-size",
            harmless: "1gb",
            project: |value| profile(&format!("shm-size = {}", toml(value))),
            written: |files| composed(&files.service("api")["shm_size"]),
        },
        Field {
            name: "model-cache",
            harmless: "/models",
            project: |value| profile(&format!("model-cache = {}", toml(&format!("/{value}")))),
            written: nowhere,
        },
        Field {
            name: "services",
            harmless: "redis",
            project: |value| profile(&format!("services = [{}]", toml(value))),
            written: nowhere,
        },
    ]
}

/// The project and its settings.
fn project_fields() -> Vec<Field> {
    vec![
        Field {
            name: "output",
            harmless: "docker",
            project: |value| top(&format!("output = {}", toml(value))),
            written: nowhere,
        },
        Field {
            name: "description",
            harmless: "A shop",
            project: |value| manifest(&format!("description = {}", toml(value)), ""),
            written: |files| files.label("org.opencontainers.image.description"),
        },
        Field {
            name: "license",
            harmless: "MIT",
            project: |value| manifest(&format!("license = {}", toml(value)), ""),
            written: |files| files.label("org.opencontainers.image.licenses"),
        },
        Field {
            name: "urls",
            harmless: "https://example.org",
            project: |value| {
                let urls = format!("[project.urls]\nHomepage = {}", toml(value));
                manifest("", &urls)
            },
            written: |files| files.label("org.opencontainers.image.url"),
        },
        Field {
            name: "an index",
            harmless: "company",
            project: |value| {
                let index = format!(
                    "[[tool.uv.index]]\nname = {}\nurl = \"https://example.org\"\nauthenticate = \"always\"",
                    toml(value)
                );
                manifest("", &index)
            },
            written: nowhere,
        },
        Field {
            name: "an index's place",
            harmless: "https://example.org",
            project: |value| {
                let url = toml(&format!("https://example.org/{value}"));
                manifest("", &format!("[[tool.uv.index]]\nname = \"a\"\nurl = {url}"))
            },
            written: nowhere,
        },
        Field {
            name: "a setting of uv",
            harmless: "plain",
            project: |value| {
                let settings = format!("[tool.uv.config-settings]\nflag = {}", toml(value));
                manifest("", &settings)
            },
            written: nowhere,
        },
        Field {
            name: "a build constraint",
            harmless: ">=1",
            project: |value| {
                let asked = format!("setuptools{value}");
                let settings = format!(
                    "[tool.uv]\nbuild-constraint-dependencies = [{}]",
                    toml(&asked)
                );
                let project = manifest("", &settings);
                let lock = project.read("uv.lock");
                let constraint = format!(
                    "[manifest]\nbuild-constraints = [{{ name = \"setuptools\", specifier = {} }}]\n\n[[package]]",
                    toml(value)
                );
                project.with("uv.lock", &lock.replacen("[[package]]", &constraint, 1))
            },
            written: nowhere,
        },
        Field {
            name: "the user's catalog",
            harmless: "libpq5",
            project: |value| {
                top(&format!(
                    "[catalog.package.uvicorn]\nruntime = [{}]\n",
                    toml(value)
                ))
            },
            written: nowhere,
        },
    ]
}

fn render(project: &Project) -> Ran {
    dfgen(&["render"]).in_project(project)
}

#[test]
fn no_value_becomes_an_instruction() {
    let mut problems = Vec::new();
    for field in fields() {
        let project = (field.project)(field.harmless);
        let run = render(&project);
        assert_eq!(run.code, Some(0), "{}: {run}", field.name);
        let shape = Files::read(&project, "docker").shape();
        problems.extend(HOSTILE.iter().filter_map(|value| {
            let problem = problem(&field, value, &shape)?;
            Some(format!("{} = {value:?}: {problem}", field.name))
        }));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// What is wrong with a value that is neither refused nor harmless.
fn problem(field: &Field, value: &str, shape: &str) -> Option<String> {
    let project = (field.project)(value);
    let run = render(&project);
    if let Some(c) = [&run.stdout, &run.stderr]
        .into_iter()
        .find_map(|text| unseen(text))
    {
        return Some(format!("{c:?} reaches the terminal: {run}"));
    }
    match run.code {
        Some(0) => {
            let folder = if field.name == "output" {
                value
            } else {
                "docker"
            };
            let files = Files::read(&project, folder);
            let mut texts = project.files().into_iter();
            let found = texts.find_map(|file| {
                let text = project.read(&file);
                let c = unseen(&text).filter(|_| file.contains("api."))?;
                Some((c, file))
            });
            if let Some((c, file)) = found {
                return Some(format!("{file} holds {c:?}"));
            }
            // The name of a layer, a variable or a secret is part of the shape, and may be the value.
            let is_name = field.name.ends_with("a name") || field.name == "an index";
            let (shape, other) = if is_name {
                (keywords(shape), keywords(&files.shape()))
            } else {
                (shape.to_owned(), files.shape())
            };
            let written = (field.written)(&files);
            match written {
                _ if other != shape => Some(format!("the shape is\n{other}\nnot\n{shape}")),
                Some(written) if words(&written) != words(value) => {
                    Some(format!("it is written as {written:?}"))
                }
                _ => None,
            }
        }
        Some(2) if !run.stderr.starts_with("error[") => Some(format!("no error: {run}")),
        Some(2) if project.path().join("docker").exists() => Some("files are written".to_owned()),
        Some(2) => None,
        _ => Some(run.to_string()),
    }
}

/// A character that ends a line for somebody, moves the cursor or changes the order of others.
fn unseen(text: &str) -> Option<char> {
    let orders =
        |c: char| ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    let ends = |c: char| {
        matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
            || c.is_control() && c != '\n' && c != '\t'
    };
    text.chars().find(|c| orders(*c) || ends(*c))
}

/// The instructions alone.
fn keywords(shape: &str) -> String {
    let words = shape.lines().next().unwrap_or_default().split_whitespace();
    let upper = words.filter(|word| word.chars().all(|c| c.is_ascii_uppercase()));
    upper.collect::<Vec<_>>().join(" ")
}

/// A label is one line: runs of white space in a description count as one space.
fn words(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || unseen(&c.to_string()).is_some();
    let words = text.split(blank).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn names_of_profiles() {
    for value in HOSTILE {
        let project = api().with(
            "dfgen.toml",
            &format!("[profile.{}]\nextends = \"core-api\"\n", toml(value)),
        );
        let run = render(&project);
        if run.code == Some(0) {
            let compose = project.read("docker/compose.yaml");
            let compose: Value = serde_saphyr::from_str(&compose).expect("valid YAML");
            let services = compose["services"].as_object().expect("services");
            assert_eq!(services.keys().collect::<Vec<_>>(), [value]);
            Dockerfile::parse(&project.read(&format!("docker/{value}.Dockerfile")));
        } else {
            assert_eq!(run.code, Some(2), "{value:?}: {run}");
            assert!(run.stderr.starts_with("error["), "{value:?}: {run}");
        }
    }
}

#[test]
fn a_name_that_begins_with_a_digit_is_no_variable() {
    let project = api().with("dfgen.toml", "[profile.3d-api]\nextends = \"core-api\"\n");
    assert_eq!(render(&project).code, Some(0));
    let compose = project.read("docker/compose.yaml");
    assert!(compose.contains("${_3D_API_PORT:-8000}"), "{compose}");
}

#[test]
fn a_file_that_is_named_like_an_option_is_a_file() {
    let project = api()
        .with("dfgen.toml", "[profile.core-api]\ncopy = [\"--link\"]\n")
        .with("--link", "");
    assert_eq!(render(&project).code, Some(0));
    let file = project.read("docker/core-api.Dockerfile");
    assert!(file.contains("COPY [\"--link\""), "{file}");
    Dockerfile::parse(&file);
}

#[test]
fn an_edit_of_the_settings_above_a_value_changes_no_file() {
    let apt = "[profile.core-api]\napt.runtime = [\"libmagic1\"]\n";
    let project = api().with("dfgen.toml", apt);
    assert_eq!(render(&project).code, Some(0));
    let project = project.with("dfgen.toml", &format!("# Ours.\n\n{apt}"));
    let check = dfgen(&["render", "--check"]).in_project(&project);
    assert_eq!(check.code, Some(0), "{check}");
}

#[test]
fn a_text_that_no_line_of_docker_holds_is_refused() {
    for (said, refused) in [(29_000, false), (31_000, true)] {
        let long = "\"".repeat(said);
        let project = profile(&format!("env.A = {}", toml(&long)));
        let run = render(&project);
        assert_eq!(run.code, Some(if refused { 2 } else { 0 }), "{said}");
        if refused {
            assert!(run.stderr.contains("at most 30000 bytes"), "{run}");
            assert!(run.stderr.len() < 5000, "the value is not shown in full");
        } else {
            let file = project.read("docker/api.Dockerfile");
            assert!(file.lines().all(|line| line.len() < 65_535));
        }
    }
}

#[test]
fn a_path_is_normalised_once() {
    let project = api().with("dfgen.toml", "output = \"./a//b/./\"\n");
    let run = render(&project);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("wrote a/b/compose.yaml"), "{run}");
    assert!(
        project
            .read("a/b/compose.yaml")
            .contains("context: \"../..\"")
    );
    for (cache, fits) in [
        ("/x/../etc", false),
        ("/etc", false),
        ("/app", false),
        ("/opt/venv/lib", false),
        ("//var//models/", true),
        ("models", true),
    ] {
        let settings = format!(
            "[profile.api]\nextends = \"core-api\"\nmodel-cache = {}\n",
            toml(cache)
        );
        let run = render(&api().with("dfgen.toml", &settings));
        assert_eq!(run.code, Some(if fits { 0 } else { 2 }), "{cache}: {run}");
    }
}
