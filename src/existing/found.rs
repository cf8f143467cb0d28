//! The container files of a project: those that were named, else those at the usual places.

use std::path::Path;

use super::above::Above;
use super::built::{beside, images_of};
use super::checksum::{Authorship, authorship};
use super::joined::joined;
use super::{Compose, Dockerfile, Image};
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
        existing.with_built(root);
        let manifest = std::fs::read_to_string(root.join("pyproject.toml")).ok();
        let Self {
            dockerfiles,
            composes,
            ..
        } = &mut existing;
        joined(
            composes,
            dockerfiles,
            manifest.as_deref().and_then(name).as_deref(),
        );
        Ok(existing)
    }

    /// The Dockerfiles that compose files build which were named, and their paths seen from the project.
    fn with_built(&mut self, root: &Path) {
        let mut wanted: Vec<String> = Vec::new();
        for compose in &mut self.composes {
            let folder = root.join(parent(&compose.file.path().to_string_lossy()));
            let is_outside =
                compose.file.path().starts_with("..") || compose.file.path().is_absolute();
            for service in &mut compose.services {
                let Some((path, _)) = &mut service.build else {
                    continue;
                };
                let own = std::path::absolute(root).and_then(std::fs::canonicalize);
                let lying = std::fs::canonicalize(folder.join(&*path));
                if let (Ok(own), Ok(lying)) = (own, lying)
                    && let Ok(inside) = lying.strip_prefix(own)
                {
                    let inside = inside.to_string_lossy().into_owned();
                    if is_outside {
                        path.clone_from(&inside);
                    }
                    wanted.push(inside);
                }
            }
        }
        for path in wanted {
            let is_known = self
                .dockerfiles
                .iter()
                .any(|one| one.file.path() == Path::new(&path));
            if let (false, Ok(text)) = (is_known, std::fs::read_to_string(root.join(&path))) {
                self.read(SourceFile::new(path, text));
            }
        }
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
        let is_here = |path: &&str| usual.contains(path) || is_beside(path);
        let is_deeper = |path: &str| folders.iter().any(|folder| parent(parent(path)) == folder);
        let read =
            composes.filter(|path| is_here(path) || is_deeper(path) && builds_around(tree, path));
        for path in read {
            existing.read_found(tree, path);
        }
        existing.taken_in(tree);
        existing.further_composes(tree, is_here);
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
        existing.read_above(tree);
        existing.join(tree);
        existing
    }

    /// Container files above the project that build it.
    fn read_above(&mut self, tree: &SourceTree) {
        let above = Above::find(tree, is_dockerfile, is_compose, is_foreign);
        self.dockerfiles.extend(above.dockerfiles);
        self.composes.extend(above.composes);
    }

    /// What several files say together; problems of files that nobody named stop nothing.
    fn join(&mut self, tree: &SourceTree) {
        let manifest = tree.text("pyproject.toml");
        let Self {
            dockerfiles,
            composes,
            ..
        } = self;
        let project = manifest.and_then(|file| name(file.text()));
        joined(composes, dockerfiles, project.as_deref());
        let problems = std::mem::take(&mut self.problems).into_iter();
        self.problems = problems.map(Diagnostic::as_warning).collect();
    }

    /// Compose files that others take in, or whose services they extend.
    fn taken_in(&mut self, tree: &SourceTree) {
        let mut at = 0;
        while let Some(compose) = self.composes.get(at) {
            let paths: Vec<String> = compose
                .others
                .iter()
                .map(|path| beside(compose, path))
                .collect();
            for path in paths {
                let is_known = self
                    .composes
                    .iter()
                    .any(|one| one.file.path() == Path::new(&path));
                if !is_known {
                    self.read_found(tree, &path);
                }
            }
            at += 1;
        }
    }

    /// Compose files of other names: one for production that builds here is read where no plain one does, others are told.
    fn further_composes(&mut self, tree: &SourceTree, is_here: impl Fn(&&str) -> bool) {
        let others = tree
            .lying()
            .filter(|path| is_further_compose(path))
            .filter(is_here);
        for path in others.filter(|path| is_foreign(tree, path)) {
            if self
                .composes
                .iter()
                .any(|one| one.file.path() == Path::new(path))
            {
                continue;
            }
            let is_for_production = file_name(path).contains("prod");
            let builds = |compose: &Compose| compose.services.iter().any(|one| one.build.is_some());
            let is_open = !self.composes.iter().any(builds);
            let read = tree
                .lying_text(path)
                .and_then(|file| Compose::parse(file).ok());
            match read.filter(|compose| is_for_production && is_open && builds(compose)) {
                Some(compose) => self.composes.push(compose),
                None => self.passed_over.push(path.to_owned()),
            }
        }
    }

    /// Adds compose files beside the project's folder that build it: a person may name them.
    pub fn tell_parent(&mut self, root: &Path) {
        let root = std::fs::canonicalize(root);
        let Some((folder, name)) = root
            .as_ref()
            .ok()
            .and_then(|root| Some((root.parent()?, root.file_name()?)))
        else {
            return;
        };
        let name = name.to_string_lossy();
        for file in Dockerfiles::embedded().composes().iter() {
            let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            let read = Compose::parse(SourceFile::new(file, text)).ok();
            let services = read.iter().flat_map(|compose| &compose.services);
            let mut builds = services.filter_map(|service| service.build.as_ref());
            let path = format!("../{file}");
            let is_read = self
                .composes
                .iter()
                .any(|one| one.file.path() == Path::new(&path));
            if !is_read && builds.any(|(path, _)| path.starts_with(&format!("{name}/"))) {
                self.passed_over.push(path);
            }
        }
    }

    /// Dockerfiles that could be the project's, where none is plainly it: a person has to name one.
    pub fn undecided(&self) -> Vec<&str> {
        let all = self.passed_over.iter().map(String::as_str);
        let dockerfiles: Vec<&str> = all.filter(|path| is_dockerfile(path)).collect();
        if self.dockerfiles.is_empty() && dockerfiles.len() > 1 {
            dockerfiles
        } else {
            Vec::new()
        }
    }

    /// Where there is one Dockerfile only, its name does not matter.
    fn only_dockerfile(&mut self, tree: &SourceTree) {
        let mut found = self.passed_over.iter().filter(|path| is_dockerfile(path));
        if let (Some(only), None, true) = (
            found.next().cloned(),
            found.next(),
            self.dockerfiles.is_empty(),
        ) {
            self.passed_over.retain(|path| *path != only);
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

/// Whether a compose file in a folder of its own builds with the project's folder: `docker/cpu/compose.yaml`, whose context
/// is `../..`.
fn builds_around(tree: &SourceTree, path: &str) -> bool {
    let read = tree
        .lying_text(path)
        .and_then(|file| Compose::parse(file).ok());
    let up = "../".repeat(path.matches('/').count());
    let services = read.iter().flat_map(|compose| &compose.services);
    let mut built = services.filter_map(|service| service.build.as_ref());
    built.any(|(dockerfile, _)| dockerfile.starts_with(&up))
}

/// The name of the project that a manifest is of.
fn name(manifest: &str) -> Option<String> {
    let table: toml::Table = manifest.parse().ok()?;
    let name = table.get("project")?.get("name")?.as_str()?;
    Some(name.to_owned())
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

/// `compose.prod.yaml`, `docker-compose.dev.yml`.
fn is_further_compose(path: &str) -> bool {
    let name = file_name(path);
    let is_yaml = has_extension(name, "yaml") || has_extension(name, "yml");
    let begins = ["compose.", "docker-compose.", "compose-", "docker-compose-"];
    is_yaml && !is_compose(path) && begins.iter().any(|start| name.starts_with(start))
}

/// Whether a file is called as Dockerfiles are.
pub(crate) fn is_dockerfile(path: &str) -> bool {
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

/// The images of existing Dockerfiles: the last stage of each, and each other stage that a compose file
/// builds and that is not for development.
pub fn images(existing: &Existing) -> Result<Vec<Image>> {
    images_of(&existing.dockerfiles, &existing.composes)
}
