//! A front end that the application serves and nothing builds: told, with the lines that build it.

use serde_json::Value;

use crate::catalog::{FrontEnds, Installer};
use crate::diagnostic::{Diagnostic, Place};
use crate::plan::inputs::Subject;
use crate::plan::{Decision, StepPlan};
use crate::project::SourceTree;
use crate::project::source_tree::{Role, has_extension, join, parent};
use crate::rules;

/// The pages of a folder with a `package.json`.
struct FrontEnd {
    /// The folder; empty for the project's own.
    folder: String,
    /// Where its build writes, from the project's folder.
    output: String,
    /// Where the build is said.
    place: Place,
    installer: &'static Installer,
}

/// One finding for each that is served and is in no image.
pub(crate) fn findings(subject: &Subject<'_>, steps: &[Decision<StepPlan>]) -> Vec<Diagnostic> {
    let tree = &subject.inputs.tree;
    let kept = |output: &str| {
        let mut kept = steps.iter().flat_map(|step| step.value.brought());
        kept.any(|path| {
            path.as_ref() == output || output.starts_with(&format!("{}/", path.as_ref()))
        })
    };
    let packages = tree.below(subject.folder).filter(|path| {
        let is_one = path.rsplit('/').next() == Some("package.json");
        is_one
            && !path.contains("node_modules/")
            && SourceTree::role(subject.folder, path) == Role::Source
    });
    let ends = packages.filter_map(|path| front_end(tree, path));
    let unbuilt = ends.filter(|end| !tree.has_folder(&end.output) && !kept(&end.output));
    let served = unbuilt.filter_map(|end| Some((served(subject, &end)?, end)));
    let found = served.map(|(place, end)| finding(subject, &end, place));
    found.collect()
}

fn front_end(tree: &SourceTree, path: &str) -> Option<FrontEnd> {
    let file = tree.text(path)?;
    let package: Value = serde_json::from_str(file.text()).ok()?;
    let script = package["scripts"]["build"].as_str()?;
    let folder = parent(path);
    let known = FrontEnds::embedded();
    let output = of_script(script).or_else(|| of_bundler(tree, folder, &package))?;
    Some(FrontEnd {
        folder: folder.to_owned(),
        output: below(folder, &output)?,
        place: file.place_of("\"build\"", "this builds it"),
        installer: known.installer(|name| tree.has_file(&join(folder, name)))?,
    })
}

/// The folder that a script names.
fn of_script(script: &str) -> Option<String> {
    let known = FrontEnds::embedded();
    let words: Vec<&str> = script
        .split_whitespace()
        .flat_map(|word| word.splitn(2, '='))
        .collect();
    let at = words.iter().position(|word| known.is_option(word))?;
    let said = words.get(at + 1)?.trim_matches(['"', '\'']);
    // A file: its folder is what is served.
    let is_file = said
        .rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.') && !name.starts_with('.'));
    Some(if is_file {
        parent(said).to_owned()
    } else {
        said.to_owned()
    })
}

/// The folder that the configuration of what builds it names, or the usual one.
fn of_bundler(tree: &SourceTree, folder: &str, package: &Value) -> Option<String> {
    let known = FrontEnds::embedded();
    let lists = ["dependencies", "devDependencies"].map(|list| package[list].as_object());
    let mut names = lists.into_iter().flatten().flat_map(|list| list.keys());
    let bundler = names.find_map(|name| known.bundler(name))?;
    let said = bundler.files.iter().find_map(|name| {
        let file = tree.text(&join(folder, name))?;
        quoted_after(file.text(), bundler.key.as_ref()?)
    });
    Some(said.unwrap_or_else(|| bundler.folder.clone()))
}

/// The last text in quotes on the line of a key: `outDir: '../static'`, `outDir: path.resolve(__dirname, "../static")`.
fn quoted_after(text: &str, key: &str) -> Option<String> {
    let mut lines = text.lines();
    let rest = lines.find_map(|line| Some(line.split_once(key)?.1))?;
    let parts: Vec<&str> = rest.split(['"', '\'', '`']).collect();
    let last = parts.len().checked_sub(2)?;
    (last > 0).then(|| parts[last].to_owned())
}

