//! Environment variables.

use toml_edit::Value;

use super::Keeper;
use crate::diagnostic::Place;
use crate::existing::{Variable, is_debug};
use crate::profile::{EnvName, Line};
use crate::secret::is_secret;

/// Variables of the tools that build, and of Python where dfgen decides.
const PLUMBING: [&str; 22] = [
    "PATH",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONFAULTHANDLER",
    "PYTHONHASHSEED",
    "PYTHONOPTIMIZE",
    "DEBIAN_FRONTEND",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LANGUAGE",
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    "HOME",
    "USER",
    "PWD",
    "TERM",
    "SHELL",
    "PYTHON_VERSION",
    "PROJECT_ROOT",
];

const PLUMBING_PREFIXES: [&str; 9] = [
    "UV_",
    "PIP_",
    "POETRY_",
    "PDM_",
    "NPM_",
    "PNPM_",
    "COREPACK_",
    "NVIDIA_",
    "CUDA_",
];

impl Keeper<'_, '_, '_> {
    pub(super) fn environment(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        for variable in &run.image.env {
            self.variable(&variable.value, &variable.place);
        }
    }

    fn variable(&mut self, variable: &Variable, place: &Place) {
        let Variable { name, value } = variable;
        // Both are told as faults.
        if is_secret(name, value) || is_debug(name, value) {
            return;
        }
        if is_plumbing(name) {
            self.drop(
                place,
                name,
                "it is for the build, or dfgen sets what is needed",
            );
            return;
        }
        let planned = self.plan.as_ref().and_then(|plan| {
            let mut env = plan.env.iter();
            env.find(|(known, _)| known.as_ref() == name)
                .map(|(_, value)| value.value.as_ref().to_owned())
        });
        if planned.as_deref() == Some(value.as_str()) {
            return;
        }
        if name == "PORT" && value.parse::<u16>().is_ok() {
            return;
        }
        if value.contains('$') {
            self.leave(
                place,
                &format!("{name}={value}"),
                "its value is only known when the image is built",
            );
        } else if name.parse::<EnvName>().is_err() || value.parse::<Line>().is_err() {
            self.leave(place, name, "not a variable of one line");
        } else {
            self.add(&["env", name], Value::from(value.as_str()), place);
        }
    }
}

fn is_plumbing(name: &str) -> bool {
    PLUMBING.contains(&name)
        || PLUMBING_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}
