//! The front end that stages of the project's own image build, and the new image has not.

use super::judge::{Judge, is_of_front_ends, stage_base};
use super::loss::{Keep, Loss, Weight};
use super::own_image::OwnImage;
use crate::catalog::FrontEnds;
use crate::existing::{Command, Instruction, Kind, expanded};
use crate::plan::files::front_end::built::lines_of;
use crate::plan::run::unrun::program_words;
use crate::project::source_tree::{join, parent};
use crate::rules;

/// Where nothing says what the build of one writes.
const LOOK: &str = "builds a front end: `build-steps`, with an image that has its tools, and in `keep` what it writes";

/// The build of one front end.
struct Built<'a> {
    /// The folder of its `package.json`.
    folder: String,
    /// The folder of the image that it is built in.
    workdir: String,
    commands: Vec<&'a Command>,
}

/// One for each front end, where no step builds one and no finding is about it.
pub(super) fn losses(own: &OwnImage<'_>, judge: &Judge<'_>) -> Vec<Loss> {
    let mut findings = own.first.findings.iter();
    let is_told =
        findings.any(|one| one.rule() == rules::FRONT_END || one.rule() == rules::MISSING_FOLDER);
    if is_told || judge.builds_front_end() {
        return Vec::new();
    }
    let built = built(own);
    built.iter().filter_map(|one| loss(own, one)).collect()
}

/// Whether a command installs packages of JavaScript, or runs a script of theirs.
pub(super) fn is_of_one(command: &Command) -> bool {
    let words = program_words(&command.words);
    let Some((program, rest)) = words.split_first() else {
        return false;
    };
    let program = program.rsplit('/').next().unwrap_or(program);
    let is_tool = rest.iter().any(|word| word == "-g" || word == "--global");
    let does = |word: &String| {
        matches!(word.as_str(), "ci" | "install" | "i" | "run") || word.starts_with("build")
    };
    FrontEnds::embedded().is_installer(program)
        && !is_tool
        && (rest.iter().any(does) || program == "yarn" && rest.is_empty())
}

fn built<'a>(own: &'a OwnImage<'_>) -> Vec<Built<'a>> {
    let mut found: Vec<Built<'a>> = Vec::new();
    let mut copied = None;
    let mut workdir = "";
    let image = own.image;
    for instruction in image.build_instructions.iter().chain(&image.instructions) {
        match &instruction.kind {
            Kind::Workdir(folder) => workdir = folder.trim_end_matches('/'),
            Kind::Copy {
                from: None,
                sources,
                ..
            } => {
                let package = sources
                    .iter()
                    .find(|one| one.contains("package") && one.contains(".json"));
                copied = package.map(|one| parent(one)).or(copied);
            }
            Kind::Run(commands, _) => {
                let mut moved = None;
                for command in commands {
                    if command.program() == "cd" {
                        moved = command.words.get(1).map(String::as_str);
                    }
                    let said = [named(command), moved, copied, workdir.rsplit('/').next()];
                    let folder = is_of_one(command).then(|| folder(own, &said, workdir));
                    let Some(folder) = folder.flatten() else {
                        continue;
                    };
                    let known = found.iter_mut().find(|one| one.folder == folder);
                    match known {
                        Some(known) => known.commands.push(command),
                        None => found.push(Built {
                            folder,
                            workdir: workdir.to_owned(),
                            commands: vec![command],
                        }),
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The folder that an option names.
fn named(command: &Command) -> Option<&str> {
    let options = ["--prefix", "-C", "--cwd", "--dir"];
    let mut values = options
        .iter()
        .filter_map(|option| command.values(option).find(|value| !value.is_empty()));
    values.next()
}

/// The first of these that has a `package.json`, else the only folder that has one.
fn folder(own: &OwnImage<'_>, said: &[Option<&str>], workdir: &str) -> Option<String> {
    let tree = own.tree();
    let said = said.iter().flatten().map(|folder| {
        let below = folder.strip_prefix(workdir).unwrap_or(folder);
        let below = below.trim_start_matches("./").trim_matches('/');
        if below == "." { "" } else { below }
    });
    let has_one = |folder: &&str| tree.has_file(&join(folder, "package.json"));
    if let Some(found) = said.into_iter().find(has_one) {
        return Some(found.to_owned());
    }
    let is_one = |path: &&str| path.rsplit('/').next() == Some("package.json");
    let mut all = tree.below("").filter(is_one);
    let only = all.next()?;
    all.next().is_none().then(|| parent(only).to_owned())
}

fn loss(own: &OwnImage<'_>, built: &Built<'_>) -> Option<Loss> {
    let first = built.commands.first()?;
    let keep = made(own, built).and_then(|made| {
        let env = assignments(own, built);
        lines_of(&own.first.subject, &built.folder, &made, &env)
    });
    let shown = built.commands.iter().map(|command| command.words.join(" "));
    Some(Loss {
        weight: Weight::Step,
        place: own.image.file.place(first.span.clone(), ""),
        what: shown.collect::<Vec<_>>().join(" && "),
        keep: keep.map_or(Keep::Look(LOOK), Keep::Step),
    })
}

/// What copies take from where it is built, as paths of the project; `None` where the image has it in another place than
/// the project would.
fn made(own: &OwnImage<'_>, built: &Built<'_>) -> Option<Vec<String>> {
    let mut made = Vec::new();
    let mut roots = vec!["/app"];
    for instruction in &own.image.instructions {
        match &instruction.kind {
            Kind::Workdir(folder) => roots.push(folder),
            Kind::Copy {
                from: Some(from),
                sources,
                target,
                ..
            } if is_of_its_stage(own, from) => {
                let [source] = sources.as_slice() else {
                    return None;
                };
                let source = below(source, &[&built.workdir])?;
                let source = join(&built.folder, &source);
                if below(target, &roots)? != source {
                    return None;
                }
                made.push(source);
            }
            _ => {}
        }
    }
    Some(made)
}

fn is_of_its_stage(own: &OwnImage<'_>, from: &str) -> bool {
    stage_base(own.image, from).is_some_and(|base| is_of_front_ends(&base))
}

/// A path below one of these folders, without it.
fn below(path: &str, roots: &[&str]) -> Option<String> {
    let path = path.trim_end_matches('/');
    if !path.starts_with('/') {
        return Some(path.trim_start_matches("./").to_owned());
    }
    let mut below = roots.iter().filter_map(|root| {
        let rest = path.strip_prefix(root.trim_end_matches('/'))?;
        rest.strip_prefix('/')
    });
    below.next().map(str::to_owned)
}

/// What its script is given, as far as arguments of the build have a value.
fn assignments(own: &OwnImage<'_>, built: &Built<'_>) -> Vec<String> {
    let arguments = own.image.build_instructions.iter();
    let arguments = arguments.filter_map(|one: &Instruction| match &one.kind {
        Kind::Arg(pairs) => Some(pairs),
        _ => None,
    });
    let known = arguments.flatten();
    let known = known.filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    let known: Vec<(String, String)> = known.collect();
    let said = built.commands.iter().flat_map(|one| &one.assignments);
    let said = said.map(|one| expanded(one, &known));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    said.filter(|one| !one.ends_with('=') && one.chars().all(plain))
        .collect()
}
