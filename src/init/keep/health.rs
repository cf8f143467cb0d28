//! The health check of the existing container.

use toml_edit::{InlineTable, Value};

use super::{Keeper, list};
use crate::diagnostic::Place;
use crate::existing::{HealthCheck, HealthQuestion};
use crate::plan::HealthPlan;
use crate::profile::{Duration, Line, Serves};

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
            HealthQuestion::Path(path) => {
                let is_default = matches!(&planned, Some(HealthPlan::Http { path: known, .. }) if known.as_ref() == path);
                let is_root_only = path == "/" && matches!(&planned, Some(HealthPlan::Http { .. }));
                if self.service.profile.serves.value == Serves::Queue {
                    // It asks the service that listens, not this one.
                } else if !self.knows_port {
                    self.leave(
                        &place,
                        path,
                        "no port is known: say `port = ..`, and `health` with this path",
                    );
                } else if is_root_only {
                    self.drop(&place, path, "the application declares a route for it");
                } else {
                    let question = (!is_default).then(|| ("path", Value::from(path.as_str())));
                    self.add_health(question, &check.value, &place);
                }
            }
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

    /// `health = "/path"`, or a table where there is more to say. A long start is kept; other times are
    /// dfgen's.
    fn add_health(&mut self, question: Option<(&str, Value)>, check: &HealthCheck, place: &Place) {
        let start = check
            .options
            .iter()
            .find(|(name, _)| name == "start-period")
            .map(|(_, value)| value.clone());
        let default = self
            .service
            .profile
            .health
            .start_period
            .value
            .as_ref()
            .to_owned();
        let start = start.filter(|start| {
            start.parse::<Duration>().is_ok() && seconds(start) > seconds(&default)
        });
        match (question, start) {
            (None, None) => {}
            (Some(("path", path)), None) => self.add(&["health"], path, place),
            (question, start) => {
                let mut table = InlineTable::new();
                if let Some((key, value)) = question {
                    table.insert(key, value);
                }
                if let Some(start) = start {
                    table.insert("start-period", Value::from(start));
                }
                self.add(&["health"], Value::from(table), place);
            }
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
