//! What was found as annotations of GitHub's jobs.
//!
//! Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-a-notice-message>

use dfgen::audit::{Finding, Report};
use dfgen::rules::Severity;
use dfgen::secret::mask;

pub(super) fn text(report: &Report) -> String {
    let mut lines = String::new();
    for file in &report.files {
        let path = file.file.path().to_string_lossy();
        for finding in &file.findings {
            lines.push_str(&annotation(&path, finding));
        }
    }
    lines
}

fn annotation(path: &str, finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let region = finding.region();
    let message = format!("{}; instead {}", finding.message(), finding.write);
    format!(
        "::{command} file={},line={},endLine={},col={},title={}::{}\n",
        property(path),
        region.line,
        region.end_line,
        region.column,
        property(finding.rule.name()),
        data(&mask(&message)),
    )
}

/// Text behind the colons.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
