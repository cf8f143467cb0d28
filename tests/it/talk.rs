//! What people meet at a terminal: hints for what other tools have, how much is said, completions and pages.

use crate::harness::{Project, dfgen, requiring};

#[test]
fn what_other_tools_have_gets_a_hint() {
    let project = Project::example("two-images");
    let tip = |arguments: &[&str]| {
        let ran = dfgen(arguments).in_project(&project);
        assert_eq!(ran.code, Some(2), "{ran}");
        let mut lines = ran.stderr.lines().map(str::trim);
        let tip = lines.find(|line| line.starts_with("tip: "));
        format!("{}: {}\n", arguments.join(" "), tip.unwrap_or("none"))
    };
    let all = [
        tip(&["render", "core-api"]),
        tip(&["check"]),
        tip(&["build"]),
        tip(&["generate"]),
        tip(&["plan", "--json"]),
        tip(&["render", "--dry-run"]),
        tip(&["rendr"]),
        tip(&["render", "--profiles", "core-api"]),
    ];
    insta::assert_snapshot!(all.concat(), @"
    render core-api: tip: one profile alone is `--profile core-api`
    check: tip: what does that is `dfgen render --check`
    build: tip: what does that is `docker compose --file docker/compose.yaml up --build`
    generate: tip: what does that is `dfgen render`
    plan --json: tip: JSON is `--format json`; of `dfgen render` with `--check`
    render --dry-run: tip: `dfgen render --check` writes nothing and shows the difference
    rendr: tip: a similar subcommand exists: 'render'
    render --profiles core-api: tip: a similar argument exists: '--profile'
    ");
}

#[test]
fn notes_take_a_line_once_they_are_known() {
    let project = Project::example("two-images");
    std::fs::remove_dir_all(project.path().join("docker")).expect("it can be removed");
    let said = |arguments: &[&str]| {
        let ran = dfgen(arguments).in_project(&project);
        assert_eq!(ran.code, Some(0), "{ran}");
        ran.stderr
    };
    let first = said(&["render"]);
    assert!(first.contains(" = help: "), "{first}");
    insta::assert_snapshot!(said(&["render", "--check"]), @"
    note[backing-service]: the locked drivers speak to `postgresql`
    `dfgen explain backing-service` says more about it; `--verbose` has notes in full

    6 files are up to date
    ");
    assert!(said(&["render", "--verbose"]).contains(" = help: "));
    assert_eq!(said(&["render", "--quiet"]), "");
}

#[test]
fn strictness_ends_with_what_it_did() {
    let project = requiring(&["fastapi", "uvicorn"]).with(
        "main.py",
        "from fastapi import FastAPI\nimport torch\napp = FastAPI()\n",
    );
    let ran = dfgen(&["render", "--strict"]).in_project(&project);
    assert_eq!(ran.code, Some(1), "{ran}");
    let last = ran.stderr.trim_end().lines().last().unwrap_or_default();
    insta::assert_snapshot!(last, @r#"nothing was written: 1 warning is an error with `--strict`; mend what is told, or silence it in dfgen.toml: `silence = ["RULE"]`"#);
    assert!(
        !project
            .files()
            .iter()
            .any(|file| file.starts_with("docker/"))
    );
}

#[test]
fn a_finding_is_silenced_for_the_whole_project() {
    let project =
        Project::example("two-images").with("dfgen.toml", "silence = [\"backing-service\"]\n");
    let ran = dfgen(&["render", "--check"]).in_project(&project);
    assert!(!ran.stderr.contains("backing-service"), "{ran}");
    let project = project.with("dfgen.toml", "silence = [\"backing-servic\"]\n");
    let ran = dfgen(&["render", "--check"]).in_project(&project);
    insta::assert_snapshot!(ran.stderr, @r#"
    error[unknown-rule]: `silence` names `backing-servic`, which is no rule for it
     --> dfgen.toml:1:13
      |
    1 | silence = ["backing-servic"]
      |             ^^^^^^^^^^^^^^ no such rule
      |
      = help: did you mean `backing-service`?
    "#);
}

#[test]
fn shells_and_man_get_what_they_read() {
    let project = Project::empty();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = dfgen(&["completions", shell]).in_project(&project);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.stdout.contains("render"), "{ran}");
    }
    for (arguments, name) in [
        (&["man"][..], "dfgen"),
        (&["man", "render"], "dfgen\\-render"),
    ] {
        let ran = dfgen(arguments).in_project(&project);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(
            ran.stdout.contains(&format!(".SH NAME\n{name} \\- ")),
            "{ran}"
        );
    }
    let ran = dfgen(&["man", "rendr"]).in_project(&project);
    assert!(ran.stderr.contains("did you mean `render`?"), "{ran}");
}

/// Nothing that is far from what was typed is offered.
#[test]
fn only_near_names_are_offered() {
    let project = Project::example("two-images");
    let ran = dfgen(&["why", "nope"]).in_project(&project);
    assert!(!ran.stderr.contains("nearest"), "{ran}");
    let ran = dfgen(&["why", "sqlalchmy"]).in_project(&project);
    assert!(ran.stderr.contains("did you mean `sqlalchemy`?"), "{ran}");
}

#[test]
fn what_stands_in_the_wrong_table_is_told_where_it_belongs() {
    let told = |settings: &str| {
        let project = Project::example("two-images").with("dfgen.toml", settings);
        dfgen(&["render", "--check"]).in_project(&project).stderr
    };
    let all = [
        "[profiles.core-api]\nport = 1\n",
        "port = 8000\n",
        "[profile.core-api]\noutput = \"x\"\n",
        "[profile.core-api.health]\npath = \"/health\"\ninterval = \"3x\"\n",
        "[profile.core-api]\nhealth = { path = \"/health\", interval = '3x' }\n",
    ];
    insta::assert_snapshot!(all.map(told).join("\n"), @r#"
    error[invalid-value]: `profiles` is a list in `dfgen.toml`, and no table
     --> dfgen.toml:1:2
      |
    1 | [profiles.core-api]
      |  ^^^^^^^^ this names the profiles to render: `profiles = ["core-api"]`
      |
      = help: the table of a profile is `[profile.NAME]`, without an `s`

    error[unknown-key]: `dfgen.toml` has the unknown key `port`
     --> dfgen.toml:1:1
      |
    1 | port = 8000
      | ^^^^ no such key here
      |
      = help: `port` is a key of a profile: below `[profile.NAME]`

    error[unknown-key]: `dfgen.toml` has the unknown key `output`
     --> dfgen.toml:2:1
      |
    2 | output = "x"
      | ^^^^^^ no such key here
      |
      = help: `output` stands at the top of the file, above the first `[profile.NAME]`

    error[invalid-value]: `health.interval` cannot be `3x`
     --> dfgen.toml:3:12
      |
    3 | interval = "3x"
      |            ^^^^ a duration such as `30s` or `1m30s`

    error[invalid-value]: `health.interval` cannot be `3x`
     --> dfgen.toml:2:41
      |
    2 | health = { path = "/health", interval = '3x' }
      |                                         ^^^^ a duration such as `30s` or `1m30s`
    "#);
}
