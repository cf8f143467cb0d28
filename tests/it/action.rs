//! The GitHub action and the hooks of pre-commit: their steps run as a runner runs them, beside a remote and a `gh` that keeps
//! comments in a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Project, dfgen, repository};

/// Keeps comments as files, the number for the name; writes none where `FORK` is set.
const GH: &str = r#"#!/bin/bash
set -eu
method=GET body=
args=()
while [ $# -gt 0 ]; do
  case $1 in
    --method) method=$2; shift ;;
    --field) body=${2#body=@}; shift ;;
    --jq) shift ;;
    --paginate | api) ;;
    *) args+=("$1") ;;
  esac
  shift
done
echo "$method ${args[0]}" >>"$STORE/calls"
if [ "$method" = GET ]; then
  for comment in "$STORE"/*.md; do
    [ ! -e "$comment" ] || printf '%s\t%s\n' "$(basename "$comment" .md)" "$(head -n 1 "$comment")"
  done
  exit
fi
[ -z "${FORK:-}" ] || { echo 'HTTP 403' >&2; exit 1; }
case $method in
  POST) cp "$body" "$STORE/$(($(ls "$STORE" | grep -c md || true) + 41)).md" ;;
  PATCH) cp "$body" "$STORE/${args[0]##*/}.md" ;;
  DELETE) rm "$STORE/${args[0]##*/}.md" ;;
esac
"#;

fn git(folder: &Path, arguments: &[&str]) {
    let git = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .output();
    let git = git.expect("git is there");
    assert!(git.status.success(), "{arguments:?}: {git:?}");
}

/// A pull request: a clone of a remote whose branch `main` has one lock, with another in its place.
struct PullRequest {
    folder: TempDir,
}

impl PullRequest {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).expect("a folder");
        fs::create_dir(folder.path().join("store")).expect("a folder");
        fs::write(bin.join("gh"), GH).expect("a file");
        fs::set_permissions(bin.join("gh"), fs::Permissions::from_mode(0o755)).expect("a mode");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_dfgen"), bin.join("dfgen")).expect("a link");
        let shop = Project::fixture("models_in_an_extra").with(
            "dfgen.toml",
            "profiles = [\"ml-inference-gpu\"]\n[profile.ml-inference-gpu]\ncommand = [\"python\", \"-m\", \"shop\"]\nport = 8000\n",
        );
        let request = Self { folder };
        git(shop.path(), &["init", "--quiet", "--initial-branch=main"]);
        git(shop.path(), &["add", "."]);
        let commit = [
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "commit",
            "--quiet",
            "-m",
            "Shop",
        ];
        git(shop.path(), &commit);
        // As actions/checkout leaves it: one commit, and no branch of the remote.
        let remote = format!("file://{}", request.folder.path().join("remote").display());
        let bare = [
            "clone",
            "--quiet",
            "--bare",
            &shop.path().display().to_string(),
            "remote",
        ];
        git(request.folder.path(), &bare);
        git(request.folder.path(), &["init", "--quiet", "checkout"]);
        git(&request.checkout(), &["remote", "add", "origin", &remote]);
        git(
            &request.checkout(),
            &["fetch", "--quiet", "--depth=1", "origin", "main"],
        );
        git(
            &request.checkout(),
            &["checkout", "--quiet", "--detach", "FETCH_HEAD"],
        );
        request
    }

    fn checkout(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }

    /// A requirement more or less.
    fn edit(&self, path: &str, from: &str, to: &str) {
        let path = self.checkout().join(path);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{from} in {text}");
        fs::write(path, text.replace(from, to)).expect("a file");
    }

    /// Runs a step of the action, as action.yml sets its environment.
    fn step(&self, name: &str, more: &[(&str, &str)]) -> Output {
        let path = format!(
            "{}:{}",
            self.folder.path().join("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut step = Command::new(repository().join(".github/action/steps"));
        step.arg(name).current_dir(self.checkout());
        for (name, value) in [
            ("PATH", path.as_str()),
            ("PROJECT", "."),
            ("AGAINST", ""),
            ("THRESHOLD", "1 MB"),
            ("MAX_INCREASE", ""),
            ("PULL_REQUEST", "7"),
            ("GITHUB_BASE_REF", "main"),
            ("GITHUB_REPOSITORY", "shop/api"),
        ] {
            step.env(name, value);
        }
        step.env("STORE", self.folder.path().join("store"));
        step.env("GITHUB_STEP_SUMMARY", self.folder.path().join("summary"));
        step.envs(more.iter().copied());
        step.output().expect("bash is there")
    }

    /// The comments, each with its number.
    fn comments(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.folder.path().join("store")).expect("a folder");
        let paths = entries.flatten().map(|entry| entry.path());
        let comments = paths.filter(|path| path.extension().is_some_and(|end| end == "md"));
        let read = |path: PathBuf| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(path).expect("a file"))
        };
        comments.map(read).collect()
    }

    fn summary(&self) -> String {
        fs::read_to_string(self.folder.path().join("summary")).expect("a file")
    }
}

