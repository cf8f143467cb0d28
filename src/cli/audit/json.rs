//! What was found, for machines.

use dfgen::audit::{Audited, Finding, Report, Saving};
use dfgen::diagnostic::Region;
use dfgen::rules::Effort;
use dfgen::secret::mask;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::cli::output::{self, json};

/// What was found in Dockerfiles.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct AuditView {
    /// The files that were judged.
    files: Vec<FileView>,
}

/// One Dockerfile.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct FileView {
    /// Its path.
    file: String,
    /// What is wrong with it, by line.
    findings: Vec<FindingView>,
    /// How many more are silenced.
    silenced: usize,
}

/// One fault.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct FindingView {
    /// Its rule; `dfgen explain` has its page.
    rule: &'static str,
    /// `error`, `warning` or `note`.
    severity: &'static str,
    #[serde(flatten)]
    region: Region,
    /// What is wrong.
    message: String,
    /// What to write.
    write: &'static str,
    /// What that takes.
    effort: Effort,
    /// Bytes on disk that it saves; null where nobody knows.
    saves: Option<Saving>,
    /// Whether `--fix` mends it.
    fixable: bool,
}

impl FindingView {
    fn new(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.name(),
            severity: super::sarif::level(finding),
            region: finding.region(),
            message: mask(&finding.message()).into_owned(),
            write: finding.write,
            effort: finding.effort,
            saves: finding.saves,
            fixable: finding.edit.is_some(),
        }
    }
}

impl FileView {
    fn new(audited: &Audited) -> Self {
        Self {
            file: audited.file.path().display().to_string(),
            findings: audited.findings.iter().map(FindingView::new).collect(),
            silenced: audited.silenced,
        }
    }
}

pub(super) fn text(report: &Report) -> String {
    json(&AuditView {
        files: report.files.iter().map(FileView::new).collect(),
    })
}

/// The schema of what is found as JSON.
pub(in crate::cli) fn schema() -> Schema {
    output::schema::<AuditView>("audit", "dfgen audit")
}
