//! Which files of a folder an image takes that runs from source: its modules, what they import, and
//! the data that they name. Tests, scripts, documentation, other projects, hidden files and the
//! manifests stay behind, and so does what only lies beside the code.

use crate::catalog::Sources as Files;
use crate::existing::checksum::{Authorship, authorship};
use crate::plan::inputs::Subject;
use crate::project::SourceTree;
use crate::project::source_tree::{Role, has_extension, join};

/// Words of a line that is about paths.
const PATHS: [&str; 10] = [
    " / ", "DIR", "Dir", "File", "Path", "dir", "folder", "join", "open(", "path",
];

/// Something in the project's own folder.
struct Top<'p> {
    name: &'p str,
    is_folder: bool,
    /// Whether it lies in the folder of generated files: then it is the application's where something says so.
    beside_generated: bool,
    /// The files that it is or holds.
    files: Vec<&'p str>,
}

impl Top<'_> {
    fn python(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().copied();
        files.filter(|path| has_extension(path, "py"))
    }

    fn is_code(&self) -> bool {
        self.python().next().is_some()
    }

    fn role(&self) -> Role {
        let inner = if self.is_folder {
            format!("{}/x", self.name)
        } else {
            self.name.to_owned()
        };
        SourceTree::role("", &inner)
    }

    /// What its modules are imported as.
    fn module(&self) -> String {
        let name = self.name.strip_suffix(".py").unwrap_or(self.name);
        name.replace('/', ".")
    }
}

/// What of a folder goes into the image, as sorted paths.
pub(crate) struct Sources {
    pub(crate) taken: Vec<String>,
    /// Folders of data that nothing names.
    pub(crate) left: Vec<String>,
}

/// Decides. `started` are the modules that the image is started with.
pub(crate) fn sources(subject: &Subject<'_>, started: &[String]) -> Sources {
    let tree = &subject.inputs.tree;
    let folder = subject.folder;
    let (mut taken, others): (Vec<Top<'_>>, Vec<Top<'_>>) =
        tops(subject, started).into_iter().partition(is_application);
    let mut texts: Vec<String> = taken.iter().flat_map(|top| texts(tree, top)).collect();
    let modules = started.iter().filter_map(|one| one.split(':').next());
    texts.extend(modules.map(|module| format!("import {module}")));
    let (mut code, data): (Vec<Top<'_>>, Vec<Top<'_>>) = others.into_iter().partition(Top::is_code);
    // What is imported may import more.
    while let Some(at) = code.iter().position(|top| is_imported(&texts, top)) {
        let top = code.remove(at);
        texts.extend(self::texts(tree, &top));
        taken.push(top);
    }
    let is_site = tree.has_file(&join(folder, "manage.py"));
    let (wanted, left): (Vec<Top<'_>>, Vec<Top<'_>>) = data
        .into_iter()
        .partition(|top| is_found(top, is_site) || is_named(&texts, top));
    taken.extend(wanted);
    let left = left
        .iter()
        .filter(|top| top.is_folder && top.role() == Role::Source && !top.beside_generated);
    let paths = |tops: &mut dyn Iterator<Item = &Top<'_>>| {
        let mut paths: Vec<String> = tops.map(|top| join(folder, top.name)).collect();
        paths.sort();
        paths
    };
    Sources {
        left: paths(&mut left.into_iter()),
        taken: paths(&mut taken.iter()),
    }
}

/// What lies in the folder, without other projects, hidden files and dfgen's own. A package with a project somewhere below
/// it is the application's all the same, and so is what the image is started with.
fn tops<'p>(subject: &Subject<'p>, started: &[String]) -> Vec<Top<'p>> {
    let (tree, folder) = (&subject.inputs.tree, subject.folder);
    let nested = tree.nested_projects(folder);
    let output = subject.inputs.config.output.value.as_ref();
    let mut tops: Vec<Top<'p>> = Vec::new();
    for path in tree.below(folder) {
        let Some((name, is_folder, beside_generated)) = top(tree, folder, output, path) else {
            continue;
        };
        match tops.iter_mut().rev().find(|known| known.name == name) {
            Some(known) => known.files.push(path),
            None => tops.push(Top {
                name,
                is_folder,
                beside_generated,
                files: vec![path],
            }),
        }
    }
    let is_own = |top: &Top<'_>| {
        let path = join(folder, top.name);
        let below = |other: &String| other.starts_with(&format!("{path}/"));
        let is_other =
            nested.contains(&path) || nested.iter().any(below) && !tree.is_package(&path);
        !is_other || is_started(started, top)
    };
    tops.retain(is_own);
    tops
}

