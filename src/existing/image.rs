//! What the image that a Dockerfile builds is meant to be.
//!
//! The final stage and the stages that it begins from are what runs; stages whose files are copied into
//! it are what builds; other stages say nothing about it.

use std::collections::BTreeSet;

use super::Placed;
use super::apt::{self, AptUse};
use super::dockerfile::{Dockerfile, Instruction, Kind, Stage, Words};
use super::health::HealthCheck;
use super::install::{self, Install};
use super::shell::Command;
use super::start::{self, Start};
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
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: String,
    /// Its value, with every known variable put in.
    pub(crate) value: String,
}

/// A file or folder of the build context that reaches the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Its path in the build context.
    pub(crate) source: String,
    /// Where it goes.
    pub(crate) target: String,
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
        let runtime: Vec<&Instruction> = parts
            .runtime
            .iter()
            .flat_map(|stage| &stage.instructions)
            .collect();
        let build: Vec<&Instruction> = parts
            .build
            .iter()
            .flat_map(|stage| &stage.instructions)
            .collect();
        let commands = commands(&dockerfile.file, &runtime);
        let build_commands = self::commands(&dockerfile.file, &build);
        let mut installs = installs(&runtime, &commands);
        installs.extend(self::installs(&build, &build_commands));
        let start = start_of(&runtime);
        Ok(Self {
            file: dockerfile.file.clone(),
            target: target.map(str::to_owned),
            base: parts.runtime[0].from.clone(),
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
            stop_signal: last_of(&runtime, |kind| match kind {
                Kind::StopSignal(signal) => Some(signal.clone()),
                _ => None,
            }),
            copied: parts.copied(),
            installs,
            commands,
            instructions: runtime.into_iter().cloned().collect(),
        })
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let found = self.env.iter().find(|variable| variable.value.name == name);
        found.map(|variable| variable.value.value.as_str())
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

/// The stages that take part in an image.
struct Parts<'d> {
    dockerfile: &'d Dockerfile,
    /// The image's own, the first one first.
    runtime: Vec<&'d Stage>,
    /// Those whose files reach it.
    build: Vec<&'d Stage>,
    /// Images from elsewhere that files are copied from.
    copied_from: Vec<Placed<String>>,
}

impl<'d> Parts<'d> {
    fn new(dockerfile: &'d Dockerfile, stage: usize) -> Self {
        let chain = chain(dockerfile, stage);
        let mut seen: BTreeSet<usize> = chain.iter().copied().collect();
        let mut build = BTreeSet::new();
        let mut copied_from = Vec::new();
        let mut open = chain.clone();
        while let Some(stage) = open.pop() {
            for (source, place) in sources(&dockerfile.stages[stage]) {
                match dockerfile.stage(source).filter(|number| *number < stage) {
                    Some(number) => {
                        let new = chain_of_new(dockerfile, number, &mut seen);
                        build.extend(new.iter().copied());
                        open.extend(new);
                    }
                    None => copied_from.push(Placed::new(source.to_owned(), place.clone())),
                }
            }
        }
        Self {
            dockerfile,
            runtime: chain
                .iter()
                .map(|number| &dockerfile.stages[*number])
                .collect(),
            build: build
                .iter()
                .map(|number| &dockerfile.stages[*number])
                .collect(),
            copied_from,
        }
    }

    fn other_bases(&self) -> Vec<Placed<String>> {
        let from_elsewhere = self
            .build
            .iter()
            .filter(|stage| self.dockerfile.stage(&stage.from.value).is_none());
        from_elsewhere
            .map(|stage| stage.from.clone())
            .chain(self.copied_from.iter().cloned())
            .collect()
    }

    /// Files of the build context in the image: copied into its own stages, or into a folder of a build
    /// stage that is copied on.
    fn copied(&self) -> Vec<Placed<Copied>> {
        let mut found = copies(&self.runtime);
        let taken: Vec<(Option<&str>, String)> =
            self.runtime.iter().flat_map(|stage| taken(stage)).collect();
        for stage in &self.build {
            let name = stage.name.as_deref();
            let number = self
                .dockerfile
                .stages
                .iter()
                .position(|other| std::ptr::eq(other, *stage));
            let number = number.map(|number| number.to_string());
            let is_taken = |copied: &Placed<Copied>| {
                taken.iter().any(|(from, folder)| {
                    let same = *from == name || *from == number.as_deref();
                    same && within(&copied.value.target, folder)
                })
            };
            found.extend(
                copies(&self.own_and_before(stage))
                    .into_iter()
                    .filter(is_taken),
            );
        }
        found
    }

