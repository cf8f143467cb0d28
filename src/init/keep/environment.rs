//! Environment variables.

use toml_edit::Value;

use super::Keeper;
use crate::catalog::Dockerfiles;
use crate::diagnostic::Place;
use crate::existing::{Variable, is_debug};
use crate::profile::{EnvName, Line};
use crate::secret::is_secret;

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
    let known = Dockerfiles::embedded();
    known.plumbing().contains(name) || known.plumbing_prefixes().begin(name)
}
