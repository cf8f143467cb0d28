//! `dfgen explain`: what there is to know about a rule.

use clap::Args;
use dfgen::catalog::Catalog;
use dfgen::diagnostic::{Diagnostic, Diagnostics, Result, nearest};
use dfgen::explain;
use dfgen::rules;

use super::rows::Rows;
use super::{Outcome, print};

/// Explain a rule: what a finding means and what to do about it, or what is left out of an image and why.
#[derive(Args)]
pub(super) struct Arguments {
    /// The rule, as in `warning[RULE]` or in `dfgen plan`; without one, all are listed.
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let pages = explain::pages(Catalog::embedded());
    let Some(rule) = &arguments.rule else {
        let mut rows = Rows::default();
        for (name, page) in &pages {
            rows.push(name, &page.summary, "");
        }
        return print(&rows.text(0));
    };
    match pages.get(rule) {
        Some(page) => print(&format!("{rule}: {}\n\n{}", page.summary, page.text)),
        None => {
            let known: Vec<&str> = pages.keys().map(String::as_str).collect();
            let mut problem = Diagnostic::new(
                rules::UNKNOWN_RULE,
                format!("there is no page about `{rule}`"),
            );
            if let Some(near) = nearest(rule, known) {
                problem = problem.with_help(near);
            }
            Err(Diagnostics::from(
                problem.with_help("`dfgen explain` lists all"),
            ))
        }
    }
}
