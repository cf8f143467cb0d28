//! Whether the new image has the program that a command starts.

use super::Keeper;
use crate::command::StartCommand;
use crate::project::source_tree::join;

impl Keeper<'_, '_, '_> {
    /// Whether the first word is a program that the new image has: of Python, of a locked package, of the project, or a
    /// file of it.
    pub(super) fn is_there(&self, words: &[String]) -> bool {
        let Some(first) = words.first() else {
            return false;
        };
        let inputs = self.survey.inputs;
        let plain = |name: &str| name.to_lowercase().replace(['_', '.'], "-");
        let name = first.rsplit('/').next().unwrap_or(first);
        let path = first.trim_start_matches("./");
        let is_locked = || {
            inputs
                .project
                .lock
                .packages()
                .any(|(_, one)| plain(one.name.as_ref()) == plain(name))
        };
        let is_own = || {
            let members = inputs
                .project
                .members
                .iter()
                .map(|member| &member.pyproject);
            let mut manifests = members.chain([&inputs.project.pyproject]);
            manifests.any(|manifest| has_script(manifest.file.text(), name))
        };
        let read = StartCommand::read(words);
        name.starts_with("python")
            || read.program.is_some()
            || first.contains('/')
                && inputs
                    .tree
                    .lies_there(&join(&self.folder(), path))
                    .is_some()
            || is_own()
            || is_locked()
            || self.kept.iter().any(|kept| {
                kept.path == ["apt", "runtime"] && kept.value.to_string().contains(name)
            })
    }
}

/// Whether a manifest has a script of this name.
fn has_script(manifest: &str, name: &str) -> bool {
    let table: Option<toml::Table> = manifest.parse().ok();
    let project = table.and_then(|table| table.get("project")?.get("scripts").cloned());
    project.is_some_and(|scripts| scripts.get(name).is_some())
}
