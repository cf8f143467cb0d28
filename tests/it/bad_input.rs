//! What dfgen says about input that it cannot work with: what is wrong, where, and what to type.

use crate::harness::{Project, Ran, dfgen};

/// A FastAPI application that renders without any settings.
fn api() -> Project {
    Project::fixture("small_api")
}

fn render(project: &Project) -> Ran {
    dfgen(&["render"]).in_project(project)
}

/// The message for a `dfgen.toml`.
fn settings(text: &str) -> Ran {
    render(&api().with("dfgen.toml", text))
}

/// Each message for a `dfgen.toml`, one after another.
fn each(texts: &[&str]) -> String {
    let messages = texts.iter().map(|text| settings(text).to_string());
    messages.collect::<Vec<_>>().join("\n")
}

/// The lock with one part of it replaced.
fn lock(from: &str, to: &str) -> Project {
    let project = api();
    let lock = project.read("uv.lock");
    assert!(lock.contains(from), "the lock has no {from}");
    project.with("uv.lock", &lock.replacen(from, to, 1))
}

#[test]
fn no_manifest() {
    insta::assert_snapshot!(render(&Project::empty()), @r"
    exit code: 2
    ----- stderr -----
    error[no-manifest]: there is no pyproject.toml in `.`, or in a folder above it
     |
     = help: go to the project's folder, or say where it is: `dfgen --project DIR ...`
     = help: start a project with `uv init`
    ");
}

#[test]
fn no_lock() {
    insta::assert_snapshot!(render(&api().without("uv.lock")), @"
    exit code: 2
    ----- stderr -----
    error[no-lock]: there is no uv.lock in `.`
     |
     = help: write it with `uv lock`, and commit it
    ");
}

#[test]
fn a_lock_with_conflict_markers() {
    let project = lock(
        "version = \"0.121.0\"\n",
        "<<<<<<< HEAD\nversion = \"0.121.0\"\n=======\nversion = \"0.120.0\"\n>>>>>>> main\n",
    );
    insta::assert_snapshot!(render(&project), @"
    exit code: 2
    ----- stderr -----
    error[merge-conflict]: uv.lock has unresolved conflicts of a merge
     --> uv.lock:7:1
      |
    7 | <<<<<<< HEAD
      | ^^^^^^^ the conflict begins here
      |
      = help: take either side (`git checkout --ours uv.lock`), then run `uv lock`
    ");
}

#[test]
fn a_lock_that_ends_in_the_middle() {
    let project = api();
    let lock = project.read("uv.lock");
    let end = lock
        .find("triton-3.5.0-cp313")
        .expect("the lock has triton");
    let project = project.with("uv.lock", &lock[..end]);
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-lock]: uv.lock cannot be read
      --> uv.lock:51:34
       |
    51 | wheels = [{ url = "https://files/
       |                                  ^ unclosed inline table, expected `}`
       |
       = help: restore it from version control, or write it again with `uv lock`
    "#);
}

#[test]
fn a_lock_of_a_later_schema() {
    let project = lock("version = 1\n", "version = 2\n");
    insta::assert_snapshot!(render(&project), @"
    exit code: 2
    ----- stderr -----
    error[unsupported-lock]: uv.lock has schema version 2, dfgen reads version 1
     --> uv.lock:1:1
      |
    1 | version = 2
      | ^^^^^^^ written by another generation of uv
      |
      = help: write it with a uv whose schema is 1, or look for a newer dfgen
    ");
}

#[test]
fn a_lock_that_was_never_fetched() {
    let project = api().with(
        "uv.lock",
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 123456\n",
    );
    insta::assert_snapshot!(render(&project), @"
    exit code: 2
    ----- stderr -----
    error[lfs-pointer]: uv.lock is a Git LFS pointer, not the lock itself
     --> uv.lock:1:1
      |
    1 | version https://git-lfs.github.com/spec/v1
      | ^^^^^^^ the content was never fetched
      |
      = help: run `git lfs pull`
    ");
}

#[test]
fn invalid_toml_in_each_file() {
    let manifest = api().with(
        "pyproject.toml",
        "[project]\nname = \"shop-api\ndescription = 3\n",
    );
    insta::assert_snapshot!(render(&manifest), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-toml]: `pyproject.toml` cannot be read
     --> pyproject.toml:2:17
      |
    2 | name = "shop-api
      |                 ^ invalid basic string, expected `"`
      |
      = help: correct that line; `uv lock --check` says whether uv can read the file
    "#);
    insta::assert_snapshot!(settings("[profile.core-api]\nport = \n"), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-toml]: `dfgen.toml` cannot be read
     --> dfgen.toml:2:8
      |
    2 | port = 
      |        ^ string values must be quoted, expected literal string
      |
      = help: numbers are written `8000`, text `"text"`, lists `["a", "b"]`
    "#);
    let lock = lock(
        "requires-python = \">=3.12\"\n",
        "requires-python = >=3.12\n",
    );
    insta::assert_snapshot!(render(&lock), @"
    exit code: 2
    ----- stderr -----
    error[invalid-lock]: uv.lock cannot be read
     --> uv.lock:3:20
      |
    3 | requires-python = >=3.12
      |                    ^ unexpected key or value, expected newline, `#`
      |
      = help: restore it from version control, or write it again with `uv lock`
    ");
}

#[test]
fn values_of_the_wrong_type() {
    insta::assert_snapshot!(settings("[profile.core-api]\nport = \"8000\"\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `dfgen.toml` has a value of another kind
     --> dfgen.toml:2:8
      |
    2 | port = "8000"
      |        ^^^^^^ expected a number, or a table such as { env = "PORT", default = 8000 }
      |
      = help: numbers are written `8000`, text `"text"`, lists `["a", "b"]`
    "#);
    insta::assert_snapshot!(settings("[profile.core-api]\nextras = \"ml\"\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `dfgen.toml` has a value of another kind
     --> dfgen.toml:2:10
      |
    2 | extras = "ml"
      |          ^^^^ invalid type: string "ml", expected a list
      |
      = help: numbers are written `8000`, text `"text"`, lists `["a", "b"]`
    "#);
    insta::assert_snapshot!(settings("[profile.core-api]\nhealth = 3\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `dfgen.toml` has a value of another kind
     --> dfgen.toml:2:10
      |
    2 | health = 3
      |          ^ expected a path such as "/health", false, or a table of `path`, `command`, `interval`, `timeout`, `start-period`, `retries`
      |
      = help: numbers are written `8000`, text `"text"`, lists `["a", "b"]`
    "#);
}

#[test]
fn an_unknown_profile() {
    let run = dfgen(&["render", "--profile", "core-apo"]).in_project(&api());
    insta::assert_snapshot!(run, @"
    exit code: 2
    ----- stderr -----
    error[unknown-profile]: there is no profile `core-apo`
     |
     = help: did you mean `core-api`?
     = help: `dfgen profiles` lists them
    ");
    insta::assert_snapshot!(settings("profiles = [\"api\"]\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-profile]: there is no profile `api`
     --> dfgen.toml:1:14
      |
    1 | profiles = ["api"]
      |              ^^^ no profile has this name
      |
      = help: there is `ml-inference-cpu`, `ml-inference-gpu`, `core-api`, `dev`, `worker`
      = help: `dfgen profiles` lists them
    "#);
    insta::assert_snapshot!(settings("[profile.api]\nextends = \"core-apj\"\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-profile]: there is no profile `core-apj`
     --> dfgen.toml:2:11
      |
    2 | extends = "core-apj"
      |           ^^^^^^^^^^ no profile has this name
      |
      = help: did you mean `core-api`?
      = help: `dfgen profiles` lists them
    "#);
}

#[test]
fn the_list_of_profiles_is_told_although_a_name_in_it_is_wrong() {
    let project = api().with("dfgen.toml", "profiles = [\"wroker\"]\n");
    insta::assert_snapshot!(dfgen(&["profiles"]).in_project(&project), @r#"
    exit code: 2
    ----- stdout -----
    core-api          API server without the ML stack  built in
    ml-inference-gpu  ML inference on GPUs             built in; also `ml-inference`
    ml-inference-cpu  ML inference on CPUs             built in
    worker            Background worker                built in
    dev               Development, with live reload    built in

    `dfgen profiles NAME` shows every value of one; `dfgen plan` what it comes to
    ----- stderr -----
    error[unknown-profile]: there is no profile `wroker`
     --> dfgen.toml:1:14
      |
    1 | profiles = ["wroker"]
      |              ^^^^^^ no profile has this name
      |
      = help: did you mean `worker`?
      = help: `dfgen profiles` lists them
    "#);
}

#[test]
fn an_unknown_key() {
    insta::assert_snapshot!(settings("[profile.core-api]\nhealht = \"/\"\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-key]: `dfgen.toml` has the unknown key `healht`
     --> dfgen.toml:2:1
      |
    2 | healht = "/"
      | ^^^^^^ no such key here
      |
      = help: did you mean `health`?
    "#);
    insta::assert_snapshot!(settings("outptu = \"docker\"\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-key]: `dfgen.toml` has the unknown key `outptu`
     --> dfgen.toml:1:1
      |
    1 | outptu = "docker"
      | ^^^^^^ no such key here
      |
      = help: did you mean `output`?
    "#);
    let manifest = api();
    let text = manifest.read("pyproject.toml");
    let project = manifest.with(
        "pyproject.toml",
        &format!("{text}\n[tool.dfgen.profile.core-api.apt]\nruntim = []\n"),
    );
    insta::assert_snapshot!(render(&project), @"
    exit code: 2
    ----- stderr -----
    error[unknown-key]: `pyproject.toml` has the unknown key `runtim`
      --> pyproject.toml:15:1
       |
    15 | runtim = []
       | ^^^^^^ no such key here
       |
       = help: did you mean `runtime`?
    ");
}

#[test]
fn unknown_extras_and_groups() {
    insta::assert_snapshot!(settings("[profile.core-api]\nextras = [\"mll\"]\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-extra]: `shop-api` has no extra `mll`
     --> dfgen.toml:2:12
      |
    2 | extras = ["mll"]
      |            ^^^ not there
      |
      = note: asked for by the profile `core-api` (dfgen.toml:2)
      = help: did you mean `ml`?
      = help: extras are the keys of `[project.optional-dependencies]`
    "#);
    insta::assert_snapshot!(settings("[profile.core-api]\ngroups = [\"tests\"]\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-group]: `shop-api` has no group `tests`
     --> dfgen.toml:2:12
      |
    2 | groups = ["tests"]
      |            ^^^^^ not there
      |
      = note: asked for by the profile `core-api` (dfgen.toml:2)
      = help: there is `dev`
      = help: groups are the keys of `[dependency-groups]`
    "#);
    insta::assert_snapshot!(settings("[profile.core-api]\nextras = [\"@mll\"]\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `extras` cannot be `@mll`
     --> dfgen.toml:2:11
      |
    2 | extras = ["@mll"]
      |           ^^^^^^ the sets are `@app`, `@ml`, `@default` and `@all`
    "#);
}

#[test]
fn an_unknown_member() {
    insta::assert_snapshot!(settings("[profile.core-api]\nmember = \"shop-apu\"\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-member]: the workspace has no member `shop-apu`
     --> dfgen.toml:2:11
      |
    2 | member = "shop-apu"
      |           ^^^^^^^^ no member has this name
      |
      = note: asked for by the profile `core-api` (dfgen.toml:2)
      = help: did you mean `shop-api`?
    "#);
}

#[test]
fn unknown_packages_rules_and_services() {
    insta::assert_snapshot!(settings("[profile.core-api]\nexclude = [\"torhc\"]\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-package]: `torhc` is not in uv.lock
     --> dfgen.toml:2:13
      |
    2 | exclude = ["torhc"]
      |             ^^^^^ no locked package has this name
      |
      = note: named in `exclude` of the profile `core-api` (dfgen.toml:2)
      = help: did you mean `torch`?
    "#);
    insta::assert_snapshot!(settings("[profile.core-api]\nkeep = [\"test\"]\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-rule]: `keep` names `test`, which is no rule for it
     --> dfgen.toml:2:10
      |
    2 | keep = ["test"]
      |          ^^^^ no such rule
      |
      = note: in the profile `core-api` (dfgen.toml:2)
      = help: did you mean `tests`?
    "#);
    insta::assert_snapshot!(settings("[profile.core-api]\nservices = [\"postgrsql\"]\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-service]: dfgen knows no backing service `postgrsql`
     --> dfgen.toml:2:14
      |
    2 | services = ["postgrsql"]
      |              ^^^^^^^^^ not one of them
      |
      = note: asked for by `services` of the profile `core-api` (dfgen.toml:2)
      = help: did you mean `postgresql`?
    "#);
}

#[test]
fn profiles_that_extend_each_other() {
    insta::assert_snapshot!(
        settings("[profile.a]\nextends = \"b\"\n\n[profile.b]\nextends = \"a\"\n"),
        @r#"
    exit code: 2
    ----- stderr -----
    error[extends-loop]: the profile `a` extends itself
     --> dfgen.toml:5:11
      |
    5 | extends = "a"
      |           ^^^ comes back to itself
      |
      = help: a chain of `extends` ends at a built-in profile or at one that extends nothing
    "#
    );
    insta::assert_snapshot!(settings("[profile.a]\nextends = \"a\"\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[extends-loop]: the profile `a` extends itself
     --> dfgen.toml:2:11
      |
    2 | extends = "a"
      |           ^^^ comes back to itself
      |
      = help: a chain of `extends` ends at a built-in profile or at one that extends nothing
    "#);
}

#[test]
fn settings_in_two_places() {
    let project = api().with("dfgen.toml", "output = \"deploy\"\n");
    let text = project.read("pyproject.toml");
    let project = project.with(
        "pyproject.toml",
        &format!("{text}\n[tool.dfgen]\noutput = \"docker\"\n"),
    );
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[two-configurations]: dfgen's settings are in two places
      --> dfgen.toml:1:1
       |
     1 | output = "deploy"
       | ^ one is here
       |
      ::: pyproject.toml:14:1
       |
    14 | [tool.dfgen]
       | ^^^^^^^^^^^ the other is here
       |
       = help: move all of them to dfgen.toml
    "#);
}

#[test]
fn ports_and_users_that_cannot_be() {
    insta::assert_snapshot!(
        settings("[profile.core-api]\nport = 70000\nuser = 0\n"),
        @"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `port` cannot be `70000`
     --> dfgen.toml:2:8
      |
    2 | port = 70000
      |        ^^^^^ a port is 1 to 65535

    error[invalid-value]: `user` cannot be `0`
     --> dfgen.toml:3:8
      |
    3 | user = 0
      |        ^ the number of a user other than root: 1 to 4294967295
    "
    );
    insta::assert_snapshot!(settings("[profile.core-api]\nport = 0\nuser = -1\n"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `port` cannot be `0`
     --> dfgen.toml:2:8
      |
    2 | port = 0
      |        ^ a port is 1 to 65535

    error[invalid-value]: `user` cannot be `-1`
     --> dfgen.toml:3:8
      |
    3 | user = -1
      |        ^^ the number of a user other than root: 1 to 4294967295
    ");
}

#[test]
fn names_that_cannot_be() {
    let texts = [
        "[profile.core-api]\nbase = \"python 3.13\"\n",
        "[profile.\"My API\"]\nextends = \"core-api\"\n",
        "output = \"../elsewhere\"\n",
        "[profile.core-api.apt]\nruntime = [\"libpq5; rm\"]\n",
        "[profile.core-api.env]\n\"MY-NAME\" = \"x\"\n",
        "[profile.core-api]\nplatforms = [\"linux/riscv64\"]\n",
        "[profile.core-api]\npython = \"three\"\n",
        "[profile.core-api]\nstop-signal = \"SIGKILL\"\n",
        "[profile.core-api]\nshm-size = \"1 gigabyte\"\n",
        "[profile.core-api]\nmodel-cache = \"/etc/x\"\n",
        "[profile.core-api]\nentry = \"main app\"\n",
        "[profile.core-api]\nhealth = \"health\"\n",
        "[profile.core-api.health]\ninterval = \"often\"\n",
        "[profile.core-api.layers]\n\"My layer\" = [\"*\"]\n",
    ];
    insta::assert_snapshot!(each(&texts), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `base` cannot be `python 3.13`
     --> dfgen.toml:2:8
      |
    2 | base = "python 3.13"
      |        ^^^^^^^^^^^^^ not an image name such as `python:3.13-slim-trixie`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `My API` cannot be a profile's name
     --> dfgen.toml:1:10
      |
    1 | [profile."My API"]
      |          ^^^^^^^^ a profile's name is lower-case letters, digits and `-`, as in `core-api`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `output` cannot be `../elsewhere`
     --> dfgen.toml:1:10
      |
    1 | output = "../elsewhere"
      |          ^^^^^^^^^^^^^^ files come from the project's folder: a relative path without `..`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `apt.runtime` cannot be `libpq5; rm`
     --> dfgen.toml:2:12
      |
    2 | runtime = ["libpq5; rm"]
      |            ^^^^^^^^^^^^ `libpq5; rm` is not the name of a Debian package

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `env` cannot be `MY-NAME`
     --> dfgen.toml:2:1
      |
    2 | "MY-NAME" = "x"
      | ^^^^^^^^^ an environment variable is letters, digits and `_`, and begins with no digit

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `platforms` cannot be `linux/riscv64`
     --> dfgen.toml:2:14
      |
    2 | platforms = ["linux/riscv64"]
      |              ^^^^^^^^^^^^^^^ `linux/riscv64` is not a platform that dfgen makes images for: `linux/amd64` or `linux/arm64`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `python` cannot be `three`
     --> dfgen.toml:2:10
      |
    2 | python = "three"
      |          ^^^^^^^ `three` is not a Python version such as `3.13` or `3.12.4`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `stop-signal` cannot be `SIGKILL`
     --> dfgen.toml:2:15
      |
    2 | stop-signal = "SIGKILL"
      |               ^^^^^^^^^ `SIGTERM`, `SIGINT` or `SIGQUIT`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `shm-size` cannot be `1 gigabyte`
     --> dfgen.toml:2:12
      |
    2 | shm-size = "1 gigabyte"
      |            ^^^^^^^^^^^^ an amount of memory such as `1gb` or `512mb`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `model-cache` cannot be `/etc/x`
     --> dfgen.toml:2:15
      |
    2 | model-cache = "/etc/x"
      |               ^^^^^^^^ a folder of the application's own: a volume at `/etc/x` would hide what the image has there

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `entry` cannot be `main app`
     --> dfgen.toml:2:10
      |
    2 | entry = "main app"
      |          ^^^^^^^^ not a module and a name in it
      |
      = note: said in dfgen.toml:2
      = help: write `package.module:attribute`, as `shop_api.main:app`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `health` cannot be `health`
     --> dfgen.toml:2:10
      |
    2 | health = "health"
      |          ^^^^^^^^ a path such as `/health`, a command without line breaks, or false

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `health.interval` cannot be `often`
     --> dfgen.toml:2:12
      |
    2 | interval = "often"
      |            ^^^^^^^ a duration such as `30s` or `1m30s`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `layers` cannot be `My layer`
     --> dfgen.toml:2:1
      |
    2 | "My layer" = ["*"]
      | ^^^^^^^^^^ a layer's name is lower-case letters, digits and `-`; dfgen itself has `app`, `isolated`, `members` and `rest`
    "#);
}

#[test]
fn values_that_would_be_more_than_data() {
    let texts = [
        "[profile.core-api]\npurpose = \"API\\nRUN evil\"\n",
        "[profile.core-api.env]\nA = \"1\\nUSER root\"\n",
        "[profile.core-api]\ncommand = [\"sh\", \"-c\", \"a\\nb\"]\n",
        "[profile.core-api]\ncopy = [\"a$b\"]\n",
        "[profile.core-api.instructions]\nruntime = [\"FROM scratch\"]\n",
        "[profile.core-api.instructions]\nruntime = [\"RUN a \\\\\"]\n",
        "[profile.core-api]\nhealth = \"/a b\"\n",
    ];
    insta::assert_snapshot!(each(&texts), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `purpose` cannot be `API\nRUN evil`
     --> dfgen.toml:2:11
      |
    2 | purpose = "API\nRUN evil"
      |           ^^^^^^^^^^^^^^^ one line of text, without '\n'

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `env` cannot be `1\nUSER root`
     --> dfgen.toml:2:5
      |
    2 | A = "1\nUSER root"
      |     ^^^^^^^^^^^^^^ one line of text, without '\n'

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `command` cannot be `a\nb`
     --> dfgen.toml:2:24
      |
    2 | command = ["sh", "-c", "a\nb"]
      |                        ^^^^^^ one line of text, without '\n'

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `copy` cannot be `a$b`
     --> dfgen.toml:2:9
      |
    2 | copy = ["a$b"]
      |         ^^^^^ a path here may not hold '$'

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `instructions.runtime` cannot be `FROM scratch`
     --> dfgen.toml:2:12
      |
    2 | runtime = ["FROM scratch"]
      |            ^^^^^^^^^^^^^^ one Dockerfile instruction, as `RUN ...`; any but `FROM`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `instructions.runtime` cannot be `RUN a \\`
     --> dfgen.toml:2:12
      |
    2 | runtime = ["RUN a \\"]
      |            ^^^^^^^^^^ an instruction of one line: no `\` at its end, no heredoc

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `health` cannot be `/a b`
     --> dfgen.toml:2:10
      |
    2 | health = "/a b"
      |          ^^^^^^ a path such as `/health`, a command without line breaks, or false
    "#);
}

#[test]
fn a_file_to_copy_that_is_not_there() {
    insta::assert_snapshot!(settings("[profile.core-api]\ncopy = [\"templates\"]\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[missing-file]: `templates` is to be copied, and is not there
     --> dfgen.toml:2:10
      |
    2 | copy = ["templates"]
      |          ^^^^^^^^^ not in the project's folder
      |
      = note: named in `copy` of the profile `core-api` (dfgen.toml:2)
      = help: paths are relative to the project's folder
    "#);
}

#[test]
fn an_output_folder_that_cannot_be_written() {
    let project = api().with("docker", "a file\n");
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 2
    ----- stderr -----
    note[unused-requirement]: nothing that `ml-inference-gpu` runs names `torch` (900 MB)
     |
     = note: compressed sizes; what they bring with them is not counted
     = help: if nothing loads it by name as a plugin, move it to an extra or a group, or remove it

    note[same-application]: `core-api` and `ml-inference-gpu` run the same: `uvicorn main:app --host 0.0.0.0 --port 8000`
     |
     = note: found for `ml-inference-gpu`: FastAPI in main.py:3: a FastAPI object at module level; served by uvicorn
     = help: make one image: `profiles = ["core-api"]` at the top of dfgen.toml
     = help: or say what `ml-inference-gpu` runs, with `entry` or `command` in [profile.ml-inference-gpu] of dfgen.toml

    `dfgen explain unused-requirement` and `dfgen explain same-application` say more about it

    error[unwritable-output]: the files cannot be written to `docker`: `docker` is a file
     |
     = note: nothing was changed
     = help: move that file away, or choose another folder: `output = "DIR"` in dfgen.toml
    "#);
    let below = api()
        .with("docker", "a file\n")
        .with("dfgen.toml", "output = \"docker/images\"\n");
    insta::assert_snapshot!(render(&below), @r#"
    exit code: 2
    ----- stderr -----
    note[unused-requirement]: nothing that `ml-inference-gpu` runs names `torch` (900 MB)
     |
     = note: compressed sizes; what they bring with them is not counted
     = help: if nothing loads it by name as a plugin, move it to an extra or a group, or remove it

    note[same-application]: `core-api` and `ml-inference-gpu` run the same: `uvicorn main:app --host 0.0.0.0 --port 8000`
     |
     = note: found for `ml-inference-gpu`: FastAPI in main.py:3: a FastAPI object at module level; served by uvicorn
     = help: make one image: `profiles = ["core-api"]` at the top of dfgen.toml
     = help: or say what `ml-inference-gpu` runs, with `entry` or `command` in [profile.ml-inference-gpu] of dfgen.toml

    `dfgen explain unused-requirement` and `dfgen explain same-application` say more about it

    error[unwritable-output]: the files cannot be written to `docker/images`: `docker` is a file
     |
     = note: nothing was changed
     = help: move that file away, or choose another folder: `output = "DIR"` in dfgen.toml
    "#);
}

#[test]
fn a_package_that_must_be_built_where_nothing_may_be() {
    let from = "wheels = [{ url = \"https://files/uvicorn-0.38.0-py3-none-any.whl\", hash = \"sha256:00\", size = 68_000 }]";
    let to = "sdist = { url = \"https://files/uvicorn-0.38.0.tar.gz\", hash = \"sha256:00\", size = 60_000 }";
    let project = lock(from, to).with("dfgen.toml", "[profile.core-api]\ncompile = false\n");
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[no-wheel]: uvicorn 0.38.0 has no wheel for linux/amd64 and Python 3.13.14
     --> dfgen.toml:2:11
      |
    2 | compile = false
      |           ^^^^^ it may not be built
      |
      = note: needed by shop-api -> uvicorn
      = note: it would be built, and `compile` of `core-api` does not allow it (dfgen.toml:2)
      = help: allow it: `compile = ["uvicorn"]` in [profile.core-api] of dfgen.toml
    "#);
}

#[test]
fn a_file_of_somebody_else() {
    let project = api().with(
        "docker/core-api.Dockerfile",
        "FROM python:3.13\nCMD [\"python\", \"main.py\"]\n",
    );
    insta::assert_snapshot!(dfgen(&["render", "--profile", "core-api"]).in_project(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[foreign-file]: `docker/core-api.Dockerfile` was not written by dfgen
     |
     = note: what a fresh render would change:
             @@ -1,2 +1,70 @@
             -FROM python:3.13
             -CMD ["python", "main.py"]
             +# syntax=docker/dockerfile:1
             +# The image core-api of shop-api: API server without the ML stack.
             +# Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
             +#     docker build --file docker/core-api.Dockerfile --tag shop-api-core-api .
             +# Only the last stage, `runtime`, is shipped. The others make what it copies.
             +
             +# uv installs Python packages. It is needed to build, and never shipped.
             +FROM ghcr.io/astral-sh/uv:0.13.9 AS uv
             +
             +# What building and running share.
             +FROM python:3.13-slim-trixie AS base
             +ENV PATH=/opt/venv/bin:$PATH
             +
             +# The lowest layer: an empty environment, a user without rights, and bytecode of the standard library: Python starts faster.
             +FROM base AS skeleton
             +RUN --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
             +    python3 -BIS /dfgen.py skeleton --user 10001
     = note: and 53 more lines: `dfgen render --check` shows all
     = help: let `dfgen init` read it first; then `dfgen render --force`
     = help: or write elsewhere: `dfgen render --output deploy`
    "#);
}

#[test]
fn a_file_that_was_edited() {
    let project = api();
    assert_eq!(render(&project).code, Some(0));
    let path = "docker/core-api.Dockerfile";
    let text = project.read(path).replace("EXPOSE 8000", "EXPOSE 9000");
    let project = project.with(path, &text);
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 2
    ----- stderr -----
    note[unused-requirement]: nothing that `ml-inference-gpu` runs names `torch` (900 MB)
     |
     = note: compressed sizes; what they bring with them is not counted
     = help: if nothing loads it by name as a plugin, move it to an extra or a group, or remove it

    note[same-application]: `core-api` and `ml-inference-gpu` run the same: `uvicorn main:app --host 0.0.0.0 --port 8000`
     |
     = note: found for `ml-inference-gpu`: FastAPI in main.py:3: a FastAPI object at module level; served by uvicorn
     = help: make one image: `profiles = ["core-api"]` at the top of dfgen.toml
     = help: or say what `ml-inference-gpu` runs, with `entry` or `command` in [profile.ml-inference-gpu] of dfgen.toml

    `dfgen explain unused-requirement` and `dfgen explain same-application` say more about it

    error[edited-file]: `docker/core-api.Dockerfile` was edited since dfgen wrote it
     |
     = note: what a fresh render would change:
             @@ -60,7 +60,7 @@
              USER 10001:10001
              # Logs appear at once; all bytecode is there already.
              ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=8 HOME=/tmp PYTHONPATH=/app
             -EXPOSE 9000
             +EXPOSE 8000
              STOPSIGNAL SIGTERM
              HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
                  CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status >= 400)"]
     = help: keep the change by saying it in dfgen.toml (`port`), then `dfgen render --force`
     = help: or write elsewhere: `dfgen render --output deploy`
    "#);
    assert_eq!(project.read(path), text);
    let check = dfgen(&["render", "--check"]).in_project(&project);
    insta::assert_snapshot!(check, @r#"
    exit code: 1
    ----- stdout -----
    --- docker/core-api.Dockerfile
    +++ docker/core-api.Dockerfile (fresh)
    @@ -60,7 +60,7 @@
     USER 10001:10001
     # Logs appear at once; all bytecode is there already.
     ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=8 HOME=/tmp PYTHONPATH=/app
    -EXPOSE 9000
    +EXPOSE 8000
     STOPSIGNAL SIGTERM
     HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
         CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status >= 400)"]
    ----- stderr -----
    note[unused-requirement]: nothing that `ml-inference-gpu` runs names `torch` (900 MB)
     |
     = note: compressed sizes; what they bring with them is not counted
     = help: if nothing loads it by name as a plugin, move it to an extra or a group, or remove it

    note[same-application]: `core-api` and `ml-inference-gpu` run the same: `uvicorn main:app --host 0.0.0.0 --port 8000`
     |
     = note: found for `ml-inference-gpu`: FastAPI in main.py:3: a FastAPI object at module level; served by uvicorn
     = help: make one image: `profiles = ["core-api"]` at the top of dfgen.toml
     = help: or say what `ml-inference-gpu` runs, with `entry` or `command` in [profile.ml-inference-gpu] of dfgen.toml

    `dfgen explain unused-requirement` and `dfgen explain same-application` say more about it

    1 of 6 files is edited since dfgen wrote it: keep the change by saying it in dfgen.toml (`port`), then `dfgen render --force`
        docker/core-api.Dockerfile
    "#);
}

#[test]
fn the_ml_stack_in_the_light_image() {
    let manifest = api().read("pyproject.toml");
    let manifest = manifest
        .replace("\"uvicorn\"]", "\"torch\", \"uvicorn\"]")
        .replace("\n[project.optional-dependencies]\nml = [\"torch\"]\n", "");
    let lock = api().read("uv.lock");
    let lock = lock
        .replace(
            "{ name = \"fastapi\" }, { name = \"uvicorn\" }]",
            "{ name = \"fastapi\" }, { name = \"torch\" }, { name = \"uvicorn\" }]",
        )
        .replace(
            "\n[package.optional-dependencies]\nml = [{ name = \"torch\" }]\n",
            "",
        )
        .replace(
            "    { name = \"torch\", marker = \"extra == 'ml'\" },\n",
            "    { name = \"torch\" },\n",
        )
        .replace("provides-extras = [\"ml\"]\n", "");
    let project = api()
        .with("pyproject.toml", &manifest)
        .with("uv.lock", &lock);
    let run = dfgen(&["render", "--profile", "core-api"]).in_project(&project);
    insta::assert_snapshot!(run, @r#"
    exit code: 2
    ----- stderr -----
    error[forbidden-package]: `torch` is in the closure of `core-api`, which forbids it
     --> pyproject.toml:6:28
      |
    6 | dependencies = ["fastapi", "torch", "uvicorn"]
      |                            ^^^^^^^ comes in here
      |
      = note: needed by shop-api -> torch
      = note: it costs 1.1 GB to download, with the package that only it needs
      = help: move `torch` to an extra that this image does not take: `uv remove torch`, `uv add --optional ml torch`
      = help: or leave it out, with all that only it needs: `exclude = ["torch"]` in [profile.core-api] of dfgen.toml
      = help: or allow it there: `forbid = []`
    "#);
}

#[test]
fn nothing_to_run() {
    let project = api().with("main.py", "def hello():\n    return 1\n");
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[no-command]: what the image `core-api` should run cannot be known
     |
     = note: no application, no server and no single script was found in `.`
     = help: say it, in dfgen.toml:
             [profile.core-api]
             command = ["python", "-m", "main"]
     = help: and `port = ..` beside it, where it listens and its words do not say on which

    error[no-command]: what the image `ml-inference-gpu` should run cannot be known
     |
     = note: no application, no server and no single script was found in `.`
     = help: say it, in dfgen.toml:
             [profile.ml-inference-gpu]
             command = ["python", "-m", "main"]
     = help: and `port = ..` beside it, where it listens and its words do not say on which
    "#);
}

#[test]
fn an_output_folder_that_no_file_can_name() {
    let said = ["docker\\x", "a#b", "a$b"].map(|folder| {
        let ran = dfgen(&["render", "--output", folder]).in_project(&api());
        assert_eq!(ran.code, Some(2), "{ran}");
        ran.stderr
    });
    insta::assert_snapshot!(said.concat(), @r"
    error[invalid-value]: `--output` cannot be `docker\x`
     |
     = help: a path with `/` between its parts, on Windows too
    error[invalid-value]: `--output` cannot be `a#b`
     |
     = help: a path here may not hold '#'
    error[invalid-value]: `--output` cannot be `a$b`
     |
     = help: a path here may not hold '$'
    ");
}

#[test]
fn what_names_something_else_than_it_seems() {
    insta::assert_snapshot!(each(&[
        "[profile.core-api]\napt.runtime = [\"python3-minimal-\"]\n",
        "[profile.core-api]\nbase = \"uv\"\n",
        "[profile.core-api]\nbase = \"step-1\"\n",
    ]), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `apt.runtime` cannot be `python3-minimal-`
     --> dfgen.toml:2:16
      |
    2 | apt.runtime = ["python3-minimal-"]
      |                ^^^^^^^^^^^^^^^^^^ `python3-minimal-` would have apt remove `python3-minimal`

    exit code: 2
    ----- stderr -----
    error[unfit-base]: `uv` is what a stage of the Dockerfile is called
     --> dfgen.toml:2:9
      |
    2 | base = "uv"
      |         ^^ asked for here
      |
      = help: write the image with its tag, as `uv:latest`

    exit code: 2
    ----- stderr -----
    error[unfit-base]: `step-1` is what a stage of the Dockerfile is called
     --> dfgen.toml:2:9
      |
    2 | base = "step-1"
      |         ^^^^^^ asked for here
      |
      = help: write the image with its tag, as `step-1:latest`
    "#);
    let above = api().with(
        "pyproject.toml",
        &format!(
            "{}[tool.uv.workspace]\nmembers = [\"/**\"]\n",
            api().read("pyproject.toml")
        ),
    );
    insta::assert_snapshot!(render(&above), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-member]: a workspace member's pattern leads out of the project
      --> pyproject.toml:14:12
       |
    14 | members = ["/**"]
       |            ^^^^^ looks elsewhere
       |
       = help: name members from the root's folder, as `packages/*`
    "#);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    for name in [
        "dfgen.toml",
        "uv.lock",
        ".python-version",
        "docker/compose.yaml",
    ] {
        let project = api().with("docker/x", "").with(name, "").without(name);
        let path = project.path().join(name);
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.is_ok_and(|made| made.success()));
        let ran = render(&project);
        assert_eq!(ran.code, Some(2), "{ran}");
        let problem = format!("`{name}` cannot be read: it is no regular file");
        assert!(ran.stderr.contains(&problem), "{ran}");
    }
}

#[test]
fn work_does_not_grow_with_the_number_of_ways() {
    let groups = (0..40).map(|at| {
        let next = at + 1;
        format!("g{at} = [{{ include-group = \"g{next}\" }}, {{ include-group = \"g{next}\" }}]\n")
    });
    let groups: String = groups.collect();
    let manifest = api().read("pyproject.toml");
    let project = api()
        .with(
            "pyproject.toml",
            &manifest.replace(
                "[dependency-groups]\n",
                &format!("[dependency-groups]\n{groups}g40 = []\n"),
            ),
        )
        .with(
            "Dockerfile",
            &format!(
                "FROM python:3.13\nENV A=xxxxxxxx\n{}",
                "ENV A=${A}${A}\n".repeat(64)
            ),
        )
        .with(".gitignore", &format!("{}b\n", "*a".repeat(64)))
        .with(&format!("{}.txt", "a".repeat(200)), "");
    let ran = render(&project);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("stale-lock"), "{ran}");
    let ran = dfgen(&["init", "--stdout"]).in_project(&project.with("pyproject.toml", &manifest));
    assert_eq!(ran.code, Some(0), "{ran}");
}

/// Letters of several bytes where nobody has them: at the end of a file, in a marker, before an `@`.
#[test]
fn letters_of_several_bytes_end_nothing() {
    let manifest = api().read("pyproject.toml");
    let odd = manifest.replace(
        "\"uvicorn\"",
        "\"uvicorn; sys_platform != 'emscripten'\u{e9}\"",
    );
    let lock = api()
        .read("uv.lock")
        .replace("extra == 'ml'", "extra == 'ml'\u{e9}");
    let source = format!(
        "{}\n# see\u{2028}me:word@shop.example/x\n",
        api().read("main.py")
    );
    for project in [
        api().with("pyproject.toml", &odd),
        api().with("uv.lock", &lock),
        api().with("main.py", &source),
        api().with(
            "compose.yaml",
            "services:\n  api:\n    build: .\n    command: caf\u{e9}\u{e9}",
        ),
    ] {
        for command in ["render", "init"] {
            let ran = dfgen(&[command, "--stdout"]).in_project(&project);
            assert!(!ran.to_string().contains("[bug]"), "{ran}");
        }
    }
}
