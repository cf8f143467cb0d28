//! Files are written whole, all of them or none, and nothing of the user's is lost.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::thread;

use crate::harness::{Project, dfgen};

fn rendered() -> Project {
    let project = Project::example("two-images");
    let render = dfgen(&["render"]).in_project(&project);
    assert_eq!(render.code, Some(0), "{render}");
    project
}

/// The files of `docker/` that wait for their place.
fn waiting(project: &Project) -> Vec<String> {
    let files = project.files().into_iter();
    files.filter(|file| file.contains(".part")).collect()
}

#[test]
fn what_an_ended_run_left_is_finished_and_removed_and_said() {
    let project = rendered();
    let program = project.read("docker/dfgen.py");
    // Ended between two files: the settings changed, one is new, the others are not, and one waits.
    let before = project.read("docker/compose.yaml");
    let project = project.with("dfgen.toml", "[profile.core-api]\nport = 8123\n");
    assert_eq!(dfgen(&["render"]).in_project(&project).code, Some(0));
    let project = project
        .with("docker/compose.yaml", &before)
        .with("docker/.dfgen-x7Kq2a.part", &program[..100])
        .with("docker/.dfgen.part", "the user's own")
        .with("docker/.compose.yaml.part", "the user's own");
    let check = dfgen(&["render", "--check"]).in_project(&project);
    assert_eq!(check.code, Some(1), "{check}");
    assert_eq!(waiting(&project).len(), 3, "a check removes nothing");
    let render = dfgen(&["render"]).in_project(&project);
    assert_eq!(render.code, Some(0), "{render}");
    let told = render.stderr.lines().find(|line| line.contains("x7Kq2a"));
    assert!(
        told.is_some_and(|line| line.contains("removed") && line.contains("ended")),
        "{render}"
    );
    assert_eq!(
        waiting(&project),
        ["docker/.compose.yaml.part", "docker/.dfgen.part"]
    );
    let check = dfgen(&["render", "--check"]).in_project(&project);
    assert_eq!(check.code, Some(0), "{check}");
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let project = Project::example("two-images");
    for port in 0..8 {
        let settings = format!("[profile.core-api]\nport = {}\n", 8100 + port);
        fs::write(project.path().join("dfgen.toml"), settings).unwrap();
        thread::scope(|scope| {
            let run = || {
                let render = dfgen(&["render"]).in_project(&project);
                assert_eq!(render.code, Some(0), "{render}");
            };
            scope.spawn(run);
            scope.spawn(run);
        });
        let check = dfgen(&["render", "--check"]).in_project(&project);
        assert_eq!(check.code, Some(0), "{check}");
        assert_eq!(waiting(&project), [""; 0]);
    }
}

#[test]
fn modes_and_links_stay() {
    let project = rendered();
    let compose = project.path().join("docker/compose.yaml");
    fs::set_permissions(&compose, fs::Permissions::from_mode(0o664)).unwrap();
    // One file lies elsewhere in the project; another leads out of it, and what is there is not dfgen's.
    let dockerfile = project.path().join("docker/core-api.Dockerfile");
    let elsewhere = project.path().join("core-api.real");
    fs::rename(&dockerfile, &elsewhere).unwrap();
    symlink("../core-api.real", &dockerfile).unwrap();
    let outside = tempfile::tempdir().unwrap();
    let precious = outside.path().join("precious");
    fs::write(&precious, "mine").unwrap();
    let ignore = project
        .path()
        .join("docker/core-api.Dockerfile.dockerignore");
    fs::remove_file(&ignore).unwrap();
    symlink(&precious, &ignore).unwrap();
    let settings = "[profile.core-api]\nport = 8123\ncopy = [\"README.md\"]\n";
    let project = project.with("dfgen.toml", settings).with("README.md", "");
    let refused = dfgen(&["render"]).in_project(&project);
    assert_eq!(refused.code, Some(2), "{refused}");
    let forced = dfgen(&["render", "--force"]).in_project(&project);
    assert_eq!(forced.code, Some(0), "{forced}");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
    assert!(!ignore.is_symlink());
    assert!(dockerfile.is_symlink());
    assert!(project.read("core-api.real").contains("8123"));
    assert_eq!(fs::metadata(&compose).unwrap().mode() & 0o777, 0o664);
    assert!(project.read("docker/compose.yaml").contains("8123"));
}
