//! A built image held against its plan, without running it: what is in it is what the lock says and nothing else, it starts
//! what the plan says, and whoever has it can read no secret in it.

mod expected;
mod packages;
mod running;
mod shared;

use schemars::JsonSchema;
use serde::Serialize;

pub use expected::Expected;
pub use shared::shared;

use super::owner::holds;
use super::reading::Image;
use super::report::{Reason, Reasons, Seen, missing, secrets};
use crate::bytes::Bytes;
use crate::catalog::Catalog;

/// What verifying an image came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Verification {
    /// What the image was called.
    pub image: String,
    /// The digest of its configuration.
    pub id: String,
    /// Its platform.
    pub platform: String,
    /// The profile that it was held against.
    pub profile: String,
    /// Bytes of all files in all layers.
    pub bytes: Bytes,
    /// How many distributions it has.
    pub distributions: usize,
    /// What was looked at, each with what is not as planned.
    pub checks: Vec<Check>,
    /// How it ran; null without `--run`.
    pub ran: Option<Ran>,
}

/// How an image ran.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Ran {
    /// Milliseconds until it was healthy; null where it has no health check, or never was.
    pub healthy_after: Option<u64>,
    /// Milliseconds from its signal until it had ended; null where it had ended before.
    pub stopped_after: Option<u64>,
    /// How many modules were imported.
    pub modules: usize,
    /// Modules that cannot be imported and need not be, each with the reason.
    pub optional: Vec<String>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Check {
    /// What it is about.
    pub about: About,
    /// What is not as planned; empty where all is.
    pub differences: Vec<String>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// The platform that it was built for.
    Platform,
    /// Names and versions of distributions, against the closure.
    Distributions,
    /// Files of distributions, against their RECORD.
    Files,
    /// Caches, compilers, uv, tests of the application, the history of Git, a second environment.
    Leftovers,
    /// User, command, folder, port, health check, signal.
    Running,
    /// Environment variables.
    Environment,
    /// Labels.
    Labels,
    /// Shared libraries that something needs and nothing brings.
    Libraries,
    /// Size, against the prediction and the budget.
    Size,
    /// Secrets in layers, history and environment.
    Secrets,
    /// Names that leave the image, devices, layers that cannot be read.
    Contents,
    /// With `--beside`: layers that another image of the project has, too.
    Shared,
    /// With `--run`: it starts, with nothing to write to and as another user, and turns healthy in its time.
    Start,
    /// With `--run`: its port can be reached.
    Reach,
    /// With `--run`: it ends when it gets its signal.
    Stop,
    /// With `--run`: every module of its distributions can be imported.
    Imports,
}

impl Verification {
    /// Holds an image, read with hashes, against what is expected of it.
    pub fn of(image: &Image, expected: &Expected) -> Self {
        let seen = Seen::new(image);
        let environment = packages::environment(&seen, expected);
        let bytes = Bytes(seen.files().map(|(_, _, size)| size).sum());
        let pull: Option<u64> = image.layers.iter().map(|layer| layer.packed).sum();
        let all = [
            (
                About::Platform,
                expected.platform_differs(&image.configuration.platform),
            ),
            (
                About::Distributions,
                packages::distributions(&environment, expected),
            ),
            (About::Files, packages::files(&seen, &environment)),
            (About::Leftovers, leftovers(&seen, &environment)),
            (
                About::Running,
                running::running(&image.configuration, expected),
            ),
            (
                About::Environment,
                running::environment(&image.configuration, expected),
            ),
            (
                About::Labels,
                running::labels(&image.configuration, expected),
            ),
            (About::Libraries, libraries(&seen, expected)),
            (About::Size, expected.size_differs(bytes, pull.map(Bytes))),
            (About::Secrets, secret(&seen)),
            (About::Contents, image.odd()),
        ];
        let checks = all
            .into_iter()
            .map(|(about, differences)| Check { about, differences });
        Self {
            image: image.name.clone(),
            id: image.id.to_string(),
            platform: image.configuration.platform.clone(),
            profile: expected.profile.clone(),
            bytes,
            distributions: environment.count(),
            checks: checks.collect(),
            ran: None,
        }
    }

    /// The same with something more that was looked at.
    #[must_use]
    pub fn and(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// The same with what came of running it.
    #[must_use]
    pub fn and_ran(mut self, checks: Vec<Check>, ran: Ran) -> Self {
        self.checks.extend(checks);
        self.ran = Some(ran);
        self
    }

    /// Everything that is not as planned.
    pub fn differences(&self) -> usize {
        self.checks
            .iter()
            .map(|check| check.differences.len())
            .sum()
    }
}

/// What no planned image has. What the base brings is not the plan's: caches are looked for above it.
fn leftovers(seen: &Seen<'_>, environment: &packages::Environment<'_>) -> Vec<String> {
    let rows: Vec<_> = Catalog::embedded().leftovers().rows().collect();
    let reasons = Reasons::of(seen);
    let mut sums: Vec<(u64, Option<usize>)> = vec![(0, None); rows.len()];
    let base = base(seen.image);
    for (number, layer) in seen.image.layers.iter().enumerate() {
        for (index, entry) in layer
            .contents
            .entries
            .iter()
            .enumerate()
            .filter(|(_, one)| holds(one))
        {
            if let Some(Reason::Leftover(row)) = reasons.get(number, index) {
                let is_meant =
                    rows[row].1.verify && (number >= base || rows[row].1.is_of_packages());
                if is_meant {
                    sums[row].0 += entry.size;
                    sums[row].1.get_or_insert(number);
                }
            }
        }
    }
    let found = sums
        .iter()
        .zip(&rows)
        .filter_map(|((bytes, layer), (_, row))| {
            let layer = (*layer)? + 1;
            Some(format!("{}: {} in layer {layer}", row.what, Bytes(*bytes)))
        });
    let mut found: Vec<String> = found.collect();
    found.extend(environment.others.iter().map(|(folder, names)| {
        let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
        format!("a second environment in {folder}: {}", shown.join(", "))
    }));
    found
}

/// Libraries that are nowhere, each with who needs it and what to write.
fn libraries(seen: &Seen<'_>, expected: &Expected) -> Vec<String> {
    let found = missing(seen, &expected.ignored).into_iter().map(|one| {
        let more = match one.files.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        format!(
            "{} is missing, which {} cannot load without ({}{more}): {}",
            one.library,
            one.owners.join(", "),
            one.files[0],
            one.write()
        )
    });
    found.collect()
}

/// The first layer that is not of the image that this one starts from: the plan's first line of its own names the
/// environment. Without it nothing is taken for the base.
fn base(image: &Image) -> usize {
    let history = &image.configuration.history;
    let own = |line: &&String| line.contains("ENV PATH=/opt/venv/bin");
    let Some(at) = history.iter().position(|line| own(&line)) else {
        return 0;
    };
    image.configuration.layers_before(at)
}

fn secret(seen: &Seen<'_>) -> Vec<String> {
    let found = secrets(seen)
        .into_iter()
        .map(|one| match (one.layer, one.deleted_in) {
            (Some(layer), Some(by)) => format!(
                "{} in {}, layer {layer}; layer {by} deletes it, and everybody still has it",
                one.what, one.place
            ),
            (Some(layer), None) => format!("{} in {}, layer {layer}", one.what, one.place),
            _ => format!("{} in the {}", one.what, one.place),
        });
    found.collect()
}

#[cfg(test)]
mod tests;
