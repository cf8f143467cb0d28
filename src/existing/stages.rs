//! Which stages of a Dockerfile take part in an image: what runs, and what its files come from.
//!
//! A stage that begins from another one holds everything of it; a stage whose files are copied builds for it;
//! other stages say nothing about the image.

use std::collections::BTreeSet;

use super::Placed;
use super::dockerfile::{Dockerfile, Instruction, Kind, Stage};
use crate::diagnostic::Place;

/// The stages that take part in an image, by their numbers.
pub(super) struct Parts<'d> {
    dockerfile: &'d Dockerfile,
    /// The image's own, the first one first.
    pub(super) runtime: Vec<usize>,
    /// Those whose files reach it, in order.
    pub(super) build: BTreeSet<usize>,
    /// Images from elsewhere that files are copied from.
    copied_from: Vec<Placed<String>>,
}

impl<'d> Parts<'d> {
    /// The parts of the image that a stage is.
    pub(super) fn new(dockerfile: &'d Dockerfile, stage: usize) -> Self {
        let runtime = chain(dockerfile, stage);
        let mut seen: BTreeSet<usize> = runtime.iter().copied().collect();
        let mut build = BTreeSet::new();
        let mut copied_from = Vec::new();
        let mut open = runtime.clone();
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
            runtime,
            build,
            copied_from,
        }
    }

    /// The stage of a number.
    pub(super) fn stage(&self, number: usize) -> &'d Stage {
        &self.dockerfile.stages[number]
    }

    /// The instructions of some stages, one stage after the other.
    pub(super) fn instructions<'n>(
        &self,
        stages: impl IntoIterator<Item = &'n usize>,
    ) -> Vec<&'d Instruction> {
        let stages = stages.into_iter().map(|number| self.stage(*number));
        stages.flat_map(|stage| &stage.instructions).collect()
    }

    /// The images that its build stages begin from, and those that files are copied from.
    pub(super) fn other_bases(&self) -> Vec<Placed<String>> {
        let stages = self.build.iter().map(|number| self.stage(*number));
        let from_elsewhere =
            stages.filter(|stage| self.dockerfile.stage(&stage.from.value).is_none());
        from_elsewhere
            .map(|stage| stage.from.clone())
            .chain(self.copied_from.iter().cloned())
            .collect()
    }

    /// What each stage that takes part begins from.
    pub(super) fn stages_from(&self) -> Vec<Placed<String>> {
        let numbers = self.runtime.iter().chain(&self.build);
        numbers
            .map(|number| self.stage(*number).from.clone())
            .collect()
    }

    /// The stages that take no part and start something: images of their own.
    pub(super) fn others(&self) -> Vec<Placed<String>> {
        let starts = |stage: &&Stage| {
            let mut kinds = stage.instructions.iter().map(|one| &one.kind);
            kinds.any(|kind| matches!(kind, Kind::Cmd(_) | Kind::Entrypoint(_)))
        };
        let stages = self.dockerfile.stages.iter().enumerate();
        let others = stages
            .filter(|(number, _)| !self.runtime.contains(number) && !self.build.contains(number));
        let others = others.map(|(_, stage)| stage).filter(starts);
        let named = others
            .filter_map(|stage| Some(Placed::new(stage.name.clone()?, stage.from.place.clone())));
        named.collect()
    }

    /// A stage and those that it begins from, the first one first.
    pub(super) fn own_and_before(&self, stage: usize) -> Vec<usize> {
        chain(self.dockerfile, stage)
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
