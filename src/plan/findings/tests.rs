use std::collections::BTreeSet;

use super::CHECKS;
use crate::rules;

/// Every file of this folder is a check in the list, and has the name of a finding.
#[test]
fn every_check_is_wired() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/plan/findings");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files
        .filter_map(|file| Some(file.strip_suffix(".rs")?.replace('_', "-")))
        .filter(|file| file != "mod" && file != "tests")
        .collect();
    let findings: BTreeSet<String> = rules::findings()
        .filter(|name| files.contains(*name))
        .map(str::to_owned)
        .collect();
    assert_eq!(files, findings);
    assert_eq!(CHECKS.len(), files.len());
}
