//! Shared settings that lie outside of the project's repository: another checkout does not have them.

use super::inputs::Inputs;
use crate::diagnostic::Diagnostic;
use crate::rules;

/// One for each file; none where the whole project does not want to hear of it.
pub(super) fn told(inputs: &Inputs) -> Vec<Diagnostic> {
    let silence = &inputs.config.silence.value;
    let rule = rules::SETTINGS_OUTSIDE;
    if silence.iter().any(|name| name.as_ref() == rule.name()) {
        return Vec::new();
    }
    let told = inputs.config.outside().map(|asked| {
        Diagnostic::new(rule, "the shared settings lie outside of the repository")
            .at(asked.labelled("a checkout of this repository alone does not have it"))
            .with_help("keep them in the repository: in a folder beside the services, as a submodule or as a copy")
            .with_help("or, where every job has both checkouts: silence = [\"settings-outside\"] at the top of dfgen.toml")
    });
    told.collect()
}
