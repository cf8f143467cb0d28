//! Files of earlier runs beside those of a fresh render.

use crate::harness::{Project, dfgen};

/// `small_api` rendered with these profiles of its own.
fn rendered(settings: &str) -> Project {
    let project = Project::fixture("small_api").with("dfgen.toml", settings);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    project
}

const OLD: &str = "profiles = [\"core-api\", \"old\"]\n[profile.core-api]\n[profile.old]\nextends = \"core-api\"\n";
const NEW: &str = "profiles = [\"core-api\"]\n[profile.core-api]\n";

#[test]
fn files_of_a_profile_that_is_no_more_are_orphans() {
    let project = rendered(OLD).with("dfgen.toml", NEW);
    let again = dfgen(&["render"]).in_project(&project);
    assert_eq!(again.code, Some(0), "{again}");
    insta::assert_snapshot!(dfgen(&["render", "--check"]).in_project(&project), @r"
    exit code: 1
    ----- stderr -----
    warning[orphaned-file]: `docker/old.Dockerfile` is left over from an earlier render: no profile is named `old`
     |
     = help: `dfgen render --prune` removes it

    warning[orphaned-file]: `docker/old.Dockerfile.dockerignore` is left over from an earlier render: no profile is named `old`
     |
     = help: `dfgen render --prune` removes it
    ");
    insta::assert_snapshot!(dfgen(&["render", "--prune"]).in_project(&project), @r"
    exit code: 0
    ----- stderr -----
    core-api: dfgen.toml:1
    removed docker/old.Dockerfile
    removed docker/old.Dockerfile.dockerignore
    ");
    let docker: Vec<String> = project
        .files()
        .into_iter()
        .filter(|path| path.starts_with("docker/"))
        .collect();
    assert_eq!(
        docker,
        [
            "docker/compose.yaml",
            "docker/core-api.Dockerfile",
            "docker/core-api.Dockerfile.dockerignore",
            "docker/dfgen.py",
        ]
    );
    let checked = dfgen(&["render", "--check"]).in_project(&project);
    assert_eq!(checked.code, Some(0), "{checked}");
}

#[test]
fn an_orphan_that_somebody_edited_stays() {
    let project = rendered(OLD).with("dfgen.toml", NEW);
    let path = "docker/old.Dockerfile";
    let edited = project.read(path).replacen("FROM", "# mine\nFROM", 1);
    let project = project.with(path, &edited);
    insta::assert_snapshot!(dfgen(&["render", "--prune"]).in_project(&project), @r"
    exit code: 1
    ----- stderr -----
    core-api: dfgen.toml:1
    wrote docker/compose.yaml
    removed docker/old.Dockerfile.dockerignore
    warning[orphaned-file]: `docker/old.Dockerfile` is left over from an earlier render: no profile is named `old`
     |
     = note: somebody edited it: `dfgen render --prune` keeps it
     = help: take what you need from it, then `rm docker/old.Dockerfile`
    ");
    assert_eq!(project.read(path), edited);
    assert!(!project.files().contains(&format!("{path}.dockerignore")));
}

#[test]
fn files_that_dfgen_did_not_write_are_nobodys_orphans() {
    let project = rendered(NEW)
        .with("docker/mine.Dockerfile", "FROM scratch\n")
        .with("docker/notes.txt", "# dfgen: 0123\n");
    let checked = dfgen(&["render", "--check"]).in_project(&project);
    assert_eq!(checked.code, Some(0), "{checked}");
}

#[test]
fn files_of_a_profile_that_is_not_rendered_by_default_are_current_or_stale() {
    let project = rendered(NEW);
    for arguments in [&["render", "--profile", "dev"][..], &["render"]] {
        assert_eq!(dfgen(arguments).in_project(&project).code, Some(0));
    }
    let checked = dfgen(&["render", "--check"]).in_project(&project);
    assert_eq!(checked.code, Some(0), "{checked}");

    let project = project.with(
        "dfgen.toml",
        "profiles = [\"core-api\"]\n[profile.core-api]\n[profile.dev]\nenv = { A = \"1\" }\n",
    );
    let checked = dfgen(&["render", "--check", "--profile", "core-api"]).in_project(&project);
    assert_eq!(checked.code, Some(1), "{checked}");
    assert!(
        checked.stdout.contains("+++ docker/dev.Dockerfile (fresh)"),
        "{checked}"
    );
    assert!(!checked.stderr.contains("orphaned-file"), "{checked}");
    assert_eq!(dfgen(&["render"]).in_project(&project).code, Some(0));
    let checked = dfgen(&["render", "--check"]).in_project(&project);
    assert_eq!(checked.code, Some(0), "{checked}");
}

#[test]
fn a_profile_that_is_known_and_cannot_be_rendered_is_told() {
    let project = rendered(OLD).with(
        "dfgen.toml",
        "profiles = [\"core-api\"]\n[profile.core-api]\n[profile.old]\nextends = \"core-api\"\nextras = [\"none\"]\n",
    );
    assert_eq!(dfgen(&["render"]).in_project(&project).code, Some(0));
    insta::assert_snapshot!(dfgen(&["render", "--check"]).in_project(&project), @r#"
    exit code: 1
    ----- stderr -----
    warning[unknown-extra]: `shop-api` has no extra `none`
     --> dfgen.toml:5:12
      |
    5 | extras = ["none"]
      |            ^^^^ not there
      |
      = note: asked for by the profile `old` (dfgen.toml:5)
      = note: `docker/old.Dockerfile` is a file of the profile `old`
      = help: there is `ml`
      = help: extras are the keys of `[project.optional-dependencies]`
      = help: or delete `docker/old.Dockerfile`, where nobody needs it
    "#);
}
