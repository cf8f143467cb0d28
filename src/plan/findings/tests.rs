use super::RULES;

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
