//! What the image that a Dockerfile builds is meant to be.
//!
//! What its stages say together (`stages`), each value with its line: of each kind of instruction the last word counts.

use std::collections::BTreeSet;

use super::Placed;
use super::apt::{self, AptUse};
use super::copied::{Copied, copied};
use super::dockerfile::{Dockerfile, Instruction, Kind, Words};
use super::health::HealthCheck;
use super::install::{self, Install};
use super::shell::Command;
use super::stages::Parts;
use super::start::{self, Start};
use super::steps::{Steps, with_values};
use crate::diagnostic::{Diagnostic, Place, Result, SourceFile};
use crate::rules;

/// What an image is meant to be.
#[derive(Debug, Clone)]
pub struct Image {
    /// The Dockerfile.
    pub(crate) file: SourceFile,
    /// The stage that was asked for; the last one when there is none.
    pub(crate) target: Option<String>,
    /// The image from elsewhere that it begins from.
    pub(crate) base: Placed<String>,
    /// The images that its build stages begin from, and those that files are copied from.
    pub(crate) other_bases: Vec<Placed<String>>,
    /// How many stages take part.
    pub(crate) stages: usize,
    /// Debian packages in the image.
    pub(crate) apt_runtime: Vec<Placed<AptUse>>,
    /// Debian packages of build stages.
    pub(crate) apt_build: Vec<Placed<AptUse>>,
    /// Environment variables of the image; the last value of each.
    pub(crate) env: Vec<Placed<Variable>>,
    /// Ports, as `EXPOSE` has them.
    pub(crate) ports: Vec<Placed<u16>>,
    /// The health check.
    pub(crate) health: Option<Placed<HealthCheck>>,
    /// What it starts.
    pub(crate) start: Option<Placed<Start>>,
    /// Its `ENTRYPOINT`, if it has one.
    pub(crate) entrypoint: Option<Words>,
    /// The user that it runs as; root when nothing is said.
    pub(crate) user: Option<Placed<String>>,
    /// The signal that stops it.
    pub(crate) stop_signal: Option<Placed<String>>,
    /// Files of the project that reach it.
    pub(crate) copied: Vec<Placed<Copied>>,
    /// What installs Python packages in it or for it.
    pub(crate) installs: Vec<Placed<Install>>,
    /// Commands that run in the image's own stages.
    pub(crate) commands: Vec<Placed<Command>>,
    /// Instructions of the image's own stages.
    pub(crate) instructions: Vec<Instruction>,
    /// Those of the stages that build for it.
    pub(crate) build_instructions: Vec<Instruction>,
    /// How many of its stages are its own, and not for building.
    pub(crate) own_stages: usize,
    /// What each of its stages begins from, its own first.
    pub(crate) stages_from: Vec<Placed<String>>,
    /// Where its `ENTRYPOINT` is.
    pub(crate) entrypoint_place: Option<Place>,
    /// What its stages do, in order.
    pub(crate) steps: Steps,
    /// Stages that are no part of it and start something of their own: their names, and where they begin.
    pub(crate) other_stages: Vec<Placed<String>>,
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: String,
    /// Its value, with every known variable put in.
    pub(crate) value: String,
}

