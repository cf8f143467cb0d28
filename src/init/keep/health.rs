//! The health check of the existing container.

use toml_edit::{InlineTable, Value};

use super::{Keeper, list};
use crate::diagnostic::Place;
use crate::existing::{HealthCheck, HealthQuestion, Placed};
use crate::plan::HealthPlan;
use crate::plan::Outcome;
use crate::profile::{Duration, Line, Serves};
use crate::project::source_tree::has_extension;

impl Keeper<'_, '_, '_> {
    pub(super) fn health(&mut self) {
        let Some(run) = self.run.filter(|run| run.is_own) else {
            return;
        };
        let composed = run.compose.and_then(|service| service.health.as_ref());
        let Some(check) = run.image.health.as_ref().or(composed) else {
            return;
        };
        let place = check.place.clone();
        let planned = self.plan.as_ref().map(|plan| plan.run.health.value.clone());
        match &check.value.question {
            HealthQuestion::Path(path) => self.path(path, planned.as_ref(), check, &place),
            HealthQuestion::Command(words)
                if words
                    .iter()
                    .all(|word| word.parse::<Line>().is_ok() && !word.contains('$')) =>
            {
                self.add_health(Some(("command", list(words))), &check.value, &place);
            }
            HealthQuestion::Command(words) => self.leave(
                &place,
                &words.join(" "),
                "needs a shell: say `health = { command = [..] }` without one",
            ),
            HealthQuestion::Shell(text) => self.leave(
                &place,
                text,
                "needs a shell: say `health = { command = [..] }` without one",
            ),
        }
    }

    /// A path that is asked: the application's own where the old one is no route of the source.
    fn path(
        &mut self,
        path: &str,
        planned: Option<&HealthPlan>,
        check: &Placed<HealthCheck>,
        place: &Place,
    ) {
        let is_default =
            matches!(planned, Some(HealthPlan::Http { path: known, .. }) if known.as_ref() == path);
        let is_root_only = path == "/" && matches!(planned, Some(HealthPlan::Http { .. }));
        if self.service.profile.serves.value == Serves::Queue {
            // It asks the service that listens, not this one.
        } else if !self.knows_port {
            self.leave(
                place,
                path,
                "no port is known: say `port = ..`, and `health` with this path",
            );
        } else if matches!(planned, Some(HealthPlan::Http { .. })) && !self.is_named(path) {
            self.drop(
                place,
                path,
                "no source has it: the application declares another route",
            );
            self.add_health(None, &check.value, place);
        } else if is_root_only {
            self.drop(place, path, "the application declares a route for it");
            self.add_health(None, &check.value, place);
        } else {
            let question = (!is_default).then(|| ("path", Value::from(path)));
            self.add_health(question, &check.value, place);
        }
    }

    /// Whether any Python file has the last word of a path.
    fn is_named(&self, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or(path);
        let Some(word) = path.rsplit('/').find(|part| !part.is_empty()) else {
            return true;
        };
        let tree = &self.survey.inputs.tree;
        let mut python = tree.paths().filter(|path| has_extension(path, "py"));
        python.any(|path| {
            tree.text(path)
                .is_some_and(|file| file.text().contains(word))
        })
    }

    /// `health = "/path"`, or a table where there is more to say: times that differ from dfgen's.
    fn add_health(&mut self, question: Option<(&str, Value)>, check: &HealthCheck, place: &Place) {
        let mut table = InlineTable::new();
        let only_path = match &question {
            Some(("path", path)) => Some(path.clone()),
            _ => None,
        };
        if let Some((key, value)) = question {
            table.insert(key, value);
        }
        for (name, value) in &check.options {
            let own = &self.service.profile.health;
            let default = match name.as_str() {
                "interval" => own.interval.value.as_ref(),
                "timeout" => own.timeout.value.as_ref(),
                "start-period" => own.start_period.value.as_ref(),
                "retries" => {
                    let retries = value.parse::<u32>().ok();
                    if let Some(retries) =
                        retries.filter(|known| *known != own.retries.value && *known > 0)
                    {
                        table.insert("retries", Value::from(i64::from(retries)));
                    }
                    continue;
                }
                _ => continue,
            };
            // A start that is shorter than dfgen's gains nothing.
            let is_other = match name.as_str() {
                "start-period" => seconds(value) > seconds(default),
                _ => seconds(value) != seconds(default),
            };
            if value.parse::<Duration>().is_ok() && is_other {
                table.insert(name, Value::from(value.as_str()));
            }
        }
        match (only_path, table.len()) {
            (_, 0) => self.mark(place, Outcome::Kept),
            (Some(path), 1) => self.add(&["health"], path, place),
            _ => self.add(&["health"], Value::from(table), place),
        }
    }
}

/// Seconds of Docker's duration, roughly: enough to say which of two is longer.
fn seconds(duration: &str) -> u64 {
    let mut total = 0;
    let mut number = 0;
    for c in duration.chars() {
        match c {
            '0'..='9' => number = number * 10 + u64::from(c) - u64::from('0'),
            'h' => total += std::mem::take(&mut number) * 3600,
            'm' => total += std::mem::take(&mut number) * 60,
            's' => total += std::mem::take(&mut number),
            _ => {}
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_can_be_compared() {
        assert!(seconds("1m30s") > seconds("60s") && seconds("2h") > seconds("90m"));
    }
}
