//! What the project's own image runs and copies while it is built, and the new one does not.

use super::files;
use super::front_ends::is_of_one;
use super::judge::Judge;
use super::loss::{Keep, Loss, Weight};
use super::outcome::Outcome;
use super::own_image::OwnImage;
use crate::catalog::Dockerfiles;
use crate::diagnostic::Place;
use crate::existing::{
    Command, ComposeService, Instruction, Item, ItemKind, Joint, Kind, expanded,
};
use crate::plan::run::unrun::{makes, program_words};
use crate::profile;
use crate::project::source_tree::has_extension;
use crate::rules;

/// Without what belongs to a front end, where that is told of by itself.
pub(super) fn losses(own: &OwnImage<'_>, judge: &Judge<'_>, has_front_end: bool) -> Vec<Loss> {
    let said = own.said();
    let mut found = Vec::new();
    for instruction in &own.image.instructions {
        match &instruction.kind {
            Kind::Run(commands, _) => {
                let is_told = |command: &Command| has_front_end && is_of_one(command);
                found.extend(of_run(own, judge, instruction, commands, is_told));
            }
            Kind::Copy { .. } => {
                let loss = of_copy(own, judge, instruction);
                found.extend(loss.filter(|loss| !has_front_end || !is_of_front_end(&loss.keep)));
            }
            _ => {}
        }
    }
    found.retain(|loss| !is_settled(&loss.what, &said));
    found
}

/// Whether words of the user's own are about the same: a name that both say.
fn is_settled(what: &str, said: &str) -> bool {
    let said = said.to_lowercase();
    let what = what.to_lowercase();
    let names = what.split(|c: char| !c.is_ascii_alphanumeric());
    let mut names = names.filter(|name| name.len() > 2 && !name.starts_with(char::is_numeric));
    names.any(|name| !Dockerfiles::embedded().common().contains(name) && said.contains(name))
}

/// The commands of a `RUN` that nothing of the new image does, those that read from each other as one.
fn of_run(
    own: &OwnImage<'_>,
    judge: &Judge<'_>,
    instruction: &Instruction,
    commands: &[Command],
    is_told: impl Fn(&Command) -> bool,
) -> Option<Loss> {
    let mut lost: Vec<&[Command]> = Vec::new();
    let mut at = 0;
    let mut is_asked = false;
    while at < commands.len() {
        let pipe = commands[at + 1..].iter();
        let piped = pipe.take_while(|command| command.after == Joint::Pipe);
        let end = at + 1 + piped.count();
        let group = &commands[at..end];
        let was_asked = std::mem::replace(&mut is_asked, own.image.asks(&group[0]));
        if !was_asked
            && group.iter().enumerate().any(|(index, command)| {
                !is_told(command) && is_lost(own, judge, command, group.get(index + 1))
            })
        {
            lost.push(group);
        }
        at = end;
    }
    let first = lost.first()?.first()?;
    let file = &own.image.file;
    let place = file.place(first.span.clone(), "");
    let mut line = String::new();
    for group in &lost {
        let is_other = group[0].after == Joint::Or;
        line += match (line.is_empty(), is_other) {
            (true, _) => "",
            (false, true) => " || ",
            (false, false) => " && ",
        };
        line += &text(own, group);
    }
    Some(Loss {
        weight: Weight::Step,
        what: shown(&lost),
        keep: kept_run(own, instruction, &lost, &line),
        place,
    })
}

fn is_lost(
    own: &OwnImage<'_>,
    judge: &Judge<'_>,
    command: &Command,
    next: Option<&Command>,
) -> bool {
    let words = program_words(&command.words);
    let place = own.image.file.place(command.span.clone(), "");
    let text = place.text();
    let of_build = Dockerfiles::embedded().of_build();
    let is_of_build = of_build.iter().any(|word| text.contains(word));
    // Told of elsewhere, or what every image has otherwise.
    let is_known = matches!(command.program(), "mkdir" | "touch" | "install")
        || words.iter().any(|word| word == "collectstatic");
    if is_of_build || is_known || makes(&words) || own.has_step(&words) {
        return false;
    }
    let has = |test: fn(&String) -> bool| words.iter().skip(1).any(test);
    match command.program() {
        "xargs" => return false,
        "sh" | "bash" => return has(|word| has_extension(word, "sh")),
        "sed" => {
            let of_system = |word: &String| word.starts_with("/etc/") || word.starts_with("/usr/");
            return has(|word| word.starts_with("-i")) && has(of_system);
        }
        _ => {}
    }
    let item = Item {
        what: String::new(),
        kind: ItemKind::Command(command, next),
        is_of_build: false,
        place,
    };
    judge.judge(&item).0 == Outcome::Left
}

