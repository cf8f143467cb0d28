//! Paths and values of the user's that no generated file can hold: told, never left out in silence.

use crate::harness::{Project, dfgen, requiring};

/// `examples/workspace` with the folder of its member `catalog` renamed.
fn renamed(folder: &str) -> Project {
    let project = Project::example("workspace");
    let (old, new) = ("packages/catalog", format!("packages/{folder}"));
    let from = project.path().join(old);
    std::fs::rename(from, project.path().join(&new)).expect("folders can be renamed");
    let files = ["pyproject.toml", "uv.lock"];
    files.into_iter().fold(project, |project, path| {
        let text = project.read(path).replace(old, &new);
        project.with(path, &text)
    })
}

#[test]
fn a_member_whose_folder_cannot_be_named_is_told_with_its_cause() {
    insta::assert_snapshot!(dfgen(&["render", "--profile", "orders"]).in_project(&renamed("a#b")), @r"
    exit code: 2
    ----- stderr -----
    error[unfit-path]: `catalog` lies in `packages/a#b`, which the generated files cannot name
     |
     = note: a path here may not hold '#'
     = help: rename the file or folder to letters, digits, `-`, `_` and `.`
    ");
    for folder in ["a$b", "a[b", "a?b"] {
        let told = dfgen(&["render"]).in_project(&renamed(folder));
        assert!(told.stderr.contains("error[unfit-path]"), "{told}");
    }
}

#[test]
fn a_folder_of_source_that_the_import_path_cannot_name_is_an_error() {
    let project = Project::fixture("small_api");
    let source = project.read("main.py");
    let project = project
        .without("main.py")
        .with("back end/main.py", &format!("import other\n{source}"))
        .with("back end/other.py", "");
    insta::assert_snapshot!(dfgen(&["render", "--profile", "core-api"]).in_project(&project), @r"
    exit code: 2
    ----- stderr -----
    error[unfit-path]: source to import lies in `back end`, which the generated files cannot name
     |
     = note: a folder of the image is letters, digits, `-`, `_` and `.`
     = help: rename the file or folder to letters, digits, `-`, `_` and `.`
    ");
}

#[test]
fn settings_of_others_that_cannot_be_read_are_told() {
    let project = Project::example("rust-extension");
    let broken = project.with("rust-toolchain.toml", "[toolchain\n");
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&broken), @r"
    exit code: 2
    ----- stderr -----
    error[invalid-toml]: `rust-toolchain.toml` cannot be read
     --> rust-toolchain.toml:1:11
      |
    1 | [toolchain
      |           ^ unclosed table, expected `]`
      |
      = help: correct that line; `rustup show` says whether rustup can read the file
    ");
    let project = Project::fixture("small_api");
    std::fs::create_dir(project.path().join("uv.toml")).expect("folders can be made");
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&project), @r"
    exit code: 2
    ----- stderr -----
    error[unreadable-file]: `uv.toml` cannot be read: Is a directory (os error 21)
    ");
}

/// setuptools takes any folder beside the manifest for a package where nothing says what is one, and refuses two of them:
/// a folder `docker/` would end the project's own `uv sync`.
#[test]
fn a_build_backend_that_takes_any_folder_does_not_see_dfgens() {
    let built = |backend: &str, more: &str| {
        let project = requiring(&["fastapi", "uvicorn"])
            .with("shop/__init__.py", "")
            .with(
                "shop/main.py",
                "from fastapi import FastAPI\napp = FastAPI()\n",
            );
        let manifest = project.read("pyproject.toml");
        let manifest = format!(
            "{manifest}\n[build-system]\nrequires = [\"{backend}\"]\nbuild-backend = \"{backend}.build_meta\"\n{more}"
        );
        let lock = project.read("uv.lock");
        let lock = lock.replace(
            "source = { virtual = \".\" }",
            "source = { editable = \".\" }",
        );
        project
            .with("pyproject.toml", &manifest)
            .with("uv.lock", &lock)
    };
    let folders = |project: &Project| {
        let ran = dfgen(&["render"]).in_project(project);
        assert_eq!(ran.code, Some(0), "{ran}");
        let again = dfgen(&["render", "--check"]).in_project(project);
        assert_eq!(again.code, Some(0), "{again}");
        let is_one = |path: &&String| path.ends_with("core-api.Dockerfile");
        project
            .files()
            .iter()
            .find(is_one)
            .cloned()
            .unwrap_or_default()
    };
    let any = built("setuptools", "");
    assert_eq!(folders(&any), ".docker/core-api.Dockerfile");
    let listed = built("setuptools", "[tool.setuptools]\npackages = [\"shop\"]\n");
    assert_eq!(folders(&listed), "docker/core-api.Dockerfile");
    let said = any.with("dfgen.toml", "output = \"deploy\"\n");
    folders(&said);
    assert!(
        said.files()
            .contains(&"deploy/core-api.Dockerfile".to_owned())
    );
}
