//! A front end that the application serves and nothing builds: told, with the lines that build it.

pub(in crate::plan) mod built;
mod outside;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalog::{Bundler, FrontEnds, Installer};
use crate::diagnostic::{Diagnostic, Place, SourceFile};
use crate::plan::inputs::Subject;
use crate::plan::{Decision, StepPlan};
use crate::profile::Serves;
use crate::project::SourceTree;
use crate::project::source_tree::{Role, has_extension, join, parent};
use crate::rules;

/// How many scripts may call each other.
const DEEPEST: usize = 4;

/// Where packages of JavaScript are installed.
const PACKAGES: &str = "node_modules";

/// What follows after the packages are installed.
enum Build {
    /// The script `build`.
    Script,
    /// A program of the packages, with its words.
    Program(String),
    Nothing,
}

/// A folder with a `package.json` that something is built with.
struct FrontEnd<'t> {
    tree: &'t SourceTree,
    /// The folder; empty for the project's own.
    folder: String,
    file: SourceFile,
    package: Value,
}

/// One finding for each that is served and of which something is in no image.
pub(crate) fn findings(subject: &Subject<'_>, steps: &[Decision<StepPlan>]) -> Vec<Diagnostic> {
    let profile = subject.profile;
    if profile.serves.value != Serves::Http || profile.development.value {
        return Vec::new();
    }
    let tree = &subject.inputs.tree;
    let packages = tree.below(subject.folder).filter(|path| {
        let is_one = path.rsplit('/').next() == Some("package.json");
        is_one
            && !path.contains("node_modules/")
            && SourceTree::role(subject.folder, path) == Role::Source
    });
    let ends = packages.filter_map(|path| FrontEnd::read(tree, path));
    ends.filter_map(|end| told(subject, &end, steps)).collect()
}

fn told(
    subject: &Subject<'_>,
    end: &FrontEnd<'_>,
    steps: &[Decision<StepPlan>],
) -> Option<Diagnostic> {
    let is_made = |output: &String| {
        let is_kept = steps
            .iter()
            .flat_map(|step| step.value.brought())
            .any(|path| {
                let path = path.as_ref();
                output == path || output.starts_with(&format!("{path}/"))
            });
        is_kept || end.tree.has_file(output) || end.tree.has_folder(output)
    };
    let outputs = end.outputs();
    if let Some(path) = outside::written(end).filter(|_| outputs.is_empty()) {
        return Some(outside::finding(subject, end, &path));
    }
    if !outputs.is_empty() {
        let missing: Vec<String> = outputs
            .into_iter()
            .filter(|output| !is_made(output))
            .collect();
        let place = served(subject, end, missing.first()?)?;
        return Some(unbuilt(subject, end, &missing, place));
    }
    let builds = steps.iter().any(|step| {
        let files = step.value.files().iter();
        let mut folders = files.map(|file| file.path.as_ref());
        folders.any(|path: &str| path == "." || path == end.folder || path == "package.json")
    });
    // It has an image of its own, or is a tool of developers.
    let is_apart = end.tree.has_file(&join(&end.folder, "Dockerfile")) && !end.folder.is_empty();
    if is_apart || builds {
        return None;
    }
    let is_pages = end.bundler().is_some();
    let packages = join(&end.folder, PACKAGES);
    let linked = || linked(subject, end).filter(|_| !is_made(&packages));
    is_pages
        .then(|| unknown(subject, end))
        .or_else(|| Some(uninstalled(subject, end, packages.clone(), linked()?)))
}

/// Where a page links to a file of an installed package.
fn linked(subject: &Subject<'_>, end: &FrontEnd<'_>) -> Option<Place> {
    end.package["dependencies"].as_object()?;
    let folder = end.folder.rsplit('/').next().unwrap_or_default();
    let path = format!("{}/", join(folder, PACKAGES));
    let known = FrontEnds::embedded();
    let pages = end.tree.below(subject.folder).filter(|page| {
        known.is_file("templates", page) && SourceTree::role(subject.folder, page) == Role::Source
    });
    let mut files = pages.filter_map(|page| end.tree.text(page));
    files.find_map(|file| {
        // `static/node_modules/` in a link, or what is below it in a call that makes one.
        let words = [path.as_str(), "'node_modules/", "\"node_modules/"];
        let mut found = words.iter().filter_map(|word| file.text().find(word));
        let start = found.next()?;
        let rest = &file.text()[start + 1..];
        let end = rest.find(['"', '\'', ' ', '\n']).unwrap_or(rest.len());
        Some(file.place(start..start + 1 + end, "a page links to it"))
    })
}

