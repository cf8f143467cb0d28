//! What was found, for a comment or the summary of a job.

use dfgen::audit::{Audited, Report};
use dfgen::secret::mask;

pub(super) fn text(report: &Report) -> String {
    let mut parts: Vec<String> = report
        .files
        .iter()
        .filter(|file| !file.findings.is_empty())
        .map(table)
        .collect();
    parts.push(super::text::sum(report));
    parts.join("\n")
}

fn table(file: &Audited) -> String {
    let mut text = format!(
        "### `{}`\n\n| line | rule | what | costs | write |\n|---|---|---|---|---|\n",
        file.file.path().display()
    );
    for finding in &file.findings {
        let costs = finding
            .saves
            .map(|saves| saves.to_string())
            .unwrap_or_default();
        text += &format!(
            "| {} | {} | {} | {costs} | {} |\n",
            finding.place.line(),
            finding.rule,
            cell(&mask(&finding.message())),
            cell(finding.write),
        );
    }
    text
}

/// Text that ends no cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
