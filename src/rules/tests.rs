use std::path::Path;

use super::{ALL, Family, Rule};
use crate::diagnostic::SourceFile;
use crate::profile::Config;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

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

/// The other way is the compiler's: a rule without a page is none.
#[test]
fn every_page_of_a_folder_is_a_rule() {
    for (folder, family) in [
        ("errors", Family::Error),
        ("findings", Family::Finding),
        ("faults", Family::Fault),
    ] {
        let files = std::fs::read_dir(format!("{SOURCE}/rules/{folder}")).unwrap();
        let mut pages: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        pages.sort();
        let rules = ALL.iter().filter(|rule| rule.family() == family);
        let rules: Vec<String> = rules.map(|rule| format!("{}.md", rule.name())).collect();
        assert_eq!(pages, rules);
    }
}

#[test]
fn pages_say_what_it_is_why_and_what_to_do() {
    for rule in ALL {
        let name = rule.name();
        assert!(!rule.summary().ends_with('.'), "{name}");
        assert!(!rule.summary().contains('\n'), "{name}");
        let labels = ["what to do", "first", "dfgen  ", "at module level"];
        let advises = |line: &str| labels.iter().any(|label| line.starts_with(label));
        assert!(rule.text().lines().any(advises), "{name}: no advice");
        assert!(
            rule.text().lines().next().unwrap().len() > 40,
            "{name}: no reason"
        );
    }
}

/// What stands in a page as settings of dfgen is read as such.
#[test]
fn examples_in_pages_are_settings() {
    let mut read = 0;
    for rule in ALL {
        for example in examples(rule.text()) {
            let config = Config::parse(SourceFile::new(rule.name(), example));
            let config = config.unwrap_or_else(|problems| panic!("{problems}"));
            config
                .catalog_rows()
                .unwrap_or_else(|problems| panic!("{problems}"));
            read += 1;
        }
    }
    assert!(read >= 16, "{read}");
}

/// The indented parts of a page that begin with a table of dfgen.toml.
fn examples(text: &str) -> Vec<String> {
    let mut examples = vec![String::new()];
    for line in text.lines() {
        match line.strip_prefix("    ") {
            Some(line) if !line.starts_with(' ') => {
                *examples.last_mut().unwrap() += &format!("{line}\n");
            }
            _ if line.is_empty() => *examples.last_mut().unwrap() += "\n",
            _ => examples.push(String::new()),
        }
    }
    let of_dfgen = |example: &String| {
        let first = example.trim_start();
        first.starts_with("[profile.") || first.starts_with("[catalog.")
    };
    examples.into_iter().filter(of_dfgen).collect()
}

/// A rule that nothing says any more leaves the list.
#[test]
fn every_rule_is_said_somewhere() {
    let mut source = String::new();
    read(Path::new(SOURCE), &mut source);
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
