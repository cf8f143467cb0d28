//! Files for podman and buildah: what they refuse or read otherwise is not in them.

use similar::TextDiff;

use crate::context::sent_by_list;
use crate::dockerfile::Dockerfile;
use crate::forms::git;
use crate::harness::{Project, dfgen, repository};

const BUILDAH: &str = "builder = \"buildah\"\n";

fn examples() -> Vec<String> {
    let folders = std::fs::read_dir(repository().join("examples")).expect("there are examples");
    let folders = folders.map(|folder| folder.expect("a folder can be read").file_name());
    folders
        .map(|name| name.into_string().expect("a plain name"))
        .collect()
}

/// Renders for buildah, whatever the project's own settings say.
fn rendered(project: Project) -> Project {
    let settings = std::fs::read_to_string(project.path().join("dfgen.toml"));
    let project = project.with(
        "dfgen.toml",
        &format!("{BUILDAH}{}", settings.unwrap_or_default()),
    );
    let rendered = dfgen(&["render", "--force"]).in_project(&project);
    assert_eq!(rendered.code, Some(0), "{rendered}");
    project
}

#[test]
fn a_dockerfile_for_buildah_says_two_things_otherwise() {
    let settings = "ca-certificates = true\n[profile.core-api]\nextends = \"worker\"\ncommand = [\"python\", \"main.py\"]\nbuild-steps = [{ run = [\"./fetch\"], keep = [\"/data\"] }]\n";
    let text = |settings: &str| {
        let project = Project::fixture("small_api").with("dfgen.toml", settings);
        dfgen(&["render", "--stdout", "--profile", "core-api"])
            .in_project(&project)
            .stdout
    };
    let (before, after) = (text(settings), text(&format!("{BUILDAH}{settings}")));
    let diff = TextDiff::from_lines(&before, &after);
    let lines = diff.iter_all_changes().filter_map(|change| {
        let sign = change.tag().to_string();
        (sign != " " && !change.value().starts_with("# dfgen: "))
            .then(|| format!("{sign}{}", change.value()))
    });
    insta::assert_snapshot!(lines.collect::<String>(), @"
    -#     docker build --secret id=ca-certificates,src=FILE --file docker/core-api.Dockerfile --tag shop-api-core-api .
    +#     podman build --format docker --secret id=ca-certificates,src=FILE --file docker/core-api.Dockerfile --tag shop-api-core-api .
    +# Without `--format docker` the image would have no health check.
    -COPY --link --from=skeleton /layer/ /
    -COPY --link --from=deps /layer/ /
    -COPY --link --from=app /layer/ /
    +COPY --from=skeleton /layer/ /
    +COPY --from=deps /layer/ /
    +COPY --from=app /layer/ /
    -COPY --link --from=skeleton /layer/ /
    -COPY --link --from=deps /layer/ /
    -COPY --link --from=app /layer/ /
    -COPY --link --from=step-1 /layer/ /
    +COPY --from=skeleton /layer/ /
    +COPY --from=deps /layer/ /
    +COPY --from=app /layer/ /
    +COPY --from=step-1 /layer/ /
    ");
    insta::assert_snapshot!(dfgen(&["plan", "--profile", "core-api"])
        .in_project(&Project::fixture("small_api").with("dfgen.toml", &format!("{BUILDAH}{settings}")))
        .stdout.lines().filter(|line| line.contains("buildah")).collect::<String>(), @"    for     podman and buildah  `builder`: layers are copied onto each other, without `--link`");
}

/// buildah passes over what such a line would bring back: <https://github.com/containers/buildah/issues/6615>.
fn has_no_wildcard_that_takes_back(project: &Project) {
    let files = project.files();
    let lists = files
        .iter()
        .filter(|path| path.ends_with(".dockerignore") && path.contains('/'));
    let lists: Vec<_> = lists.collect();
    assert!(!lists.is_empty());
    for list in lists {
        for line in project
            .read(list)
            .lines()
            .filter(|line| line.starts_with('!'))
        {
            let plain = line
                .replace("\\*", "")
                .replace("\\?", "")
                .replace("\\[", "");
            assert!(!plain.contains(['*', '?', '[']), "{list}: {line}");
        }
    }
}

#[test]
fn examples_for_buildah_have_no_flag_that_it_refuses() {
    for example in examples() {
        let project = rendered(Project::example(&example));
        has_no_wildcard_that_takes_back(&project);
        let files = project.files();
        let files = files.iter().filter(|path| path.ends_with(".Dockerfile"));
        for file in files {
            let text = project.read(file);
            assert!(!text.contains("\nCOPY --link"), "{file}");
            assert!(!text.contains(",env="), "{file}");
            assert!(
                text.contains("#     podman build --format docker "),
                "{file}"
            );
            assert!(Dockerfile::parse(&text).stages.len() > 4, "{file}");
        }
    }
}

#[test]
fn examples_as_they_are_take_nothing_back_by_a_wildcard() {
    for example in examples() {
        has_no_wildcard_that_takes_back(&Project::example(&example));
    }
}

#[test]
fn a_list_of_the_project_that_takes_back_by_wildcards_is_told_by_names() {
    for list in [
        "*\n!app/*.py\n",
        "**\n!**/*.py\n!pyproject.toml\n",
        "**\n!app/*.py\n!app/sub/**\n",
        "*\n!app/\napp/*\n!app/**/*.py\n",
        "app/data\n!app/d?ta/keep.json\n",
    ] {
        let sent = [false, true].map(|buildah| {
            let project = Project::empty()
                .with("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"1.0\"\nrequires-python = \">=3.13\"\n")
                .with("uv.lock", "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n[[package]]\nname = \"shop\"\nversion = \"1.0\"\nsource = { virtual = \".\" }\n")
                .with("dfgen.toml", "profiles = [\"job\"]\n[profile.job]\nextends = \"worker\"\ncommand = [\"python\", \"-m\", \"app.main\"]\n")
                .with("app/__init__.py", "")
                .with("app/main.py", "")
                .with("app/sub/deep/x.py", "")
                .with("app/sub/x.txt", "")
                .with("app/data/keep.json", "{}")
                .with("app/data/raw.csv", "")
                .with(".dockerignore", list);
            git(project.path(), &["init", "--quiet"]);
            git(project.path(), &["add", "--all"]);
            git(project.path(), &["commit", "--quiet", "--message=All"]);
            let project = if buildah {
                let project = rendered(project);
                has_no_wildcard_that_takes_back(&project);
                project
            } else {
                let rendered = dfgen(&["render"]).in_project(&project);
                assert_eq!(rendered.code, Some(0), "{rendered}");
                project
            };
            let sent = sent_by_list(project.path(), "docker/job.Dockerfile.dockerignore");
            sent.into_keys().filter(|path| path.starts_with("app/")).collect::<Vec<_>>()
        });
        assert_eq!(sent[0], sent[1], "{list}");
        assert!(sent[0].contains(&"app/main.py".to_owned()), "{list}");
    }
}

#[test]
fn a_builder_that_nobody_has_heard_of_is_refused() {
    let project = Project::fixture("small_api").with("dfgen.toml", "builder = \"kaniko\"\n");
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `builder` cannot be `kaniko`
     --> dfgen.toml:1:11
      |
    1 | builder = "kaniko"
      |           ^^^^^^^^ `buildkit` or `buildah`
    "#);
}
