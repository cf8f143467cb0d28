//! What the stages of an image do, step by step, each with what holds where it stands: folder, user, variables.
//!
//! Rules that ask what an earlier layer holds, who installs and where a cache lies go through these.

use std::collections::BTreeMap;

use super::copied::absolute;
use super::dockerfile::Kind;
use super::install::{self, Install};
use super::shell::Command;
use super::stages::Parts;
use crate::diagnostic::Place;

/// The steps of an image, those that it is built from before its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Steps {
    all: Vec<Step>,
    stages: BTreeMap<usize, Taking>,
}

/// A stage that takes part.
#[derive(Debug, Clone)]
struct Taking {
    name: Option<String>,
    from: String,
    /// The stages that it begins from, and itself.
    chain: Vec<usize>,
}

/// One instruction.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// Its stage.
    pub(crate) stage: usize,
    /// Whether what it makes is in the image.
    pub(crate) ships: bool,
    /// The working folder.
    pub(crate) folder: String,
    /// The user, where one was named.
    pub(crate) user: Option<String>,
    /// Variables, `ARG` with its default.
    pub(crate) env: BTreeMap<String, String>,
    /// What it says; in commands and mounts, known variables are put in.
    pub(crate) kind: Kind,
    /// Where it is.
    pub(crate) place: Place,
}

/// A command that installs Python packages.
pub(crate) struct StepInstall<'s> {
    /// The number of its step.
    pub(crate) at: usize,
    /// Its step.
    pub(crate) step: &'s Step,
    /// The command.
    pub(crate) command: &'s Command,
    /// What it installs.
    pub(crate) install: Install,
}

impl StepInstall<'_> {
    /// Where the command is.
    pub(crate) fn place(&self) -> Place {
        self.step.place_of(self.command)
    }
}

/// What a stage begins with.
#[derive(Clone)]
struct State {
    folder: String,
    user: Option<String>,
    env: BTreeMap<String, String>,
}

impl Steps {
    /// The steps of the stages that take part.
    pub(super) fn of(parts: &Parts<'_>) -> Self {
        let mut numbers: Vec<usize> = parts.runtime.iter().chain(&parts.build).copied().collect();
        numbers.sort_unstable();
        let mut found = Self::default();
        let mut ends: BTreeMap<usize, State> = BTreeMap::new();
        for number in numbers {
            let stage = parts.stage(number);
            let chain = parts.own_and_before(number);
            let before = chain.iter().rev().nth(1).and_then(|last| ends.get(last));
            let mut state = before.cloned().unwrap_or_else(|| State {
                folder: "/".to_owned(),
                user: None,
                env: BTreeMap::new(),
            });
            let ships = parts.runtime.contains(&number);
            for instruction in &stage.instructions {
                found.all.push(Step {
                    stage: number,
                    ships,
                    folder: state.folder.clone(),
                    user: state.user.clone(),
                    env: state.env.clone(),
                    kind: written_out(&instruction.kind, &state.env),
                    place: instruction.place.clone(),
                });
                state.go_on(&instruction.kind);
            }
            ends.insert(number, state);
            found.stages.insert(
                number,
                Taking {
                    name: stage.name.clone(),
                    from: stage.from.value.clone(),
                    chain,
                },
            );
        }
        found
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Step> {
        self.all.iter()
    }

    /// The commands of a step's `RUN`.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (usize, &Step, &[Command])> {
        let all = self.all.iter().enumerate();
        all.filter_map(|(at, step)| match &step.kind {
            Kind::Run(commands, _) => Some((at, step, commands.as_slice())),
            _ => None,
        })
    }

    /// The steps before one, in its stage and in those that this begins from.
    pub(crate) fn before(&self, at: usize) -> impl Iterator<Item = &Step> {
        let chain = &self.stages[&self.all[at].stage].chain;
        let earlier = self.all[..at].iter();
        earlier.filter(|step| chain.contains(&step.stage))
    }

    /// All steps of a stage, with those of the stages that it begins from.
    pub(crate) fn of_stage(&self, stage: usize) -> impl Iterator<Item = &Step> {
        let chain = self.stages.get(&stage).map(|taking| &taking.chain);
        let in_chain = move |step: &&Step| chain.is_some_and(|chain| chain.contains(&step.stage));
        self.all.iter().filter(in_chain)
    }

    /// The number of the stage that files are copied from.
    pub(crate) fn stage(&self, name: &str) -> Option<usize> {
        let number = name.parse::<usize>().ok();
        let mut stages = self.stages.iter().rev();
        let name = name.to_lowercase();
        stages
            .find(|(at, taking)| taking.name.as_deref() == Some(&name) || number == Some(**at))
            .map(|(at, _)| *at)
    }

    /// The image from elsewhere that a stage stands on.
    pub(crate) fn base_of(&self, stage: usize) -> Option<&str> {
        let first = self.stages.get(&stage)?.chain.first()?;
        self.stages.get(first).map(|taking| taking.from.as_str())
    }

    /// What installs Python packages.
    pub(crate) fn installs(&self) -> Vec<StepInstall<'_>> {
        let mut found = Vec::new();
        for (at, step, commands) in self.runs() {
            let enforced = step.is_on(&["UV_LOCKED", "UV_FROZEN"]);
            let without = step.is_on(&["UV_NO_DEV", "UV_NO_DEFAULT_GROUPS"]);
            for command in commands {
                if let Some(install) = install::install(command, enforced, without) {
                    found.push(StepInstall {
                        at,
                        step,
                        command,
                        install,
                    });
                }
            }
        }
        found
    }
}

impl State {
    fn go_on(&mut self, kind: &Kind) {
        match kind {
            Kind::Workdir(path) => self.folder = absolute(&self.folder, path),
            Kind::User(user) => self.user = Some(user.clone()),
            Kind::Env(pairs) => self.env.extend(pairs.iter().cloned()),
            Kind::Arg(pairs) => {
                for (name, value) in pairs {
                    if let Some(value) = value {
                        self.env
                            .entry(name.clone())
                            .or_insert_with(|| value.clone());
                    }
                }
            }
            _ => {}
        }
    }
}

impl Step {
    /// Where one of its commands is.
    pub(crate) fn place_of(&self, command: &Command) -> Place {
        self.place.moved(command.span.clone())
    }

    /// Whether one of these variables is set to something that switches on.
    pub(crate) fn is_on(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            let value = self.env.get(*name);
            value.is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
        })
    }

    /// A path as seen from where it stands.
    pub(crate) fn absolute(&self, path: &str) -> String {
        absolute(&self.folder, path)
    }

    /// What mounts bring into its commands.
    pub(crate) fn mounts(&self) -> &[String] {
        match &self.kind {
            Kind::Run(_, mounts) => mounts,
            _ => &[],
        }
    }
}

fn written_out(kind: &Kind, env: &BTreeMap<String, String>) -> Kind {
    let Kind::Run(commands, mounts) = kind else {
        return kind.clone();
    };
    let variables: Vec<(String, String)> =
        env.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let commands = commands.iter().map(|one| with_values(one, &variables));
    let mounts = mounts.iter().map(|one| super::expanded(one, &variables));
    Kind::Run(commands.collect(), mounts.collect())
}

/// A command with known variables put in; one that holds several words becomes several, as in a shell.
pub(super) fn with_values(command: &Command, variables: &[(String, String)]) -> Command {
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
