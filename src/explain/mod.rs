//! A page for each name that dfgen prints: what it finds or leaves out, what that costs, and what to write to have
//! it otherwise.
//!
//! Pages of rules lie beside them, in [`rules`]. Pages of trimming rules are made from their rows in the catalog, so
//! that what they say is what is done.

mod settings;
mod trim;

use crate::catalog::Catalog;
use crate::rules::{self, Family, Rule};

/// What there is to know about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rule's name.
    pub name: String,
    /// What it is about.
    pub family: Family,
    /// One line.
    pub summary: String,
    /// The rest, in lines of at most 120 characters.
    pub text: String,
}

impl From<&Rule> for Page {
    fn from(rule: &Rule) -> Self {
        Self {
            name: rule.name().to_owned(),
            family: rule.family(),
            summary: rule.summary().to_owned(),
            text: rule.text().to_owned(),
        }
    }
}

/// Every page, by family and name.
pub fn pages(catalog: &Catalog) -> Vec<Page> {
    let mut pages: Vec<Page> = rules::ALL.iter().map(|rule| Page::from(*rule)).collect();
    pages.extend(trim::pages(catalog));
    pages.push(settings::page());
    pages.extend(OTHERS.map(|(name, family, page)| other(name, family, page)));
    pages.sort_by(|a, b| (a.family, &a.name).cmp(&(b.family, &b.name)));
    pages
}

/// No rules: what an image gets besides, how it runs, and what surrounds it.
const OTHERS: [(&str, Family, &str); 28] = [
    (
        "bytecode",
        Family::Content,
        include_str!("topics/bytecode.md"),
    ),
    ("proxy", Family::Running, include_str!("topics/proxy.md")),
    (
        "stopping",
        Family::Running,
        include_str!("topics/stopping.md"),
    ),
    (
        "application",
        Family::Topic,
        include_str!("topics/application.md"),
    ),
    ("audit", Family::Topic, include_str!("topics/audit.md")),
    (
        "build-steps",
        Family::Topic,
        include_str!("topics/build-steps.md"),
    ),
    (
        "build-clusters",
        Family::Topic,
        include_str!("topics/build-clusters.md"),
    ),
    ("ci", Family::Topic, include_str!("topics/ci.md")),
    (
        "cloud-run",
        Family::Topic,
        include_str!("topics/cloud-run.md"),
    ),
    ("company", Family::Topic, include_str!("topics/company.md")),
    (
        "company-network",
        Family::Topic,
        include_str!("topics/company-network.md"),
    ),
    ("context", Family::Topic, include_str!("topics/context.md")),
    (
        "development",
        Family::Topic,
        include_str!("topics/development.md"),
    ),
    (
        "gpu-nodes",
        Family::Topic,
        include_str!("topics/gpu-nodes.md"),
    ),
    (
        "built-images",
        Family::Topic,
        include_str!("topics/built-images.md"),
    ),
    ("images", Family::Topic, include_str!("topics/images.md")),
    (
        "kubernetes",
        Family::Topic,
        include_str!("topics/kubernetes.md"),
    ),
    (
        "libraries",
        Family::Topic,
        include_str!("topics/libraries.md"),
    ),
    ("limits", Family::Topic, include_str!("topics/limits.md")),
    ("models", Family::Topic, include_str!("topics/models.md")),
    (
        "not-held",
        Family::Topic,
        include_str!("topics/not-held.md"),
    ),
    (
        "openshift",
        Family::Topic,
        include_str!("topics/openshift.md"),
    ),
    ("podman", Family::Topic, include_str!("topics/podman.md")),
    (
        "private-indexes",
        Family::Topic,
        include_str!("topics/private-indexes.md"),
    ),
    (
        "registry-cache",
        Family::Topic,
        include_str!("topics/registry-cache.md"),
    ),
    ("size", Family::Topic, include_str!("topics/size.md")),
    (
        "services",
        Family::Topic,
        include_str!("topics/services.md"),
    ),
    (
        "upgrading",
        Family::Topic,
        include_str!("topics/upgrading.md"),
    ),
];

fn other(name: &str, family: Family, page: &str) -> Page {
    let (summary, text) = page.split_once("\n\n").unwrap_or((page, ""));
    Page {
        name: name.to_owned(),
        family,
        summary: summary.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn page(name: &str) -> Page {
        let mut pages = pages(Catalog::embedded()).into_iter();
        pages.find(|page| page.name == name).unwrap()
    }

    #[test]
    fn each_name_has_one_page() {
        let mut names = BTreeSet::new();
        for page in pages(Catalog::embedded()) {
            assert!(names.insert(page.name.clone()), "{}", page.name);
        }
    }

    #[test]
    fn pages_fit_a_terminal() {
        for page in pages(Catalog::embedded()) {
            assert!(!page.text.is_empty(), "{}", page.name);
            for line in page.text.lines().chain([page.summary.as_str()]) {
                assert!(line.chars().count() <= 128, "{}: {line}", page.name);
            }
        }
    }

    #[test]
    fn a_page_of_a_trimming_rule_says_what_it_takes_saves_and_how_to_keep_it() {
        let libraries = page("static-libraries");
        insta::assert_snapshot!(libraries.summary, @"Static libraries serve those who link against a package");
        insta::assert_snapshot!(libraries.text, @r#"
        No program opens them when it runs.

        leaves out      **/*.a
        not beside      cmdstanpy, pystan
        saves           173 MB of triton, 17 MB of nvidia-nvshmem-cu12, 124 kB of numpy
        seen            every module of 24 packages (scipy, pandas, sklearn, matplotlib, statsmodels, pyarrow and others) that
                        was importable still is (2026-11-21)
        switch it off   keep = ["static-libraries"] at the top of dfgen.toml, or in [profile.NAME] for one image
        "#);
        insta::assert_snapshot!(page("cusolver-mg").text, @r#"
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
