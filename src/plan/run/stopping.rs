//! How a container ends: the signal, and how long what is under way may take. The program's own limit lies below the time
//! after which Docker kills it, so that nobody has to.

use pep508_rs::pep440_rs::Version;

use crate::application::Framework;
use crate::catalog::{Graceful, StopSignal as CatalogSignal};
use crate::closure::Closure;
use crate::command::StartCommand;
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::{Decision, StopLimit};
use crate::profile::{EnvName, Line, StopSignal};
use crate::project::source_tree::join;

/// What is given, in seconds: below the ten after which `docker stop` kills, and platforms such as Cloud Run.
const GIVEN: u32 = 8;

/// How a program is stopped, and what tells it the limit.
pub(crate) struct Stop {
    pub(crate) signal: Decision<StopSignal>,
    pub(crate) limit: Decision<StopLimit>,
    /// Further words of a command that dfgen writes.
    pub(crate) words: Vec<Line>,
    pub(crate) env: Option<(EnvName, Decision<Line>)>,
}

impl Stop {
    /// A program that dfgen knows nothing about.
    pub(crate) fn unknown(signal: StopSignal, because: &str) -> Self {
        Self {
            signal: Decision::new(signal, because),
            limit: Decision::new(StopLimit::Unknown, "how it ends is its own"),
            words: Vec::new(),
            env: None,
        }
    }

    /// A command whose program the catalog knows, `own` where dfgen writes it; `None` for others.
    pub(crate) fn of_command(
        subject: &Subject<'_>,
        closure: &Closure<'_>,
        command: &StartCommand,
        own: bool,
    ) -> Option<Self> {
        let program = command.server()?;
        let name = program.distribution.as_ref();
        let stop = Self::unknown(signal_of(program.stop_signal?), &finishes(name));
        let Some(graceful) = program.graceful else {
            return Some(stop);
        };
        let option = graceful.option.as_deref();
        let said = option.and_then(|option| seconds(graceful, command.value_of(option)?));
        let said = said.map(|seconds| (seconds, "said in the command".to_owned()));
        let settings = command.settings.as_deref();
        let said = said.or_else(|| in_settings(subject, graceful, settings?));
        let knows = |since: &Version| has(closure, program.distribution, since);
        let is_known = graceful.since.as_ref().is_none_or(knows);
        let said = said.or_else(|| in_environment(subject, graceful));
        Some(match said {
            Some((seconds, because)) => Self {
                limit: Decision::new(StopLimit::Within(seconds), because),
                ..stop
            },
            None if is_known => stop.limited(name, graceful, own),
            None => stop.by_itself(name, graceful),
        })
    }

    /// What is run as a program of its own, with a library that the catalog knows.
    pub(crate) fn of_library(framework: Framework) -> Option<Self> {
        let run = framework.run.as_ref()?;
        let name = framework.name();
        let stop = Self::unknown(signal_of(run.stop_signal), &finishes(name));
        Some(match &run.graceful {
            Some(graceful) => stop.limited(name, graceful, false),
            None => stop,
        })
    }

    /// With a limit that its program is told, where it can be: by a variable, or in the words of an `own` command.
    fn limited(self, name: &str, graceful: &Graceful, own: bool) -> Self {
        let value = (GIVEN * graceful.per_second).to_string();
        let given = |because: &str| Decision::new(StopLimit::Within(GIVEN), because);
        // Both are of a row of the catalog, whose tests read every one.
        let line = |text: &str| text.parse::<Line>().ok();
        match (&graceful.variable, &graceful.option) {
            (Some(variable), _) => Self {
                limit: given("below the 10 s after which Docker kills"),
                env: variable
                    .parse()
                    .ok()
                    .zip(line(&value))
                    .map(|(variable, value)| {
                        let because =
                            format!("{name} gives what is under way so many seconds to end");
                        (variable, Decision::new(value, because))
                    }),
                ..self
            },
            (None, Some(option)) if own => Self {
                limit: given("below the 10 s after which Docker kills"),
                words: [option.as_str(), &value]
                    .into_iter()
                    .filter_map(line)
                    .collect(),
                ..self
            },
            _ => self.by_itself(name, graceful),
        }
    }

    fn by_itself(self, name: &str, graceful: &Graceful) -> Self {
        let limit = match graceful.itself {
            Some(0) => Decision::new(
                StopLimit::Within(0),
                format!("{name} cuts off what is under way"),
            ),
            Some(seconds) => {
                Decision::new(StopLimit::Within(seconds), format!("{name}'s own limit"))
            }
            None => Decision::new(
                StopLimit::UntilDone,
                format!("{name} has no limit: it waits until what is under way is done"),
            ),
        };
        Self { limit, ..self }
    }
}

/// Whether the image has a package of this version or a later one.
fn has(closure: &Closure<'_>, name: &PackageName, since: &Version) -> bool {
    let mut packages = closure.packages();
    packages.any(|(_, package, _)| {
        package.name == *name
            && package
                .version
                .as_ref()
                .is_none_or(|version| version >= since)
    })
}

/// A limit that the profile sets by its variable.
fn in_environment(subject: &Subject<'_>, graceful: &Graceful) -> Option<(u32, String)> {
    let variable = graceful.variable.as_ref()?;
    let mut said = subject.profile.env.iter();
    let (_, said) = said.find(|(known, _)| known.as_ref() == variable)?;
    Some((
        seconds(graceful, said.value.as_ref())?,
        said.origin.to_string(),
    ))
}

/// A limit in the file of settings that the server reads.
fn in_settings(
    subject: &Subject<'_>,
    graceful: &Graceful,
    settings: &str,
) -> Option<(u32, String)> {
    let name = graceful.setting.as_deref()?;
    let text = subject.inputs.tree.text(&join(subject.folder, settings))?;
    let mut lines = text.text().lines();
    let value = lines.find_map(|line| {
        let rest = line.strip_prefix(name)?.trim_start();
        rest.strip_prefix('=')
    })?;
    let value = value.split('#').next().unwrap_or_default();
    Some((seconds(graceful, value)?, settings.to_owned()))
}

/// A limit in seconds, as the program takes it.
fn seconds(graceful: &Graceful, value: &str) -> Option<u32> {
    let value: f64 = value.trim().parse().ok()?;
    let seconds = (value / f64::from(graceful.per_second)).ceil();
    (0.0..=f64::from(u16::MAX))
        .contains(&seconds)
        .then_some(())?;
    format!("{seconds:.0}").parse().ok()
}

fn signal_of(signal: CatalogSignal) -> StopSignal {
    match signal {
        CatalogSignal::Sigint => StopSignal::Int,
        CatalogSignal::Sigterm => StopSignal::Term,
    }
}

fn finishes(program: &str) -> String {
    format!("on it, {program} finishes and stops")
}
