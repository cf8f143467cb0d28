//! Packages of the system: dpkg's lists of files, apk's database.

use std::collections::BTreeMap;

use super::{Owner, OwnerKind};
use crate::image::reading::{Kept, PathId, Paths};

/// Every file that a package of the system has in this layer's databases, with its owner.
pub(super) fn listed(paths: &Paths, kept: &[Kept]) -> Vec<(Owner, PathId)> {
    let mut found = Vec::new();
    let versions = debian_versions(paths, kept);
    for one in kept {
        let text = String::from_utf8_lossy(&one.content);
        let name = String::from_utf8_lossy(paths.name(one.path));
        if let Some(package) = name.strip_suffix(".list") {
            let package = package.split(':').next().unwrap_or_default();
            let owner = Owner {
                kind: OwnerKind::Debian,
                name: package.to_owned(),
                version: versions.get(package).cloned(),
            };
            let files = text.lines().filter_map(|line| on_merged_usr(paths, line));
            found.extend(files.map(|path| (owner.clone(), path)));
        } else if name == "installed" {
            found.extend(alpine(paths, &text));
        }
    }
    found
}

/// Debian's /lib is /usr/lib, and its lists know both.
fn on_merged_usr(paths: &Paths, line: &str) -> Option<PathId> {
    let path = line.trim_start_matches('/');
    let known = paths.known(path.as_bytes());
    let merged = || paths.known(format!("usr/{path}").as_bytes());
    let apart = || paths.known(path.strip_prefix("usr/")?.as_bytes());
    known.or_else(merged).or_else(apart)
}

fn debian_versions(paths: &Paths, kept: &[Kept]) -> BTreeMap<String, String> {
    let of_dpkg = |one: &&Kept| {
        let folder = paths.parent(one.path).map(|folder| paths.name(folder));
        folder == Some(b"status.d") || paths.name(one.path) == b"status"
    };
    let mut versions = BTreeMap::new();
    for one in kept.iter().filter(of_dpkg) {
        let text = String::from_utf8_lossy(&one.content);
        let mut package = None;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("Package: ") {
                package = Some(name.trim().to_owned());
            } else if let Some(version) = line.strip_prefix("Version: ") {
                versions.extend(package.take().map(|name| (name, version.trim().to_owned())));
            }
        }
    }
    versions
}

/// `P:` name, `V:` version, `F:` folder, `R:` file.
fn alpine(paths: &Paths, text: &str) -> Vec<(Owner, PathId)> {
    let mut found = Vec::new();
    let mut owner = Owner {
        kind: OwnerKind::Alpine,
        name: String::new(),
        version: None,
    };
    let mut folder = "";
    for line in text.lines() {
        match line.split_once(':') {
            Some(("P", name)) => name.clone_into(&mut owner.name),
            Some(("V", version)) => owner.version = Some(version.to_owned()),
            Some(("F", path)) => folder = path,
            Some(("R", file)) => {
                let path = paths.known(format!("{folder}/{file}").as_bytes());
                found.extend(path.map(|path| (owner.clone(), path)));
            }
            _ => {}
        }
    }
    found
}
