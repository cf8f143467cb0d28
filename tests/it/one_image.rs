//! The files of one image, beside the others of its project.

use crate::harness::{Project, dfgen, requiring};

fn services(project: &Project) -> Vec<String> {
    let compose = project.read("docker/compose.yaml");
    let (_, services) = compose.split_once("services:\n").expect("it has services");
    let lines = services.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    names
        .filter(|name| !name.starts_with(' '))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_compose_file_is_that_of_the_whole_project() {
    let project = Project::example("two-images");
    std::fs::remove_dir_all(project.path().join("docker")).expect("it was rendered");
    let run = dfgen(&["render", "--profile", "core-api"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    let written: Vec<String> = project
        .files()
        .into_iter()
        .filter(|file| file.starts_with("docker/"))
        .collect();
    assert_eq!(
        written,
        [
            "docker/compose.yaml",
            "docker/core-api.Dockerfile",
            "docker/core-api.Dockerfile.dockerignore",
            "docker/dfgen.py"
        ]
    );
    assert_eq!(
        services(&project),
        ["core-api-migrate", "core-api", "ml-inference-cpu"]
    );
    let check = |arguments: &[&str]| dfgen(arguments).in_project(&project).code;
    assert_eq!(
        check(&["render", "--check", "--profile", "core-api"]),
        Some(0)
    );
    assert_eq!(check(&["render", "--check"]), Some(1));
    dfgen(&["render"]).in_project(&project);
    assert_eq!(check(&["render", "--check"]), Some(0));
    assert_eq!(
        check(&["render", "--check", "--profile", "ml-inference-cpu"]),
        Some(0)
    );
}

#[test]
fn own_profiles_end_the_built_in_ones_and_that_is_said() {
    let own = "[profile.api]\nextends = \"core-api\"\n";
    let project = Project::example("two-images").with("dfgen.toml", own);
    let run = dfgen(&["render"]).in_project(&project);
    let told = run
        .stderr
        .lines()
        .find(|line| line.starts_with("not rendered"));
    assert_eq!(
        told,
        Some(
            "not rendered, as dfgen.toml has profiles of its own: core-api, ml-inference-cpu; to have them too, at its top: profiles = [\"api\", \"core-api\", \"ml-inference-cpu\"]"
        ),
        "{run}"
    );
    let both = format!("profiles = [\"api\", \"ml-inference-cpu\"]\n{own}");
    let run = dfgen(&["render"]).in_project(&project.with("dfgen.toml", &both));
    assert!(!run.stderr.contains("not rendered"), "{run}");
}

#[test]
fn a_compose_file_of_the_users_is_not_shadowed() {
    let project = Project::example("two-images")
        .with("dfgen.toml", "output = \".\"\n")
        .with("docker-compose.yml", "services: {}\n");
    let run = dfgen(&["render"]).in_project(&project);
    insta::assert_snapshot!(run, @r#"
    exit code: 2
    ----- stderr -----
    note[backing-service]: the locked drivers speak to `postgresql`
     |
     = note: the compose file starts none: it may run elsewhere
     = note: in the images `core-api`, `ml-inference-cpu`
     = help: to have it beside the image, in the profile, in dfgen.toml: `services = ["postgresql"]`

    `dfgen explain backing-service` says more about it

    error[foreign-file]: `./compose.yaml` would be read in place of `./docker-compose.yml`
     |
     = note: `docker compose` takes the first of the names that it knows
     = help: write elsewhere: `output = "docker"` in dfgen.toml
     = help: or let `dfgen init` read your file first, and then put it away
    "#);
    assert!(!project.files().contains(&"compose.yaml".to_owned()));
    let run = dfgen(&["render"]).in_project(&project.without("docker-compose.yml"));
    assert_eq!(run.code, Some(0), "{run}");
}

#[test]
fn the_folder_that_is_proposed_is_free() {
    let main = "from fastapi import FastAPI\n\napp = FastAPI()\n";
    let project = requiring(&["fastapi", "uvicorn"])
        .with("main.py", main)
        .with("docker/docker-compose.yml", "services: {}\n")
        .with("deploy/compose.yaml", "services: {}\n");
    let run = dfgen(&["render"]).in_project(&project);
    let help = "write elsewhere: `output = \"containers\"` in dfgen.toml";
    assert!(run.code == Some(2) && run.stderr.contains(help), "{run}");
    let project = project.with("dfgen.toml", "output = \"containers\"\n");
    let run = dfgen(&["render"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    // A file that somebody else wrote, in the folder that was asked for.
    let project = project.with("dfgen.toml", "output = \"deploy\"\n");
    let run = dfgen(&["render"]).in_project(&project);
    let help = "or write elsewhere: `dfgen render --output containers`";
    assert!(run.code == Some(2) && run.stderr.contains(help), "{run}");
}

/// What is written to is no part of the source: a folder of the project's own would not be in the image.
#[test]
fn a_folder_with_files_of_the_projects_own_is_not_proposed() {
    let main = "from fastapi import FastAPI\n\napp = FastAPI()\n";
    let project = requiring(&["fastapi", "uvicorn"])
        .with("main.py", main)
        .with("docker/docker-compose.yml", "services: {}\n")
        .with("deploy/release.sh", "exec true\n");
    let run = dfgen(&["render"]).in_project(&project);
    let help = "write elsewhere: `output = \"containers\"` in dfgen.toml";
    assert!(run.code == Some(2) && run.stderr.contains(help), "{run}");
}

/// A package is the application's, whatever other projects lie below it.
#[test]
fn a_package_with_another_project_in_it_is_in_the_image() {
    let main = "from fastapi import FastAPI\n\napp = FastAPI()\n";
    let project = requiring(&["fastapi", "uvicorn"])
        .with("src/__init__.py", "")
        .with("src/server/__init__.py", "")
        .with("src/server/main.py", main)
        .with(
            "src/native/pyproject.toml",
            "[project]\nname = \"native\"\nversion = \"1\"\n",
        )
        .with("src/native/setup.py", "");
    let run = dfgen(&["render"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    let file = project.read("docker/core-api.Dockerfile");
    assert!(
        file.contains("\"src.server.main:app\"") && file.contains("COPY src /app/src\n"),
        "{file}"
    );
}
