//! What is sent to Docker: from a folder in which everything lies that may lie there, what a clean checkout sends.
//!
//! What Docker would send is worked out here by a reader of its own, from moby's rules
//! (<https://github.com/moby/patternmatcher>): the program's is not asked.

#![expect(clippy::unwrap_used, reason = "what cannot be read ends the test")]

use std::collections::BTreeMap;
use std::path::Path;

use dfgen::project::SourceTree;
use dfgen::project::source_tree::has_extension;
use tempfile::TempDir;

use crate::forms::{self, FORMS, clone, commit, git, plant, put};
use crate::harness::{Project, dfgen, repository};

const WORDS: &str = "planted by a test";

fn folder() -> TempDir {
    TempDir::with_prefix("dfgen-it-").expect("a temporary folder can be made")
}

/// What an ignore file lets through, with its bytes.
pub(crate) fn sent(root: &Path, ignore_file: &str) -> BTreeMap<String, Vec<u8>> {
    let text = std::fs::read_to_string(root.join(ignore_file)).expect("the ignore file is there");
    let taken = text.lines().filter_map(|line| line.strip_prefix('!'));
    for path in taken {
        // https://github.com/containers/buildah/issues/6615
        let plain = path
            .replace("\\[", "")
            .replace("\\*", "")
            .replace("\\?", "");
        assert!(!plain.contains(['*', '?', '[']), "{ignore_file}: !{path}");
    }
    sent_by_list(root, ignore_file)
}

/// The same, where a list of the project's own has wildcards in its `!` lines.
pub(crate) fn sent_by_list(root: &Path, ignore_file: &str) -> BTreeMap<String, Vec<u8>> {
    let text = std::fs::read_to_string(root.join(ignore_file)).expect("the ignore file is there");
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let mut files = BTreeMap::new();
    walk(root, "", &mut |path| {
        if !is_left_out(&lines, path) {
            files.insert(path.to_owned(), bytes_of(&root.join(path)));
        }
    });
    files
}

/// What is in a file, or where a link leads.
fn bytes_of(path: &Path) -> Vec<u8> {
    match std::fs::read_link(path) {
        Ok(target) => target.to_string_lossy().into_owned().into_bytes(),
        Err(_) => std::fs::read(path).unwrap(),
    }
}

fn walk(root: &Path, below: &str, visit: &mut dyn FnMut(&str)) {
    for entry in std::fs::read_dir(root.join(below)).expect("a folder can be read") {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        if entry.file_type().unwrap().is_dir() {
            walk(root, &path, visit);
        } else {
            visit(&path);
        }
    }
}

/// The last line that matches a path or a folder around it decides.
fn is_left_out(lines: &[&str], path: &str) -> bool {
    let mut out = false;
    for line in lines {
        let (is_out, pattern) = match line.strip_prefix('!') {
            Some(pattern) => (false, pattern),
            None => (true, *line),
        };
        let ends = path
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([path.len()]);
        let mut prefixes = ends.map(|end| &path.as_bytes()[..end]);
        if prefixes.any(|prefix| fits(pattern.as_bytes(), prefix)) {
            out = is_out;
        }
    }
    out
}

