//! The company's way: what images are called, and their labels.

use crate::harness::{Project, Ran, dfgen};

fn shop(settings: &str) -> Project {
    Project::fixture("small_api").with("dfgen.toml", settings)
}

fn render(project: &Project) -> Ran {
    dfgen(&["render"]).in_project(project)
}

/// The lines of a generated file that hold one of these words.
fn lines(project: &Project, file: &str, words: &[&str]) -> String {
    let text = project.read(file);
    let has = |line: &&str| words.iter().any(|word| line.contains(word));
    text.lines().filter(has).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_file_has_the_name_that_the_settings_say() {
    let project = shop("image = \"registry.example:5000/shop/{project}-{profile}:{TAG}\"\n");
    let ran = render(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    insta::assert_snapshot!(lines(&project, "docker/compose.yaml", &["image: \"registry"]), @r#"
        image: "registry.example:5000/shop/shop-api-core-api:${TAG:-latest}"
        image: "registry.example:5000/shop/shop-api-ml-inference-gpu:${TAG:-latest}"
    "#);
    insta::assert_snapshot!(lines(&project, "docker/core-api.Dockerfile", &["docker build"]), @"#     docker build --file docker/core-api.Dockerfile --tag registry.example:5000/shop/shop-api-core-api:${TAG:-latest} .");
    assert_eq!(
        dfgen(&["render", "--check"]).in_project(&project).code,
        Some(0)
    );
    let plan = dfgen(&["plan", "--profile", "core-api"]).in_project(&project);
    insta::assert_snapshot!(plan.stdout.lines().nth(2).unwrap(), @"  called: registry.example:5000/shop/shop-api-core-api:${TAG:-latest}  dfgen.toml:1");
}

#[test]
fn a_name_that_cannot_be_is_told_with_its_line() {
    let one_name = shop("image = \"registry.example/shop:{TAG}\"\n");
    insta::assert_snapshot!(render(&one_name).stderr, @r#"
    error[invalid-value]: the images of `core-api` and `ml-inference-gpu` would both be called `registry.example/shop:${TAG:-latest}`
     --> dfgen.toml:1:10
      |
    1 | image = "registry.example/shop:{TAG}"
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^ the same for each image
      |
      = help: say which one it is: `{profile}`, as in "registry.company.example/shop/{profile}:{TAG}"
    "#);
    let small = shop("image = \"registry.example/{profile}:{version}\"\n");
    insta::assert_snapshot!(render(&small).stderr, @r#"
    error[invalid-value]: `image` cannot be `registry.example/{profile}:{version}`
     --> dfgen.toml:1:9
      |
    1 | image = "registry.example/{profile}:{version}"
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `{version}` is nothing that is filled in: `{project}` and `{profile}` are, and in the tag variables of the build, as `{TAG}`
    "#);
}

#[test]
fn labels_of_the_settings_are_the_images() {
    let project = shop(
        "[labels]\n\"org.opencontainers.image.title\" = \"The shop\"\n\"example.com/cost-centre\" = \"4 $2\"\n",
    );
    let ran = render(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    insta::assert_snapshot!(lines(&project, "docker/core-api.Dockerfile", &["org.opencontainers", "example.com"]), @r#"
    LABEL org.opencontainers.image.title="The shop" org.opencontainers.image.description="A small shop" \
          dfgen.profile=core-api dfgen.stripped="debug symbols of all packages" example.com/cost-centre="4 \$2"
    "#);
    let own = shop("[labels]\n\"dfgen.profile\" = \"other\"\n\"a b\" = \"c\"\n");
    insta::assert_snapshot!(render(&own).stderr, @r#"
    error[invalid-value]: `labels` cannot be `dfgen.profile`
     --> dfgen.toml:2:1
      |
    2 | "dfgen.profile" = "other"
      | ^^^^^^^^^^^^^^^ labels that begin with `dfgen.` are dfgen's own

    error[invalid-value]: `labels` cannot be `a b`
     --> dfgen.toml:3:1
      |
    3 | "a b" = "c"
      | ^^^^^ a label is letters, digits, `.`, `_`, `/` and `-`, as `com.example.team`
    "#);
}

#[test]
fn what_differs_from_build_to_build_is_said_behind_every_layer() {
    let project = shop(
        "build-labels = true\n\n[labels]\n\"org.opencontainers.image.source\" = \"https://example.org/shop\"\n",
    );
    let ran = render(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let text = project.read("docker/core-api.Dockerfile");
    let (_, last) = text.split_once("AS runtime").unwrap();
    let (before, behind) = last.split_once("# What differs").unwrap();
    assert!(!before.contains("ARG "), "{last}");
    for layer in ["COPY ", "RUN ", "WORKDIR "] {
        assert!(!behind.contains(layer), "{last}");
    }
    insta::assert_snapshot!(behind.split("\n\n").next().unwrap(), @r#"
     from build to build is said here, where no layer changes with it.
    ARG REVISION=""
    ARG CREATED=""
    ARG VERSION=""
    ARG BASE_NAME=""
    ARG BASE_DIGEST=""
    LABEL org.opencontainers.image.revision=$REVISION \
          org.opencontainers.image.created=$CREATED \
          org.opencontainers.image.version=$VERSION \
          org.opencontainers.image.base.name=$BASE_NAME \
          org.opencontainers.image.base.digest=$BASE_DIGEST
    # A list, not a line of shell: the server is process 1, gets the stop signal and can finish what it is at.
    CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
    "#);
    insta::assert_snapshot!(lines(&project, "docker/core-api.Dockerfile", &["docker build"]), @"#     docker build --build-arg REVISION=$(git rev-parse HEAD) --build-arg CREATED=$(git show --no-patch --format=%cI HEAD) --file docker/core-api.Dockerfile --tag shop-api-core-api .");
    insta::assert_snapshot!(lines(&project, "docker/compose.yaml", &["REVISION", "CREATED", "VERSION", "BASE_", "SOURCE"]), @r#"
    REVISION: "${REVISION:-}"
    CREATED: "${CREATED:-}"
    VERSION: "${VERSION:-}"
    BASE_NAME: "${BASE_NAME:-}"
    BASE_DIGEST: "${BASE_DIGEST:-}"
    REVISION: "${REVISION:-}"
    CREATED: "${CREATED:-}"
    VERSION: "${VERSION:-}"
    BASE_NAME: "${BASE_NAME:-}"
    BASE_DIGEST: "${BASE_DIGEST:-}"
    "#);
    let plan = dfgen(&["plan", "--format", "json"])
        .in_project(&project)
        .json();
    assert_eq!(plan["images"][0]["build-labels"][0]["argument"], "REVISION");
    let said = &plan["images"][0]["said-labels"]["org.opencontainers.image.source"];
    assert_eq!(said["because"], "dfgen.toml:4");
}
