//! `# dfgen: ignore=RULE reason`: what a person does not want to hear of, beside the line that it is about.
//!
//! The comment is about the instruction that follows, or that it stands in; before the first instruction it is about the
//! whole file. Several rules are parted by commas.

use std::ops::RangeInclusive;

use super::Finding;
use crate::diagnostic::{Diagnostic, nearest};
use crate::existing::Dockerfile;
use crate::rules::{self, Family};

/// The comments of a file.
#[derive(Debug, Default)]
pub(super) struct Comments {
    silenced: Vec<(String, RangeInclusive<usize>)>,
    pub(super) problems: Vec<Diagnostic>,
}

impl Comments {
    /// Whether one of them is about this.
    pub(super) fn silence(&self, finding: &Finding) -> bool {
        let line = finding.place.line();
        let mut silenced = self.silenced.iter();
        silenced.any(|(rule, lines)| rule == finding.rule.name() && lines.contains(&line))
    }
}

/// Reads the comments of a Dockerfile.
pub(super) fn read(dockerfile: &Dockerfile) -> Comments {
    let mut ends: Vec<(usize, usize)> = Vec::new();
    for stage in &dockerfile.stages {
        let places = std::iter::once(&stage.from.place);
        let places = places.chain(stage.instructions.iter().map(|one| &one.place));
        ends.extend(places.map(|place| (place.line(), place.region().end_line)));
    }
    let mut comments = Comments::default();
    let mut at = 0;
    for (index, line) in dockerfile.file.text().split_inclusive('\n').enumerate() {
        let (start, number) = (at, index + 1);
        at += line.len();
        let Some(said) = of_line(line) else {
            continue;
        };
        let lines = lines(&ends, number);
        for name in said
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            if is_rule(name) {
                comments.silenced.push((name.to_owned(), lines.clone()));
            } else {
                let place = dockerfile
                    .file
                    .place(start..start + line.trim_end().len(), "");
                comments.problems.push(unknown(name).at(place));
            }
        }
    }
    comments
}

/// What a line silences.
fn of_line(line: &str) -> Option<&str> {
    let comment = line.trim().strip_prefix('#')?.trim_start();
    let said = comment.strip_prefix("dfgen:")?.trim_start();
    let said = said.strip_prefix("ignore=")?;
    said.split_whitespace().next()
}

/// The lines that a comment in this line is about.
fn lines(ends: &[(usize, usize)], line: usize) -> RangeInclusive<usize> {
    let is_first = ends.iter().all(|(start, _)| line < *start);
    let next = ends.iter().find(|(_, end)| *end >= line);
    match next {
        Some(_) if is_first => 0..=usize::MAX,
        Some((start, end)) => *start..=*end,
        None => 0..=0,
    }
}

fn is_rule(name: &str) -> bool {
    faults().any(|known| known == name)
}

fn faults() -> impl Iterator<Item = &'static str> {
    let faults = rules::ALL
        .iter()
        .filter(|rule| rule.family() == Family::Fault);
    faults.map(|rule| rule.name())
}

fn unknown(name: &str) -> Diagnostic {
    Diagnostic::new(rules::UNKNOWN_RULE, format!("there is no fault `{name}`"))
        .with_help_some(nearest(name, faults()))
        .with_help("`dfgen explain` lists all")
        .as_warning()
}
