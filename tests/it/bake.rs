//! `bake`: the file that builds all images at once.

use crate::harness::{Project, Ran, dfgen};

const FILE: &str = "docker/docker-bake.hcl";

fn shop(settings: &str) -> Project {
    Project::fixture("small_api").with("dfgen.toml", settings)
}

fn run(project: &Project, arguments: &[&str]) -> Ran {
    dfgen(arguments).in_project(project)
}

#[test]
fn it_is_there_where_it_is_asked_for() {
    let project = shop(
        "bake = true\nbuild-labels = true\nimage = \"registry.example/shop/{profile}:v{VERSION}\"\n",
    );
    let ran = run(&project, &["render"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let text = project.read(FILE);
    insta::assert_snapshot!(text.split("\n# dfgen: ").next().unwrap(), @r#"
    # Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
    #
    #     docker buildx bake --file docker/docker-bake.hcl
    #
    # in the project's folder builds all images; the name of a target behind it builds one, `--push` sends them to their
    # registry, and `--print` says what would be done. A stage that several images have is built once.

    variable "BASE_DIGEST" {
      default = ""
    }

    variable "BASE_NAME" {
      default = ""
    }

    variable "CREATED" {
      default = ""
    }

    variable "REVISION" {
      default = ""
    }

    variable "SOURCE" {
      default = ""
    }

    variable "VERSION" {
      default = "0.0.0"
    }

    group "default" {
      targets = ["core-api", "ml-inference-gpu"]
    }

    group "gpu" {
      targets = ["ml-inference-gpu"]
    }

    group "cpu" {
      targets = ["core-api"]
    }

    target "core-api" {
      context = "."
      dockerfile = "docker/core-api.Dockerfile"
      tags = ["registry.example/shop/core-api:v${VERSION}"]
      args = {
        SOURCE = SOURCE
        REVISION = REVISION
        CREATED = CREATED
        VERSION = VERSION
        BASE_NAME = BASE_NAME
        BASE_DIGEST = BASE_DIGEST
      }
    }

    target "ml-inference-gpu" {
      context = "."
      dockerfile = "docker/ml-inference-gpu.Dockerfile"
      tags = ["registry.example/shop/ml-inference-gpu:v${VERSION}"]
      args = {
        SOURCE = SOURCE
        REVISION = REVISION
        CREATED = CREATED
        VERSION = VERSION
        BASE_NAME = BASE_NAME
        BASE_DIGEST = BASE_DIGEST
      }
    }
    "#);
    assert_eq!(run(&project, &["render", "--check"]).code, Some(0));
    let stdout = run(&project, &["render", "--stdout"]).stdout;
    assert!(stdout.contains("# ---- docker-bake.hcl\n"), "{stdout}");
    let json = run(&project, &["plan", "--format", "json"]).json();
    assert_eq!(json["bake"]["because"], "dfgen.toml:1");
    let edited = project
        .read(FILE)
        .replace("context = \".\"", "context = \"..\"");
    let project = project.with(FILE, &edited);
    let checked = run(&project, &["render", "--check"]);
    assert!(checked.to_string().contains("edited"), "{checked}");
    let project = project.without(FILE);
    assert_eq!(run(&project, &["render", "--check"]).code, Some(1));
    assert_eq!(run(&project, &["render"]).code, Some(0));
    let project = project.with("dfgen.toml", "");
    let without = run(&project, &["render", "--prune"]);
    assert!(
        without.stderr.contains("removed docker/docker-bake.hcl"),
        "{without}"
    );
    assert!(!project.files().contains(&FILE.to_owned()));
}

/// What the targets of a project have of these attributes.
fn attributes(settings: &str, names: &[&str]) -> String {
    let project = shop(settings);
    let ran = run(&project, &["render"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let text = project.read(FILE);
    let has = |line: &&str| {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        first == "target" || names.contains(&first)
    };
    text.lines().filter(has).collect::<Vec<_>>().join("\n")
}

#[test]
fn caches_are_where_the_settings_say() {
    let of = |cache: &str| {
        let settings = format!(
            "profiles = [\"core-api\"]\nimage = \"registry.example/shop/{{profile}}\"\nbake = {{ cache = \"{cache}\" }}\n"
        );
        attributes(&settings, &["cache-from", "cache-to"])
    };
    insta::assert_snapshot!(of("registry"), @r#"
    target "core-api" {
      cache-from = ["type=registry,ref=registry.example/shop/core-api:cache-core-api"]
      cache-to = ["type=registry,ref=registry.example/shop/core-api:cache-core-api,mode=max"]
    "#);
    insta::assert_snapshot!(of("registry:registry.example/cache/{project}:{profile}"), @r#"
    target "core-api" {
      cache-from = ["type=registry,ref=registry.example/cache/shop-api:core-api"]
      cache-to = ["type=registry,ref=registry.example/cache/shop-api:core-api,mode=max"]
    "#);
    insta::assert_snapshot!(of("gha"), @r#"
    target "core-api" {
      cache-from = ["type=gha,scope=shop-api-core-api"]
      cache-to = ["type=gha,scope=shop-api-core-api,mode=max"]
    "#);
    insta::assert_snapshot!(of("local:/var/cache/bake/"), @r#"
    target "core-api" {
      cache-from = ["type=local,src=/var/cache/bake/shop-api-core-api"]
      cache-to = ["type=local,dest=/var/cache/bake/shop-api-core-api,mode=max"]
    "#);
    insta::assert_snapshot!(of("s3:eu-west-1/company-cache"), @r#"
    target "core-api" {
      cache-from = ["type=s3,region=eu-west-1,bucket=company-cache,name=shop-api-core-api"]
      cache-to = ["type=s3,region=eu-west-1,bucket=company-cache,name=shop-api-core-api,mode=max"]
    "#);
    let both = "image = \"registry.example/shop/{profile}\"\nbake = { cache = \"registry\" }\n";
    insta::assert_snapshot!(attributes(both, &["cache-from", "cache-to"]), @r#"
    target "core-api" {
      cache-from = ["type=registry,ref=registry.example/shop/core-api:cache-core-api", "type=registry,ref=registry.example/shop/ml-inference-gpu:cache-ml-inference-gpu"]
      cache-to = ["type=registry,ref=registry.example/shop/core-api:cache-core-api,mode=max"]
    target "ml-inference-gpu" {
      cache-from = ["type=registry,ref=registry.example/shop/ml-inference-gpu:cache-ml-inference-gpu", "type=registry,ref=registry.example/shop/core-api:cache-core-api"]
      cache-to = ["type=registry,ref=registry.example/shop/ml-inference-gpu:cache-ml-inference-gpu,mode=max"]
    "#);
}

#[test]
fn zstd_has_gzip_beside_it() {
    let settings = "registry = \"registry.example/hub\"\nimage = \"registry.example/shop/{profile}:{TAG}\"\nprofiles = [\"core-api\"]\n\
        bake = { zstd = true, attest = [\"provenance\", \"sbom\"], cache = \"registry\" }\n";
    insta::assert_snapshot!(attributes(settings, &["tags", "output", "attest", "cache-to", "inherits"]), @r#"
    target "core-api" {
      tags = ["registry.example/shop/core-api:${TAG}"]
      cache-to = ["type=registry,ref=registry.example/shop/core-api:cache-core-api,mode=max,compression=zstd,force-compression=true"]
      attest = ["type=provenance,mode=max", "type=sbom,generator=registry.example/hub/docker/buildkit-syft-scanner:stable-1"]
      output = ["type=image,oci-mediatypes=true,compression=zstd,force-compression=true"]
    target "core-api_gzip" {
      inherits = ["core-api"]
      tags = ["registry.example/shop/core-api:${TAG}-gzip"]
      cache-to = []
      output = ["type=image,oci-mediatypes=true,compression=gzip,force-compression=true"]
    "#);
}

#[test]
fn a_cache_beside_images_needs_a_registry() {
    insta::assert_snapshot!(run(&shop("bake = { cache = \"registry\" }\n"), &["render"]).stderr, @r#"
    error[invalid-value]: `shop-api-core-api` is in no registry, so no cache can be beside it
     --> dfgen.toml:1:19
      |
    1 | bake = { cache = "registry" }
      |                   ^^^^^^^^ beside each image
      |
      = help: say where the images are: `image = "registry.company.example/shop/{project}-{profile}:{TAG}"`
      = help: or where the cache is: `cache = "registry:registry.company.example/cache/{project}:{profile}"`
    "#);
    insta::assert_snapshot!(run(&shop("bake = { cache = \"memory\" }\n"), &["render"]).stderr, @r#"
    error[invalid-value]: `bake.cache` cannot be `memory`
     --> dfgen.toml:1:18
      |
    1 | bake = { cache = "memory" }
      |                  ^^^^^^^^ `registry` (beside each image), `registry:IMAGE`, `gha`, `local:FOLDER` or `s3:REGION/BUCKET`
    "#);
}

#[test]
fn it_builds_for_the_platforms_of_the_images() {
    let settings =
        "bake = true\n[profile.core-api]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]\n";
    insta::assert_snapshot!(attributes(settings, &["platforms"]), @r#"
    target "core-api" {
      platforms = ["linux/amd64", "linux/arm64"]
    target "ml-inference-gpu" {
    "#);
}
