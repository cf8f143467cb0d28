//! An image as Markdown: the plan first, layers and owners folded away.

use std::fmt::Write;

use dfgen::bytes::Bytes;
use dfgen::image::report::{ImageReport, ImagesDifference, Verdict};

use super::difference::{change, pulls, versions};
use super::text::{called, head, placed, shortened, when};
use crate::cli::size::{cell, folded, shortened as fitted, signed};

/// Owners that are listed.
const OWNERS: usize = 100;

/// Everything.
pub(super) fn text(report: &ImageReport) -> String {
    let mut text = format!("{}\n\n", cell(&head(report)));
    for secret in &report.secrets {
        let line = format!(
            "secret: {} in {} {}",
            secret.what,
            secret.place,
            placed(secret)
        );
        let _ = writeln!(text, "- **{}**", cell(line.trim_end()));
    }
    for one in &report.missing_libraries {
        let owners = one.owners.join(", ");
        let line = format!(
            "{} is missing, which {owners} cannot load without: {}",
            one.library,
            one.write()
        );
        let _ = writeln!(text, "- {}", cell(&line));
    }
    if !report.secrets.is_empty() || !report.missing_libraries.is_empty() {
        text.push('\n');
    }
    if !report.areas.is_empty() {
        text.push_str("| when | saves | what | write |\n|---|--:|---|---|\n");
        for area in &report.areas {
            let (what, write) = (cell(&area.what), cell(&area.write));
            let saves = area.saves.disk.bytes();
            let _ = writeln!(
                text,
                "| {} | {saves} | {what} | {write} |",
                when(area.effort)
            );
        }
        for step in &report.plan {
            let _ = writeln!(
                text,
                "\nDone {}: {} less, {} left.",
                when(step.effort),
                step.saves,
                step.leaves
            );
        }
        text.push('\n');
    }
    text.push_str(&folded("layers", &layers(report)));
    text.push_str(&folded("owners", &owners(report)));
    fitted(text)
}

fn layers(report: &ImageReport) -> String {
    let mut text =
        "| layer | on disk | to pull | could go | instruction |\n|--:|--:|--:|--:|---|\n"
            .to_owned();
    for layer in &report.layers {
        let pull = layer.pull.map_or_else(String::new, |pull| pull.to_string());
        let removable = match layer.verdict {
            Verdict::Expected | Verdict::Unknown => String::new(),
            Verdict::Partly | Verdict::Unnecessary => layer.removable.to_string(),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {pull} | {removable} | `{}` |",
            layer.number,
            layer.bytes,
            cell(&shortened(&layer.instruction)).replace('`', "'")
        );
    }
    text
}

fn owners(report: &ImageReport) -> String {
    let mut text = "| on disk | owner |\n|--:|---|\n".to_owned();
    for owned in report.owners.iter().take(OWNERS) {
        let _ = writeln!(
            text,
            "| {} | {} |",
            owned.bytes,
            cell(&called(&owned.name, owned.version.as_deref()))
        );
    }
    let rest = report.owners.get(OWNERS..).unwrap_or_default();
    if !rest.is_empty() {
        let bytes: Bytes = rest.iter().map(|owned| owned.bytes).sum();
        let _ = writeln!(text, "| {bytes} | {} more |", rest.len());
    }
    text
}

/// What changed.
pub(super) fn difference(difference: &ImagesDifference) -> String {
    let (before, after) = (&difference.before, &difference.after);
    let mut text = format!(
        "{} → {}: {} on disk; {}.\n\n| on disk | owner | |\n|--:|---|---|\n",
        cell(&before.image),
        cell(&after.image),
        signed(i128::from(after.bytes.0) - i128::from(before.bytes.0)),
        pulls(difference)
    );
    for one in difference.owners.iter().take(OWNERS) {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            signed(change(one)),
            cell(&one.name),
            cell(&versions(one))
        );
    }
    fitted(text)
}