/// Nothing is built: the packages themselves are served.
fn uninstalled(
    subject: &Subject<'_>,
    end: &FrontEnd<'_>,
    packages: String,
    place: Place,
) -> Diagnostic {
    let name = &subject.profile.name;
    let problem = format!("pages of `{name}` link to `{packages}`, and nothing installs it");
    let lines = lines(subject, end, Build::Nothing, &list(&[packages]));
    Diagnostic::new(rules::FRONT_END, problem)
        .at(place)
        .with_note(format!(
            "its packages are in {}",
            end.file.place_of("\"dependencies\"", "").location()
        ))
        .with_help(format!(
            "install them with the image: write to dfgen.toml\n{lines}"
        ))
}

impl<'t> FrontEnd<'t> {
    fn read(tree: &'t SourceTree, path: &str) -> Option<Self> {
        let file = tree.text(path)?;
        Some(Self {
            tree,
            folder: parent(path).to_owned(),
            package: serde_json::from_str(file.text()).ok()?,
            file,
        })
    }

    /// The script `build`, with the scripts that it calls.
    fn script(&self) -> Option<String> {
        let mut script = self.package["scripts"]["build"].as_str()?.to_owned();
        for _ in 0..DEEPEST {
            let words: Vec<&str> = script.split_whitespace().collect();
            let called = words
                .iter()
                .filter_map(|word| self.package["scripts"][*word].as_str());
            let called: BTreeSet<&str> = called.filter(|called| !script.contains(called)).collect();
            if called.is_empty() {
                break;
            }
            let more = called.into_iter().collect::<Vec<_>>().join(" ; ");
            script = format!("{script} ; {more}");
        }
        Some(script)
    }

    /// How it is built: by its script, but for what only looks at the source on the way; without one by its bundler, as
    /// far as that needs no more.
    fn build(&self) -> Build {
        let known = FrontEnds::embedded();
        let Some(script) = self.package["scripts"]["build"].as_str() else {
            let row = self.bundler().and_then(|(_, row)| {
                let has = |key: &String| !self.package[key].is_null();
                let is_enough = row.needs.is_empty() || row.needs.iter().any(has);
                row.build.clone().filter(|_| is_enough)
            });
            return row.map_or(Build::Nothing, Build::Program);
        };
        let parts: Vec<&str> = script.split("&&").map(str::trim).collect();
        let checks = |part: &str| {
            let words = part.split_whitespace().take(3);
            let mut names = words.map(|word| word.split(':').next().unwrap_or(word));
            names.any(|word| known.is_check(word))
        };
        let needed: Vec<&str> = parts.iter().copied().filter(|part| !checks(part)).collect();
        match needed.as_slice() {
            [only] if needed.len() < parts.len() && !only.contains(['|', ';', '$']) => {
                let words = only.trim_start_matches("npx ").to_owned();
                Build::Program(words)
            }
            _ => Build::Script,
        }
    }

    /// The files and folders that the script `build` writes, from the project's folder.
    fn outputs(&self) -> Vec<String> {
        let Some(script) = self.script() else {
            return Vec::new();
        };
        let mut all = of_script(&script);
        let is_outside = all.iter().any(|path| path.starts_with('/'));
        all.retain(|path| !path.starts_with('/'));
        let of_bundler = self.bundler().map(|(name, bundler)| {
            let is_run = name
                .rsplit('/')
                .next()
                .is_some_and(|name| script.contains(name));
            (bundler.said(self), is_run)
        });
        match of_bundler {
            Some((Some(said), _)) => all.push(said),
            Some((None, is_run)) if is_run && all.is_empty() && !is_outside => {
                all.extend(self.bundler().map(|(_, bundler)| bundler.folder.clone()));
            }
            _ => {}
        }
        let mut below: Vec<String> = all
            .iter()
            .filter_map(|path| below(&self.folder, path))
            .collect();
        below.sort();
        below.dedup();
        below
    }