/// A path from a folder, from the project's; `None` where it leads out of that.
fn below(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Where source names the folder that is built, or where that lies in a package.
fn served(subject: &Subject<'_>, end: &FrontEnd) -> Option<Place> {
    let tree = &subject.inputs.tree;
    let code: Vec<&str> = tree
        .below(subject.folder)
        .filter(|path| {
            has_extension(path, "py") && SourceTree::role(subject.folder, path) == Role::Source
        })
        .collect();
    // Whoever serves a folder serves what is below it.
    let around = std::iter::successors(Some(end.output.as_str()), |path| {
        Some(parent(path)).filter(|path| !path.is_empty())
    });
    let is_its_own =
        |path: &&str| end.folder == **path || end.folder.starts_with(&format!("{path}/"));
    let mut around = around.take_while(|path| !is_its_own(path));
    let named = around.find_map(|folder| {
        code.iter().find_map(|path| {
            let file = tree.text(path)?;
            let span = named(file.text(), folder)?;
            Some(file.place(span, "it is served here"))
        })
    });
    named.or_else(|| {
        let around = parent(&end.output);
        let is_package = code
            .iter()
            .any(|path| parent(path) == around && !around.is_empty());
        is_package.then(|| end.place.clone())
    })
}

/// The line that names a folder, whole or part by part.
fn named(text: &str, output: &str) -> Option<std::ops::Range<usize>> {
    let parts: Vec<&str> = output.split('/').collect();
    let (last, before) = parts.split_last()?;
    let quoted = |part: &str, line: &str| {
        line.contains(&format!("\"{part}\"")) || line.contains(&format!("'{part}'"))
    };
    let names = |line: &str| match before.last() {
        // `"web/dist"`, `BASE / "web" / "dist"`.
        Some(folder) => {
            line.contains(&format!("{folder}/{last}")) || quoted(folder, line) && quoted(last, line)
        }
        None => {
            quoted(last, line)
                || line.contains(&format!("\"{last}/"))
                || line.contains(&format!("'{last}/"))
        }
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if names(line) && !line.trim_start().starts_with('#') {
            let indent = line.len() - line.trim_start().len();
            return Some(start + indent..start + line.trim_end().len());
        }
        start += line.len();
    }
    None
}

fn finding(subject: &Subject<'_>, end: &FrontEnd, place: Place) -> Diagnostic {
    let name = &subject.profile.name;
    let output = &end.output;
    let problem = format!("`{output}` is served by `{name}`, and nothing builds it");
    let mut finding = Diagnostic::new(rules::FRONT_END, problem);
    if place.path() != end.place.path() {
        finding = finding.with_note(format!("the script at {} does", end.place.location()));
    }
    finding.at(place).with_help(format!(
        "build it with the image: write to dfgen.toml\n{}",
        lines(subject, end)
    ))
}

/// The lines of dfgen.toml that build it, as TOML.
fn lines(subject: &Subject<'_>, end: &FrontEnd) -> String {
    let text = |text: &str| toml::Value::from(text).to_string();
    let Installer {
        image,
        install,
        build,
        ..
    } = end.installer;
    let mut lines = vec![
        format!("[[profile.{}.build-steps]]", subject.profile.name),
        format!("image = {}", text(image)),
    ];
    if end.folder.is_empty() {
        let files: Vec<String> = of_root(subject, end)
            .iter()
            .map(|path| text(path))
            .collect();
        lines.push(format!("copy = [{}]", files.join(", ")));
    } else {
        lines.push(format!("folder = {}", text(&end.folder)));
    }
    lines.push(format!("run = [{}, {}]", text(install), text(build)));
    lines.push(format!("keep = [{}]", text(&end.output)));
    lines.join("\n")
}

/// What a front end in the project's own folder is made of: its files there, and folders with no Python in them.
fn of_root(subject: &Subject<'_>, end: &FrontEnd) -> Vec<String> {
    let tree = &subject.inputs.tree;
    let known = FrontEnds::embedded();
    let lock = |path: &str| end.installer.lock.iter().any(|lock| lock == path);
    let mut all: Vec<String> = Vec::new();
    for path in tree.below(&end.folder) {
        let taken = match path.split_once('/') {
            None => known.is_file("settings", path) || lock(path),
            Some((folder, _)) => {
                let mut files = tree.below(folder);
                !folder.starts_with('.')
                    && SourceTree::role("", path) == Role::Source
                    && files.any(|file| known.is_file("pages", file))
            }
        };
        let top = path.split('/').next().unwrap_or(path).to_owned();
        if taken && !all.contains(&top) {
            all.push(top);
        }
    }
    all
}