/// The text of commands in one line, as the file has it.
fn text(own: &OwnImage<'_>, group: &[Command]) -> String {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return String::new();
    };
    let place = own.image.file.place(first.span.start..last.span.end, "");
    one_line(place.text())
}

pub(super) fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with('#'));
    let lines = lines.map(|line| line.strip_suffix('\\').unwrap_or(line).trim());
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// The commands, short enough to be told.
fn shown(lost: &[&[Command]]) -> String {
    let groups = lost.iter().map(|group| {
        let words = group.iter().map(|command| command.words.join(" "));
        words.collect::<Vec<_>>().join(" | ")
    });
    groups.collect::<Vec<_>>().join(" && ")
}

/// The lines that run it in the new image. None where it reads files of the build, or what only an argument says.
fn kept_run(
    own: &OwnImage<'_>,
    instruction: &Instruction,
    lost: &[&[Command]],
    text: &str,
) -> Keep {
    let step = Keep::Look("where the application needs what it makes: `build-steps`");
    let mounts = match &instruction.kind {
        Kind::Run(_, mounts) => mounts.as_slice(),
        _ => &[],
    };
    let is_given = |mount: &String| !mount.contains("type=cache") && !mount.contains("type=tmpfs");
    if mounts.iter().any(is_given) {
        return Keep::Look(
            "the build is given something for it: `build-steps`, with `from-environment`",
        );
    }
    let all = instruction.place.text();
    let is_compound = ["if ", "for ", "while ", "case ", "<<"];
    let moves = commands_of(instruction).any(|command| command.program() == "cd");
    if moves || is_compound.iter().any(|word| all.contains(word)) {
        return step;
    }
    let commands = || lost.iter().flat_map(|group| group.iter());
    let is_script = |command: &Command| {
        let first = command.words.first();
        first.is_some_and(|first| first.contains('/') && has_extension(first, "sh"))
    };
    let starts_copied = commands().any(is_script);
    let is_of_project = |word: &String| {
        let path = word.trim_start_matches("./");
        !path.is_empty() && !path.starts_with('/') && own.tree().lies_there(path).is_some()
    };
    if commands().any(|command| command.words.iter().any(is_of_project))
        || text.contains("/app/")
        || starts_copied
        || commands().any(|command| edits_made(own, instruction, command))
    {
        return step;
    }
    let Some((arguments, text)) = with_arguments(own, text) else {
        return Keep::Look("an argument of the build decides it: `instructions`");
    };
    let run = format!("RUN {text}");
    if run.parse::<profile::Instruction>().is_err() {
        return step;
    }
    let Some(needs) = needs(lost) else {
        return Keep::Look(
            "where the application needs it: `instructions`, with what the command calls",
        );
    };
    let lines = arguments.into_iter().chain([run]);
    Keep::Lines(lines.collect(), needs)
}

/// Whether a command edits a file that another instruction puts there: the new image has no such file.
fn edits_made(own: &OwnImage<'_>, instruction: &Instruction, command: &Command) -> bool {
    let others = own.image.instructions.iter();
    let mut others = others.filter(|other| other.place.line() < instruction.place.line());
    let mut paths = command.words.iter().skip(1);
    let is_made = |path: &String, other: &Instruction| match &other.kind {
        Kind::Copy {
            sources, target, ..
        } => {
            let folder = target.trim_end_matches('/');
            let names = sources
                .iter()
                .filter_map(|source| source.rsplit('/').next());
            let mut inside = names.map(|name| format!("{folder}/{name}"));
            path == folder || inside.any(|inside| *path == inside)
        }
        Kind::Run(..) => other.place.text().contains(path.as_str()),
        _ => false,
    };
    command.program() == "sed"
        && paths.any(|path| path.starts_with('/') && others.any(|other| is_made(path, other)))
}

/// Whether an image is one of the project's own: a service of its compose file builds it, or it is what the project's own
/// Dockerfile begins from, and all that is copied of it is there.
fn is_own_image(own: &OwnImage<'_>, name: &str) -> bool {
    let composes = own.first.subject.inputs.containers().0.composes.iter();
    let mut services = composes.flat_map(|compose| &compose.services);
    let is_built = |service: &ComposeService| {
        service.build.is_some() && service.image.as_deref() == Some(name)
    };
    services.any(is_built) || own.image.base.value == name
}

