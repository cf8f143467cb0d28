//! The rules that a project does not want to hear of: `silence` at the top of its settings.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile, nearest};
use crate::profile::Config;
use crate::project;
use crate::rules;

/// The rules that the settings in a folder silence everywhere; none where there are no settings. Errors: settings that
/// cannot be read, a rule that does not exist.
pub fn silenced(folder: &Path) -> Result<Vec<String>> {
    let names: Vec<String> = match project::read(folder, "dfgen.toml")? {
        Some(file) => {
            let config = Config::in_folder(folder, file)?;
            config
                .silence
                .value
                .iter()
                .map(|name| name.as_ref().to_owned())
                .collect()
        }
        None => in_manifest(project::read(folder, "pyproject.toml")?),
    };
    let known: Vec<&str> = rules::findings_and_faults().collect();
    let unknown = names.iter().filter(|name| !known.contains(&name.as_str()));
    let problems = unknown.map(|name| {
        Diagnostic::new(
            rules::UNKNOWN_RULE,
            format!("`silence` names `{name}`, which is no rule"),
        )
        .with_help_some(nearest(name, known.iter().copied()))
    });
    Diagnostics::check(problems.collect())?;
    Ok(names)
}

fn in_manifest(file: Option<SourceFile>) -> Vec<String> {
    let table: Option<toml::Table> = file.and_then(|file| file.text().parse().ok());
    let list = table
        .as_ref()
        .and_then(|table| table.get("tool")?.get("dfgen")?.get("silence")?.as_array());
    let names = list.into_iter().flatten().filter_map(toml::Value::as_str);
    names.map(str::to_owned).collect()
}
