//! Source, manifests and locks as programs write them: very long, or nested very deeply. The program has the stack that
//! every program has.

use crate::harness::{Project, Ran, dfgen};

const DEEP: usize = 50_000;

/// `small_api` with a text behind one of its files, rendered.
fn render(path: &str, more: &str) -> Ran {
    let project = Project::fixture("small_api");
    let own = project.read(path);
    let project = project.with(path, &format!("{own}\n{more}"));
    dfgen(&["render", "--profile", "core-api"]).in_project(&project)
}

fn nested(open: &str, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(DEEP), close.repeat(DEEP))
}

#[test]
fn what_is_nested_too_deeply_is_told_and_the_rest_is_read() {
    let project = Project::fixture("small_api");
    let own = project.read("main.py");
    let table = format!("table = {}\n", nested("[", "", "]"));
    let project = project
        .with("table.py", &table)
        .with("main.py", &format!("import table\n{own}"));
    insta::assert_snapshot!(dfgen(&["render", "--profile", "core-api"]).in_project(&project), @r"
    exit code: 0
    ----- stderr -----
    warning[unread-source]: `table.py` is nested too deeply to be read
     |
     = note: what it imports, serves or reads is not known: the image is made as if it were empty
     = help: move what was generated into a data file, or split the longest expression

    `dfgen explain unread-source` says more about it

    core-api: asked for
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    ");
}

#[test]
fn a_manifest_or_lock_that_is_nested_too_deeply_is_an_error() {
    let array = format!("[tool.deep]\nx = {}\n", nested("[", "", "]"));
    for path in ["pyproject.toml", "uv.lock"] {
        let refused = render(path, &array);
        assert_eq!(refused.code, Some(2), "{path}: {:?}", refused.code);
        assert!(refused.stderr.contains("recurse further"), "{path}");
    }
}

#[test]
fn a_deep_marker_is_no_marker() {
    let marker = nested("(", "os_name == 'nt'", ")");
    let group = format!("deep = [\"httpx; {marker}\"]\n");
    let told = render("pyproject.toml", &group);
    assert!(told.code.is_some(), "{told}");
    let project = Project::fixture("small_api");
    let lock = project.read("uv.lock");
    let start = lock.find("{ name = \"").expect("the lock has edges");
    let at = start + lock[start..].find(" }").expect("an edge ends");
    let lock = format!("{}, marker = \"{marker}\"{}", &lock[..at], &lock[at..]);
    let told =
        dfgen(&["render", "--profile", "core-api"]).in_project(&project.with("uv.lock", &lock));
    assert!(told.code.is_some(), "{told}");
}

#[test]
fn many_imports_and_many_branches_are_read() {
    let count = 5_000;
    let imports: String = (0..count)
        .map(|at| format!("from missing_{at} import name\n"))
        .collect();
    let told = render("main.py", &imports);
    assert_eq!(
        told.stderr.matches("warning[missing-import]").count(),
        count
    );

    let branches = (0..count).map(|at| {
        format!(
            "elif x == {at}:\n    def f{at}(): f{}()\n    a{at} = f{at}(x)\n",
            at + 1
        )
    });
    let branches: String = branches.collect();
    let text = format!("if x:\n    pass\n{branches}f0()\n");
    assert_eq!(render("main.py", &text).code, Some(0));
}