/// The Debian packages that bring what commands call and a slim image has not. `None` where something is called that is
/// known nowhere.
fn needs(lost: &[&[Command]]) -> Option<Vec<String>> {
    let known = Dockerfiles::embedded();
    let mut needs: Vec<String> = Vec::new();
    for command in lost.iter().flat_map(|group| group.iter()) {
        let package = match command.program() {
            "gpg" => "gnupg",
            "xz" => "xz-utils",
            other => other,
        };
        if known.fetchers().contains(package) {
            needs.push(package.to_owned());
        } else if !known.slim().contains(package) {
            return None;
        }
    }
    needs.sort();
    needs.dedup();
    Some(needs)
}

fn commands_of(instruction: &Instruction) -> impl Iterator<Item = &Command> {
    let commands = match &instruction.kind {
        Kind::Run(commands, _) => commands.as_slice(),
        _ => &[],
    };
    commands.iter()
}

/// The arguments of the build that a text names, as lines, and the text with the variables of the image put in. `None`
/// where one has no value.
fn with_arguments(own: &OwnImage<'_>, text: &str) -> Option<(Vec<String>, String)> {
    let env = own.image.env.iter();
    let env: Vec<(String, String)> = env
        .map(|one| (one.value.name.clone(), one.value.value.clone()))
        .collect();
    let text = expanded(text, &env);
    let mut lines = Vec::new();
    for instruction in &own.image.instructions {
        let Kind::Arg(pairs) = &instruction.kind else {
            continue;
        };
        for (name, value) in pairs {
            let is_named =
                text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"));
            let line = match value {
                _ if !is_named => continue,
                Some(value) => format!("ARG {name}={value}"),
                None if name.starts_with("TARGET") => format!("ARG {name}"),
                None => return None,
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    Some((lines, text))
}

fn of_copy(own: &OwnImage<'_>, judge: &Judge<'_>, instruction: &Instruction) -> Option<Loss> {
    let Kind::Copy {
        from,
        sources,
        target,
        ..
    } = &instruction.kind
    else {
        return None;
    };
    let item = Item {
        place: instruction.place.clone(),
        what: String::new(),
        kind: ItemKind::Instruction(&instruction.kind),
        is_of_build: false,
    };
    let (outcome, why) = judge.judge(&item);
    if outcome != Outcome::Left {
        return None;
    }
    let line = one_line(instruction.place.text());
    match from {
        Some(_) if why.contains("front end") => of_front_end(own, instruction, &line),
        Some(from) => {
            let line = in_image(&line, target);
            let is_image = own.image.other_bases.iter().any(|base| base.value == *from);
            let is_image = is_image && !is_own_image(own, from);
            let keep = if is_image && line.parse::<profile::Instruction>().is_ok() {
                Keep::Lines(vec![line.clone()], Vec::new())
            } else {
                Keep::Look(
                    "made in a stage of its own: build it as an image, and copy from that with `instructions`",
                )
            };
            Some(step(&instruction.place, &line, keep))
        }
        None => files::lost(own, instruction, sources),
    }
}

/// The line of a copy as the new image can have it: its users are others, and its working folder is set behind it.
fn in_image(line: &str, target: &str) -> String {
    let words = line.split(' ').filter(|word| !word.starts_with("--chown="));
    let line = words.collect::<Vec<_>>().join(" ");
    match line.strip_suffix(target) {
        Some(start) if !target.starts_with('/') => {
            format!("{start}/app/{}", target.trim_start_matches("./"))
        }
        _ => line,
    }
}

fn step(place: &Place, line: &str, keep: Keep) -> Loss {
    Loss {
        weight: Weight::Step,
        place: place.clone(),
        what: line.to_owned(),
        keep,
    }
}

/// What to do where a front end's build made what is copied.
const FRONT_END: &str =
    "a front end's build makes it: `build-steps`, with an image that has its tools";

fn is_of_front_end(keep: &Keep) -> bool {
    matches!(keep, Keep::Look(look) if *look == FRONT_END)
}

/// What a front end's build makes, where no finding is about it.
fn of_front_end(own: &OwnImage<'_>, instruction: &Instruction, line: &str) -> Option<Loss> {
    let findings = own.first.findings.iter();
    let mut about = findings
        .filter(|one| one.rule() == rules::FRONT_END || one.rule() == rules::MISSING_FOLDER);
    about
        .next()
        .is_none()
        .then(|| step(&instruction.place, line, Keep::Look(FRONT_END)))
}