impl Image {
    /// The image of the last stage, or of the stage `target`. Errors: there is no such stage.
    pub fn of(dockerfile: &Dockerfile, target: Option<&str>) -> Result<Self> {
        let last = dockerfile.stages.len().saturating_sub(1);
        let stage = match target {
            None => last,
            Some(name) => dockerfile
                .stage(name)
                .ok_or_else(|| no_stage(dockerfile, name))?,
        };
        let parts = Parts::new(dockerfile, stage);
        let runtime = parts.instructions(&parts.runtime);
        let build = parts.instructions(&parts.build);
        let commands = commands(&dockerfile.file, &runtime);
        let build_commands = self::commands(&dockerfile.file, &build);
        let mut installs = installs(&runtime, &commands);
        installs.extend(self::installs(&build, &build_commands));
        let start = start_of(&runtime);
        let entrypoint = entrypoint_of(&runtime);
        let entrypoint_place = entrypoint.as_ref().map(|words| words.place.clone());
        let entrypoint = entrypoint.map(|words| words.value);
        let (stages_from, other_stages) = (parts.stages_from(), parts.others());
        Ok(Self {
            entrypoint,
            entrypoint_place,
            steps: Steps::of(&parts),
            own_stages: parts.runtime.len(),
            stages_from,
            other_stages,
            build_instructions: build.iter().map(|one| (*one).clone()).collect(),
            file: dockerfile.file.clone(),
            target: target.map(str::to_owned),
            base: parts.stage(parts.runtime[0]).from.clone(),
            other_bases: parts.other_bases(),
            stages: parts.runtime.len() + parts.build.len(),
            apt_runtime: packages(&dockerfile.file, &runtime),
            apt_build: packages(&dockerfile.file, &build),
            env: env(&runtime),
            ports: ports(&runtime),
            health: health(&runtime),
            start,
            user: last_of(&runtime, |kind| match kind {
                Kind::User(user) => Some(user.clone()),
                _ => None,
            }),
            stop_signal: last_of(&runtime, stop_signal),
            copied: copied(&parts),
            installs,
            commands,
            instructions: runtime.into_iter().cloned().collect(),
        })
    }

    /// Whether the line of a variable puts in an argument of the build, in one line.
    pub(crate) fn by_argument(&self, place: &Place) -> bool {
        let line = place.whole_lines();
        let text = line.text();
        let arguments = self.instructions.iter().filter_map(|one| match &one.kind {
            Kind::Arg(pairs) => Some(pairs),
            _ => None,
        });
        let mut names = arguments.flatten().map(|(name, _)| name);
        let is_whole = text.trim_start().to_uppercase().starts_with("ENV ")
            && !text.trim_end().ends_with('\\');
        is_whole
            && names.any(|name| {
                text.contains(&format!("${{{name}"))
                    || text.trim_end().ends_with(&format!("${name}"))
                    || text.contains(&format!("${name} "))
            })
    }

    /// Whether a command asks something that arguments of the build do not already answer with yes: `[ "$FETCH" = true ]`,
    /// where `ARG FETCH=true`.
    pub(crate) fn asks(&self, command: &Command) -> bool {
        if !matches!(command.program(), "[" | "[[" | "test") {
            return false;
        }
        let arguments = self.instructions.iter().filter_map(|one| match &one.kind {
            Kind::Arg(pairs) => Some(pairs),
            _ => None,
        });
        let known = arguments.flatten();
        let known = known.filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        let known: Vec<(String, String)> = known.collect();
        let words = command.words.iter().skip(1);
        let words: Vec<String> = words.map(|word| super::expanded(word, &known)).collect();
        !matches!(words.as_slice(), [one, is, other, ..] if matches!(is.as_str(), "=" | "==") && one == other)
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let found = self.env.iter().find(|variable| variable.value.name == name);
        found.map(|variable| variable.value.value.as_str())
    }
}

fn stop_signal(kind: &Kind) -> Option<String> {
    match kind {
        Kind::StopSignal(signal) => Some(signal.clone()),
        _ => None,
    }
}

fn no_stage(dockerfile: &Dockerfile, name: &str) -> Diagnostic {
    let names: Vec<&str> = dockerfile
        .stages
        .iter()
        .filter_map(|stage| stage.name.as_deref())
        .collect();
    Diagnostic::new(
        rules::UNKNOWN_STAGE,
        format!(
            "`{}` has no stage `{name}`",
            dockerfile.file.path().display()
        ),
    )
    .with_help_some(crate::diagnostic::nearest(name, names))
}

fn commands(file: &SourceFile, instructions: &[&Instruction]) -> Vec<Placed<Command>> {
    let runs = instructions
        .iter()
        .filter_map(|instruction| match &instruction.kind {
            Kind::Run(commands, _) => Some(commands),
            _ => None,
        });
    runs.flatten()
        .map(|command| Placed::new(command.clone(), file.place(command.span.clone(), "")))
        .collect()
}

