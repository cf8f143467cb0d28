//! What the project's own containers have beside their command: Debian packages, and folders that they keep. An image has
//! the same where its profile says nothing of them.

use crate::catalog::{DebianRelease, Dockerfiles, Executables, Package};
use crate::closure::Closure;
use crate::diagnostic::Place;
use crate::existing::{Image, Mount, Mounts, is_build_tool, volumes_of};
use crate::plan::base::{python, system};
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::run::containers::Own;
use crate::plan::run::entry::Application;
use crate::plan::run::own::own;
use crate::plan::{member, run};
use crate::profile::{AptPackage, DataFolder, Origin, Profile, Setting};

/// The profile with what its own container has.
pub(crate) fn told(inputs: &Inputs, profile: Profile) -> Profile {
    let (existing, images) = inputs.containers();
    if profile.development.value || images.is_empty() && existing.composes.is_empty() {
        return profile;
    }
    let told = read(inputs, &profile);
    let Some((packages, folders)) = told else {
        return profile;
    };
    let mut profile = profile;
    if let Some(packages) = packages.filter(|_| !profile.apt.runtime.origin.is_own()) {
        profile.apt.runtime = packages;
    }
    if let Some(folders) = folders.filter(|_| !profile.volumes.origin.is_own()) {
        profile.volumes = folders;
    }
    profile
}

type Told = (
    Option<Setting<Vec<AptPackage>>>,
    Option<Setting<Vec<DataFolder>>>,
);

fn read(inputs: &Inputs, profile: &Profile) -> Option<Told> {
    let subject = member::subject(inputs, profile).ok()?;
    let interpreter = python::interpreter(&subject).ok()?;
    let target = interpreter.target(profile.platforms.value[0]);
    let closure = inputs.closure(&interpreter.selection, &target).ok()?;
    let application = Application::new(&subject, &closure);
    let candidate = run::started(&subject, &application).ok()?;
    let own = own(&subject, &application, candidate);
    let started: Vec<_> = candidate.into_iter().collect();
    let images = inputs.catalog.base_images();
    let release = images.apt_names(interpreter.bases.runtime.value.as_ref());
    let scene = Scene {
        subject: &subject,
        closure: &closure,
        release: release.unwrap_or(DebianRelease::Trixie),
        executables: application.executables(&started).into_keys().collect(),
    };
    let packages = scene.packages(&own);
    let folders = scene.folders(&own);
    Some((said(packages), said(folders)))
}

/// The values as a setting, said where the first one is.
fn said<T>(found: Vec<(T, Place)>) -> Option<Setting<Vec<T>>> {
    let (_, place) = found.first()?;
    let origin = Origin::User(place.clone());
    let value = found.into_iter().map(|(one, _)| one).collect();
    Some(Setting { value, origin })
}

struct Scene<'s, 'p> {
    subject: &'s Subject<'p>,
    closure: &'s Closure<'p>,
    release: DebianRelease,
    /// The programs that the application starts.
    executables: Vec<String>,
}

impl Scene<'_, '_> {
    /// The Debian packages that the image needs when it runs.
    fn packages(&self, own: &[Own<'_>]) -> Vec<(AptPackage, Place)> {
        let mut found: Vec<(AptPackage, Place)> = Vec::new();
        if !system::can_install(self.subject) {
            return found;
        }
        for image in own.iter().filter_map(|own| own.image) {
            for package in &image.apt_runtime {
                let name = Dockerfiles::embedded().renamed(&package.value.package);
                let Some(name) = self.needed(image, name) else {
                    continue;
                };
                if found.iter().all(|(known, _)| *known != name) {
                    found.push((name, package.place.clone()));
                }
            }
        }
        found
    }

    /// A package of a Dockerfile under the name that the image's release has for it, where the image needs it.
    fn needed(&self, image: &Image, name: &str) -> Option<AptPackage> {
        let package: AptPackage = name.parse().ok()?;
        let is_started = self.executables.iter().any(|program| {
            let row = Executables::embedded().executable(program);
            row.is_some_and(|(_, row)| row.apt(self.release).contains(&package))
        });
        let is_idle = is_build_tool(name) || Dockerfiles::embedded().unneeded(name).is_some();
        if is_idle && !is_started {
            return None;
        }
        let package = self.of_release(image, package)?;
        (!self.is_judged(&package)).then_some(package)
    }

    /// The name on the image's release. Libraries have others from one release to the next, and Ubuntu others than Debian.
    fn of_release(&self, image: &Image, package: AptPackage) -> Option<AptPackage> {
        let inputs = self.subject.inputs;
        let libraries = inputs.catalog.libraries();
        let here = libraries.on(self.release);
        if here.contains_key(&package) || Executables::embedded().brings(&package, self.release) {
            return Some(package);
        }
        let renamed = DebianRelease::ALL.into_iter().find_map(|other| {
            let brought = libraries.on(other).get(&package)?;
            let mut same = here
                .iter()
                .filter(|(_, libraries)| !libraries.is_disjoint(brought));
            same.next().map(|(name, _)| name.clone())
        });
        let base = inputs.catalog.base_images().system(&image.base.value);
        let is_same = match base.map(|system| system.debian) {
            Some(Some(debian)) => debian == self.release || !package.as_str().starts_with("lib"),
            Some(None) | None => false,
        };
        renamed.or_else(|| is_same.then_some(package))
    }

    /// Whether the catalog knows that something locked needs a library where it is compiled, or from wherever it is
    /// installed: then that decided about it.
    fn is_judged(&self, package: &AptPackage) -> bool {
        let catalog = &self.subject.inputs.catalog;
        let asks = |needs: &Package| {
            needs.runtime(self.release).contains(package)
                || needs.compiled_runtime(self.release).contains(package)
        };
        let mut packages = self.closure.packages();
        package.as_str().starts_with("lib")
            && packages.any(|(_, locked, _)| {
                let row = catalog.package(&locked.name);
                row.is_some_and(|row| asks(row))
            })
    }

    /// The folders that its containers keep.
    fn folders(&self, own: &[Own<'_>]) -> Vec<(DataFolder, Place)> {
        let mut found: Vec<(DataFolder, Place)> = Vec::new();
        for one in own {
            let mounts = Mounts {
                tree: &self.subject.inputs.tree,
                folder: self.subject.folder,
                image: one.image,
            };
            let composed = one.service.iter();
            let composed = composed.map(|service| (service.place.clone(), service.mounts.clone()));
            let of_image = one.image.map(volumes_of).unwrap_or_default();
            let all: Vec<(Place, Vec<Mount>)> = composed.chain(of_image).collect();
            for (place, all) in all {
                let folders = all.iter().filter_map(|mount| mounts.data(mount, &place));
                for folder in folders.filter_map(|folder| folder.parse::<DataFolder>().ok()) {
                    if found.iter().all(|(known, _)| !is_within(&folder, known)) {
                        found.retain(|(known, _)| !is_within(known, &folder));
                        found.push((folder, place.clone()));
                    }
                }
            }
        }
        found
    }
}

/// Whether a folder is another one, or lies in it.
fn is_within(folder: &DataFolder, other: &DataFolder) -> bool {
    let rest = folder.as_ref().strip_prefix(other.as_ref());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
