//! Files of SQLite that variables of the source stand for: they lie in a volume that all images of a project share.

use crate::application::variables::{UNKNOWN, Unset, Variable};
use crate::catalog::{AddressPart, Sources};
use crate::plan::VolumePlan;
use crate::profile::Line;

/// The volume of SQLite files, for all images of a project: they share the database.
const SQLITE: &str = "sqlite";

/// Its folder.
const SQLITE_FOLDER: &str = "/var/lib/sqlite";

/// The place in the volume of the SQLite file that a variable stands for.
pub(super) fn file(variable: &Variable) -> Option<Line> {
    let engine = variable
        .part
        .as_ref()
        .and_then(|(_, engine)| engine.as_deref());
    let is_django = engine.is_some_and(|engine| engine.ends_with("sqlite3"))
        && matches!(variable.part, Some((AddressPart::Database, _)));
    let text = match &variable.unset {
        Unset::Text(text) => text.as_str(),
        _ if is_django => "",
        _ => return None,
    };
    if let Some((scheme, rest)) = text
        .split_once("://")
        .filter(|(scheme, _)| scheme.starts_with(SQLITE))
    {
        let (path, query) = rest
            .split_once('?')
            .map_or((rest, String::new()), |(path, query)| {
                (path, format!("?{query}"))
            });
        if path.trim_matches('/').is_empty() || path.contains(":memory:") {
            return None;
        }
        let file = file_name(path);
        return format!("{scheme}:///{SQLITE_FOLDER}/{file}{query}")
            .parse()
            .ok();
    }
    let is_file = Sources::embedded()
        .databases()
        .iter()
        .any(|end| text.ends_with(end))
        // `django.db.backends.sqlite3` is a module.
        && !text.contains("://")
        && !text.contains(".backends.");
    let path = (is_django || is_file).then(|| format!("{SQLITE_FOLDER}/{}", file_name(text)));
    path?.parse().ok()
}

fn file_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.is_empty() || name.contains(UNKNOWN) {
        "db.sqlite3"
    } else {
        name
    }
}

/// The volume.
pub(super) fn volume() -> VolumePlan {
    VolumePlan {
        name: SQLITE.to_owned(),
        folder: SQLITE_FOLDER.parse().expect("it is an absolute path"),
    }
}
