//! The modules that the project's own source has, wherever they lie.

use crate::plan::inputs::Subject;
use crate::project::source_tree::has_extension;

/// Whether the source has a module of this name, wherever it lies.
pub(crate) fn is_there(subject: &Subject<'_>, module: &str) -> bool {
    !files(subject, module).is_empty()
}

/// The files that a module name may mean: below any folder, since settings move import roots.
pub(crate) fn files(subject: &Subject<'_>, module: &str) -> Vec<String> {
    let base = module.replace('.', "/");
    let ends = [
        format!("{base}.py"),
        format!("{base}/__init__.py"),
        format!("{base}/__main__.py"),
    ];
    let is_it = |path: &str| {
        ends.iter().any(|end| {
            path.strip_suffix(end.as_str())
                .is_some_and(|before| before.is_empty() || before.ends_with('/'))
        }) || compiled(path, &base)
    };
    let tree = &subject.inputs.tree;
    tree.paths()
        .filter(|path| is_it(path))
        .map(str::to_owned)
        .collect()
}

/// Modules that are made of other files: Cython, and shared objects.
fn compiled(path: &str, base: &str) -> bool {
    (has_extension(path, "pyx") || has_extension(path, "so"))
        && path.split_once(base).is_some_and(|(before, rest)| {
            (before.is_empty() || before.ends_with('/')) && rest.starts_with('.')
        })
}

/// Whether a file may give its module this name: it says the word, or takes names it does not list.
pub(crate) fn may_have(subject: &Subject<'_>, path: &str, name: &str) -> bool {
    let Some(file) = subject
        .inputs
        .tree
        .text(path)
        .filter(|_| has_extension(path, "py"))
    else {
        return true;
    };
    let text = file.text();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.contains("import *")
        || text.contains("__getattr__")
        || text.contains("globals()")
        || text.split(|c| !is_word(c)).any(|word| word == name)
        || path
            .strip_suffix("__init__.py")
            .is_some_and(|folder| is_below(subject, folder, name))
}

/// Whether a package has a module or a package of this name.
fn is_below(subject: &Subject<'_>, folder: &str, name: &str) -> bool {
    let tree = &subject.inputs.tree;
    tree.has_file(&format!("{folder}{name}.py")) || tree.has_folder(&format!("{folder}{name}"))
}
