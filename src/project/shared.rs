//! Settings that several projects share: `extends` at the top of dfgen.toml, and what the files say that it leads to.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{git, read};
use crate::diagnostic::{Diagnostic, Place, Result, SourceFile};
use crate::rules;

/// A file of settings that another one extends.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    /// The file, with its path from the project's folder.
    pub(crate) file: SourceFile,
    /// Where the other one names it.
    pub(crate) asked: Place,
    /// Whether it lies outside of the repository of the project.
    pub(crate) is_outside: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SettingsWire {
    extends: Option<Spanned<String>>,
    tool: ToolWire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ToolWire {
    dfgen: DfgenWire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DfgenWire {
    extends: Option<Spanned<String>>,
}

/// What the settings of a project extend, the nearest first. Errors: a path that cannot be one, a file that is not there,
/// one that comes back to itself.
pub(crate) fn shared(root: &Path, own: &SourceFile) -> Result<Vec<Shared>> {
    let mut found: Vec<Shared> = Vec::new();
    let mut seen = vec![real(root, own.path())];
    let repository = git::top(root);
    while let Some(asked) = asked(found.last().map_or(own, |last| &last.file)) {
        let place = &asked.0;
        let path = path_of(place, &asked.1)?;
        let file = read(root, &path)?;
        let file = file.ok_or_else(|| refused(place, "there is no such file", &path))?;
        let real = real(root, file.path());
        if seen.contains(&real) {
            return Err(refused(place, "comes back to where it began", &path).into());
        }
        found.push(Shared {
            is_outside: repository
                .as_ref()
                .is_some_and(|top| !real.starts_with(top)),
            asked: place.clone(),
            file,
        });
        seen.push(real);
    }
    Ok(found)
}

/// What a file extends. One that cannot be read is told by who reads all of it.
fn asked(file: &SourceFile) -> Option<(Place, String)> {
    let wire: SettingsWire = file
        .text()
        .contains("extends")
        .then(|| toml::from_str(file.text()).ok())??;
    let is_manifest = file.path().ends_with("pyproject.toml");
    let asked = if is_manifest {
        wire.tool.dfgen.extends
    } else {
        wire.extends
    }?;
    let place = file.place(asked.span(), "");
    Some((place, asked.into_inner()))
}

/// The path from the project's folder of what a file names from its own.
fn path_of(asked: &Place, text: &str) -> Result<String> {
    let own = PathBuf::from(asked.path());
    let is_relative = !text.starts_with('/') && !text.contains([':', '\\']);
    if !is_relative || !text.ends_with("dfgen.toml") {
        let expected = "a path from this file to one whose name ends in `dfgen.toml`, with `/`";
        return Err(refused(asked, expected, text).into());
    }
    let mut parts: Vec<String> = Vec::new();
    let folder = own.parent().unwrap_or(Path::new(""));
    for part in folder.join(text).components() {
        match part {
            Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            Component::CurDir => {}
            part => parts.push(part.as_os_str().to_string_lossy().into_owned()),
        }
    }
    Ok(parts.join("/"))
}

fn refused(asked: &Place, label: &str, path: &str) -> Diagnostic {
    let shown = path.escape_debug();
    Diagnostic::new(
        rules::SHARED_SETTINGS,
        format!("the settings of `{shown}` cannot be shared"),
    )
    .at(asked.labelled(label))
    .with_help("`extends` names another dfgen.toml: `extends = \"../platform/dfgen.toml\"`")
}

fn real(root: &Path, path: &Path) -> PathBuf {
    let path = root.join(path);
    std::fs::canonicalize(&path).unwrap_or(path)
}