/// Debian packages, with the values of `ARG` and `ENV` put into their names where those are known.
fn packages(file: &SourceFile, instructions: &[&Instruction]) -> Vec<Placed<AptUse>> {
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut found: Vec<Placed<AptUse>> = Vec::new();
    for instruction in instructions {
        match &instruction.kind {
            Kind::Env(pairs) => variables.extend(pairs.iter().cloned()),
            Kind::Arg(pairs) => variables.extend(
                pairs
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), value.clone()?))),
            ),
            Kind::Run(commands, _) => {
                for command in commands {
                    let place = file.place(command.span.clone(), "");
                    let packages = apt::installed(&with_values(command, &variables));
                    found.extend(packages.into_iter().map(|package| {
                        let place = place.within(&package.package);
                        Placed::new(package, place)
                    }));
                }
            }
            _ => {}
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|package| seen.insert(package.value.package.clone()));
    found
}

fn installs(instructions: &[&Instruction], commands: &[Placed<Command>]) -> Vec<Placed<Install>> {
    let env = env(instructions);
    let is_on = |names: &[&str]| {
        env.iter().any(|one| {
            names.contains(&one.value.name.as_str())
                && !matches!(one.value.value.as_str(), "" | "0" | "false")
        })
    };
    let enforced = is_on(&["UV_LOCKED", "UV_FROZEN"]);
    let no_development = is_on(&["UV_NO_DEV", "UV_NO_DEFAULT_GROUPS"]);
    let found = commands.iter().filter_map(|command| {
        let install = install::install(&command.value, enforced, no_development)?;
        Some(Placed::new(install, command.place.clone()))
    });
    found.collect()
}

fn env(instructions: &[&Instruction]) -> Vec<Placed<Variable>> {
    let mut found: Vec<Placed<Variable>> = Vec::new();
    for instruction in instructions {
        let Kind::Env(pairs) = &instruction.kind else {
            continue;
        };
        for (name, value) in pairs {
            found.retain(|known| known.value.name != *name);
            let variable = Variable {
                name: name.clone(),
                value: value.clone(),
            };
            let place = instruction.place.within(name);
            found.push(Placed::new(variable, place));
        }
    }
    found
}

fn ports(instructions: &[&Instruction]) -> Vec<Placed<u16>> {
    let mut found: Vec<Placed<u16>> = Vec::new();
    for instruction in instructions {
        let Kind::Expose(ports) = &instruction.kind else {
            continue;
        };
        let numbers = ports
            .iter()
            .filter_map(|port| port.split('/').next()?.parse().ok());
        let numbers = numbers.filter(|number| *number != 0);
        found.extend(numbers.map(|number| Placed::new(number, instruction.place.clone())));
    }
    found
}

fn last_of<T>(
    instructions: &[&Instruction],
    get: impl Fn(&Kind) -> Option<T>,
) -> Option<Placed<T>> {
    let mut found = instructions.iter().rev();
    found.find_map(|instruction| {
        Some(Placed::new(
            get(&instruction.kind)?,
            instruction.place.clone(),
        ))
    })
}

fn health(instructions: &[&Instruction]) -> Option<Placed<HealthCheck>> {
    let last = last_of(instructions, |kind| match kind {
        Kind::Healthcheck(check) => Some(check.clone()),
        _ => None,
    })?;
    let (options, words) = last.value?;
    Some(Placed::new(HealthCheck::new(&options, &words), last.place))
}

fn entrypoint_of(instructions: &[&Instruction]) -> Option<Placed<Words>> {
    last_of(instructions, |kind| match kind {
        Kind::Entrypoint(words) => Some(words.clone()),
        _ => None,
    })
}

