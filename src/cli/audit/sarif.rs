//! What was found as SARIF 2.1.0, for code scanning.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>

use std::collections::BTreeMap;

use dfgen::audit::{Finding, Report};
use dfgen::rules::{Rule, Severity};
use dfgen::secret::mask;
use serde_json::{Value, json};

/// How much a finding weighs, in SARIF's words, which are ours.
pub(super) fn level(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

pub(super) fn text(report: &Report) -> String {
    let rules: BTreeMap<&str, &Rule> = report
        .findings()
        .map(|one| (one.rule.name(), one.rule))
        .collect();
    let index: Vec<&str> = rules.keys().copied().collect();
    let results = report.files.iter().flat_map(|file| {
        let path = file.file.path().to_string_lossy().replace('\\', "/");
        let index = &index;
        file.findings
            .iter()
            .map(move |finding| result(&path, index, finding))
    });
    let value = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "dfgen",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    let mut text = serde_json::to_string_pretty(&value).expect("JSON can be printed");
    text.push('\n');
    text
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.name(),
        "shortDescription": { "text": rule.summary() },
        "fullDescription": { "text": rule.text() },
        "help": { "text": format!("dfgen explain {}", rule.name()) },
    })
}

fn result(path: &str, index: &[&str], finding: &Finding) -> Value {
    let region = finding.region();
    let costs = finding
        .saves
        .map(|saves| format!(" Costs {saves}."))
        .unwrap_or_default();
    let message = format!("{}; instead {}.{costs}", finding.message(), finding.write);
    json!({
        "ruleId": finding.rule.name(),
        "ruleIndex": index.iter().position(|name| *name == finding.rule.name()),
        "level": level(finding),
        "message": { "text": mask(&message) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(path) },
            "region": {
                "startLine": region.line,
                "startColumn": region.column,
                "endLine": region.end_line,
                "endColumn": region.end_column,
            },
        } }],
    })
}

/// A path as a relative reference of a URI.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/@+=,".contains(&byte);
        if is_plain {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
