//! The container files of a project: those that were named, else those at the usual places.

use std::path::Path;

use super::checksum::{Authorship, authorship};
use super::{Compose, ComposeService, Dockerfile, Image, start};
use crate::catalog::{Dockerfiles, Folders};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile};
use crate::project::source_tree::{SourceTree, has_extension, join, parent};
use crate::rules;

/// Container files that were read.
#[derive(Debug, Default, Clone)]
pub struct Existing {
    /// Dockerfiles, in the order in which they were named or found.
    pub dockerfiles: Vec<Dockerfile>,
    /// Compose files.
    pub composes: Vec<Compose>,
    /// Files that look like container files and were not read; a person may name them.
    pub passed_over: Vec<String>,
    /// What could not be read; where nobody named it, it stops nothing.
    pub problems: Vec<Diagnostic>,
}

impl Existing {
    /// Reads the files that were named, relative to the project's folder or absolute. Errors: one that
    /// is not there or cannot be read.
    pub fn named(root: &Path, paths: &[impl AsRef<Path>]) -> Result<Self> {
        let mut existing = Self::default();
        for path in paths {
            let shown = path.as_ref().display().to_string();
            let beside = root.join(path);
            let text = crate::disk::read_to_string(if beside.is_file() {
                beside.as_path()
            } else {
                path.as_ref()
            });
            match text {
                Ok(text) => existing.read(SourceFile::new(shown, text)),
                Err(error) => existing.problems.push(
                    Diagnostic::new(
                        rules::UNREADABLE_FILE,
                        format!("`{shown}` cannot be read: {error}"),
                    )
                    .with_help(
                        "name a Dockerfile or a compose file, relative to the project's folder",
                    ),
                ),
            }
        }
        Diagnostics::check(std::mem::take(&mut existing.problems))?;
        Ok(existing)
    }

    /// Reads what lies at the usual places of the root and of each folder in `members`. dfgen's own
    /// files say nothing new.
    pub fn found(tree: &SourceTree, members: &[&str]) -> Self {
        let mut existing = Self::default();
        let folders: Vec<String> = std::iter::once(&"")
            .chain(members)
            .flat_map(|member| {
                let usual = Folders::embedded().containers().iter();
                let own = std::iter::once((*member).to_owned());
                own.chain(usual.map(move |folder| join(member, folder)))
            })
            .collect();
        let usual: Vec<&str> = tree
            .lying()
            .filter(|path| folders.iter().any(|folder| parent(path) == folder))
            .collect();
        let named = super::named::named(tree, is_dockerfile);
        let is_beside = |path: &&str| named.iter().any(|named| parent(named) == parent(path));
        let composes = tree.lying().filter(|path| is_compose(path));
        for path in composes.filter(|path| usual.contains(path) || is_beside(path)) {
            existing.read_found(tree, path);
        }
        let mut built: Vec<String> = existing.composes.iter().flat_map(built_by).collect();
        built.extend(named);
        for path in tree.lying().filter(|path| is_dockerfile(path)) {
            let is_main = usual.contains(&path)
                && file_name(path).eq_ignore_ascii_case("Dockerfile")
                || usual.contains(&path) && file_name(path) == "Containerfile";
            if is_main || built.iter().any(|built| built == path) {
                existing.read_found(tree, path);
            } else if (usual.contains(&path) || is_elsewhere(tree, path)) && is_foreign(tree, path)
            {
                existing.passed_over.push(path.to_owned());
            }
        }
        existing.only_dockerfile(tree);
        let problems = std::mem::take(&mut existing.problems).into_iter();
        existing.problems = problems.map(Diagnostic::as_warning).collect();
        existing
    }

    /// Where there is one Dockerfile only, its name does not matter.
    fn only_dockerfile(&mut self, tree: &SourceTree) {
        if let ([only], true) = (self.passed_over.as_slice(), self.dockerfiles.is_empty()) {
            let only = only.clone();
            self.passed_over.clear();
            self.read_found(tree, &only);
        }
    }

    fn read_found(&mut self, tree: &SourceTree, path: &str) {
        if let Some(file) = tree.lying_text(path).filter(|_| is_foreign(tree, path)) {
            self.read(file);
        }
    }

    fn read(&mut self, file: SourceFile) {
        let path = file.path().to_string_lossy().into_owned();
        let problems = if has_extension(&path, "yaml") || has_extension(&path, "yml") {
            Compose::parse(file)
                .map(|compose| self.composes.push(compose))
                .err()
        } else {
            Dockerfile::parse(file)
                .map(|dockerfile| self.dockerfiles.push(dockerfile))
                .err()
        };
        self.problems.extend(problems.into_iter().flatten());
    }
}

