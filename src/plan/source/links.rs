//! Symbolic links in what is copied. Docker copies a link as it is, so what it leads to has to be copied too.

use crate::diagnostic::Diagnostic;
use crate::plan::inputs::Subject;
use crate::plan::source::paths::printable;
use crate::plan::{AppPlan, Copied};
use crate::project::SourceTree;
use crate::rules;

/// How many links a message names.
const SHOWN: usize = 5;

/// What links in these paths lead to, outside of them, and what links in there lead to.
pub(crate) fn targets(tree: &SourceTree, copied: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    loop {
        let all = || {
            copied
                .iter()
                .copied()
                .chain(found.iter().map(String::as_str))
        };
        let is_copied = |path: &str| all().any(|folder| is_at_or_below(path, folder));
        let mut missing = tree.links().filter_map(|(link, target)| {
            let target = target.filter(|target| !target.is_empty() && is_copied(link))?;
            let enters = tree.has_file(target) || tree.has_folder(target);
            (enters && !is_copied(target)).then(|| target.to_owned())
        });
        match missing.next() {
            Some(target) => found.push(target),
            None => return found,
        }
    }
}

/// Links that lead nowhere in the image: out of the project's folder, or to what does not enter.
pub(crate) fn dangling(subject: &Subject<'_>, app: &AppPlan) -> Option<Diagnostic> {
    let tree = &subject.inputs.tree;
    let packages = app.packages().flat_map(|package| &package.files);
    let copied: Vec<&Copied> = packages.chain(&app.files).collect();
    let is_copied = |path: &str| {
        let mut copied = copied.iter();
        copied.any(|one| is_at_or_below(path, one.path.as_ref()))
    };
    let leads_nowhere = |target: Option<&str>| {
        target.is_none_or(|target| !tree.has_file(target) && !tree.has_folder(target))
    };
    let links = tree.links();
    let lost: Vec<String> = links
        .filter(|(link, target)| is_copied(link) && leads_nowhere(*target))
        .map(|(link, _)| printable(link))
        .collect();
    let (first, others) = lost.split_first()?;
    let finding = Diagnostic::new(
        rules::NOT_COPIED,
        format!("`{first}` is a link, and what it leads to is not in the image"),
    )
    .with_note("Docker copies links as they are, and nothing from outside the project's folder")
    .with_help("put what it leads to in its place, or into the project's folder, tracked by Git");
    let words: Vec<String> = others
        .iter()
        .take(SHOWN)
        .map(|path| format!("`{path}`"))
        .collect();
    Some(match words.as_slice() {
        [] => finding,
        _ => finding.with_note(format!("so are {}", words.join(", "))),
    })
}

fn is_at_or_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    folder == "." || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
