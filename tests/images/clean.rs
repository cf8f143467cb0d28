//! The image of a folder in which everything lies that may lie there is the image of a clean checkout, however the
//! project is packaged.

use tempfile::TempDir;

use crate::build::build;
use crate::context::Context;
use crate::forms::{self, FORMS, clone, plant};

/// Builds a project in one of its forms twice: as its author has it, and as somebody has it who has just cloned it.
fn is_clean(form: &str) {
    let form = FORMS.iter().find(|one| one.name == form);
    let form = form.expect("the form is known");
    let project = TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
    let checkout = TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
    forms::write(form, project.path());
    clone(project.path(), checkout.path());
    let dirty = Context::copy_of(project.path());
    let depths = ["", "src/shop/", "src/shop/lab/deep/er/"];
    plant(dirty.path(), depths, "planted by a test");
    dirty.render();
    let dirty = build(&dirty, "job").image;
    assert_eq!(dirty.container().finish(), "tokens blood core\n");
    let clean = Context::copy_of(checkout.path());
    clean.render();
    let clean = build(&clean, "job").image;
    assert_eq!(dirty.layers(), clean.layers());
}

#[test]
fn built_by_hatchling() {
    is_clean("hatchling");
}

#[test]
fn built_by_uv_build() {
    is_clean("uv_build");
}

#[test]
fn built_by_setuptools() {
    is_clean("setuptools");
}

#[test]
fn built_by_poetry_core() {
    is_clean("poetry-core");
}

#[test]
fn built_by_pdm_backend() {
    is_clean("pdm-backend");
}

#[test]
fn built_by_flit() {
    is_clean("flit");
}

#[test]
fn as_source() {
    is_clean("source");
}
