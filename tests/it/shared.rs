//! Settings that several projects share: `extends`, and what a company asks of every image with `require`.

use std::process::Command;

use crate::harness::{Project, Ran, dfgen};

/// A folder with the settings of a platform and a service beside it.
fn services(shared: &str, own: &str) -> Project {
    let api = Project::fixture("small_api");
    let both = Project::empty()
        .with("platform/dfgen.toml", shared)
        .with("shop/dfgen.toml", own);
    let files = api.files().into_iter();
    files.fold(both, |both, file| {
        both.with(&format!("shop/{file}"), &api.read(&file))
    })
}

const EXTENDS: &str = "extends = \"../platform/dfgen.toml\"\n";

fn shop(project: &Project, arguments: &[&str]) -> Ran {
    dfgen(arguments).in_folder(project, "shop")
}

/// The lines of a text that hold one of these words.
fn lines(text: &str, words: &[&str]) -> String {
    let has = |line: &&str| words.iter().any(|word| line.contains(word));
    text.lines().filter(has).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_project_says_itself_holds_before_what_it_shares() {
    let shared = "syntax = false\nimage = \"registry.example/{profile}\"\n[labels]\nteam = \"platform\"\ncost = \"1\"\n\
        [profile.core-api]\nuser = 20001\nstop-signal = \"SIGINT\"\n[profile.other]\nextends = \"core-api\"\n";
    let own = format!("{EXTENDS}[labels]\nteam = \"shop\"\n[profile.core-api]\nuser = 30001\n");
    let project = services(shared, &own);
    let ran = shop(&project, &["render"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let text = project.read("shop/docker/core-api.Dockerfile");
    insta::assert_snapshot!(lines(&text, &["syntax", "team=", "USER", "STOPSIGNAL", "docker build"]), @r#"
    #     docker build --file docker/core-api.Dockerfile --tag registry.example/core-api .
          dfgen.profile=core-api dfgen.stripped="debug symbols of all packages" team=shop cost=1
    USER 30001:30001
    STOPSIGNAL SIGINT
    "#);
    assert!(
        !project
            .files()
            .contains(&"shop/docker/other.Dockerfile".to_owned())
    );
    assert_eq!(shop(&project, &["render", "--check"]).code, Some(0));
    let plan = shop(&project, &["plan", "--profile", "core-api"]).stdout;
    insta::assert_snapshot!(lines(&plan, &["called", "user ", "stop signal", "team ", "cost "]), @r"
    called: registry.example/core-api  ../platform/dfgen.toml:2
      stop signal                         SIGINT                  ../platform/dfgen.toml:8
      user                                30001                   dfgen.toml:5
      team  shop  dfgen.toml:3
      cost  1     ../platform/dfgen.toml:5
    ");
    let values = shop(&project, &["profiles", "core-api"]).stdout;
    insta::assert_snapshot!(lines(&values, &["user", "stop-signal"]), @r#"
    stop-signal = "SIGINT"                         # ../platform/dfgen.toml:8
    user = 30001                                   # dfgen.toml:5
    "#);
    let list = shop(&project, &["profiles"]).stdout;
    insta::assert_snapshot!(lines(&list, &["core-api", "other", "worker"]), @r"
    core-api          API server without the ML stack  your own; rendered: the project needs no ML stack
    other             API server without the ML stack  of the shared settings
    worker            Background worker                built in
    ");
    let other = shop(&project, &["render", "--profile", "other", "--stdout"]);
    assert_eq!(other.code, Some(0), "{other}");
}

#[test]
fn a_problem_is_told_in_the_file_that_says_it() {
    let value = services(
        "output = \"/a\"\n[profile.core-api]\nuser = 0\nport = 0\n",
        EXTENDS,
    );
    insta::assert_snapshot!(shop(&value, &["render"]).stderr, @r#"
    error[invalid-value]: `output` cannot be `/a`
     --> ../platform/dfgen.toml:1:10
      |
    1 | output = "/a"
      |          ^^^^ files come from the project's folder: a relative path without `..`
    "#);
    let nested = services("[profile.core-api]\nuser = 0\n", EXTENDS);
    insta::assert_snapshot!(shop(&nested, &["render"]).stderr, @r"
    error[invalid-value]: `user` cannot be `0`
     --> ../platform/dfgen.toml:2:8
      |
    2 | user = 0
      |        ^ the number of a user other than root: 1 to 4294967295
    ");
    let key = services("regsitry = \"a\"\n", EXTENDS);
    insta::assert_snapshot!(shop(&key, &["render"]).stderr, @r#"
    error[unknown-key]: `../platform/dfgen.toml` has the unknown key `regsitry`
     --> ../platform/dfgen.toml:1:1
      |
    1 | regsitry = "a"
      | ^^^^^^^^ no such key here
      |
      = help: did you mean `registry`?
    "#);
    let secret = services(
        "[profile.core-api.env]\nAPI_TOKEN = \"gh0_Zx81Kq7Lm2Np4Rs6\"\n",
        EXTENDS,
    );
    let ran = shop(&secret, &["render"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("../platform/dfgen.toml:2"), "{ran}");
    assert!(!ran.stderr.contains("Zx81Kq"), "{ran}");
    let text = secret.read("platform/dfgen.toml");
    let named = secret.with("platform/company.dfgen.toml", &text).with(
        "shop/dfgen.toml",
        "extends = \"../platform/company.dfgen.toml\"\n",
    );
    let ran = shop(&named, &["render"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(!ran.stderr.contains("Zx81Kq"), "{ran}");
}

#[test]
fn a_path_that_leads_nowhere_is_told() {
    let told = |own: &str| {
        shop(
            &services("extends = \"../shop/dfgen.toml\"\n", own),
            &["render"],
        )
        .stderr
    };
    insta::assert_snapshot!(told("extends = \"../platfrom/dfgen.toml\"\n"), @r#"
    error[shared-settings]: the settings of `../platfrom/dfgen.toml` cannot be shared
     --> dfgen.toml:1:11
      |
    1 | extends = "../platfrom/dfgen.toml"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^ there is no such file
      |
      = help: `extends` names another dfgen.toml: `extends = "../platform/dfgen.toml"`
    "#);
    insta::assert_snapshot!(told(EXTENDS), @r#"
    error[shared-settings]: the settings of `../shop/dfgen.toml` cannot be shared
     --> ../platform/dfgen.toml:1:11
      |
    1 | extends = "../shop/dfgen.toml"
      |           ^^^^^^^^^^^^^^^^^^^^ comes back to where it began
      |
      = help: `extends` names another dfgen.toml: `extends = "../platform/dfgen.toml"`
    "#);
    insta::assert_snapshot!(told("extends = \"/etc/dfgen.toml\"\n"), @r#"
    error[shared-settings]: the settings of `/etc/dfgen.toml` cannot be shared
     --> dfgen.toml:1:11
      |
    1 | extends = "/etc/dfgen.toml"
      |           ^^^^^^^^^^^^^^^^^ a path from this file to one whose name ends in `dfgen.toml`, with `/`
      |
      = help: `extends` names another dfgen.toml: `extends = "../platform/dfgen.toml"`
    "#);
    insta::assert_snapshot!(told("extends = \"../platform/company.toml\"\n"), @r#"
    error[shared-settings]: the settings of `../platform/company.toml` cannot be shared
     --> dfgen.toml:1:11
      |
    1 | extends = "../platform/company.toml"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^ a path from this file to one whose name ends in `dfgen.toml`, with `/`
      |
      = help: `extends` names another dfgen.toml: `extends = "../platform/dfgen.toml"`
    "#);
}

#[test]
fn shared_settings_are_seen_from_the_file_that_names_them() {
    let project = services("extends = \"base/company.dfgen.toml\"\n", EXTENDS).with(
        "platform/base/company.dfgen.toml",
        "[profile.core-api]\nuser = 40001\n",
    );
    let plan = shop(&project, &["plan", "--profile", "core-api"]);
    insta::assert_snapshot!(lines(&plan.stdout, &["user "]), @"    user                                40001                   ../platform/base/company.dfgen.toml:2");
    let table = "[tool.dfgen]\nextends = \"../platform/dfgen.toml\"\n";
    let manifest = project.read("shop/pyproject.toml") + table;
    let project = project
        .without("shop/dfgen.toml")
        .with("shop/pyproject.toml", &manifest);
    let plan = shop(&project, &["plan", "--profile", "core-api"]);
    insta::assert_snapshot!(lines(&plan.stdout, &["user "]), @"    user                                40001                   ../platform/base/company.dfgen.toml:2");
    let all = dfgen(&["render", "--all"]).in_project(&project);
    insta::assert_snapshot!(all.stdout, @"shop  wrote 6 files");
}

#[test]
fn what_shared_settings_say_of_versions_names_and_packages_holds() {
    let version = services("required-version = \">=99\"\nsome-new-key = 1\n", EXTENDS);
    let ran = shop(&version, &["render"]);
    assert!(
        ran.stderr
            .contains("../platform/dfgen.toml asks for `>=99`"),
        "{ran}"
    );
    let env = format!("{EXTENDS}[profile.core-api.env]\nAPI_TOKEN = \"gh0_Zx81Kq7Lm2Np4Rs6\"\n");
    let secret = |shared: &str| shop(&services(shared, &env), &["render"]).code;
    assert_eq!(secret(""), Some(2));
    assert_eq!(secret("not-secret = [\"API_TOKEN\"]\n"), Some(0));
    let rows = services(
        "[catalog.package.fastapi]\nruntime = [\"libgomp1\"]\n",
        EXTENDS,
    );
    let plan = shop(&rows, &["plan", "--profile", "core-api"]);
    insta::assert_snapshot!(lines(&plan.stdout, &["libgomp1"]), @r#"
    libgomp1  to run  asked for by fastapi; 300 kB unpacked, with what comes with it
    Debian packages  libgomp1                 apt.snapshot = "YYYY-MM-DD", a day not before that of the base image
    "#);
}

#[test]
fn shared_settings_outside_of_the_repository_are_told() {
    let project = services("", EXTENDS).with("shop/.git/HEAD", "ref: refs/heads/main\n");
    let ran = shop(&project, &["render"]);
    let mut told = ran.stderr.split("\n\n");
    insta::assert_snapshot!(told.find(|told| told.contains("[settings-outside]")).unwrap(), @r#"
    warning[settings-outside]: the shared settings lie outside of the repository
     --> dfgen.toml:1:11
      |
    1 | extends = "../platform/dfgen.toml"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^ a checkout of this repository alone does not have it
      |
      = help: keep them in the repository: in a folder beside the services, as a submodule or as a copy
      = help: or, where every job has both checkouts: silence = ["settings-outside"] at the top of dfgen.toml
    "#);
    let own = format!("{EXTENDS}silence = [\"settings-outside\"]\n");
    let silent = project.with("shop/dfgen.toml", &own);
    assert!(
        !shop(&silent, &["render"])
            .stderr
            .contains("settings-outside")
    );
    let within = services("", EXTENDS).with(".git/HEAD", "ref: refs/heads/main\n");
    assert!(
        !shop(&within, &["render"])
            .stderr
            .contains("settings-outside")
    );
}

#[test]
fn an_earlier_revision_has_its_shared_settings() {
    let project = services("[profile.core-api]\nuser = 20001\n", EXTENDS);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let mut git = Command::new("git");
        git.args(identity)
            .args(arguments)
            .current_dir(project.path());
        let output = git.output().expect("git runs");
        assert!(output.status.success(), "{output:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "a"]);
    let run =
        dfgen(&["size", "--against", "HEAD"]).with_env("PATH", &std::env::var("PATH").unwrap());
    let run = run.in_folder(&project, "shop");
    assert_eq!(run.code, Some(0), "{run}");
}

#[test]
fn no_service_loosens_what_its_company_asks() {
    let shared = "require = [\"budget\", \"health\", \"no-root\", \"scan\"]\n";
    let own = format!(
        "{EXTENDS}require = []\nprofiles = [\"core-api\"]\n[profile.core-api]\nhealth = false\nsilence = []\n"
    );
    let project = services(shared, &own);
    insta::assert_snapshot!(shop(&project, &["render"]).stderr, @r#"
    error[policy]: `core-api` is not what `budget` asks: it has no budget
     --> ../platform/dfgen.toml:1:13
      |
    1 | require = ["budget", "health", "no-root", "scan"]
      |             ^^^^^^ asked of every image
      |
      = help: in [profile.core-api] of dfgen.toml: budget = "300 MB"; `dfgen size` says what it takes

    error[policy]: `core-api` is not what `health` asks: it answers and has no health check
     --> ../platform/dfgen.toml:1:23
      |
    1 | require = ["budget", "health", "no-root", "scan"]
      |                       ^^^^^^ asked of every image
      |
     ::: dfgen.toml:5:10
      |
    5 | health = false
      |          ^^^^^ this says otherwise
      |
      = help: in [profile.core-api] of dfgen.toml: health = "/health"

    error[policy]: `core-api` is not what `scan` asks: its build does not look for missing libraries
     --> ../platform/dfgen.toml:1:44
      |
    1 | require = ["budget", "health", "no-root", "scan"]
      |                                            ^^^^ asked of every image
      |
      = help: in [profile.core-api] of dfgen.toml: scan = true
    "#);
    let own = format!(
        "{EXTENDS}require = [\"wheels\"]\nprofiles = [\"core-api\"]\n[profile.core-api]\nbudget = \"1 GB\"\nscan = true\n"
    );
    let well = services(shared, &own);
    let plan = shop(&well, &["plan"]);
    assert_eq!(plan.code, Some(0), "{plan}");
    insta::assert_snapshot!(lines(&plan.stdout, &["held to"]), @r"
    held to `wheels`  dfgen.toml:2
    held to `budget`  ../platform/dfgen.toml:1
    held to `health`  ../platform/dfgen.toml:1
    held to `no-root`  ../platform/dfgen.toml:1
    held to `scan`  ../platform/dfgen.toml:1
    ");
    let json = shop(&well, &["plan", "--format", "json"]).json();
    assert_eq!(json["policies"]["budget"], "../platform/dfgen.toml:1");
    let unknown = services("require = [\"no-rot\"]\n", EXTENDS);
    insta::assert_snapshot!(shop(&unknown, &["render"]).stderr, @r#"
    error[invalid-value]: `require` cannot be `no-rot`
     --> ../platform/dfgen.toml:1:12
      |
    1 | require = ["no-rot"]
      |            ^^^^^^^^ one of `digest`, `budget`, `no-root`, `health`, `wheels`, `scan`, `snapshot`, `no-instructions`, `build-labels`
    "#);
}

#[test]
fn each_policy_says_what_to_write() {
    let told = |policy: &str, lines: &str| {
        let shared = format!("require = [\"{policy}\"]\n");
        let own = format!("{EXTENDS}profiles = [\"core-api\"]\n[profile.core-api]\n{lines}");
        let ran = shop(&services(&shared, &own), &["render"]);
        assert_eq!(ran.code, Some(2), "{ran}");
        self::lines(&ran.stderr, &["error[", "--> ", "::: ", "help: "])
    };
    insta::assert_snapshot!(told("digest", ""), @r#"
    error[policy]: `core-api` is not what `digest` asks: `python:3.13-slim-trixie` has no digest
     --> ../platform/dfgen.toml:1:13
      = help: in [profile.core-api] of dfgen.toml: base = "python:3.13-slim-trixie@sha256:..."; `docker buildx imagetools inspect python:3.13-slim-trixie` prints it
    error[policy]: `core-api` is not what `digest` asks: `ghcr.io/astral-sh/uv:0.13.9` has no digest
     --> ../platform/dfgen.toml:1:13
      = help: at the top of dfgen.toml: uv = "ghcr.io/astral-sh/uv:0.13.9@sha256:..."; `docker buildx imagetools inspect ghcr.io/astral-sh/uv:0.13.9` prints it
    error[policy]: `core-api` is not what `digest` asks: `# syntax=docker/dockerfile:1` has no digest
     --> ../platform/dfgen.toml:1:13
      = help: at the top of dfgen.toml: syntax = false, which leaves that line out; or in the line itself, which stays: docker/dockerfile:1@sha256:...
    "#);
    insta::assert_snapshot!(told("snapshot", "apt.runtime = [\"libmagic1\"]\n"), @r#"
    error[policy]: `core-api` is not what `snapshot` asks: its Debian packages are those of the day of the build
     --> ../platform/dfgen.toml:1:13
      = help: in [profile.core-api] of dfgen.toml: apt.snapshot = "YYYY-MM-DD", a day not before that of the base image
    "#);
    insta::assert_snapshot!(told("no-instructions", "instructions.runtime = [\"RUN true\"]\n"), @r"
    error[policy]: `core-api` is not what `no-instructions` asks: it has Dockerfile lines of its own
     --> ../platform/dfgen.toml:1:13
     ::: dfgen.toml:4:24
      = help: in [profile.core-api] of dfgen.toml: take `instructions` out; other keys say most of it, `dfgen explain settings` has them
    ");
    insta::assert_snapshot!(told("build-labels", ""), @r"
    error[policy]: `core-api` is not what `build-labels` asks: it does not say of which commit it is
     --> ../platform/dfgen.toml:1:13
      = help: at the top of dfgen.toml: build-labels = true
    ");
}

#[test]
fn an_image_that_is_held_in_all_its_parts_is_held() {
    let digest = "0".repeat(64);
    let own = format!(
        "{EXTENDS}profiles = [\"core-api\"]\nsyntax = false\nuv = \"ghcr.io/astral-sh/uv:0.13.9@sha256:{digest}\"\n\
         [profile.core-api]\nbase = \"python:3.13-slim-trixie@sha256:{digest}\"\n"
    );
    let ran = shop(&services("require = [\"digest\"]\n", &own), &["render"]);
    assert_eq!(ran.code, Some(0), "{ran}");
}
