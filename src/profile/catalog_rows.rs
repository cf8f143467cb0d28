//! The user's own rows of the catalog, and what speaks against them.

use crate::catalog::{KINDS, RowProblem, UserRows};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile, nearest};
use crate::rules;

/// Reads the rows under a table of a TOML file.
///
/// # Errors
///
/// Text that is not TOML, a kind that is not known, and every malformed row, each with its place.
pub(crate) fn read(file: &SourceFile, table: &[&str]) -> Result<UserRows> {
    let location = |span| file.place(span, "").location();
    UserRows::read(file.text(), table, location).map_err(|problems| {
        let problems = problems.iter().map(|problem| told(file, problem));
        Diagnostics::from_iter(problems)
    })
}

fn told(file: &SourceFile, problem: &RowProblem) -> Diagnostic {
    let RowProblem {
        key,
        message,
        span,
        is_kind,
    } = problem;
    let place = file.place(span.clone(), message);
    if *is_kind {
        let message = format!("the catalog takes no rows of kind `{key}`");
        return Diagnostic::new(rules::CATALOG_ROW, message)
            .at(place)
            .with_help_some(nearest(key, KINDS));
    }
    let message = if key.is_empty() {
        "the catalog rows cannot be read".to_owned()
    } else {
        format!("the catalog row of `{key}` cannot be read")
    };
    Diagnostic::new(rules::CATALOG_ROW, message)
        .at(place)
        .with_help("a package's row says for example `runtime = [\"libpq5\"]`, a module's `distributions = [\"acme-core\"]`")
        .with_help("where names differ between releases: `runtime = { bookworm = [\"libmagic1\"], trixie = [\"libmagic1t64\"] }`")
}
