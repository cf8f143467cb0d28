//! Pages of trimming rules, from their rows.

use std::cmp::Reverse;

use textwrap::{Options, WordSplitter};

use crate::bytes::Bytes;
use crate::catalog::{Catalog, GpuPart, Row, TrimAction, TrimRule};
use crate::names::PackageName;
use crate::rules::Family;

use super::Page;

/// Columns of a page.
const WIDTH: usize = 120;

/// How many packages are named.
const MOST: usize = 12;

/// What stands beside a label begins here.
const COLUMN: usize = 16;

/// A page for each rule and each part.
pub(super) fn pages(catalog: &Catalog) -> impl Iterator<Item = Page> {
    let trim = catalog.trim();
    let rules = trim.rules().map(|(name, row)| rule(catalog, name, row));
    let parts = trim.all_parts().map(|(name, row)| part(name, row));
    rules.chain(parts)
}

fn rule(catalog: &Catalog, name: &str, row: &Row<TrimRule>) -> Page {
    let (summary, more) = row.about().split_once(". ").unwrap_or((row.about(), ""));
    let mut page = Lines::new(more);
    page.list("leaves out", row.paths());
    page.list("not beside", row.unless());
    if row.action() == TrimAction::Strip {
        let protected: Vec<_> = catalog.trim().as_built().collect();
        page.list("not of", &protected);
        page.row("", "their licences let nobody change their files: each stays as it was built, or is left out whole");
        page.row(
            "told",
            "the image's label `dfgen.stripped`; `dfgen plan` names the packages",
        );
    }
    page.row("saves", &saves(catalog, name, row.action()));
    page.row("seen", &row.evidence().to_string());
    page.row(
        "switch it off",
        &format!(
            "keep = [\"{name}\"] at the top of dfgen.toml, or in [profile.NAME] for one image"
        ),
    );
    Page {
        name: name.to_owned(),
        family: Family::Trimming,
        summary: summary.trim_end_matches('.').to_owned(),
        text: page.text,
    }
}

/// Where it saves most.
fn saves(catalog: &Catalog, name: &str, action: TrimAction) -> String {
    let mut saves: Vec<(&PackageName, u64)> = match action {
        TrimAction::Tests => catalog
            .trim()
            .all_tests()
            .map(|(name, row)| (name, row.bytes()))
            .collect(),
        TrimAction::Remove | TrimAction::Strip => catalog.savings().of(name).collect(),
    };
    saves.sort_by_key(|(_, saved)| Reverse(*saved));
    let more = saves.len().saturating_sub(MOST);
    let most = saves.iter().take(MOST);
    let mut words: Vec<String> = most
        .map(|(package, saved)| format!("{} of {package}", Bytes(*saved)))
        .collect();
    words.extend((more > 0).then(|| format!("less of {more} more")));
    words.join(", ")
}

fn part(name: &str, row: &Row<GpuPart>) -> Page {
    let mut page = Lines::new(
        "A part of a package that an image may do without. It is left out when you ask for it, because it costs something.",
    );
    page.list("leaves out", row.paths());
    page.list("of", row.distributions());
    page.row("loses", row.loses());
    page.row(
        "saves",
        &format!("{} where it was measured", Bytes(row.bytes())),
    );
    page.row("seen", &row.evidence().to_string());
    page.row("ask for it", &format!("trim = [\"{name}\"] in [profile.NAME] of dfgen.toml; trim = [\"@gpu\"] asks for all such parts"));
    Page {
        name: name.to_owned(),
        family: Family::Part,
        summary: format!("Loses {}", row.loses()),
        text: page.text,
    }
}

/// The lines of a page.
pub(super) struct Lines {
    column: usize,
    pub(super) text: String,
}

impl Lines {
    fn new(about: &str) -> Self {
        let mut text = textwrap::fill(about, WIDTH);
        if !text.is_empty() {
            text += "\n\n";
        }
        Self {
            column: COLUMN,
            text,
        }
    }

    /// None yet, with values at this column.
    pub(super) fn wide(column: usize) -> Self {
        Self {
            column,
            text: String::new(),
        }
    }

    fn list<T: std::fmt::Display>(&mut self, label: &str, values: &[T]) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        self.row(label, &values.join(", "));
    }

    /// A label and what it stands for; nothing where there is nothing to say.
    pub(super) fn row(&mut self, label: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let column = self.column;
        let label = format!("{label:column$}");
        let blank = " ".repeat(column);
        let options = Options::new(WIDTH)
            .initial_indent(&label)
            .subsequent_indent(&blank)
            .word_splitter(WordSplitter::NoHyphenation);
        self.text += &textwrap::fill(value, options);
        self.text.push('\n');
    }
}
