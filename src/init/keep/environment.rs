//! Environment variables.

use toml_edit::Value;

use super::Keeper;
use crate::diagnostic::Place;
use crate::existing::{Carried, Mounts, Variable, is_debug};
use crate::plan::Outcome;
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
        // What an argument of the build decides stays one.
        let is_line = self.run.is_some_and(|run| run.image.by_argument(place));
        if is_line {
            return;
        }
        // Both are told as faults.
        if is_secret(name, value) || is_debug(name, value) {
            return self.mark(place, Outcome::Dropped);
        }
        let folder = self.folder();
        let mounts = Mounts {
            tree: &self.survey.inputs.tree,
            folder: &folder,
            image: self.run.map(|run| run.image),
        };
        let kept = self.kept_folders();
        let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
        let value = match mounts.carried(variable, &kept) {
            Carried::As(value) => value,
            Carried::Idle => return,
            Carried::Plumbing => {
                let why = "it is for the build, or dfgen sets what is needed";
                return self.drop(place, name, why);
            }
            Carried::Unknown => {
                let why = "its value is only known when the image is built";
                return self.leave(place, &format!("{name}={value}"), why);
            }
            Carried::Elsewhere => {
                let why = "it names a place that only that container has";
                return self.leave(place, &format!("{name}={value}"), why);
            }
        };
        let planned = self.plan.as_ref().and_then(|plan| {
            let mut env = plan.env.iter();
            env.find(|(known, _)| known.as_ref() == name)
                .map(|(_, value)| value.value.as_ref().to_owned())
        });
        if planned.as_deref() == Some(value.as_str()) || self.is_connected(name) {
            return;
        }
        if name.parse::<EnvName>().is_err() || value.parse::<Line>().is_err() {
            self.leave(place, name, "not a variable of one line");
        } else {
            self.add(&["env", name], Value::from(value.as_str()), place);
        }
    }
}
