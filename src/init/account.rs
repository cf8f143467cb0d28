//! The account of what container files say: each piece of them has one outcome, none is passed over.
//!
//! What a keeper told of a place holds for the piece that it lies in. Everything else is judged by `Judge`, which has an
//! answer for every kind of piece: there is no way to have none.

use super::service_proposal::Mark;
use super::survey::Survey;
use crate::command::without_runner;
use crate::diagnostic::{Place, SourceFile};
use crate::existing::{
    Image, Item, ItemKind, Kind, is_built_from, of_image, of_script, of_service,
};
use crate::plan::{Judge, Outcome, Plan, managed};
use crate::secret;

/// One piece of the container files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// What it says.
    pub what: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why; empty where what was kept, dropped or left of it is told with its own reason.
    pub why: String,
    /// Whether `render` tells of it, with the lines that keep it.
    pub is_told_later: bool,
    /// Whether it is of the old build's or the script's own: its shell, arguments, permissions.
    pub is_noise: bool,
}

/// The account of all files that images are held against.
pub(super) fn account(
    survey: &Survey<'_, '_>,
    plan: Option<&Plan>,
    marks: &[Mark],
    told_later: &[Place],
) -> Vec<Entry> {
    let runs = || {
        survey
            .services
            .iter()
            .filter_map(|service| service.run.as_ref())
    };
    let mut images: Vec<&Image> = Vec::new();
    for run in runs() {
        if images.iter().all(|known| !std::ptr::eq(*known, run.image)) {
            images.push(run.image);
        }
    }
    let judge = Judge {
        plans: plan.map(|plan| plan.images.iter().collect()),
        starts: runs().map(|run| run.words().to_vec()).collect(),
        tree: &survey.inputs.tree,
        images: &images,
    };
    let mut scripts: Vec<SourceFile> = Vec::new();
    for through in runs().flat_map(|run| &run.through) {
        let is_script = through.file.text().starts_with("#!");
        if is_script && !scripts.contains(&through.file) {
            scripts.push(through.file.clone());
        }
    }
    let mut items: Vec<Item<'_>> = images.iter().flat_map(|image| of_image(image)).collect();
    for compose in survey.composes {
        for service in &compose.services {
            let is_own = images
                .iter()
                .any(|image| is_built_from(compose, service, image));
            if is_own || service.build.is_none() {
                items.extend(of_service(service));
            }
        }
    }
    items.extend(scripts.iter().flat_map(of_script));
    items
        .iter()
        .map(|item| entry(item, &judge, marks, told_later))
        .collect()
}

fn entry(item: &Item<'_>, judge: &Judge<'_>, marks: &[Mark], told_later: &[Place]) -> Entry {
    // Some are told with the whole line that they stand in.
    let own = marks.iter().filter(|(place, _)| {
        let is_line = matches!(item.kind, ItemKind::Variable(..)) && place.holds(&item.place);
        item.place.holds(place) || is_line
    });
    // What a person should look at counts before what is dropped, and that before what is kept.
    let told = own.map(|(_, outcome)| *outcome).min();
    let (outcome, why) = match told {
        Some(outcome) => (outcome, String::new()),
        None => judge.judge(item),
    };
    let is_plumbing = match &item.kind {
        // What Django is told to do is no work of the shell's.
        ItemKind::Line(command) => managed(&without_runner(&command.words).0).is_none(),
        ItemKind::Command(..) | ItemKind::Mount(_) => true,
        ItemKind::Instruction(kind) => matches!(kind, Kind::Arg(_) | Kind::Other),
        _ => false,
    };
    let mut later = told_later.iter();
    let is_told_later = outcome == Outcome::Left
        && later.any(|place| place.holds(&item.place) || item.place.holds(place));
    Entry {
        is_told_later,
        is_noise: is_plumbing && outcome == Outcome::Dropped,
        file: item.place.path(),
        line: item.place.line(),
        what: secret::mask_line(&item.what),
        outcome,
        why,
    }
}
