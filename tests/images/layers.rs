//! Layers move only when what is in them does: cold builds give the same bytes, edits leave the rest alone.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::build::{build, build_cold, build_text, build_with};
use crate::context::Context;
use crate::gallery::GALLERY;

/// BuildKit does a step again that it knows when a build without cache does the same step meanwhile.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Somebody else's checkout, no cache of any kind, and a date for the image's own record.
#[test]
fn a_build_from_nothing_gives_the_same_bytes() {
    let _guard = alone();
    for example in GALLERY {
        let here = example.build().image;
        let there = Context::of(example.project).checked_out_elsewhere();
        let there = build_cold(there, example.profile).image;
        assert_eq!(here.layers(), there.layers(), "{example}");
        assert_eq!(here.config(), there.config(), "{example}");
    }
}

/// Builds the API image of `two-images` before and after an edit. Returns the steps of dependency
/// stages that were done again, and how many layers differ.
fn after(edit: impl Fn(&Context)) -> (Vec<String>, usize) {
    let _guard = alone();
    let context = Context::of("two-images");
    let before = build(&context, "core-api").image.layers();
    edit(&context);
    context.render();
    let built = build(&context, "core-api");
    let after = built.image.layers();
    assert_eq!(before.len(), after.len());
    let moved = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after)
        .count();
    (built.log.done_in("deps"), moved)
}

const NOTHING: &[String] = &[];

#[test]
fn an_edited_source_line_moves_the_last_layer_only() {
    let (done, moved) = after(|context| {
        context.edit(
            "src/shop_api/main.py",
            "title=\"shop-api\"",
            "title=\"my shop\"",
        );
    });
    assert_eq!((&done[..], moved), (NOTHING, 1));
}

#[test]
fn a_new_version_of_the_project_moves_the_last_layer_only() {
    let (done, moved) = after(|context| {
        context.edit(
            "pyproject.toml",
            "version = \"0.1.0\"",
            "version = \"0.2.0\"",
        );
        context.edit(
            "uv.lock",
            "name = \"shop-api\"\nversion = \"0.1.0\"",
            "name = \"shop-api\"\nversion = \"0.2.0\"",
        );
    });
    assert_eq!((&done[..], moved), (NOTHING, 1));
}

#[test]
fn a_development_dependency_moves_nothing() {
    let (done, moved) = after(|context| {
        context.edit("pyproject.toml", "    \"ruff>=0.11\",\n", "");
        context.edit("uv.lock", "    { name = \"ruff\" },\n", "");
        context.edit(
            "uv.lock",
            "    { name = \"ruff\", specifier = \">=0.11\" },\n",
            "",
        );
    });
    assert_eq!((&done[..], moved), (NOTHING, 0));
}

#[test]
fn a_comment_moves_nothing() {
    let (done, moved) = after(|context| {
        context.edit(
            "pyproject.toml",
            "[project]\n",
            "# What it is.\n[project]\n",
        );
    });
    assert_eq!((&done[..], moved), (NOTHING, 0));
}

/// `build-labels`: of which commit an image is, its configuration alone says.
#[test]
fn what_a_build_is_told_moves_no_layer() {
    let _guard = alone();
    let context = Context::of("two-images");
    context.edit(
        "dfgen.toml",
        "syntax = false\n",
        "syntax = false\nbuild-labels = true\n",
    );
    context.render();
    let told = |revision: &str| {
        let revision = format!("--build-arg=REVISION={revision}");
        let name = "--build-arg=BASE_NAME=python:3.13-slim-trixie";
        let options = [revision.as_str(), "--build-arg=VERSION=1.2.3", name];
        build_with(&context, "core-api", &options).image
    };
    let (one, other) = (told("0123abc"), told("4567def"));
    assert_eq!(one.layers(), other.layers());
    let labels = other.config()["Labels"].take();
    let of = |name: &str| labels[format!("org.opencontainers.image.{name}")].clone();
    assert_eq!(of("revision"), "4567def");
    assert_eq!(
        (of("version"), of("base.name")),
        ("1.2.3".into(), "python:3.13-slim-trixie".into())
    );
    let without = build(&context, "core-api").image;
    assert_eq!(one.layers(), without.layers());
    assert_eq!(
        without.config()["Labels"]["org.opencontainers.image.revision"],
        ""
    );
}

#[test]
fn a_dependency_moves_its_own_layer_only() {
    let context = Context::of("two-images");
    let before = build(&context, "ml-inference-cpu").image.layers();
    // The lock has one version of each package, so the edit leaves one out. Nothing else needs it.
    context.edit("uv.lock", "    { name = \"flatbuffers\" },\n", "");
    context.render();
    let after = build(&context, "ml-inference-cpu").image.layers();
    let moved = before.iter().filter(|layer| !after.contains(layer)).count();
    assert_eq!(moved, 1, "{before:#?}\n{after:#?}");
}

/// As after a security update of its tag. What the other layers hold does not come from there, so they stay the same.
#[test]
fn a_new_base_image_moves_no_dependency_and_no_source() {
    let _guard = alone();
    let context = Context::of("two-images");
    let updated = build_text("FROM python:3.13-slim-trixie\nRUN touch /updated\n");
    let before = build(&context, "core-api").image.layers();
    context.edit(
        "docker/core-api.Dockerfile",
        "FROM python:3.13-slim-trixie AS base",
        &format!("FROM {} AS base", updated.tag()),
    );
    let after = build(&context, "core-api").image.layers();
    let copied = context
        .read("docker/core-api.Dockerfile")
        .matches("\nCOPY --link ")
        .count();
    assert!(copied > 1, "{copied}");
    let last = |layers: &[String]| layers[layers.len() - copied..].to_vec();
    assert_eq!(
        after.len(),
        before.len() + 1,
        "the update is a layer of the base image"
    );
    assert_eq!(last(&before), last(&after));
}

#[test]
fn a_library_that_a_service_does_not_use_leaves_its_image_alone() {
    let context = Context::of("workspace");
    let layers = |profile| build(&context, profile).image.layers();
    let before = [layers("orders"), layers("quotes")];
    context.edit(
        "packages/catalog/src/catalog/products.yaml",
        "\n",
        "\n# Edited.\n",
    );
    let after = [layers("orders"), layers("quotes")];
    assert_ne!(before[0], after[0], "orders uses the catalog");
    assert_eq!(before[1], after[1], "quotes does not");
}

#[test]
fn images_of_one_project_share_their_first_layers() {
    let [api, ml] = ["core-api", "ml-inference-cpu"]
        .map(|profile| build(&Context::of("two-images"), profile).image.layers());
    let shared = api
        .iter()
        .zip(&ml)
        .take_while(|(api, ml)| api == ml)
        .count();
    assert!(
        shared >= 2,
        "the base image and what is made of it:\n{api:#?}\n{ml:#?}"
    );
}
