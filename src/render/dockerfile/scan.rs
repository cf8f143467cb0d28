//! The stage that looks for missing libraries.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{layer_stages, lines};
use crate::catalog::{AptPackage, LibraryName};
use crate::plan::ImagePlan;
use crate::render::text;

#[derive(Serialize)]
pub(super) struct ScanView {
    scan_libraries: String,
    layers: Vec<String>,
    ca_certificates: bool,
}

impl ScanView {
    pub(super) fn new(image: &ImagePlan) -> Option<Self> {
        Some(Self {
            scan_libraries: scan_libraries(image)?,
            layers: layer_stages(image),
            ca_certificates: image.ca_certificates,
        })
    }
}

#[derive(Serialize)]
struct ScanLibrariesView {
    libraries: Vec<AbsentView>,
    parts: Vec<AbsentView>,
    brought: Vec<BroughtView>,
    release: String,
    apt_build: Vec<String>,
    apt_runtime: Vec<String>,
    ignore: Vec<String>,
    heading: String,
}

/// What may be missing, and why.
#[derive(Serialize)]
struct AbsentView {
    pattern: String,
    because: String,
}

/// A Debian package with the libraries that it brings.
#[derive(Serialize)]
struct BroughtView {
    package: String,
    libraries: String,
}

fn absent(pattern: &str, because: &str) -> AbsentView {
    AbsentView {
        pattern: pattern.to_owned(),
        because: because.to_owned(),
    }
}

fn brought((package, libraries): (&AptPackage, &BTreeSet<LibraryName>)) -> BroughtView {
    let libraries: Vec<_> = libraries.iter().map(ToString::to_string).collect();
    BroughtView {
        package: package.to_string(),
        libraries: libraries.join(" "),
    }
}

/// The program that looks for missing libraries.
pub(in crate::render) fn scan_libraries(image: &ImagePlan) -> Option<String> {
    let scan = image.scan.as_ref()?;
    let libraries = scan.libraries.iter();
    let parts = scan.files.iter();
    let view = ScanLibrariesView {
        libraries: libraries
            .map(|(library, because)| absent(library.as_ref(), because))
            .collect(),
        parts: parts
            .map(|(file, because)| absent(&file.to_string(), because))
            .collect(),
        brought: scan.brought.iter().map(brought).collect(),
        release: scan.release.to_string(),
        apt_build: lines(&scan.said.apt_build),
        apt_runtime: lines(&scan.said.apt_runtime),
        ignore: lines(&scan.said.ignore),
        heading: format!("[profile.{}]", image.name),
    };
    Some(text("dockerfile/scan-libraries.tera", &view))
}
