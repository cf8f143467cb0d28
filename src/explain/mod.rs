//! A page for each rule that has a name: what it finds or leaves out, what that costs, and what to write to have
//! it otherwise.
//!
//! Pages of findings are texts, one file each in `pages/`. Pages of trimming rules are made from their rows in
//! the catalog, so that what they say is what is done.

mod trim;

use std::collections::BTreeMap;

use crate::catalog::Catalog;

macro_rules! texts {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("pages/", $name, ".md")))),*]
    };
}
/// The texts, by the name of the rule.
const TEXTS: [(&str, &str); 17] = texts![
    "backing-service",
    "bytecode",
    "cpu-wheels-in-gpu-image",
    "cuda-compiler",
    "cuda-in-cpu-image",
    "cuda-twice",
    "development-tool",
    "gpu-without-platform-wheels",
    "ignored-file",
    "missing-import",
    "missing-server",
    "not-copied",
    "not-packaged",
    "two-cuda-majors",
    "unknown-entry",
    "unpinned-build-requirements",
    "unused-requirement",
];

/// What there is to know about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// One line.
    pub summary: String,
    /// The rest, in lines of at most 120 characters.
    pub text: String,
}

impl Page {
    fn parse(text: &str) -> Self {
        let (summary, text) = text.split_once("\n\n").unwrap_or((text, ""));
        Self {
            summary: summary.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// Every page, by the name of its rule.
pub fn pages(catalog: &Catalog) -> BTreeMap<String, Page> {
    let texts = TEXTS.map(|(name, text)| (name.to_owned(), Page::parse(text)));
    texts.into_iter().chain(trim::pages(catalog)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::finding_rules;

    #[test]
    fn every_rule_has_a_page_and_every_page_a_rule() {
        let pages = pages(Catalog::embedded());
        for rule in finding_rules() {
            assert!(pages.contains_key(rule), "no page about `{rule}`");
        }
        let rules: Vec<&str> = finding_rules().chain(["bytecode"]).collect();
        for (name, _) in TEXTS {
            assert!(rules.contains(&name), "no rule `{name}`");
        }
    }

    #[test]
    fn every_file_of_the_folder_is_a_page() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/explain/pages");
        let files = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, TEXTS.map(|(name, _)| format!("{name}.md")));
    }

    #[test]
    fn pages_fit_a_terminal() {
        for (name, page) in pages(Catalog::embedded()) {
            assert!(!page.text.is_empty(), "{name}");
            for line in page.text.lines().chain([page.summary.as_str()]) {
                assert!(line.chars().count() <= 128, "{name}: {line}");
            }
        }
    }

    #[test]
    fn a_page_of_a_trimming_rule_says_what_it_takes_saves_and_how_to_keep_it() {
        let pages = pages(Catalog::embedded());
        insta::assert_snapshot!(pages["static-libraries"].text, @r#"
        Static libraries serve those who link against a package. No program opens them when it runs.

        leaves out      **/*.a
        not beside      cmdstanpy, pystan
        saves           173 MB of triton, 17 MB of nvidia-nvshmem-cu12, 124 kB of numpy
        seen            every module of 24 packages (scipy, pandas, sklearn, matplotlib, statsmodels, pyarrow and others) that
                        was importable still is (2026-11-21)
        switch it off   keep = ["static-libraries"] in [profile.NAME] of dfgen.toml
        "#);
        insta::assert_snapshot!(pages["cusolver-mg"].text, @r#"
        A part of a package that an image may do without. It is left out when you ask for it, because it costs something.

        leaves out      nvidia/*/lib/libcusolverMg.so*
        of              nvidia-cusolver, nvidia-cusolver-cu1?
        loses           linear algebra over several GPUs
        saves           120 MB where it was measured
        seen            no ELF of torch 2.9 and 2.15 needs or opens it; 161 MB in CUDA 12 (2026-11-21)
        ask for it      trim = ["cusolver-mg"] in [profile.NAME] of dfgen.toml; trim = ["@gpu"] asks for all such parts
        "#);
    }
}
