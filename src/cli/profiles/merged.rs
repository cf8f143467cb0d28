//! One profile after merging. The text is TOML: what it says can be copied to dfgen.toml.

use dfgen::diagnostic::Result;
use dfgen::plan::{Decision, HealthPlan, ImagePlan, Plan};
use dfgen::profile::{Compile, Health, Line, Migrate, Probe, Profile, Scan, Serves, Setting};
use serde::Serialize;
use toml::Value;

use crate::cli::rows::Rows;

#[derive(Serialize)]
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

#[derive(Serialize)]
struct SettingView {
    key: String,
    value: Value,
    because: String,
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
#[expect(
    clippy::too_many_lines,
    reason = "one value after the other: nothing to share"
)]
fn settings(profile: &Profile) -> Vec<SettingView> {
    let mut all = Settings::default();
    all.said("purpose", &profile.purpose, |text| text.as_ref().into());
    all.said("serves", &profile.serves, |serves| match serves {
        Serves::Http => "http".into(),
        Serves::Queue => "queue".into(),
    });
    all.some("member", profile.member.as_ref(), shown);
    all.said("extras", &profile.extras, |names| list(names));
    all.said("groups", &profile.groups, |names| list(names));
    all.said("exclude", &profile.exclude, |names| list(names));
    all.said("forbid", &profile.forbid, |names| list(names));
    all.some("python", profile.python.as_ref(), shown);
    all.some("base", profile.base.as_ref(), shown);
    all.said("platforms", &profile.platforms, |names| list(names));
    all.said("compile", &profile.compile, |compile| match compile {
        Compile::Allow => true.into(),
        Compile::Deny => false.into(),
        Compile::Only(names) => list(names),
    });
    all.said("apt.build", &profile.apt_build, |names| words(names));
    all.said("apt.runtime", &profile.apt_runtime, |names| words(names));
    all.said("copy", &profile.copy, |paths| words(paths));
    for (name, value) in &profile.env {
        let key = format!("env.{}", name.as_ref());
        all.said(&key, value, |text| text.as_ref().into());
    }
    all.some("entry", profile.entry.as_ref(), |text| text.as_ref().into());
    all.some("command", profile.command.as_ref(), |text| words(text));
    all.said("migrate", &profile.migrate, |migrate| match migrate {
        Migrate::Off => false.into(),
        Migrate::Found => true.into(),
        Migrate::Command(command) => words(command),
    });
    all.some("port", profile.port.as_ref(), |port| {
        i64::from(*port).into()
    });
    all.health(&profile.health);
    all.some("stop-signal", profile.stop_signal.as_ref(), shown);
    all.said("user", &profile.user, |user| i64::from(*user).into());
    all.said("gpu", &profile.gpu, |gpu| (*gpu).into());
    all.some("shm-size", profile.shm_size.as_ref(), |size| {
        size.as_ref().into()
    });
    all.some("model-cache", profile.model_cache.as_ref(), |path| {
        path.as_ref().into()
    });
    all.said("services", &profile.services, |names| words(names));
    for (name, patterns) in &profile.layers.value {
        let because = profile.layers.origin.to_string();
        all.push(&format!("layers.{name}"), list(patterns), because);
    }
    all.said("bytecode", &profile.bytecode, |compiled| (*compiled).into());
    all.said("keep", &profile.keep, |rules| words(rules));
    all.said("trim", &profile.trim, |rules| words(rules));
    match &profile.scan.value {
        Scan::On { ignore } if !ignore.is_empty() => {
            all.said("scan.ignore", &profile.scan, |_| list(ignore));
        }
        scan => all.said("scan", &profile.scan, |_| (*scan != Scan::Off).into()),
    }
    all.said("silence", &profile.silence, |rules| words(rules));
    all.said("development", &profile.development, |said| (*said).into());
    let instructions = &profile.instructions;
    all.said("instructions.base", &instructions.base, |all| words(all));
    all.said("instructions.build", &instructions.build, |all| words(all));
    all.said("instructions.app", &instructions.app, |all| words(all));
    all.said("instructions.runtime", &instructions.runtime, |all| {
        words(all)
    });
    all.0
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

fn list<T: ToString>(values: &[T]) -> Value {
    Value::Array(values.iter().map(shown).collect())
}

fn words<T: AsRef<str>>(values: &[T]) -> Value {
    let values = values.iter().map(|value| value.as_ref().into());
    Value::Array(values.collect())
}

#[derive(Default)]
struct Settings(Vec<SettingView>);

impl Settings {
    fn push(&mut self, key: &str, value: Value, because: String) {
        self.0.push(SettingView {
            key: key.to_owned(),
            value,
            because,
        });
    }

    fn said<T>(&mut self, key: &str, said: &Setting<T>, value: impl Fn(&T) -> Value) {
        self.push(key, value(&said.value), said.origin.to_string());
    }

    fn some<T>(&mut self, key: &str, said: Option<&Setting<T>>, value: impl Fn(&T) -> Value) {
        if let Some(said) = said {
            self.said(key, said, value);
        }
    }

    fn decided<T>(&mut self, key: &str, decision: &Decision<T>, value: impl Fn(&T) -> Value) {
        self.push(key, value(&decision.value), decision.because.clone());
    }

    fn health(&mut self, health: &Health) {
        let path = |path: &Line| path.as_ref().into();
        match &health.probe.value {
            Probe::Off => {
                self.said("health", &health.probe, |_| false.into());
                return;
            }
            Probe::Auto => {}
            Probe::Path(said) => self.said("health.path", &health.probe, |_| path(said)),
            Probe::Command(said) => self.said("health.command", &health.probe, |_| words(said)),
        }
        self.said("health.interval", &health.interval, |time| {
            time.as_ref().into()
        });
        self.said("health.timeout", &health.timeout, |time| {
            time.as_ref().into()
        });
        self.said("health.start-period", &health.start_period, |time| {
            time.as_ref().into()
        });
        self.said("health.retries", &health.retries, |retries| {
            i64::from(*retries).into()
        });
    }
}
