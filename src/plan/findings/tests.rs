use super::{ELSEWHERE, RULES};

/// Every file of this folder is a rule in the list, under its file's name.
#[test]
fn every_rule_is_wired() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/plan/findings");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut rules: Vec<String> = files
        .filter_map(|file| Some(file.strip_suffix(".rs")?.replace('_', "-")))
        .collect();
    rules.retain(|file| file != "mod" && file != "tests");
    rules.sort();
    assert_eq!(RULES.map(|rule| rule.name).to_vec(), rules);
}

/// Everything that the plan finds elsewhere can be silenced by its name.
#[test]
fn every_finding_made_elsewhere_is_known() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/plan");
    let files = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<String> = Vec::new();
    for file in files.map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        for kind in ["Diagnostic::warning(", "Diagnostic::note("] {
            let made = text.split(kind).skip(1);
            found.extend(made.map(|rest| rest.split('"').nth(1).unwrap().to_owned()));
        }
    }
    found.sort();
    assert_eq!(found, ELSEWHERE);
}
