//! Variables of a container, as an image of dfgen's that runs the same application has them.

use super::image::Variable;
use super::mounts::Mounts;
use crate::catalog::Dockerfiles;

/// The folder of the application in every image of dfgen's.
const APPLICATION: &str = "/app";

/// What becomes of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Carried {
    /// It has this value.
    As(String),
    /// It is for the build, or what is needed is set anyway.
    Plumbing,
    /// Its value is only known when the image is built.
    Unknown,
    /// It names a place that only that container has.
    Elsewhere,
    /// It says nothing, or what is said in another way.
    Idle,
}

impl Mounts<'_> {
    /// What becomes of a variable of the container; `kept` are folders that both keep outside.
    pub(crate) fn carried(&self, variable: &Variable, kept: &[&str]) -> Carried {
        let Variable { name, value } = variable;
        let known = Dockerfiles::embedded();
        if known.plumbing().contains(name) || known.plumbing_prefixes().begin(name) {
            return Carried::Plumbing;
        }
        if value.is_empty() || name == "PORT" && value.parse::<u16>().is_ok() {
            return Carried::Idle;
        }
        if value.contains('$') {
            return Carried::Unknown;
        }
        if let Some((scheme, path)) = value.split_once(":///").filter(|(scheme, path)| {
            scheme.starts_with("sqlite") && path.starts_with('/') && !path.contains('?')
        }) {
            let path = self.path(path, kept);
            return path.map_or(Carried::Elsewhere, |path| {
                Carried::As(format!("{scheme}:///{path}"))
            });
        }
        let scheme = value.split_once("://").map(|(scheme, _)| scheme);
        if scheme.is_some_and(|scheme| !matches!(scheme, "http" | "https")) {
            // An address or a file of a database: compose says where that is.
            return Carried::Elsewhere;
        }
        if !value.starts_with('/') {
            return Carried::As(value.clone());
        }
        self.path(value, kept)
            .map_or(Carried::Elsewhere, Carried::As)
    }

    /// Where a path of the container is in the image.
    fn path(&self, path: &str, kept: &[&str]) -> Option<String> {
        if path.contains([':', ' ']) {
            return None;
        }
        let is_below = |folder: &str| {
            let rest = path.strip_prefix(folder.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_there = kept
            .iter()
            .any(|folder| folder.starts_with('/') && is_below(folder));
        if is_there || is_below("/tmp") || is_below("/dev/shm") {
            return Some(path.to_owned());
        }
        match self.inside(path)?.as_str() {
            "" => Some(APPLICATION.to_owned()),
            inside => Some(format!("{APPLICATION}/{inside}")),
        }
    }
}