    /// What builds pages, of the packages that it needs: what its script runs goes before what that may use.
    fn bundler(&self) -> Option<(&String, &'static Bundler)> {
        let known = FrontEnds::embedded();
        let lists = ["dependencies", "devDependencies"].map(|list| self.package[list].as_object());
        let names = lists.into_iter().flatten().flat_map(|list| list.keys());
        let bundlers = names.filter_map(|name| Some((name, known.bundler(name)?)));
        let script = self.script().unwrap_or_default();
        let words: Vec<&str> = script.split_whitespace().collect();
        let is_run = |name: &str| words.contains(&name.rsplit('/').next().unwrap_or(name));
        bundlers.min_by_key(|(name, _)| !is_run(name))
    }

    fn installer(&self) -> Option<&'static Installer> {
        let has = |name: &str| self.tree.has_file(&join(&self.folder, name));
        FrontEnds::embedded().installer(has)
    }
}

impl Bundler {
    /// What its configuration says that it writes.
    fn said(&self, end: &FrontEnd<'_>) -> Option<String> {
        self.files.iter().find_map(|name| {
            let file = end.tree.text(&join(&end.folder, name))?;
            self.keys
                .iter()
                .find_map(|key| quoted_after(file.text(), key))
        })
    }
}

/// The files and folders that a script names as what it writes.
fn of_script(script: &str) -> Vec<String> {
    let known = FrontEnds::embedded();
    let words: Vec<&str> = script
        .split_whitespace()
        .flat_map(|word| word.splitn(2, '='))
        .collect();
    let pairs = words.windows(2).filter(|pair| known.is_option(pair[0]));
    let said = pairs.map(|pair| pair[1].trim_matches(['"', '\'']).to_owned());
    said.filter(|said| !said.starts_with('-')).collect()
}

