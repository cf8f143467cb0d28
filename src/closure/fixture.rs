//! A small shop for the tests of this stage: a web service with its models in an extra, the same
//! that the tests of the program have.

use crate::project::Project;
use crate::target::{Libc, Platform, Target};

/// Every kind of edge: extras of the project and of others, groups, markers, a circle.
pub(super) const SHOP: &str = include_str!("../../tests/it/fixtures/models_in_an_extra/uv.lock");

/// A project with this lock and the manifest that goes with it.
pub(super) fn project(lock: &str) -> Project {
    configured(lock, "")
}

/// The same, with more in its manifest.
pub(super) fn configured(lock: &str, more: &str) -> Project {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!("[project]\nname = \"shop-api\"\nversion = \"1.0.0\"\n{more}");
    std::fs::write(folder.path().join("pyproject.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("uv.lock"), lock).unwrap();
    Project::load(folder.path()).unwrap()
}

pub(super) fn target() -> Target {
    Target {
        platform: Platform::LinuxAmd64,
        libc: Libc::Glibc(2, 41),
        python: "3.13.9".parse().unwrap(),
    }
}