/// moby's patterns, on bytes.
fn fits(pattern: &[u8], path: &[u8]) -> bool {
    match pattern {
        [] => path.is_empty(),
        [b'*', b'*'] => true,
        [b'*', b'*', b'/', rest @ ..] => {
            let starts = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
            fits(rest, path)
                || starts
                    .map(|(at, _)| at + 1)
                    .any(|at| fits(rest, &path[at..]))
        }
        [b'*', rest @ ..] => {
            let end = path
                .iter()
                .position(|byte| *byte == b'/')
                .unwrap_or(path.len());
            (0..=end).any(|at| fits(rest, &path[at..]))
        }
        [b'?', rest @ ..] => {
            matches!(path, [byte, after @ ..] if *byte != b'/' && fits(rest, after))
        }
        [b'\\', letter, rest @ ..] => {
            matches!(path, [byte, after @ ..] if byte == letter && fits(rest, after))
        }
        [b'[', rest @ ..] => {
            let end = 1 + rest[1..]
                .iter()
                .position(|byte| *byte == b']')
                .expect("a class ends");
            let (class, rest) = (&rest[..end], &rest[end + 1..]);
            let (negated, class) = match class {
                [b'^', class @ ..] => (true, class),
                class => (false, class),
            };
            let inside = |byte: u8| {
                class.contains(&byte)
                    || class
                        .windows(3)
                        .any(|w| w[1] == b'-' && (w[0]..=w[2]).contains(&byte))
            };
            matches!(path, [byte, after @ ..] if inside(*byte) != negated && fits(rest, after))
        }
        [letter, rest @ ..] => {
            matches!(path, [byte, after @ ..] if byte == letter && fits(rest, after))
        }
    }
}

