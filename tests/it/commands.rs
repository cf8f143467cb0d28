//! What a profile's `command` and `entry` decide: port, health check, checks of the source.

use crate::harness::{Project, Ran, dfgen, requiring};

/// The fixture with these lines in the profile `core-api`.
fn with(lines: &str) -> Project {
    Project::fixture("small_api").with("dfgen.toml", &format!("[profile.core-api]\n{lines}\n"))
}

fn run(command: &str, lines: &str) -> Ran {
    dfgen(&[command, "--profile", "core-api"]).in_project(&with(lines))
}

fn planned(lines: &str) -> String {
    let run = run("plan", lines);
    assert_eq!(run.code, Some(0), "{run}");
    run.stdout
}

fn line<'p>(plan: &'p str, name: &str) -> &'p str {
    let mut lines = plan.lines().map(str::trim);
    lines.find(|line| line.starts_with(name)).unwrap_or("")
}

#[test]
fn a_server_listens_where_its_own_words_say() {
    let plan = planned("command = [\"uvicorn\", \"main:app\", \"--port\", \"9000\"]");
    assert!(line(&plan, "port").contains("9000"), "{plan}");
    assert!(
        line(&plan, "port").ends_with("`--port` of the command"),
        "{plan}"
    );
    assert!(
        line(&plan, "health check").contains("GET /health"),
        "{plan}"
    );
}

#[test]
fn a_program_that_nobody_knows_has_no_port() {
    let plan = planned("command = [\"python\", \"-c\", \"print(1)\"]");
    assert!(line(&plan, "port").contains("none"), "{plan}");
    assert!(
        line(&plan, "health check").contains("no port is known"),
        "{plan}"
    );
}

#[test]
fn a_module_that_is_not_there_is_an_error_in_the_persons_line() {
    let run = run("render", "command = [\"uvicorn\", \"main:nope\"]");
    insta::assert_snapshot!(run, @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-entry]: `main` has no `nope`
     --> dfgen.toml:2:29
      |
    2 | command = ["uvicorn", "main:nope"]
      |                             ^^^^ not in the module
      |
      = note: looked for in main.py
      = help: did you mean `main:app`?
    "#);
    let run = self::run("render", "entry = \"main:nope\"");
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("did you mean `main:app`?"), "{run}");
    for lines in [
        "command = [\"python\", \"-m\", \"nope\"]",
        "entry = \"nope.main:app\"",
    ] {
        let run = dfgen(&["plan", "--profile", "core-api"]).in_project(&with(lines));
        assert!(
            run.stderr.contains("warning[unknown-entry]"),
            "{lines}\n{run}"
        );
    }
}

#[test]
fn a_server_that_is_not_locked_is_told() {
    let run = run("render", "command = [\"gunicorn\", \"main:app\"]");
    assert!(run.stderr.contains("warning[missing-server]"), "{run}");
    assert!(run.stderr.contains("uv add gunicorn"), "{run}");
}

#[test]
fn commands_have_a_program() {
    for lines in [
        "command = []",
        "command = [\"\"]",
        "migrate = []",
        "migrate = [\"\"]",
    ] {
        let run = run("render", lines);
        assert_eq!(run.code, Some(2), "{lines}\n{run}");
        assert!(run.stderr.contains("has no program to start"), "{run}");
        assert!(run.stderr.contains("help: take the key out"), "{run}");
    }
}

#[test]
fn a_path_is_asked_only_where_something_listens() {
    let settings = |health: &str| {
        Project::fixture("small_api").with(
            "dfgen.toml",
            &format!("[profile.worker]\ncommand = [\"python\", \"main.py\"]\nhealth = {health}\n"),
        )
    };
    let run = dfgen(&["plan", "--profile", "worker"]).in_project(&settings("\"/up\""));
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("error[no-port]"), "{run}");
    let run =
        dfgen(&["plan", "--profile", "worker"]).in_project(&settings("{ command = [\"true\"] }"));
    assert_eq!(run.code, Some(0), "{run}");
}

/// What an image starts, and what is told of what its program does before.
fn prepared(main: &str) -> String {
    let project = requiring(&["fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/main.py", main);
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    let command = run
        .stdout
        .lines()
        .find(|line| line.starts_with("CMD"))
        .unwrap_or("nothing");
    let told = run
        .stderr
        .lines()
        .find(|line| line.contains("unrun-preparation]"));
    format!("{command} {}", told.unwrap_or_default())
}

#[test]
fn a_program_that_prepares_before_it_serves() {
    let head = "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\ndef load_model():\n    pass\ndef parse_args():\n    pass\n";
    let of = |main: &str| prepared(&format!("{head}{main}"));
    let everywhere = of(
        "if __name__ == '__main__':\n    load_model()\n    uvicorn.run(app, host='0.0.0.0', port=8000)\n",
    );
    insta::assert_snapshot!(everywhere, @r#"CMD ["python", "-m", "shop.main"]"#);
    let in_function = of(
        "def main():\n    load_model()\n    uvicorn.run(app, host='0.0.0.0', port=8000, reload=False)\nif __name__ == '__main__':\n    main()\n",
    );
    insta::assert_snapshot!(in_function, @r#"CMD ["python", "-m", "shop.main"]"#);
    let local =
        of("if __name__ == '__main__':\n    load_model()\n    uvicorn.run(app, port=8000)\n");
    insta::assert_snapshot!(local, @r#"CMD ["uvicorn", "shop.main:app", "--host", "0.0.0.0", "--port", "8000"] warning[unrun-preparation]: `core-api` starts `shop.main:app` without what shop/main.py does before: `load_model`"#);
    let reloading = of(
        "if __name__ == '__main__':\n    load_model()\n    uvicorn.run('shop.main:app', host='0.0.0.0', port=8000, reload=True)\n",
    );
    insta::assert_snapshot!(reloading, @r#"CMD ["uvicorn", "shop.main:app", "--host", "0.0.0.0", "--port", "8000"] warning[unrun-preparation]: `core-api` starts `shop.main:app` without what shop/main.py does before: `load_model`"#);
    let plain = of(
        "if __name__ == '__main__':\n    args = parse_args()\n    parse_args()\n    print(load_model())\n    uvicorn.run(app, host='0.0.0.0', port=8000)\n",
    );
    insta::assert_snapshot!(plain, @r#"CMD ["uvicorn", "shop.main:app", "--host", "0.0.0.0", "--port", "8000"]"#);
    let twice = of(
        "load_model()\nif __name__ == '__main__':\n    load_model()\n    uvicorn.run(app, port=8000)\n",
    );
    insta::assert_snapshot!(twice, @r#"CMD ["uvicorn", "shop.main:app", "--host", "0.0.0.0", "--port", "8000"]"#);
}
