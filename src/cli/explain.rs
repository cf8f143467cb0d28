//! `dfgen explain`: what there is to know about a rule.

use clap::Args;
use dfgen::catalog::Catalog;
use dfgen::diagnostic::{Diagnostic, Result, nearest};
use dfgen::explain::{self, Page};
use dfgen::rules::{self, Family};

use super::rows::Rows;
use super::{Outcome, Terminal, paint, print};

/// Explain a rule or a topic: what a finding means and what to do about it, what is left out of an image and why, every key
/// of dfgen.toml, CI, Kubernetes and more.
#[derive(Args)]
pub(super) struct Arguments {
    /// The rule, as in `error[RULE]`, `warning[RULE]` or in `dfgen plan`, or the topic; without one, all are listed.
    #[arg(value_name = "NAME")]
    rule: Option<String>,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let pages = explain::pages(Catalog::embedded());
    let Some(rule) = &arguments.rule else {
        return terminal.print_chapters(&listed(&pages));
    };
    match pages.iter().find(|page| page.name == *rule) {
        Some(page) => {
            let text = format!("{rule}: {}\n\n{}", page.summary, page.text);
            print(&paint::page(&text, terminal.data))
        }
        None => {
            let known = pages.iter().map(|page| page.name.as_str());
            let message = format!("there is no page about `{rule}`");
            Err(Diagnostic::new(rules::UNKNOWN_RULE, message)
                .with_help_some(nearest(rule, known))
                .with_help("`dfgen explain` lists all")
                .into())
        }
    }
}

/// A name and a line for each page, by family.
fn listed(pages: &[Page]) -> String {
    let families: Vec<String> = pages
        .chunk_by(|one, next| one.family == next.family)
        .map(|pages| {
            let mut rows = Rows::default();
            for page in pages {
                rows.push(&page.name, &page.summary, "");
            }
            format!("{}\n{}", heading(pages[0].family), rows.text(2))
        })
        .collect();
    families.join("\n")
}

fn heading(family: Family) -> &'static str {
    match family {
        Family::Error => "Errors: dfgen cannot do its work",
        Family::Finding => {
            "Findings: worth a look before an image is built; `silence = [..]` in a profile, or at the top"
        }
        Family::Fault => {
            "Faults of Dockerfiles: `dfgen audit` tells them, `dfgen init` does not carry them over; `silence = [..]` at the top"
        }
        Family::Trimming => "Left out of every image; `keep = [..]` in a profile",
        Family::Part => "Left out of an image that asks for it; `trim = [..]` in a profile",
        Family::Content => "Made for every image; a switch in a profile",
        Family::Running => "How an image runs",
        Family::Topic => "Topics",
    }
}
