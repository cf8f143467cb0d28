//! Which wheels are read, and where the lock says that they are.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use crate::catalog::Catalog;
use crate::closure::Closure;
use crate::lock::{Artifact, Distribution, PackageId, Source};
use crate::project::Project;
use crate::secret::Url;
use crate::wheel::{Place, Wanted};

/// The wheel of a package; `None` for what is built from something else.
pub(super) fn of(project: &Project, closure: &Closure<'_>, id: PackageId) -> Option<Wanted> {
    let Distribution::Wheel(wheel) = closure.distribution(id) else {
        return None;
    };
    let package = closure.lock().package(id);
    let mut as_built = Catalog::embedded().trim().as_built();
    Some(Wanted {
        filename: wheel.filename.clone(),
        place: place(&project.root, &package.source, wheel),
        hash: wheel.hash.clone(),
        size: wheel.size,
        symbols: !as_built.any(|pattern| pattern.matches(&package.name)),
    })
}

fn place(root: &Path, source: &Source, wheel: &Artifact) -> Option<Place> {
    let url = wheel.url.as_ref().map(Url::as_written);
    match (url, &wheel.path, source) {
        (Some(url), ..) => Some(of_url(root, url)),
        (None, Some(path), Source::Registry(folder)) => {
            let folder = match of_url(root, folder.as_written()) {
                Place::File(folder) => folder,
                Place::Remote(_) => return None,
            };
            Some(Place::File(folder.join(path)))
        }
        (None, Some(path), _) => Some(Place::File(root.join(path))),
        (None, None, Source::Path(path)) => Some(Place::File(root.join(path))),
        (None, None, Source::Url(url)) => Some(of_url(root, url.as_written())),
        (None, None, _) => None,
    }
}

/// A URL, or a path seen from the lock.
fn of_url(root: &Path, text: &str) -> Place {
    if let Some(path) = text.strip_prefix("file://") {
        let path = path.split(['#', '?']).next().unwrap_or(path);
        let path = path.strip_prefix("localhost").unwrap_or(path);
        let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
        return Place::File(PathBuf::from(path));
    }
    if text.contains("://") {
        return Place::Remote(text.into());
    }
    Place::File(root.join(text))
}

/// The names and URLs of a project's indexes: logins are by them.
pub(super) fn indexes(project: &Project) -> Vec<(Option<String>, String)> {
    let indexes = project.manifests().flat_map(|manifest| &manifest.uv.index);
    indexes
        .map(|index| (index.name.clone(), index.url.as_written().to_owned()))
        .collect()
}
