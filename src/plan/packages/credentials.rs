//! Credentials that builds ask for: which, and by which name.
//!
//! uv reads those of an index from environment variables named for it; the build gets them as secrets,
//! which no image layer and no history holds. What comes from elsewhere over HTTP (Git, a URL) is asked
//! for with a file of logins, `.netrc`, which Git and uv read alike: one secret for any number of hosts,
//! and a build without it works as long as nobody asks.

use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Result};
use crate::lock::{Lock, Package, Source};
use crate::plan::inputs::Subject;
use crate::profile::EnvName;
use crate::project::Pyproject;
use crate::project::credentials::variables;
use crate::project::pyproject::IndexTable;
use crate::rules;
use crate::secret::Url;

/// The variables of all indexes that ask for credentials. Errors: an index that asks and has no name to
/// ask by.
pub(crate) fn secrets(subject: &Subject<'_>) -> Result<Vec<EnvName>> {
    let project = &subject.inputs.project;
    let indexes = || {
        project
            .manifests()
            .flat_map(|manifest| manifest.uv.index.iter().map(move |index| (manifest, index)))
    };
    let asking = || indexes().filter(|(_, index)| asks(index.authenticate.as_deref(), &index.url));
    let nameless = asking().filter(|(_, index)| index.name.is_none());
    Diagnostics::check(
        nameless
            .map(|(manifest, index)| no_name(manifest, index))
            .collect(),
    )?;
    let names = asking().filter_map(|(_, index)| index.name.as_deref());
    // What is no letter or digit of an index's name became `_`: nothing is left out.
    let mut found: Vec<EnvName> = names
        .flat_map(variables)
        .filter_map(|name| name.parse().ok())
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|name| seen.insert(name.clone()));
    Ok(found)
}

/// Whether the index of a URL wants to know who asks.
pub(crate) fn asks(authenticate: Option<&str>, url: &Url) -> bool {
    authenticate == Some("always") || url.has_user()
}

/// Whether something of the closures, or what builds them, may be asked for by `.netrc`.
pub(crate) fn asks_netrc(subject: &Subject<'_>, closures: &[Closure<'_>]) -> bool {
    let packages = || closures.iter().flat_map(Closure::packages);
    packages().any(|(_, package, _)| is_fetched(package)) || builds_fetch(subject)
}

/// Whether it comes from a place that is no index, over HTTP.
fn is_fetched(package: &Package) -> bool {
    match &package.source {
        Source::Git(url) | Source::Url(url) => is_http(url.as_written()),
        _ => false,
    }
}

fn is_http(url: &str) -> bool {
    let url = url.strip_prefix("git+").unwrap_or(url);
    url.starts_with("https://") || url.starts_with("http://")
}

/// Whether a requirement of a build is a URL.
fn builds_fetch(subject: &Subject<'_>) -> bool {
    let project = &subject.inputs.project;
    let local = project.path_dependencies.iter().map(|one| &one.pyproject);
    let systems = project.manifests().chain(local);
    let systems = systems.filter_map(|manifest| manifest.build_system.as_ref());
    let mut own = systems.flat_map(|system| &system.requires);
    let extra = project.pyproject.uv.extra_build_dependencies.values();
    let mut extra = extra.flatten().map(|one| one.requirement());
    let is_url = |requirement: &str| {
        let url = requirement.split_once('@').map(|(_, url)| url.trim());
        url.is_some_and(is_http)
    };
    own.any(|one| is_url(one)) || extra.any(is_url)
}

/// Whether writing the recipe downloads: uv looks up the hashes that the lock does not have.
pub(crate) fn recipe_downloads(lock: &Lock) -> bool {
    let remote = lock
        .packages()
        .filter(|(_, package)| match &package.source {
            Source::Registry(url) | Source::Url(url) => url.is_remote(),
            _ => false,
        });
    let mut artifacts = remote.flat_map(|(_, package)| package.wheels.iter().chain(&package.sdist));
    artifacts.any(|artifact| artifact.hash.is_none())
}

fn no_name(manifest: &Pyproject, index: &IndexTable) -> Diagnostic {
    let place: Place = manifest
        .file
        .place_of(index.url.as_written(), "asks for credentials");
    Diagnostic::new(
        rules::NAMELESS_INDEX,
        "an index that asks for credentials has no name",
    )
    .at(place)
    .with_note("uv reads them from UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD")
    .with_help("give it one: `name = \"private\"` in its [[tool.uv.index]]")
}

#[cfg(test)]
mod tests {
    use super::{asks, is_http};
    use crate::project::credentials::variables;

    #[test]
    fn who_asks_is_told_apart_from_where() {
        assert!(asks(None, &"https://me@pkgs.example/simple".into()));
        assert!(asks(Some("always"), &"https://pkgs.example/simple".into()));
        assert!(!asks(Some("never"), &"https://pkgs.example/simple".into()));
        assert_eq!(variables("acme-pypi.2")[0], "UV_INDEX_ACME_PYPI_2_USERNAME");
        assert!(is_http("git+https://host/a.git") && !is_http("ssh://git@host/a.git"));
    }
}
