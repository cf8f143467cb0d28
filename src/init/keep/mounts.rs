//! Folders that a container keeps outside itself: what its compose file mounts, and `VOLUME` of its Dockerfile.

use super::{Keeper, list};
use crate::diagnostic::Place;
use crate::existing::{Kind, Mount};
use crate::profile::DataFolder;
use crate::project::source_tree::{Lying, has_extension};

/// Folders of tools, which an image brings or does without.
const OF_TOOLS: [&str; 5] = [".venv", "venv", "node_modules", "__pycache__", ".cache"];

impl Keeper<'_, '_, '_> {
    /// What holds data is kept in volumes; the rest is left to a person.
    pub(super) fn mounts(&mut self) {
        let mut kept: Vec<(String, Place)> = Vec::new();
        for (place, mounts, why) in self.mounted() {
            let mut others: Vec<&str> = Vec::new();
            for mount in &mounts {
                match self.data(mount) {
                    Some(folder) if kept.iter().all(|(known, _)| *known != folder) => {
                        kept.push((folder, place.clone()));
                    }
                    Some(_) => {}
                    None => others.push(&mount.target),
                }
            }
            if !others.is_empty() {
                self.leave(&place, &others.join(", "), why);
            }
        }
        if let Some((_, place)) = kept.first() {
            let place = place.clone();
            let folders = kept.iter().map(|(folder, _)| folder);
            self.add(&["volumes"], list(folders), &place);
        }
    }

    /// What the compose file mounts and the image has as volumes, with what is said of those that are not kept.
    fn mounted(&self) -> Vec<(Place, Vec<Mount>, &'static str)> {
        let Some(run) = self.run else {
            return Vec::new();
        };
        let composed = run.compose.iter().map(|service| {
            let why = "mounted, and no data that the application writes: dfgen's compose file has no such mount, so keep a compose file of your own beside it for these";
            (service.place.clone(), service.mounts.clone(), why)
        });
        let instructions = run.image.instructions.iter();
        let own = instructions.filter_map(|instruction| {
            let Kind::Volume(folders) = &instruction.kind else {
                return None;
            };
            let mounts = folders.iter().map(|folder| Mount {
                source: None,
                target: folder.clone(),
                is_read_only: false,
            });
            let why = "a VOLUME, and no data that the application writes";
            Some((instruction.place.clone(), mounts.collect(), why))
        });
        composed.chain(own).collect()
    }

    /// The folder of data that a mount keeps, as `volumes` says it.
    fn data(&self, mount: &Mount) -> Option<String> {
        let source = mount.source.as_deref().unwrap_or_default();
        let is_of_host = source.starts_with(['/', '~', '$']);
        if mount.is_read_only || is_of_host || self.is_of_project(source) {
            return None;
        }
        let target = mount.target.trim_end_matches('/');
        let working_folder = self.working_folder();
        if target == working_folder {
            return None;
        }
        let below = target.strip_prefix(&format!("{working_folder}/"));
        let folder = below.unwrap_or(target);
        let is_of_tools = folder.split('/').any(|part| OF_TOOLS.contains(&part));
        let folder: DataFolder = folder.parse().ok().filter(|_| !is_of_tools)?;
        Some(folder.as_ref().to_owned())
    }

    /// Whether a path of the host is source of the project, or one of its files.
    fn is_of_project(&self, source: &str) -> bool {
        if !source.starts_with('.') {
            return false;
        }
        let path = source.trim_start_matches("./").trim_end_matches('/');
        if path.is_empty() || path == "." || path.starts_with("..") {
            return true;
        }
        let path = self.below_root(path);
        let tree = &self.survey.inputs.tree;
        let has_code = tree.below(&path).any(|file| has_extension(file, "py"));
        let is_file = match tree.lies_there(&path) {
            Some(lying) => lying == Lying::File,
            None => path
                .rsplit('/')
                .next()
                .is_some_and(|name| name.contains('.')),
        };
        has_code || is_file
    }

    /// The folder in which the existing image runs; the source is there.
    fn working_folder(&self) -> String {
        let instructions = self.run.map(|run| run.image.instructions.as_slice());
        let mut folders = instructions.unwrap_or_default().iter().rev();
        let folder = folders.find_map(|instruction| match &instruction.kind {
            Kind::Workdir(path) if path.starts_with('/') => Some(path.trim_end_matches('/')),
            _ => None,
        });
        let folder = folder.filter(|folder| !folder.is_empty());
        folder.unwrap_or("/app").to_owned()
    }
}
