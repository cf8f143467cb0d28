//! How to tell whether a container works: `health` of a profile, a path, `false` or a table.
//!
//! Each file that a profile is merged from may say a part of the table; the most specific decides each.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::forms::{either, starts_nothing};
use super::key::{self, Key, Problems, Said, Shown, Text};
use super::value::{Duration, Line, Origin, Setting};

/// How to tell whether a container works.
#[derive(Debug, Clone)]
pub struct Health {
    /// What is asked.
    pub probe: Setting<Probe>,
    /// Time between two checks.
    pub(crate) interval: Setting<Duration>,
    /// Time that a check may take.
    pub(crate) timeout: Setting<Duration>,
    /// Time that the application has for starting.
    pub(crate) start_period: Setting<Duration>,
    /// Failures in a row that make it unhealthy.
    pub(crate) retries: Setting<u32>,
}

/// What a health check asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The route that the application declares, else whether the port accepts connections.
    Auto,
    /// This path.
    Path(Line),
    /// This command.
    Command(Vec<Line>),
    /// Nothing: there is no health check.
    Off,
}

/// `health = "/path"`, `false`, or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a path such as \"/health\", false, or a table of `path`, `command`, `interval`, `timeout`, `start-period`, `retries`"
)]
pub(super) enum HealthWire {
    Path(String),
    Switch(bool),
    Table(HealthTableWire),
}

/// What is asked, and when. What a table leaves out, the profile that it extends decides.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[schemars(rename = "Health")]
pub(super) struct HealthTableWire {
    /// The path that is asked.
    ///
    /// Default: the declared route.
    #[schemars(with = "String", regex(pattern = "^/[!-~]*$"))]
    path: Option<String>,
    /// The command that is run in place of a request.
    ///
    /// Default: none.
    #[schemars(with = "Vec<Line>", length(min = 1))]
    command: Option<Vec<String>>,
    /// The time between two checks.
    ///
    /// Default: `"30s"`.
    #[schemars(with = "Duration")]
    interval: Option<String>,
    /// The time that a check may take.
    ///
    /// Default: `"5s"`.
    #[schemars(with = "Duration")]
    timeout: Option<String>,
    /// The time that the application has for starting.
    ///
    /// Default: `"30s"`; `"60s"` for `ml-inference-cpu`, `"120s"` for `ml-inference-gpu`.
    #[schemars(with = "Duration")]
    start_period: Option<String>,
    /// Failures in a row that make it unhealthy.
    ///
    /// Default: `3`.
    #[schemars(with = "u32")]
    retries: Option<u32>,
}

impl Health {
    /// What holds where nothing is said.
    pub(super) fn unsaid() -> Self {
        let duration = |text: &str| Setting::unsaid(text.parse().expect("a duration"));
        Self {
            probe: Setting::unsaid(Probe::Auto),
            interval: duration("30s"),
            timeout: duration("5s"),
            start_period: duration("30s"),
            retries: Setting::unsaid(3),
        }
    }
}

impl Key for Health {
    type Written = HealthWire;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        either(&[
            json_schema!({ "type": "string", "pattern": "^/[!-~]*$" }),
            bool::json_schema(generator),
            generator.subschema_for::<HealthTableWire>(),
        ])
    }

    fn merged(
        key: &str,
        said: &[Said<'_, HealthWire>],
        unsaid: Self,
        problems: &mut Problems,
    ) -> Self {
        let probe = said
            .iter()
            .find_map(|said| Some(said.setting(probe(key, said, problems)?)));
        let mut duration = |part: &str,
                            get: fn(&HealthTableWire) -> Option<&String>,
                            unsaid: Setting<Duration>| {
            let mut said = tables(said);
            let said = said.find_map(|(table, said)| Some((get(table)?, said)));
            said.and_then(|(text, said)| {
                let value = problems.parsed(&format!("{key}.{part}"), text, &said.place())?;
                Some(said.setting(value))
            })
            .unwrap_or(unsaid)
        };
        Self {
            interval: duration("interval", |table| table.interval.as_ref(), unsaid.interval),
            timeout: duration("timeout", |table| table.timeout.as_ref(), unsaid.timeout),
            start_period: duration(
                "start-period",
                |table| table.start_period.as_ref(),
                unsaid.start_period,
            ),
            retries: tables(said)
                .find_map(|(table, said)| table.retries.map(|retries| said.setting(retries)))
                .unwrap_or(unsaid.retries),
            probe: probe.unwrap_or(unsaid.probe),
        }
    }

    fn show(&self, key: &str, shown: &mut Vec<Shown>) {
        let part = |part: &str| format!("{key}.{part}");
        let mut push = |key: String, value: toml::Value, origin: &Origin| {
            let origin = origin.clone();
            shown.push(Shown { key, value, origin });
        };
        let probe = &self.probe;
        match &probe.value {
            Probe::Off => {
                push(key.to_owned(), false.into(), &probe.origin);
                return;
            }
            Probe::Auto => {}
            Probe::Path(path) => push(part("path"), path.text().into(), &probe.origin),
            Probe::Command(words) => push(part("command"), key::texts(words), &probe.origin),
        }
        for (name, time) in [
            ("interval", &self.interval),
            ("timeout", &self.timeout),
            ("start-period", &self.start_period),
        ] {
            push(part(name), time.value.text().into(), &time.origin);
        }
        let retries = &self.retries;
        push(
            part("retries"),
            i64::from(retries.value).into(),
            &retries.origin,
        );
    }
}

fn tables<'s, 'c>(
    said: &'s [Said<'c, HealthWire>],
) -> impl Iterator<Item = (&'c HealthTableWire, &'s Said<'c, HealthWire>)> {
    said.iter().filter_map(|said| match said.value {
        HealthWire::Table(table) => Some((table, said)),
        _ => None,
    })
}

/// What is asked; `None` where a table only says times, and leaves the question to the next file.
fn probe(key: &str, said: &Said<'_, HealthWire>, problems: &mut Problems) -> Option<Probe> {
    Some(match said.value {
        HealthWire::Switch(true) => Probe::Auto,
        HealthWire::Switch(false) => Probe::Off,
        HealthWire::Path(path) => asked(key, path, said, problems),
        HealthWire::Table(table) => match (&table.command, &table.path) {
            (Some(words), _) => {
                let parsed: Result<Vec<Line>, String> =
                    words.iter().map(|word| word.parse()).collect();
                match parsed {
                    Ok(words) if !starts_nothing(&words) => Probe::Command(words),
                    _ => asked(key, &words.concat(), said, problems),
                }
            }
            (None, Some(path)) => asked(key, path, said, problems),
            (None, None) => return None,
        },
    })
}

fn asked(key: &str, path: &str, said: &Said<'_, HealthWire>, problems: &mut Problems) -> Probe {
    let fits = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    match path.parse() {
        Ok(path) if fits => Probe::Path(path),
        _ => {
            let expected = "a path such as `/health`, a command without line breaks, or false";
            problems.refuse(key, path, &said.place(), expected);
            Probe::Off
        }
    }
}