/// The last text in quotes on the line of a key: `outDir: '../static'`, `outDir: path.resolve(__dirname, "../static")`.
fn quoted_after(text: &str, key: &str) -> Option<String> {
    let word = |line: &str| {
        let (before, rest) = line.split_once(key)?;
        let is_whole = !before.ends_with(|c: char| c.is_ascii_alphanumeric());
        let rest = rest
            .trim_start_matches(['"', '\''])
            .trim_start()
            .strip_prefix(':');
        rest.filter(|_| is_whole).map(str::to_owned)
    };
    let rest = text.lines().find_map(word)?;
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

/// Where source names what is built or a folder around it, or where that lies in a package.
fn served(subject: &Subject<'_>, end: &FrontEnd<'_>, output: &str) -> Option<Place> {
    let tree = end.tree;
    let code: Vec<&str> = tree
        .below(subject.folder)
        .filter(|path| {
            has_extension(path, "py") && SourceTree::role(subject.folder, path) == Role::Source
        })
        .collect();
    // Whoever serves a folder serves what is below it.
    let around = std::iter::successors(Some(output), |path| {
        Some(parent(path)).filter(|path| !path.is_empty())
    });
    let is_its_own =
        |path: &&str| end.folder == **path || end.folder.starts_with(&format!("{path}/"));
    let around: Vec<&str> = around.take_while(|path| !is_its_own(path)).collect();
    let named = |folder: &&str| {
        code.iter().find_map(|path| {
            let file = tree.text(path)?;
            let span = named(file.text(), folder)?;
            Some(file.place(span, "it is served here"))
        })
    };
    let in_package = || {
        let mut folders = around
            .iter()
            .map(|path| parent(path))
            .filter(|path| !path.is_empty());
        let is_package = folders.any(|folder| code.iter().any(|path| parent(path) == folder));
        is_package.then(|| end.file.place_of("\"build\"", "this builds it"))
    };
    // A single word is the name of many things.
    let (plain, paths): (Vec<&str>, Vec<&str>) =
        around.iter().partition(|path| !path.contains('/'));
    let by_path = paths.iter().find_map(named);
    by_path
        .or_else(in_package)
        .or_else(|| plain.iter().find_map(named))
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

fn unbuilt(
    subject: &Subject<'_>,
    end: &FrontEnd<'_>,
    missing: &[String],
    place: Place,
) -> Diagnostic {
    let name = &subject.profile.name;
    let build = end.file.place_of("\"build\"", "");
    let problem = format!(
        "`{}` is served by `{name}`, and nothing builds it",
        missing[0]
    );
    let mut finding = Diagnostic::new(rules::FRONT_END, problem);
    if place.path() != build.path() {
        finding = finding.with_note(format!("the script at {} does", build.location()));
    }
    let keep = list(missing);
    let lines = lines(subject, end, end.build(), &keep);
    finding.at(place).with_help(format!(
        "build it with the image: write to dfgen.toml\n{lines}"
    ))
}

/// Nothing tells what is built: what its bundler does by itself.
fn unknown(subject: &Subject<'_>, end: &FrontEnd<'_>) -> Diagnostic {
    let name = &subject.profile.name;
    let problem = format!(
        "`{}` builds pages, and nothing builds them for `{name}`",
        join(&end.folder, "package.json")
    );
    let (bundler, row) = end.bundler().expect("it has one");
    let said = row.said(end);
    let folder = said.as_deref().unwrap_or(&row.folder);
    let folder = below(&end.folder, folder).unwrap_or_else(|| join(&end.folder, &row.folder));
    let finding = Diagnostic::new(rules::FRONT_END, problem)
        .at(end
            .file
            .place_of(&format!("\"{bundler}\""), "this builds pages"))
        .with_note("it has no script `build`, or none that tells where it writes");
    match end.build() {
        Build::Nothing => finding.with_help(format!(
            "where the application serves them, give that file a script `build` that runs `{bundler}` with its files: the lines for dfgen.toml are told then"
        )),
        build => {
            let lines = lines(subject, end, build, &list(&[folder]));
            finding.with_help(format!(
                "where the application serves them, write to dfgen.toml, with what is written in `keep`\n{lines}"
            ))
        }
    }
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|one| text(one)).collect();
    format!("[{}]", texts.join(", "))
}

fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The lines of dfgen.toml that build it, as TOML.
fn lines(subject: &Subject<'_>, end: &FrontEnd<'_>, build: Build, keep: &str) -> String {
    let Some(installer) = end.installer() else {
        return String::new();
    };
    let mut lines = vec![
        format!("[[profile.{}.build-steps]]", subject.profile.name),
        format!("image = {}", text(&installer.image)),
    ];
    let copied = end.copied(installer);
    if !copied.is_empty() {
        lines.push(format!("copy = {}", list(&copied)));
    }
    if !end.folder.is_empty() {
        lines.push(format!("folder = {}", text(&end.folder)));
    }
    let build = match build {
        Build::Script => format!(", {}", text(&installer.build)),
        Build::Program(words) => {
            let first = words.split(' ').next().unwrap_or_default();
            let line = if FrontEnds::embedded().is_installer(first) {
                words
            } else {
                format!("{} {words}", installer.run)
            };
            format!(", {}", text(&line))
        }
        Build::Nothing => String::new(),
    };
    lines.push(format!("run = [{}{build}]", text(&installer.install)));
    lines.push(format!("keep = {keep}"));
    lines.join("\n")
}

impl FrontEnd<'_> {
    /// What it is made of, where that is not its folder: of the project's own the files that are a front end's.
    fn copied(&self, installer: &Installer) -> Vec<String> {
        if !self.folder.is_empty() {
            return Vec::new();
        }
        let known = FrontEnds::embedded();
        let lock = |path: &str| installer.lock.iter().any(|lock| lock == path);
        let mut all: Vec<String> = Vec::new();
        for path in self.tree.below(&self.folder) {
            let taken = match path.split_once('/') {
                None => known.is_file("settings", path) || lock(path),
                Some((folder, _)) => {
                    let mut files = self.tree.below(folder);
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
}
