//! One profile after merging. The text is TOML: what it says can be copied to dfgen.toml.

use dfgen::diagnostic::Result;
use dfgen::plan::{Decision, HealthPlan, ImagePlan, Plan};
use dfgen::profile::{Migrate, Probe, Profile};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use toml::Value;

use crate::cli::rows::Rows;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ProfileView {
    name: String,
    /// The built-in profile that it comes from in the end.
    built_in: Option<String>,
    settings: Vec<SettingView>,
    /// What the plan fills in where the profile says nothing.
    filled_in: Vec<SettingView>,
    /// Why there is no plan; empty when there is one.
    problem: String,
}

#[derive(Serialize, JsonSchema)]
struct SettingView {
    key: String,
    #[schemars(schema_with = "value_schema")]
    value: Value,
    because: String,
}

/// Text, a number, a switch or a list of texts.
fn value_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["string", "integer", "boolean", "array"],
        "items": { "type": "string" },
    })
}

impl ProfileView {
    pub(super) fn new(profile: &Profile, plan: Result<Plan>) -> Self {
        let (filled_in, problem) = match plan {
            Ok(plan) => (filled_in(profile, &plan.images[0]), String::new()),
            Err(problems) => {
                let first = problems.iter().next();
                let first = first.map_or("", |problem| problem.message());
                (Vec::new(), first.to_owned())
            }
        };
        Self {
            name: profile.name.to_string(),
            built_in: profile.built_in.as_ref().map(ToString::to_string),
            settings: settings(profile),
            filled_in,
            problem,
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "# What the profile says, each value with where it was said. It can be copied to dfgen.toml.\n\
             [profile.{}]\n{}",
            self.name,
            lines(&self.settings, "")
        );
        text.push('\n');
        if self.problem.is_empty() {
            text.push_str(
                "# What it leaves open, as the plan fills it in. The same keys say otherwise.\n",
            );
            text.push_str(&lines(&self.filled_in, "# "));
        } else {
            text.push_str(&format!(
                "# What it leaves open cannot be filled in: {}.\n# `dfgen plan --profile {}` says more.\n",
                self.problem, self.name
            ));
        }
        text
    }
}

fn lines(settings: &[SettingView], start: &str) -> String {
    let mut rows = Rows::default();
    for one in settings {
        let pair = format!("{start}{} = {}", one.key, one.value);
        rows.push(pair, "", format!("# {}", one.because));
    }
    rows.text(0)
}

/// Every value that the profile has: said, built in or by default.
fn settings(profile: &Profile) -> Vec<SettingView> {
    let lines = profile.shown().into_iter();
    lines
        .map(|line| SettingView {
            key: line.key,
            value: line.value,
            because: line.origin.to_string(),
        })
        .collect()
}

/// What the project, the lock and the catalog say where the profile says nothing.
fn filled_in(profile: &Profile, image: &ImagePlan) -> Vec<SettingView> {
    let mut all = Settings::default();
    if profile.python.is_none() {
        all.decided("python", &image.python, shown);
    }
    if profile.base.is_none() {
        all.decided("base", &image.base, shown);
    }
    if profile.command.is_none() {
        all.decided("command", &image.run.command, |text| words(text));
    }
    if let (Migrate::Found, Some(command)) = (&profile.migrate.value, &image.run.migrate) {
        all.decided("migrate", &command.command, |text| words(text));
    }
    if let (None, Some(port)) = (&profile.port, &image.run.port) {
        all.decided("port", port, |port| i64::from(*port).into());
    }
    if profile.health.probe.value == Probe::Auto {
        let health = &image.run.health;
        all.decided("health", health, |health| match health {
            HealthPlan::Http { path, .. } => path.as_ref().into(),
            HealthPlan::Command { command, .. } => words(command),
            HealthPlan::Port { .. } => true.into(),
            HealthPlan::Off => false.into(),
        });
    }
    if profile.stop_signal.is_none() {
        all.decided("stop-signal", &image.run.stop_signal, shown);
    }
    all.0
}

fn shown<T: ToString>(value: &T) -> Value {
    value.to_string().into()
}

fn words<T: AsRef<str>>(values: &[T]) -> Value {
    let values = values.iter().map(|value| value.as_ref().into());
    Value::Array(values.collect())
}

#[derive(Default)]
struct Settings(Vec<SettingView>);

impl Settings {
    fn decided<T>(&mut self, key: &str, decision: &Decision<T>, value: impl Fn(&T) -> Value) {
        self.0.push(SettingView {
            key: key.to_owned(),
            value: value(&decision.value),
            because: decision.because.clone(),
        });
    }
}
