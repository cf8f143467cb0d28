//! Secrets in the files that an image has, whatever these are called.

use crate::diagnostic::Diagnostic;
use crate::plan::AppPlan;
use crate::plan::inputs::Subject;
use crate::plan::source::paths::printable;
use crate::project::source_tree::has_extension;
use crate::rules;
use crate::secret::shown_in;

/// Files that hold settings and texts. Source calls what reads secrets by their names.
const ENDINGS: [&str; 9] = [
    "cfg",
    "conf",
    "ini",
    "json",
    "properties",
    "toml",
    "txt",
    "yaml",
    "yml",
];

/// Private keys, and tokens of known shape.
pub(crate) fn shipped_secrets(subject: &Subject<'_>, app: &AppPlan) -> Option<Diagnostic> {
    let tree = &subject.inputs.tree;
    let packages = app.packages().flat_map(|package| &package.files);
    let files: Vec<&str> = packages
        .chain(&app.files)
        .map(|file| file.path.as_ref())
        .collect();
    let is_there = |path: &str| {
        let mut own = files.iter();
        own.any(|own| *own == "." || path == *own || path.starts_with(&format!("{own}/")))
    };
    let is_text = |path: &str| ENDINGS.iter().any(|ending| has_extension(path, ending));
    let paths = tree.paths().filter(|path| is_text(path) && is_there(path));
    let mut found: Vec<(String, usize, String)> = Vec::new();
    for path in paths {
        let text = tree.text(path);
        let shown = text.iter().flat_map(|file| shown_in(file.text()));
        found.extend(shown.map(|(kind, line)| (printable(path), line, kind)));
    }
    let (path, _, kind) = found.first()?;
    let name = &subject.profile.name;
    let what = format!("`{path}` holds {kind}, and the image `{name}` has it");
    let mut finding = Diagnostic::new(rules::SHIPPED_SECRET, what);
    for (path, line, kind) in found.iter().take(8) {
        finding = finding.with_note(format!("{path}:{line}: {kind}"));
    }
    let finding = finding.with_help(
        "take it out of the folder, give it when it runs, and change it where it is valid",
    );
    Some(finding.with_help(format!(
        "or, where nothing reads it, add to .dockerignore\n{path}"
    )))
}
