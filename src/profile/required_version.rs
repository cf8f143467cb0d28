//! `required-version`: which versions of dfgen may read the settings. It is asked before anything else of them is read, as
//! a dfgen that is too old does not know what the rest means.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::keys::Config;
use super::value::VersionRange;
use crate::diagnostic::{Diagnostic, Result, SourceFile};
use crate::rules;

/// All that is read of the settings, wherever they stand.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct SettingsWire {
    required_version: Option<Spanned<String>>,
    tool: ToolWire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ToolWire {
    dfgen: DfgenWire,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct DfgenWire {
    required_version: Option<Spanned<String>>,
}

impl Config {
    /// Errors: the settings of the project in a folder ask for another version of dfgen than this one. What else is wrong
    /// with them is told by who reads them.
    pub(crate) fn refuse_other_version(root: &Path, ours: &str) -> Result<()> {
        for name in ["dfgen.toml", "pyproject.toml"] {
            let Ok(Some(file)) = crate::project::read(root, name) else {
                continue;
            };
            // What cannot be shared is told by who reads the settings.
            let shared = crate::project::shared::shared(root, &file).unwrap_or_default();
            let shared = shared.iter().map(|shared| &shared.file);
            let problem = |file| other_version(file, ours);
            if let Some(problem) = std::iter::once(&file).chain(shared).find_map(problem) {
                return Err(problem.into());
            }
        }
        Ok(())
    }
}

fn other_version(file: &SourceFile, ours: &str) -> Option<Diagnostic> {
    let wire: SettingsWire = toml::from_str(file.text()).ok()?;
    let is_manifest = file.path().ends_with("pyproject.toml");
    let said = if is_manifest {
        wire.tool.dfgen.required_version
    } else {
        wire.required_version
    }?;
    let range: VersionRange = said.get_ref().parse().ok()?;
    let version = ours.parse().expect("Cargo takes no other version");
    if range.contains(&version) {
        return None;
    }
    let path = file.path().display();
    let problem = format!(
        "this is dfgen {ours}, and {path} asks for `{}`",
        range.as_ref()
    );
    Some(
        Diagnostic::new(rules::REQUIRED_VERSION, problem)
            .at(file.place(said.span(), format!("{ours} is not in it")))
            .with_help("take a dfgen that is: in a clone of it, at the tag of such a version, `cargo install --path .`")
            .with_help(format!("or let this one do: `required-version = \">={ours}\"`")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &str, text: &str, ours: &str) -> Option<String> {
        let problem = other_version(&SourceFile::new(path, text), ours);
        problem.map(|problem| problem.message().to_owned())
    }

    #[test]
    fn only_a_version_in_the_range_reads_on() {
        let dfgen = |text, ours| refused("dfgen.toml", text, ours);
        let text = "required-version = \">=0.2\"\nsome-new-key = 1\n";
        assert_eq!(
            dfgen(text, "0.1.0").unwrap(),
            "this is dfgen 0.1.0, and dfgen.toml asks for `>=0.2`"
        );
        assert_eq!(dfgen(text, "0.2.0"), None);
        assert_eq!(dfgen("required-version = \"0.1.0\"", "0.1.0"), None);
        assert!(dfgen("required-version = \"0.1.0\"", "0.1.1").is_some());
        assert!(dfgen("required-version = \">=0.1,<0.3\"", "0.3.0").is_some());
        let tool =
            "[tool.dfgen]\nrequired-version = \">=0.2\"\n[tool.uv]\nrequired-version = \">=9\"\n";
        assert!(refused("pyproject.toml", tool, "0.1.0").is_some());
        assert_eq!(refused("pyproject.toml", tool, "0.2.0"), None);
    }
}
