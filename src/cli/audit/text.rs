//! What was found, for people: a plan by effort, ten lines for each file.

use dfgen::audit::{Audited, Finding, Report, Saving};
use dfgen::diagnostic::Style;
use dfgen::rules::{self, Effort};

use crate::cli::{Loudness, Terminal};

/// Lines for one file, its heading among them.
const LINES: usize = 10;

/// Lines of a file that one row names.
const NUMBERS: usize = 6;

/// What a person does first, and what can wait.
pub(super) const EFFORTS: [(Effort, &str); 3] = [
    (Effort::Easy, "today"),
    (Effort::Medium, "this week"),
    (Effort::Architectural, "next"),
];

pub(super) fn text(report: &Report, terminal: &Terminal) -> String {
    let mut parts: Vec<String> = Vec::new();
    for file in report.files.iter().filter(|file| !file.findings.is_empty()) {
        parts.push(if terminal.loudness == Loudness::Verbose {
            drawn(file, terminal.data)
        } else {
            short(file)
        });
    }
    parts.push(sum(report));
    parts.join("\n")
}

/// Everything, with the person's own lines.
fn drawn(file: &Audited, style: Style) -> String {
    let findings = file.findings.iter().map(|one| one.diagnostic().draw(style));
    let drawn: Vec<String> = findings.collect();
    drawn.join("\n")
}

/// A line for each rule, heaviest first of each effort.
fn short(file: &Audited) -> String {
    let rows = rows(file);
    let mut lines = vec![format!(
        "{}: {}",
        file.file.path().display(),
        counted(file.findings.len(), "fault")
    )];
    let is_cut = rows.len() > LINES - 1;
    let shown = if is_cut { LINES - 2 } else { rows.len() };
    lines.extend(rows.iter().take(shown).map(|row| format!("  {row}")));
    if is_cut {
        let more = counted(rows.len() - shown, "more rule");
        lines.push(format!(
            "  {more}: `dfgen audit --verbose {}`",
            file.file.path().display()
        ));
    }
    lines.join("\n") + "\n"
}

fn rows(file: &Audited) -> Vec<String> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in &file.findings {
        match groups
            .iter_mut()
            .find(|group| group[0].rule == finding.rule)
        {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.sort_by_key(|group| {
        let first = group[0];
        (
            std::cmp::Reverse(first.severity),
            first.effort,
            first.place.line(),
        )
    });
    groups.iter().map(|group| row(group)).collect()
}

fn row(group: &[&Finding]) -> String {
    let first = group[0];
    let mut lines: Vec<usize> = group.iter().map(|one| one.place.line()).collect();
    lines.dedup();
    let more = if lines.len() > NUMBERS { ".." } else { "" };
    let lines: Vec<String> = lines.iter().take(NUMBERS).map(usize::to_string).collect();
    let saves = saved(group)
        .map(|saves| format!(", {saves}"))
        .unwrap_or_default();
    format!(
        "{}{more}  {}  {}{saves}; instead {}",
        lines.join(","),
        first.rule,
        first.why,
        first.write
    )
}

/// What a rule's findings cost together: they may overlap.
fn saved(group: &[&Finding]) -> Option<Saving> {
    let known: Vec<Saving> = group.iter().filter_map(|one| one.saves).collect();
    Some(Saving {
        from: known.iter().map(|one| one.from).max()?,
        to: if group[0].rule == rules::DEVELOPMENT_GROUP {
            known.iter().map(|one| one.to).max()?
        } else {
            known.iter().map(|one| one.to).sum()
        },
    })
}

/// The plan, in one line.
pub(super) fn sum(report: &Report) -> String {
    let files = counted(report.files.len(), "file");
    let all = report.findings().count();
    if all == 0 {
        return format!("{files}: nothing found{}\n", silenced(report));
    }
    let plan: Vec<String> = EFFORTS
        .iter()
        .filter_map(|(effort, when)| {
            let (count, saves) = report.sum(*effort);
            let saves = saves
                .map(|saves| format!(", {}", less(saves)))
                .unwrap_or_default();
            (count > 0).then(|| format!("{when}: {}{saves}", counted(count, "line")))
        })
        .collect();
    format!(
        "{files}, {}: {}{}; `dfgen explain RULE` says why\n",
        counted(all, "fault"),
        plan.join("; "),
        silenced(report)
    )
}

/// `-18 MB to -40 MB`.
fn less(saves: Saving) -> String {
    if saves.from == saves.to {
        format!("-{}", saves.to)
    } else {
        format!("-{} to -{}", saves.from, saves.to)
    }
}

fn silenced(report: &Report) -> String {
    match report.files.iter().map(|file| file.silenced).sum() {
        0 => String::new(),
        count => format!("; {count} silenced"),
    }
}

fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}