/// What a file is or lies in: its name, whether that is a folder, and whether it lies beside what dfgen writes, where each
/// folder and module stands for itself. None where that is nothing of the project's own source.
fn top<'p>(
    tree: &SourceTree,
    folder: &str,
    output: &str,
    path: &'p str,
) -> Option<(&'p str, bool, bool)> {
    let start = path.len() - inner(folder, path).len();
    let beside = path.len() - inner(output, path).len();
    let end = path[beside.max(start)..].find('/');
    let name = &path[start..end.map_or(path.len(), |end| beside.max(start) + end)];
    // A wheel is installed from the lock; it is nothing that runs from where it lies.
    if name.starts_with('.') || has_extension(path, "whl") {
        return None;
    }
    let is_beside = beside > start;
    if is_beside && end.is_none() {
        let file = tree.text(path).filter(|_| has_extension(path, "py"))?;
        let is_foreign = authorship(&path[beside..], file.text()) == Authorship::Foreign;
        return is_foreign.then_some((name, false, true));
    }
    Some((name, end.is_some(), is_beside))
}

/// The rest of a path that lies below a folder; else the path.
fn inner<'p>(folder: &str, path: &'p str) -> &'p str {
    let rest = path.strip_prefix(folder);
    let rest = rest.and_then(|rest| rest.strip_prefix('/'));
    rest.filter(|_| !folder.is_empty()).unwrap_or(path)
}

/// Whether it is the application's by what it holds and how it is named.
fn is_application(top: &Top<'_>) -> bool {
    let is_tool = Files::embedded().tools().contains(top.name);
    top.is_code() && top.role() == Role::Source && !is_tool && !top.beside_generated
}

/// Whether a module that the image is started with is it or lies in it.
fn is_started(started: &[String], top: &Top<'_>) -> bool {
    let rest = |module: &String| {
        module
            .strip_prefix(top.module().as_str())
            .map(str::to_owned)
    };
    let mut rests = started.iter().filter_map(rest);
    rests.any(|rest| rest.is_empty() || rest.starts_with(['.', ':']))
}

fn texts(tree: &SourceTree, top: &Top<'_>) -> Vec<String> {
    let texts = top.python().filter_map(|path| tree.text(path));
    texts.map(|file| file.text().to_owned()).collect()
}

/// Whether a line of these texts imports it.
fn is_imported(texts: &[String], top: &Top<'_>) -> bool {
    let module = top.module();
    let imports = |line: &str| {
        let line = line.trim_start();
        let name = line
            .strip_prefix("import ")
            .or_else(|| line.strip_prefix("from "))
            .map(|rest| rest.trim_start());
        let rest = name.and_then(|name| name.strip_prefix(module.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '.', ',']))
    };
    texts.iter().any(|text| text.lines().any(imports))
}

/// Whether these texts name it as a path: a word such as `"data"` is the key of many things.
fn is_named(texts: &[String], top: &Top<'_>) -> bool {
    let name = top.name;
    if !top.is_folder {
        let ends = [format!("{name}\""), format!("{name}'")];
        let is_file = name.contains('.') && !Files::embedded().manifests().contains(name);
        return is_file
            && texts
                .iter()
                .any(|text| ends.iter().any(|end| text.contains(end)));
    }
    let begun = ["\"", "'", "}/", "./"].map(|start| format!("{start}{name}/"));
    let whole = [
        format!("\"{name}\""),
        format!("'{name}'"),
        format!("}}/{name}\""),
        format!("./{name}\""),
    ];
    let names = |line: &str| {
        let is_path = || PATHS.iter().any(|word| line.contains(word));
        begun.iter().any(|text| line.contains(text))
            || whole.iter().any(|text| line.contains(text)) && is_path()
    };
    texts.iter().any(|text| text.lines().any(names))
}

/// Whether a framework finds it without a word in the code.
fn is_found(top: &Top<'_>, is_site: bool) -> bool {
    let files = Files::embedded();
    let of_django = |path: &&str| files.of_site().iter().any(|end| has_extension(path, end));
    let by_name = files.found().contains(top.name);
    // A front end is built before it is served: its source is no part of that.
    let built = || {
        let manifest = format!("{}/package.json", top.name);
        top.files.iter().any(|path| path.ends_with(&manifest))
    };
    top.is_folder
        && top.role() == Role::Source
        && !top.beside_generated
        && (by_name || is_site && top.files.iter().any(of_django) && !built())
}