/// A new `ENTRYPOINT` forgets the `CMD` of the stages before it; within one stage the last of each counts.
fn start_of(instructions: &[&Instruction]) -> Option<Placed<Start>> {
    let entrypoint = entrypoint_of(instructions);
    let cmd = last_of(instructions, |kind| match kind {
        Kind::Cmd(words) => Some(words.clone()),
        _ => None,
    });
    let said = |words: &Option<Placed<Words>>| words.as_ref().map(|words| words.value.clone());
    let is_empty = |words: &Words| matches!(words, Words::Exec(words) if words.is_empty());
    let entry_words = said(&entrypoint).filter(|words| !is_empty(words));
    let cmd_words = said(&cmd).filter(|words| !is_empty(words));
    let start = start::start(entry_words.as_ref(), cmd_words.as_ref())?;
    let place = cmd.or(entrypoint)?.place;
    Some(Placed::new(start, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> Image {
        let dockerfile = Dockerfile::parse(SourceFile::new("Dockerfile", text)).unwrap();
        Image::of(&dockerfile, None).unwrap()
    }

    #[test]
    fn stages_are_followed_from_the_last_one_back() {
        let image = image(
            "FROM python:3.13 AS build\nRUN apt-get install -y gcc\nWORKDIR /app\nCOPY src src\nCOPY tests /t\nRUN uv sync --frozen\n\
             FROM node AS unused\nRUN apt-get install -y npm\n\
             FROM python:3.13-slim AS base\nRUN apt-get install -y libpq5\nENV A=1\n\
             FROM base\nCOPY --from=build /app /app\nCOPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/\nENV A=2 B=3\n",
        );
        assert_eq!(image.base.value, "python:3.13-slim");
        let bases: Vec<&str> = image
            .other_bases
            .iter()
            .map(|base| base.value.as_str())
            .collect();
        assert_eq!(bases, ["python:3.13", "ghcr.io/astral-sh/uv:0.9"]);
        assert_eq!(
            (image.stages, image.apt_runtime.len(), image.apt_build.len()),
            (3, 1, 1)
        );
        assert_eq!(image.apt_build[0].value.package, "gcc");
        assert_eq!(image.variable("A"), Some("2"));
        let copied: Vec<&str> = image
            .copied
            .iter()
            .map(|copied| copied.value.source.as_str())
            .collect();
        assert_eq!(copied, ["src"]);
        assert_eq!(image.installs[0].place.location(), "Dockerfile:6");
    }

    #[test]
    fn the_last_word_of_each_kind_counts() {
        let image = image(
            "FROM a\nUSER app\nCMD [\"a\"]\nEXPOSE 80 443/tcp\nSTOPSIGNAL SIGINT\nUSER 1000\nCMD [\"b\"]\nHEALTHCHECK CMD curl localhost/h\n",
        );
        assert_eq!(image.user.unwrap().value, "1000");
        assert_eq!(image.start.unwrap().value.words, ["b"]);
        assert_eq!(
            image
                .ports
                .iter()
                .map(|port| port.value)
                .collect::<Vec<_>>(),
            [80, 443]
        );
        assert_eq!(image.stop_signal.unwrap().value, "SIGINT");
        assert!(image.health.is_some());
    }

    #[test]
    fn packages_in_variables_are_seen() {
        let image = image(
            "FROM a\nARG P=\"libmagic1 gettext\"\nARG Q\nENV V=17\nRUN apt-get install -y ${P} $Q libpq-$V\n",
        );
        let names: Vec<&str> = image
            .apt_runtime
            .iter()
            .map(|package| package.value.package.as_str())
            .collect();
        assert_eq!(names, ["libmagic1", "gettext", "$Q", "libpq-17"]);
    }

    #[test]
    fn another_stage_can_be_asked_for() {
        let text = "FROM a AS web\nCMD [\"web\"]\nFROM b AS worker\nCMD [\"worker\"]\n";
        let dockerfile = Dockerfile::parse(SourceFile::new("Dockerfile", text)).unwrap();
        assert_eq!(
            Image::of(&dockerfile, Some("web"))
                .unwrap()
                .start
                .unwrap()
                .value
                .words,
            ["web"]
        );
        let error = Image::of(&dockerfile, Some("wbe")).unwrap_err();
        assert_eq!(
            error.iter().next().unwrap().helps(),
            ["there is `worker`, `web`"]
        );
    }
}
