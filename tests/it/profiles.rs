//! `dfgen profiles`: the list, and one profile after merging.

use crate::harness::{Project, dfgen};

fn api() -> Project {
    Project::fixture("small_api")
}

/// The API and a profile of the user's own.
fn own() -> Project {
    api().with(
        "dfgen.toml",
        r#"
[profile.api]
extends = "core-api"
purpose = "The shop's API"
extras = ["ml"]
forbid = []
port = 9000
env.LEVEL = "say \"$1\" # now"
layers.heavy = ["torch", "triton*"]
instructions.runtime = ["RUN true"]
"#,
    )
}

#[test]
fn built_in_profiles() {
    insta::assert_snapshot!(dfgen(&["profiles"]).in_project(&api()), @"
    exit code: 0
    ----- stdout -----
    core-api          API server without the ML stack  built in; rendered: the project needs no ML stack
    ml-inference-gpu  ML inference on GPUs             built in; also `ml-inference`; rendered: extra `ml` brings the ML stack
    ml-inference-cpu  ML inference on CPUs             built in
    worker            Background worker                built in
    dev               Development, with live reload    built in

    `dfgen profiles NAME` shows every value of one; `dfgen plan` what it comes to
    ");
}

#[test]
fn profiles_of_the_users_own() {
    insta::assert_snapshot!(dfgen(&["profiles"]).in_project(&own()), @"
    exit code: 0
    ----- stdout -----
    api               The shop's API                   your own; rendered: a profile of the project's own
    core-api          API server without the ML stack  built in
    ml-inference-gpu  ML inference on GPUs             built in; also `ml-inference`
    ml-inference-cpu  ML inference on CPUs             built in
    worker            Background worker                built in
    dev               Development, with live reload    built in

    `dfgen profiles NAME` shows every value of one; `dfgen plan` what it comes to
    ");
    let run = dfgen(&["profiles", "--format", "json"]).in_project(&own());
    insta::assert_json_snapshot!(run.json()["profiles"][0], @r#"
    {
      "name": "api",
      "aliases": [],
      "purpose": "The shop's API",
      "kind": "own",
      "rendered": true,
      "because": "a profile of the project's own"
    }
    "#);
}

#[test]
fn one_profile_after_merging() {
    insta::assert_snapshot!(dfgen(&["profiles", "api"]).in_project(&own()), @r#"
    exit code: 0
    ----- stdout -----
    # What the profile says, each value with where it was said. It can be copied to dfgen.toml.
    [profile.api]
    purpose = "The shop's API"             # dfgen.toml:4
    serves = "http"                        # built-in profile core-api
    extras = ["ml"]                        # dfgen.toml:5
    groups = ["@app"]                      # default
    exclude = []                           # default
    forbid = []                            # dfgen.toml:6
    platforms = ["linux/amd64"]            # default
    compile = true                         # default
    apt.build = []                         # default
    apt.runtime = []                       # default
    copy = []                              # default
    build-steps = []                       # default
    env.LEVEL = 'say "$1" # now'           # dfgen.toml:8
    env-files = [".env"]                   # default
    migrate = true                         # built-in profile core-api
    port = 9000                            # dfgen.toml:7
    health.interval = "30s"                # default
    health.timeout = "5s"                  # default
    health.start-period = "30s"            # default
    health.retries = 3                     # default
    user = 10001                           # default
    gpu = false                            # default
    volumes = []                           # default
    services = []                          # default
    layers.heavy = ["torch", "triton*"]    # dfgen.toml:9
    bytecode = true                        # default
    keep = []                              # default
    trim = []                              # default
    scan = false                           # default
    silence = []                           # default
    development = false                    # default
    instructions.base = []                 # default
    instructions.build = []                # default
    instructions.app = []                  # default
    instructions.runtime = ["RUN true"]    # dfgen.toml:10

    # What it leaves open, as the plan fills it in. The same keys say otherwise.
    # python = "3.13.14"                                                          # every package has a wheel; worse on 3.14, 3.12
    # base = "python:3.13-slim-trixie"                                            # the slim image of Python 3.13
    # command = ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "9000"]    # FastAPI in main.py:3: a FastAPI object at module level; served by uvicorn
    # health = "/health"                                                          # main.py:6
    # stop-signal = "SIGTERM"                                                     # on it, uvicorn finishes and stops
    "#);
}

#[test]
fn an_alias() {
    let run = dfgen(&["profiles", "ml-inference", "--format", "json"]).in_project(&api());
    assert_eq!(run.json()["name"], "ml-inference-gpu");
    assert_eq!(run.json()["filled-in"][0]["key"], "python");
}

#[test]
fn what_cannot_be_filled_in() {
    let project = api().with("main.py", "def hello():\n    return 1\n");
    let run = dfgen(&["profiles", "worker"]).in_project(&project);
    insta::assert_snapshot!(run, @r#"
    exit code: 0
    ----- stdout -----
    # What the profile says, each value with where it was said. It can be copied to dfgen.toml.
    [profile.worker]
    purpose = "Background worker"    # built-in profile worker
    serves = "queue"                 # built-in profile worker
    extras = ["@app"]                # default
    groups = ["@app"]                # default
    exclude = []                     # default
    forbid = []                      # default
    platforms = ["linux/amd64"]      # default
    compile = true                   # default
    apt.build = []                   # default
    apt.runtime = []                 # default
    copy = []                        # default
    build-steps = []                 # default
    env-files = [".env"]             # default
    migrate = false                  # default
    health = false                   # built-in profile worker
    user = 10001                     # default
    gpu = false                      # default
    volumes = []                     # default
    services = []                    # default
    bytecode = true                  # default
    keep = []                        # default
    trim = []                        # default
    scan = false                     # default
    silence = []                     # default
    development = false              # default
    instructions.base = []           # default
    instructions.build = []          # default
    instructions.app = []            # default
    instructions.runtime = []        # default

    # What it leaves open cannot be filled in: what the image `worker` should run cannot be known.
    # `dfgen plan --profile worker` says more.
    "#);
}

#[test]
fn what_is_printed_can_be_copied() {
    let project = own();
    let before = dfgen(&["render", "--stdout"]).in_project(&project).stdout;
    let printed = dfgen(&["profiles", "api"]).in_project(&project).stdout;
    // It extends nothing now, and says everything.
    let project = project.with("dfgen.toml", &printed);
    let after = dfgen(&["render", "--stdout"]).in_project(&project);
    assert_eq!(after.stdout, before, "{after}");
}

#[test]
fn an_alias_is_what_the_user_says_of_the_profile() {
    let project = api().with("dfgen.toml", "[profile.ml-inference-gpu]\nport = 9000\n");
    let run = dfgen(&["profiles", "ml-inference", "--format", "json"]).in_project(&project);
    let values = run.json().to_string();
    assert!(values.contains("9000"), "{values}");
}

#[test]
fn saying_more_about_one_image_keeps_the_others() {
    let taken = |settings: &str| {
        let project = api().with("dfgen.toml", settings);
        let run = dfgen(&["plan", "--format", "json"]).in_project(&project);
        let json = run.json();
        let images = json["images"].as_array().expect("images");
        let names = images.iter().map(|image| image["name"].to_string());
        names.collect::<Vec<_>>().join(" ")
    };
    let both = r#""core-api" "ml-inference-gpu""#;
    assert_eq!(taken(""), both);
    assert_eq!(taken("[profile.core-api]\nport = 9000\n"), both);
    let command = "command = [\"python\", \"main.py\"]\n";
    let own =
        format!("[profile.core-api]\nport = 9000\n[profile.jobs]\nextends = \"worker\"\n{command}");
    assert_eq!(taken(&own), r#""core-api" "jobs""#);
    assert_eq!(taken("profiles = [\"core-api\"]\n"), "\"core-api\"");
}