#[test]
fn one_comment_is_written_anew_and_goes_where_nothing_is_left_to_say() {
    let request = PullRequest::new();
    let size = request.step("size", &[]);
    assert!(size.status.success(), "{size:?}");
    assert_eq!(request.comments(), []);
    // The whole stack of models goes.
    request.edit("dfgen.toml", "port = 8000", "port = 8000\nextras = []");
    let size = request.step("size", &[]);
    assert!(size.status.success(), "{size:?}");
    let comments = request.comments();
    let [(number, first)] = &comments[..] else {
        panic!("{comments:?}: {size:?}")
    };
    assert!(
        first.starts_with("<!-- dfgen size of . -->\n") && first.contains("torch"),
        "{first}"
    );
    assert!(request.summary().contains("torch"));
    // Another change of the same pull request, and another project's comment beside it.
    fs::write(
        request.folder.path().join("store/9.md"),
        "<!-- dfgen size of b -->\nb",
    )
    .unwrap();
    request.edit("dfgen.toml", "extras = []", "extras = []\ngpu = false");
    let size = request.step("size", &[]);
    assert!(size.status.success(), "{size:?}");
    let comments = request.comments();
    assert_eq!(comments.len(), 2, "{comments:?}");
    request.edit("dfgen.toml", "\nextras = []\ngpu = false", "");
    let size = request.step("size", &[]);
    assert!(size.status.success(), "{size:?}");
    let left: Vec<String> = request
        .comments()
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    assert_eq!(left, ["9"]);
    let calls = fs::read_to_string(request.folder.path().join("store/calls")).unwrap();
    let calls: Vec<&str> = calls
        .lines()
        .filter(|call| !call.starts_with("GET"))
        .collect();
    let comment = format!("repos/shop/api/issues/comments/{number}");
    let expected = [
        "POST repos/shop/api/issues/7/comments".to_owned(),
        format!("PATCH {comment}"),
        format!("DELETE {comment}"),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn a_fork_gets_the_summary_and_no_failure() {
    let request = PullRequest::new();
    request.edit("dfgen.toml", "port = 8000", "port = 8000\nextras = []");
    let size = request.step("size", &[("FORK", "1")]);
    assert!(size.status.success(), "{size:?}");
    assert!(
        String::from_utf8_lossy(&size.stdout).contains("::notice"),
        "{size:?}"
    );
    assert!(request.summary().contains("torch"));
    assert_eq!(request.comments(), []);
}

#[test]
fn what_grows_too_much_fails_when_the_comment_is_there() {
    let request = PullRequest::new();
    request.edit("dfgen.toml", "port = 8000", "port = 8000\nextras = []");
    git(
        &request.checkout(),
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "commit",
            "--quiet",
            "-am",
            "Less",
        ],
    );
    request.edit("dfgen.toml", "\nextras = []", "");
    let size = request.step("size", &[("AGAINST", "HEAD"), ("MAX_INCREASE", "5%")]);
    assert_eq!(size.status.code(), Some(1), "{size:?}");
    assert_eq!(request.comments().len(), 1, "{size:?}");
    let size = request.step("size", &[("AGAINST", "no-such-branch")]);
    assert_eq!(size.status.code(), Some(2), "{size:?}");
}

#[test]
fn stale_files_fail_the_check() {
    let request = PullRequest::new();
    let check = request.step("check", &[]);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    let render = Command::new(env!("CARGO_BIN_EXE_dfgen"))
        .arg("render")
        .current_dir(request.checkout())
        .output();
    assert!(render.expect("dfgen runs").status.success());
    assert!(request.step("check", &[]).status.success());
    assert!(request.step("install", &[("VERSION", "")]).status.success());
}

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(repository().join(path)).expect("it is there");
    serde_saphyr::from_str(&text).expect("YAML")
}

#[test]
fn the_action_names_what_there_is() {
    let action = yaml("action.yml");
    let inputs = action["inputs"].as_object().expect("inputs");
    let steps = fs::read_to_string(repository().join(".github/action/steps")).unwrap();
    let text = action["runs"].to_string();
    for input in inputs.keys() {
        assert!(
            text.contains(&format!("inputs.{input}")),
            "{input} is not used"
        );
    }
    for used in text.split("inputs.").skip(1) {
        let name: String = used
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '-')
            .collect();
        assert!(inputs.contains_key(&name), "{name} is no input");
    }
    for step in action["runs"]["steps"].as_array().expect("steps") {
        let run = step["run"].as_str().expect("a command");
        assert!(
            !run.contains("${{"),
            "a value is read as part of a command: {run}"
        );
        let name = run.rsplit(' ').next().expect("a name");
        assert!(steps.contains(&format!("\n{name}() {{")), "{name}");
        for variable in step["env"].as_object().expect("variables").keys() {
            assert!(steps.contains(variable), "{variable} is not read");
        }
    }
}

#[test]
fn hooks_run_what_there_is() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().expect("a list");
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        let words: Vec<&str> = hook["entry"]
            .as_str()
            .expect("a command")
            .split(' ')
            .collect();
        assert_eq!(words[0], "dfgen");
        let project = Project::example("two-images");
        let ran = dfgen(&words[1..]).in_project(&project);
        assert_eq!(ran.code, Some(0), "{ran}");
    }
}