/// Renders in a folder full of what may not be sent, and in a clean checkout of it: files and context are the same.
fn dirty_is_clean(project: &Project, depths: [&str; 3], what: &str) -> BTreeMap<String, Vec<u8>> {
    let planted = plant(project.path(), depths, WORDS);
    assert!(planted.len() > 40 * 3);
    let rendered = dfgen(&["render", "--force"]).in_project(project);
    assert_eq!(rendered.code, Some(0), "{what}: {rendered}");
    let clean = folder();
    clone(project.path(), clean.path());
    let mut all = BTreeMap::new();
    let files = std::fs::read_dir(project.path().join("docker")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let paths: Vec<String> = names.map(|name| format!("docker/{name}")).collect();
    for path in &paths {
        put(clean.path(), path, &project.read(path));
    }
    for path in paths {
        if path.ends_with(".dockerignore") {
            let dirty = sent(project.path(), &path);
            let mut leaked = planted.iter().filter(|path| dirty.contains_key(*path));
            assert_eq!(leaked.next(), None, "{what}: {path}");
            assert_eq!(dirty, sent(clean.path(), &path), "{what}: {path}");
            all.extend(dirty);
        }
    }
    let root = clean.path().to_str().unwrap();
    let checked = dfgen(&["--project", root, "render", "--check"]).in_project(project);
    assert_eq!(checked.code, Some(0), "{what}: {checked}");
    all
}

#[test]
fn every_form_of_packaging_sends_what_a_clean_checkout_has() {
    for form in &FORMS {
        let project = Project::empty();
        forms::write(form, project.path());
        let depths = ["", "src/shop/", "src/shop/lab/deep/er/"];
        let sent = dirty_is_clean(&project, depths, form.name);
        for path in [
            "uv.lock",
            "src/shop/tokens.py",
            "src/shop/lab/tests/blood.py",
            "src/shop/lib/core.py",
            "src/shop/.env.example",
            "src/shop/rds-bundle.pem",
            "src/shop/generated/kept.txt",
            "src/shop/private/README",
        ] {
            assert!(sent.contains_key(path), "{}: {path} is not sent", form.name);
        }
        assert_eq!(
            sent.contains_key("README.md"),
            form.name != "source",
            "{}",
            form.name
        );
        assert!(
            !sent.contains_key("src/shop/tests/test_shop.py"),
            "{}",
            form.name
        );
    }
}

#[test]
fn every_example_sends_what_a_clean_checkout_has() {
    for example in std::fs::read_dir(repository().join("examples")).unwrap() {
        let example = example.unwrap().file_name().into_string().unwrap();
        let project = Project::example(&example);
        commit(project.path());
        let first = SourceTree::load(project.path()).unwrap();
        let module = first
            .paths()
            .find(|path| path.matches('/').count() > 1 && has_extension(path, "py"));
        let package = module.unwrap().rsplit_once('/').unwrap().0.to_owned();
        let depths = ["", &format!("{package}/"), &format!("{package}/data/deep/")];
        assert!(!dirty_is_clean(&project, depths, &example).is_empty());
    }
}

/// Everything that may be copied, with every ignored and untracked file left out as Git does.
#[test]
fn what_git_ignores_does_not_enter() {
    let project = folder();
    let root = project.path();
    for (path, text) in [
        (
            ".gitignore",
            "*.log\n!keep.log\n/top\nfolder/\na/b/c\n**/deep\nx/**/y\n[ab].txt\n[!ab].dat\n\\#hash\ntrail\\ \nq?z\ndata/*\n!data/kept\nre/\n!re/in.py\n",
        ),
        ("sub/.gitignore", "!other.log\n/own\nnested/inner\n*.md\n"),
        ("sub/below/.gitignore", "!read.md\n"),
    ] {
        put(root, path, text);
    }
    git(root, &["init", "--quiet"]);
    for path in [
        "a.log",
        "keep.log",
        "top",
        "x/top",
        "folder/f",
        "x/folder/f",
        "y/folder",
        "a/b/c",
        "z/a/b/c",
        "a/deep/f",
        "x/1/2/y",
        "x/y",
        "a.txt",
        "c.txt",
        "a.dat",
        "c.dat",
        "#hash",
        "trail ",
        "qaz",
        "qz",
        "data/a",
        "data/kept",
        "re/in.py",
        "sub/other.log",
        "sub/own",
        "sub/x/own",
        "sub/nested/inner",
        "sub/z/nested/inner",
        "sub/a.md",
        "sub/below/read.md",
        "sub/below/b.md",
        "plain.py",
    ] {
        put(root, path, "x");
    }
    let listed = git(root, &["ls-files", "--others", "--exclude-standard", "-z"]);
    let mut expected: Vec<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    expected.sort_unstable();
    let tree = SourceTree::load(root).unwrap();
    assert_eq!(tree.paths().collect::<Vec<_>>(), expected);
    // A project within: what the folders around it say is true of it, too.
    let inner: Vec<&str> = expected
        .iter()
        .filter_map(|path| path.strip_prefix("sub/below/"))
        .collect();
    let tree = SourceTree::load(root.join("sub/below")).unwrap();
    assert_eq!(tree.paths().collect::<Vec<_>>(), inner);
}

fn enters(root: &Path, path: &str) -> bool {
    SourceTree::load(root).unwrap().has_file(path)
}

#[test]
fn what_git_tracks_enters_in_every_version_of_its_index() {
    for hash in ["sha1", "sha256"] {
        let project = folder();
        let root = project.path();
        put(root, ".gitignore", "lib/\n");
        for number in 0..30 {
            put(root, &format!("app/lib/module_{number}.py"), "x");
        }
        git(
            root,
            &["init", "--quiet", &format!("--object-format={hash}")],
        );
        assert!(!enters(root, "app/lib/module_1.py"));
        git(root, &["add", "--force", "."]);
        put(root, "app/lib/late.py", "x");
        put(root, "app/lib/meant.py", "x");
        git(
            root,
            &["add", "--force", "--intent-to-add", "app/lib/meant.py"],
        );
        for version in ["2", "4"] {
            git(root, &["update-index", "--index-version", version]);
            let tree = SourceTree::load(root).unwrap();
            assert!(
                tree.has_file("app/lib/module_29.py") && tree.has_file("app/lib/meant.py"),
                "{hash} {version}"
            );
            assert!(!tree.has_file("app/lib/late.py"), "{hash} {version}");
            assert!(tree.knows_what_is_tracked());
        }
        // What changed is in a file of its own, and only that.
        git(root, &["update-index", "--split-index"]);
        put(root, "app/lib/split.py", "x");
        git(root, &["add", "--force", "app/lib/split.py"]);
        git(root, &["rm", "--quiet", "--cached", "app/lib/module_3.py"]);
        let tree = SourceTree::load(root).unwrap();
        for (path, is_tracked) in [
            ("app/lib/module_29.py", true),
            ("app/lib/split.py", true),
            ("app/lib/module_3.py", false),
            ("app/lib/late.py", false),
        ] {
            assert_eq!(tree.has_file(path), is_tracked, "{hash} {path}");
        }
        git(root, &["update-index", "--no-split-index"]);
        // Whatever is cut off or bent, nothing breaks.
        let index = std::fs::read(root.join(".git/index")).unwrap();
        for end in (0..index.len()).step_by(37) {
            std::fs::write(root.join(".git/index"), &index[..end]).unwrap();
            assert!(
                !SourceTree::load(root).unwrap().knows_what_is_tracked(),
                "{end}"
            );
        }
        for at in (0..index.len()).step_by(41) {
            let mut bent = index.clone();
            bent[at] ^= 0xff;
            std::fs::write(root.join(".git/index"), bent).unwrap();
            assert!(enters(root, ".gitignore"));
        }
    }
}

#[test]
fn worktrees_and_submodules_have_an_index_of_their_own() {
    let (library, project, tree) = (folder(), folder(), folder());
    put(library.path(), ".gitignore", "lib/\n");
    put(library.path(), "lib/a.py", "x");
    commit(library.path());
    put(project.path(), ".gitignore", "lib/\n");
    put(project.path(), "lib/b.py", "x");
    commit(project.path());
    let from = library.path().to_str().unwrap();
    git(
        project.path(),
        &["submodule", "--quiet", "add", from, "vendor/shop"],
    );
    git(
        project.path(),
        &["commit", "--quiet", "--message=Submodule"],
    );
    let worktree = tree.path().join("wt");
    git(
        project.path(),
        &["worktree", "add", "--quiet", worktree.to_str().unwrap()],
    );
    put(&worktree, "lib/untracked.py", "x");
    assert!(enters(&worktree, "lib/b.py") && !enters(&worktree, "lib/untracked.py"));
    put(project.path(), "vendor/shop/lib/untracked.py", "x");
    assert!(enters(project.path(), "vendor/shop/lib/a.py"));
    assert!(!enters(project.path(), "vendor/shop/lib/untracked.py"));
    assert!(enters(&project.path().join("vendor/shop"), "lib/a.py"));
}

/// Without Git nothing says that an imported module is not source: it comes along, and the plan says so.
#[test]
fn without_git_an_ignored_module_that_is_imported_comes_along() {
    let project = Project::empty()
        .with("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"1.0\"\nrequires-python = \">=3.13\"\n")
        .with("uv.lock", "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n[[package]]\nname = \"shop\"\nversion = \"1.0\"\nsource = { virtual = \".\" }\n")
        .with("dfgen.toml", "[profile.job]\nextends = \"worker\"\ncommand = [\"python\", \"main.py\"]\n")
        .with(".gitignore", "local_*.py\ndist/\n*.mo\n")
        .with("main.py", "import app.local_settings\nDIST = 'frontend/dist'\nopen(DIST + '/index.html')\n")
        .with("app/__init__.py", "")
        .with("app/local_settings.py", "")
        .with("app/local_other.py", "")
        .with("app/locale/de/LC_MESSAGES/django.po", "")
        .with("app/locale/de/LC_MESSAGES/django.mo", "")
        .with("frontend/package.json", "{}")
        .with("frontend/dist/index.html", "");
    let plan = dfgen(&["plan", "--profile", "job"]).in_project(&project);
    let said: Vec<&str> = plan
        .stdout
        .lines()
        .filter(|line| line.contains("speaks against"))
        .collect();
    insta::assert_snapshot!(
        said.join("\n").trim(),
        @"sent to Docker though its name or an ignore file speaks against it: app/local_settings.py (the source imports it)"
    );
    // With Git, it is a finding that says how to take it; so are a built front end and compiled translations.
    git(project.path(), &["init", "--quiet"]);
    insta::assert_snapshot!(dfgen(&["plan", "--profile", "job"]).in_project(&project).stderr, @r#"
    warning[ignored-file]: the source imports `app/local_settings.py`, which is ignored: the image lacks it
     |
     = help: have Git track it: `git add --force app/local_settings.py`
     = help: take it as it lies there when the image is built:
             [profile.job]
             copy = ["app/local_settings.py"]

    warning[ignored-file]: the source names `frontend/dist`, which is ignored: the image lacks it
     |
     = help: take it as it lies there when the image is built:
             [profile.job]
             copy = ["frontend/dist"]
     = help: have Git track it: `git add --force frontend/dist`

    warning[ignored-file]: translations are compiled to `app/locale/de/LC_MESSAGES/django.mo`, which is ignored: the image lacks it
     |
     = help: take it as it lies there when the image is built:
             [profile.job]
             copy = ["app/locale/de/LC_MESSAGES/django.mo"]
     = help: have Git track it: `git add --force app/locale/de/LC_MESSAGES/django.mo`
    "#);
    let project = project.with(
        "dfgen.toml",
        "[profile.job]\nextends = \"worker\"\ncommand = [\"python\", \"main.py\"]\ncopy = [\"frontend/dist\", \"app/local_settings.py\", \"app/locale/de/LC_MESSAGES/django.mo\"]\n",
    );
    let rendered = dfgen(&["render", "--profile", "job"]).in_project(&project);
    assert_eq!(
        (rendered.code, rendered.stderr.contains("ignored-file")),
        (Some(0), false),
        "{rendered}"
    );
    let sent = sent(project.path(), "docker/job.Dockerfile.dockerignore");
    for path in [
        "frontend/dist/index.html",
        "app/local_settings.py",
        "app/locale/de/LC_MESSAGES/django.mo",
    ] {
        assert!(sent.contains_key(path), "{path}");
    }
    assert!(!sent.contains_key("app/local_other.py"));
    // A clean checkout, in which nothing is built yet, renders the same.
    let clean = folder();
    for path in project
        .files()
        .iter()
        .filter(|path| !path.starts_with(".git/"))
    {
        if ![
            "frontend/dist/index.html",
            "app/local_settings.py",
            "app/locale/de/LC_MESSAGES/django.mo",
        ]
        .contains(&path.as_str())
        {
            put(clean.path(), path, &project.read(path));
        }
    }
    git(clean.path(), &["init", "--quiet"]);
    let root = clean.path().to_str().unwrap();
    let checked =
        dfgen(&["--project", root, "render", "--profile", "job", "--check"]).in_project(&project);
    assert_eq!(checked.code, Some(0), "{checked}");
}

#[test]
fn what_one_checkout_alone_ignores_changes_no_file_and_is_found() {
    let project = Project::empty();
    forms::write(&FORMS[0], project.path());
    let render = |more: &[&str]| dfgen(&[&["render"], more].concat()).in_project(&project);
    assert_eq!(render(&[]).stderr.matches("warning").count(), 0);
    put(
        project.path(),
        ".git/info/exclude",
        "/scratch.py\n/src/shop/mine\n",
    );
    put(project.path(), "scratch.py", "import shop\n");
    put(project.path(), "src/shop/mine", "mine\n");
    put(project.path(), "src/shop/own_cache/.gitignore", "*\n");
    put(project.path(), "src/shop/own_cache/page", "page\n");
    let checked = render(&["--check"]);
    assert_eq!(checked.code, Some(0), "{checked}");
    insta::assert_snapshot!(checked.stderr, @"
    warning[stray-file]: `src/shop/mine` would be sent to Docker from this checkout, and from no other
     |
     = note: Git ignores it here, and no `.gitignore` that is committed says so
     = help: add to .gitignore or .dockerignore
             src/shop/mine
             src/shop/own_cache

    `dfgen explain stray-file` says more about it

    4 files are up to date
    ");
}
