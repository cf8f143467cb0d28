use std::path::Path;

use super::{ALL, Rule};

/// What a rule is called in the code.
fn constant(rule: &Rule) -> String {
    rule.name().to_uppercase().replace('-', "_")
}

#[test]
fn rules_stand_in_order_and_each_name_is_one_rule() {
    let order: Vec<_> = ALL
        .iter()
        .map(|rule| (rule.family(), rule.name()))
        .collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(order, sorted);
    let mut names: Vec<&str> = ALL.iter().map(|rule| rule.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ALL.len());
}

/// A rule that nothing says any more leaves the list.
#[test]
fn every_rule_is_said_somewhere() {
    let mut source = String::new();
    read(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut source,
    );
    let unsaid: Vec<&str> = ALL
        .iter()
        .filter(|rule| {
            let said = format!("rules::{}", constant(rule));
            let mut places = source.match_indices(&said);
            !places.any(|(at, _)| {
                let after = source[at + said.len()..].chars().next();
                after.is_some_and(|c| !c.is_alphanumeric() && c != '_')
            })
        })
        .map(|rule| rule.name())
        .collect();
    assert_eq!(unsaid, [""; 0]);
}

fn read(folder: &Path, source: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, source);
        } else if path.extension().is_some_and(|suffix| suffix == "rs") {
            *source += &std::fs::read_to_string(&path).unwrap();
        }
    }
}