    fn own_and_before(&self, stage: &'d Stage) -> Vec<&'d Stage> {
        let number = self
            .dockerfile
            .stages
            .iter()
            .position(|other| std::ptr::eq(other, stage));
        let chain = number
            .map(|number| chain(self.dockerfile, number))
            .unwrap_or_default();
        chain
            .into_iter()
            .map(|number| &self.dockerfile.stages[number])
            .collect()
    }
}

/// A stage and those that it begins from, the first one first.
fn chain(dockerfile: &Dockerfile, stage: usize) -> Vec<usize> {
    let mut chain = vec![stage];
    let mut current = stage;
    while let Some(parent) = dockerfile
        .stage(&dockerfile.stages[current].from.value)
        .filter(|parent| *parent < current)
    {
        chain.insert(0, parent);
        current = parent;
    }
    chain
}

fn chain_of_new(dockerfile: &Dockerfile, stage: usize, seen: &mut BTreeSet<usize>) -> Vec<usize> {
    chain(dockerfile, stage)
        .into_iter()
        .filter(|number| seen.insert(*number))
        .collect()
}

/// The stages and images that a stage takes files from.
fn sources(stage: &Stage) -> Vec<(&str, &Place)> {
    let mut found = Vec::new();
    for instruction in &stage.instructions {
        match &instruction.kind {
            Kind::Copy {
                from: Some(from), ..
            } => found.push((from.as_str(), &instruction.place)),
            Kind::Run(_, mounts) => {
                let options = mounts.iter().flat_map(|mount| mount.split(','));
                found.extend(options.filter_map(|option| {
                    Some((option.strip_prefix("from=")?, &instruction.place))
                }));
            }
            _ => {}
        }
    }
    found
}

/// What a stage copies from others: where from, and which path.
fn taken(stage: &Stage) -> Vec<(Option<&str>, String)> {
    let mut found = Vec::new();
    for instruction in &stage.instructions {
        if let Kind::Copy {
            from: Some(from),
            sources,
            ..
        } = &instruction.kind
        {
            found.extend(
                sources
                    .iter()
                    .map(|source| (Some(from.as_str()), source.clone())),
            );
        }
    }
    found
}

/// What stages that follow each other copy from the build context, targets made absolute.
fn copies(stages: &[&Stage]) -> Vec<Placed<Copied>> {
    let mut folder = "/".to_owned();
    let mut found = Vec::new();
    for instruction in stages.iter().flat_map(|stage| &stage.instructions) {
        match &instruction.kind {
            Kind::Workdir(path) => folder = absolute(&folder, path),
            Kind::Copy {
                from: None,
                sources,
                target,
                ..
            } => {
                let target = absolute(&folder, target);
                for source in sources.iter().filter(|source| !source.contains("://")) {
                    let source = match source.trim_start_matches("./").trim_matches('/') {
                        "" => ".".to_owned(),
                        path => path.to_owned(),
                    };
                    found.push(Placed::new(
                        Copied {
                            source,
                            target: target.clone(),
                        },
                        instruction.place.clone(),
                    ));
                }
            }
            _ => {}
        }
    }
    found
}

/// A path of the image, seen from a folder of it.
fn absolute(folder: &str, path: &str) -> String {
    let joined = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn within(path: &str, folder: &str) -> bool {
    let folder = absolute("/", folder);
    path == folder
        || folder == "/"
        || path
            .strip_prefix(&folder)
            .is_some_and(|rest| rest.starts_with('/'))
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

/// A command with known variables put in; one that holds several words becomes several, as in a shell.
fn with_values(command: &Command, variables: &[(String, String)]) -> Command {
    let words = command.words.iter().flat_map(|word| {
        if word.contains('$') {
            let text = super::expanded(word, variables);
            text.split_whitespace().map(str::to_owned).collect()
        } else {
            vec![word.clone()]
        }
    });
    Command {
        words: words.collect(),
        ..command.clone()
    }
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

/// A new `ENTRYPOINT` forgets the `CMD` of the stages before it; within one stage the last of each counts.
fn start_of(instructions: &[&Instruction]) -> Option<Placed<Start>> {
    let entrypoint = last_of(instructions, |kind| match kind {
        Kind::Entrypoint(words) => Some(words.clone()),
        _ => None,
    });
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
