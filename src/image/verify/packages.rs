//! Distributions of an image beside the closure, and their files beside their RECORD.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use pep508_rs::pep440_rs::Version;

use super::expected::Expected;
use crate::image::owner::{Installed, environments, is_installer, source_of};
use crate::image::reading::{Entry, Kind, PathId};
use crate::image::report::Seen;

/// The environment that an image runs in, and those that it has besides.
pub(super) struct Environment<'s> {
    /// Its distributions.
    own: Vec<&'s Installed>,
    site: Option<PathId>,
    /// Other folders with distributions that no environment has by itself, and their names.
    pub(super) others: Vec<(String, Vec<String>)>,
}

impl Environment<'_> {
    pub(super) fn count(&self) -> usize {
        self.own.len()
    }
}

/// Files of a kind that are told by name before the rest is counted.
const SHOWN: usize = 8;

/// Finds the environment that has most of what is expected.
pub(super) fn environment<'s>(seen: &'s Seen<'_>, expected: &Expected) -> Environment<'s> {
    let is_there = |layer: usize, path: PathId| {
        let at = seen.fates.at(path);
        at.is_some_and(|(there, _)| there == layer)
    };
    let mut all = environments(&seen.owners.installed, is_there);
    let fits = |installed: &Vec<&Installed>| {
        let known = installed
            .iter()
            .filter(|one| expected.distributions.contains_key(&one.name));
        (known.count(), installed.len())
    };
    let site = all
        .iter()
        .max_by_key(|(_, installed)| fits(installed))
        .map(|(site, _)| *site);
    let own = site.and_then(|site| all.remove(&site)).unwrap_or_default();
    let others = all.into_iter().filter_map(|(site, installed)| {
        let names = installed
            .iter()
            .map(|one| one.name.clone())
            .filter(|name| !is_installer(name));
        let names: Vec<String> = names.collect();
        (!names.is_empty()).then(|| (seen.image.paths.shown(site), names))
    });
    Environment {
        own,
        site,
        others: others.collect(),
    }
}

/// Missing, other and further distributions.
pub(super) fn distributions(environment: &Environment<'_>, expected: &Expected) -> Vec<String> {
    let is: BTreeMap<&str, &str> = environment
        .own
        .iter()
        .map(|one| (one.name.as_str(), one.version.as_str()))
        .collect();
    let mut found = Vec::new();
    for (name, version) in &expected.distributions {
        match (is.get(name.as_str()), version) {
            (None, Some(version)) => found.push(format!("{name} {version} is missing")),
            (None, None) => found.push(format!("{name} is missing")),
            (Some(has), Some(version)) if Version::from_str(has).ok().as_ref() != Some(version) => {
                found.push(format!("{name} {has} is there, and the lock has {version}"));
            }
            _ => {}
        }
    }
    for (name, version) in is {
        if !expected.distributions.contains_key(name) {
            found.push(format!(
                "{name} {version} is there, and the lock asks for none in this image"
            ));
        }
    }
    let mut seen = BTreeSet::new();
    for one in &environment.own {
        if !seen.insert(&one.name) {
            found.push(format!("{} is there twice", one.name));
        }
    }
    found
}

/// Files that are not as their RECORD says, and those that no RECORD has.
pub(super) fn files(seen: &Seen<'_>, environment: &Environment<'_>) -> Vec<String> {
    let (mut changed, mut gone) = (Vec::new(), Vec::new());
    let mut listed = BTreeSet::new();
    for one in &environment.own {
        gone.extend(
            one.missing
                .iter()
                .map(|path| format!("{path} of {}", one.name)),
        );
        for file in &one.files {
            listed.insert(file.path);
            let shown = || format!("{} of {}", seen.image.paths.shown(file.path), one.name);
            match (entry(seen, file.path), file.digest) {
                (None, _) => gone.push(shown()),
                (Some(entry), Some(digest)) => {
                    let has = content(seen, entry).and_then(|entry| entry.digest.as_deref());
                    if has.is_some_and(|has| has.bytes() != &digest) {
                        changed.push(shown());
                    }
                }
                _ => {}
            }
        }
    }
    let unlisted = unlisted(seen, environment, &listed);
    let mut found = Vec::new();
    for (words, files) in [
        ("changed after it was installed", changed),
        ("in its RECORD and not in the image", gone),
        ("in no RECORD", unlisted),
    ] {
        let more = files.len().saturating_sub(SHOWN);
        found.extend(
            files
                .into_iter()
                .take(SHOWN)
                .map(|file| format!("{words}: {file}")),
        );
        if more > 0 {
            found.push(format!("{words}: {more} more"));
        }
    }
    found
}

/// What is at a path in the end.
fn entry<'s>(seen: &'s Seen<'_>, path: PathId) -> Option<&'s Entry> {
    let (layer, index) = seen.fates.at(path)?;
    Some(&seen.image.layers[layer].contents.entries[index])
}

/// The file itself behind a hard link; nothing behind a symbolic one.
fn content<'s>(seen: &'s Seen<'_>, at: &'s Entry) -> Option<&'s Entry> {
    match at.kind {
        Kind::File => Some(at),
        Kind::HardLink => {
            let mut layers = seen.image.layers.iter().rev();
            let target = layers.find_map(|layer| {
                let mut links = layer.contents.hard_links.iter();
                links.find(|(from, _)| *from == at.path).map(|(_, to)| *to)
            })?;
            entry(seen, target).filter(|target| target.kind == Kind::File)
        }
        _ => None,
    }
}

/// Code in the environment that no distribution lists: somebody put it there.
fn unlisted(
    seen: &Seen<'_>,
    environment: &Environment<'_>,
    listed: &BTreeSet<PathId>,
) -> Vec<String> {
    let Some(site) = environment.site else {
        return Vec::new();
    };
    let paths = &seen.image.paths;
    let is_code = |path: PathId| {
        let name = paths.name(path);
        let ends: [&[u8]; 4] = [b".py", b".so", b".pth", b".pyc"];
        ends.iter().any(|end| name.ends_with(end))
    };
    let is_known = |path: PathId| {
        listed.contains(&path)
            || source_of(paths, path).is_some_and(|source| listed.contains(&source))
    };
    let inner = paths
        .all()
        .filter(|path| is_code(*path) && !is_known(*path) && seen.fates.at(*path).is_some());
    let own = inner.filter(|path| paths.upwards(*path).any(|folder| folder == site));
    own.map(|path| paths.shown(path))
        .filter(|path| !path.contains("/_virtualenv"))
        .collect()
}
