//! Folders that a container keeps outside itself: what its compose file mounts, and `VOLUME` of its Dockerfile.

use super::{Keeper, list};
use crate::diagnostic::Place;
use crate::existing::{Mount, Mounts, volumes_of};
use crate::plan::{Outcome, StepIn};
use crate::profile::DataFolder;

impl Keeper<'_, '_, '_> {
    /// What holds data is kept in volumes; the rest is left to a person.
    pub(super) fn mounts(&mut self) {
        let mut kept: Vec<(String, Place)> = Vec::new();
        for (place, mounts, why) in self.mounted() {
            let mut others: Vec<&str> = Vec::new();
            for mount in &mounts {
                match self.data(mount, &place) {
                    Some(folder) if kept.iter().all(|(known, _)| *known != folder) => {
                        kept.push((folder, place.clone()));
                    }
                    Some(_) => self.mark(&place, Outcome::Kept),
                    // `render` tells of it.
                    None if self.fills(mount, &place) => {}
                    None => others.push(&mount.target),
                }
            }
            if !others.is_empty() {
                self.leave(&place, &others.join(", "), why);
            }
        }
        for (folder, place) in self.stored() {
            if kept.iter().all(|(known, _)| !is_within(&folder, known)) {
                kept.push((folder, place));
            }
        }
        if let Some((_, place)) = kept.first() {
            let place = place.clone();
            let folders = kept.iter().map(|(folder, _)| folder);
            self.add(&["volumes"], list(folders), &place);
        }
    }

    /// The folders that are kept outside.
    pub(super) fn kept_folders(&self) -> Vec<String> {
        let mounted = self.mounted().into_iter();
        let folders = mounted.flat_map(|(place, mounts, _)| {
            let folders = mounts.iter().filter_map(|mount| self.data(mount, &place));
            folders.collect::<Vec<_>>()
        });
        let stored = self.stored().into_iter().map(|(folder, _)| folder);
        folders.chain(stored).collect()
    }

    /// The folders that variables name and that the application writes.
    fn stored(&self) -> Vec<(String, Place)> {
        let folder = self.folder();
        let mounts = Mounts {
            tree: &self.survey.inputs.tree,
            folder: &folder,
            image: self.run.map(|run| run.image),
        };
        let variables = self.run.into_iter().flat_map(|run| &run.image.env);
        let stored = variables.filter_map(|variable| {
            let folder: DataFolder = mounts.stored(&variable.value)?.parse().ok()?;
            Some((folder.as_ref().to_owned(), variable.place.clone()))
        });
        stored.collect()
    }

    /// What the compose file mounts and the image has as volumes, with what is said of those that are not kept.
    fn mounted(&self) -> Vec<(Place, Vec<Mount>, &'static str)> {
        let Some(run) = self.run else {
            return Vec::new();
        };
        let composed = run.compose.iter().map(|service| {
            let why = "mounted, and no data that the application writes: keep such mounts in a compose file of your own, `docker compose -f docker/compose.yaml -f YOURS up`";
            (service.place_of("volumes").clone(), service.mounts.clone(), why)
        });
        let own = volumes_of(run.image).into_iter().map(|(place, mounts)| {
            let why = "a VOLUME, and no data that the application writes";
            (place, mounts, why)
        });
        composed.chain(own).collect()
    }

    /// The folder of data that a mount keeps, as `volumes` says it.
    fn data(&self, mount: &Mount, place: &Place) -> Option<String> {
        let mounts = Mounts {
            tree: &self.survey.inputs.tree,
            folder: &self.folder(),
            image: self.run.map(|run| run.image),
        };
        let folder: DataFolder = mounts.data(mount, place)?.parse().ok()?;
        (!self.is_collected(&folder)).then(|| folder.as_ref().to_owned())
    }

    /// Whether a mount is over a folder that a step of the build fills.
    fn fills(&self, mount: &Mount, place: &Place) -> bool {
        let mounts = Mounts {
            tree: &self.survey.inputs.tree,
            folder: &self.folder(),
            image: self.run.map(|run| run.image),
        };
        let folder = mounts.data(mount, place).and_then(|data| data.parse().ok());
        folder.is_some_and(|folder| self.is_collected(&folder))
    }

    /// Whether a step of the build fills it: a volume would keep the files of its first start.
    fn is_collected(&self, folder: &DataFolder) -> bool {
        let steps = self.plan.iter().flat_map(|plan| &plan.steps);
        let mut kept = steps.flat_map(|step| match &step.value.place {
            StepIn::Here { keep, .. } => keep.as_slice(),
            StepIn::Elsewhere { .. } => &[],
        });
        kept.any(|path| *path == folder.in_image())
    }
}

/// Whether a folder is another one, or lies in it.
fn is_within(folder: &str, other: &str) -> bool {
    let rest = folder.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
