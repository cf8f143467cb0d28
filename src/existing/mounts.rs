//! Which of the folders that a container keeps outside itself hold data that its application writes.

use super::above::seen;
use super::built::beside_file;
use super::compose::Mount;
use super::dockerfile::Kind;
use super::image::Image;
use crate::catalog::Sources;
use crate::diagnostic::Place;
use crate::project::source_tree::{Lying, SourceTree, has_extension, join};

/// Folders of tools, which an image brings or does without.
pub(super) const OF_TOOLS: [&str; 5] = [".venv", "venv", "node_modules", "__pycache__", ".cache"];

/// Folders that belong to the system, and to who runs the container.
const OF_SYSTEM: [&str; 7] = ["/dev", "/etc", "/proc", "/run", "/sys", "/tmp", "/var/run"];

/// The project that mounts are held against.
#[derive(Clone, Copy)]
pub(crate) struct Mounts<'a> {
    /// Its files.
    pub(crate) tree: &'a SourceTree,
    /// The folder of the project or member.
    pub(crate) folder: &'a str,
    /// What the container is made from, where that is known.
    pub(crate) image: Option<&'a Image>,
}

impl Mounts<'_> {
    /// The folder of data that a mount keeps, as `volumes` says it: below the application's folder, or absolute. None for
    /// source, files, sockets, and what cannot be written. `place` is where it is said.
    pub(crate) fn data(&self, mount: &Mount, place: &Place) -> Option<String> {
        let source = mount.source.as_deref().unwrap_or_default();
        if mount.is_read_only || self.is_of_project(source, place) {
            return None;
        }
        let target = mount.target.trim_end_matches('/');
        if is_of_system(target) || is_of_host(source) && has_ending(target) {
            return None;
        }
        let folder = self.in_application(target)?;
        let is_of_tools = folder.split('/').any(|part| OF_TOOLS.contains(&part));
        (!folder.is_empty() && !is_of_tools).then_some(folder)
    }

    /// A path of the container, seen from the application's folder of the project; absolute where it lies elsewhere. None
    /// for the folder of the source itself.
    fn in_application(&self, target: &str) -> Option<String> {
        let Some(inside) = self.inside(target) else {
            return Some(target.to_owned());
        };
        let is_copied = self.copied(target).is_some();
        let is_source = |path: &str| {
            let mut files = self.tree.below(path);
            files.any(|file| has_extension(file, "py"))
        };
        let is_source = is_copied && is_source(&join(self.folder, &inside));
        (!inside.is_empty() && !is_source).then_some(inside)
    }

    /// A path of the container, seen from the application's folder of the project. None where it lies elsewhere.
    pub(crate) fn inside(&self, target: &str) -> Option<String> {
        match self.copied(target) {
            Some(source) => Some(below(&source, self.folder).unwrap_or(source)),
            None => below(target, &self.working_folder()),
        }
    }

    /// The same of a path that begins where the container runs.
    pub(crate) fn inside_from(&self, path: &str) -> Option<String> {
        let folder = self.working_folder();
        self.inside(&format!("{}/{path}", folder.trim_end_matches('/')))
    }

    /// What of the project lies at a path of the container: `COPY ./app /code` has what the source has at `app`.
    fn copied(&self, target: &str) -> Option<String> {
        let copied = self.image.iter().flat_map(|image| &image.copied);
        let folders =
            copied.filter(|one| one.value.source == "." || self.tree.has_folder(&one.value.source));
        let around = folders.filter_map(|one| {
            let rest = below(target, one.value.target.trim_end_matches('/'))?;
            Some((
                one.value.target.len(),
                one.value.source.trim_matches('.'),
                rest,
            ))
        });
        let (_, source, rest) = around.max_by_key(|(length, ..)| *length)?;
        Some(join(source, &rest).trim_end_matches('/').to_owned())
    }

    /// Whether a path of the host is source of the project, or one of its files.
    fn is_of_project(&self, source: &str, place: &Place) -> bool {
        if !source.starts_with('.') {
            return false;
        }
        let file = place.path();
        let around = self.tree.around().filter(|_| file.starts_with("../"));
        let path = match around {
            Some((_, name)) => seen(&file, source, name),
            None => beside_file(&file, source),
        };
        let path = if path == "." { String::new() } else { path };
        let own = join(self.folder, &path);
        let there = |path: &str| self.tree.lies_there(path);
        let path = if there(&path).is_none() && there(&own).is_some() {
            own
        } else {
            path
        };
        if path.is_empty() || path == self.folder {
            return true;
        }
        let pages = Sources::embedded().pages();
        let is_source = |file: &str| {
            has_extension(file, "py") || pages.iter().any(|end| has_extension(file, end))
        };
        let has_code = self.tree.below(&path).any(is_source);
        let is_file = match there(&path) {
            Some(lying) => lying == Lying::File,
            None => has_ending(&path),
        };
        has_code || is_file
    }

    /// The folder in which the container runs; the source is there.
    fn working_folder(&self) -> String {
        let instructions = self.image.map(|image| image.instructions.as_slice());
        let mut folders = instructions.unwrap_or_default().iter().rev();
        let folder = folders.find_map(|instruction| match &instruction.kind {
            Kind::Workdir(path) if path.starts_with('/') => Some(path.trim_end_matches('/')),
            _ => None,
        });
        let folder = folder.filter(|folder| !folder.is_empty());
        folder.unwrap_or("/app").to_owned()
    }
}

/// What of a path lies below a folder.
fn below(path: &str, folder: &str) -> Option<String> {
    let rest = path.strip_prefix(folder)?;
    let is_below = folder.is_empty() || rest.is_empty() || rest.starts_with('/');
    is_below.then(|| rest.trim_start_matches('/').to_owned())
}

pub(super) fn is_of_system(target: &str) -> bool {
    let mut folders = OF_SYSTEM.iter();
    folders.any(|top| target == *top || target.starts_with(&format!("{top}/")))
}

/// Whether a folder is one that somebody has on the host already.
fn is_of_host(source: &str) -> bool {
    source.starts_with(['/', '~', '$'])
}

/// Whether the last part of a path has an ending, as files have.
pub(super) fn has_ending(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.trim_start_matches('.').contains('.')
}

/// What the Dockerfile of an image keeps outside, each with its line.
pub(crate) fn volumes_of(image: &Image) -> Vec<(Place, Vec<Mount>)> {
    let volumes = image.instructions.iter().filter_map(|instruction| {
        let Kind::Volume(folders) = &instruction.kind else {
            return None;
        };
        let mounts = folders.iter().map(|folder| Mount {
            source: None,
            target: folder.clone(),
            is_read_only: false,
        });
        Some((instruction.place.clone(), mounts.collect()))
    });
    volumes.collect()
}