/// Whether dfgen did not write it: what it wrote says nothing new.
fn is_foreign(tree: &SourceTree, path: &str) -> bool {
    let file = tree.lying_text(path);
    file.is_some_and(|file| authorship(path, file.text()) == Authorship::Foreign)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_compose(path: &str) -> bool {
    Dockerfiles::embedded().composes().contains(file_name(path))
}

fn is_dockerfile(path: &str) -> bool {
    let name = file_name(path).to_lowercase();
    let plain = name == "dockerfile"
        || name == "containerfile"
        || name.starts_with("dockerfile.")
        || has_extension(&name, "dockerfile");
    plain && !has_extension(&name, "dockerignore")
}

/// Whether a Dockerfile of an unusual folder is about a Python program: `docker/server/Dockerfile`.
fn is_elsewhere(tree: &SourceTree, path: &str) -> bool {
    let folder = parent(path);
    let parts = || folder.split('/').map(str::to_lowercase);
    let is_for_tests = parts().any(|part| part.contains("test") || part.contains("example"));
    let is_named = parts().any(|part| part.contains("docker") || part.contains("deploy"));
    let is_python = || {
        tree.lying_text(path).is_some_and(|file| {
            let text = file.text();
            ["python", "pip install", "uv sync", "uv pip"]
                .iter()
                .any(|word| text.contains(word))
        })
    };
    is_named && !is_for_tests && is_python()
}

/// The Dockerfiles that a compose file builds, relative to the project's root.
fn built_by(compose: &Compose) -> Vec<String> {
    let services = compose
        .services
        .iter()
        .filter_map(|service| service.build.as_ref());
    services.map(|(path, _)| beside(compose, path)).collect()
}

/// A path of a compose file, relative to the project's root.
fn beside(compose: &Compose, path: &str) -> String {
    beside_file(&compose.file.path().to_string_lossy(), path)
}

/// A path that a file names, relative to the project's root.
pub(super) fn beside_file(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let joined = join(parent(file), path);
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The images of existing Dockerfiles: the last stage of each, and each other stage that a compose file
/// builds and that is not for development.
pub fn images(existing: &Existing) -> Result<Vec<Image>> {
    let mut images = Vec::new();
    for dockerfile in &existing.dockerfiles {
        let path = dockerfile.file.path().to_string_lossy();
        let mut targets: Vec<Option<&str>> = Vec::new();
        for compose in &existing.composes {
            let services = compose
                .services
                .iter()
                .filter_map(|service| service.build.as_ref());
            let here = services.filter(|(built, _)| beside(compose, built) == path);
            targets.extend(here.map(|(_, target)| production(target.as_deref())));
        }
        if targets.is_empty() {
            targets.push(None);
        }
        targets.sort_unstable();
        targets.dedup();
        for target in targets {
            images.push(Image::of(dockerfile, target)?);
        }
    }
    Ok(images)
}

/// A build target that is not for development.
fn production(target: Option<&str>) -> Option<&str> {
    let development = [
        "dev",
        "develop",
        "development",
        "debug",
        "test",
        "testing",
        "local",
    ];
    target.filter(|target| !development.contains(target))
}

/// Whether a service of compose is built from the Dockerfile of an image, and its stage.
pub(crate) fn is_built_from(compose: &Compose, service: &ComposeService, image: &Image) -> bool {
    let built = service.build.as_ref();
    built.is_some_and(|(path, target)| {
        beside(compose, path) == image.file.path().to_string_lossy()
            && production(target.as_deref()) == image.target.as_deref()
    })
}

/// Puts what services start behind the entrypoints of the images that they are built from.
pub(crate) fn behind_entrypoints(existing: &mut Existing, images: &[Image]) {
    for compose in &mut existing.composes {
        let mut services = std::mem::take(&mut compose.services);
        for service in services.iter_mut().filter(|one| !one.has_entrypoint) {
            let image = images
                .iter()
                .find(|image| is_built_from(compose, service, image));
            if let (Some(image), Some(start)) = (image, &mut service.start)
                && let Some(whole) = start::behind(&image.entrypoint, &start.value)
            {
                start.value = whole;
                service.has_entrypoint = true;
            }
        }
        compose.services = services;
    }
}

/// The script of this name, where the project has one alone.
pub(crate) fn script_of(tree: &SourceTree, script: &str) -> Option<SourceFile> {
    let name = script.rsplit('/').next().unwrap_or(script);
    let mut paths = tree
        .lying()
        .filter(|path| path.rsplit('/').next() == Some(name));
    match (paths.next(), paths.next()) {
        (Some(only), None) => tree.lying_text(only),
        _ => None,
    }
}
