//! What the project's own container starts, and how, as far as the new image does not.

use super::judge::Judge;
use super::loss::{Keep, Loss, Weight};
use super::outcome::Outcome;
use super::own_image::OwnImage;
use crate::catalog::Dockerfiles;
use crate::command::{StartCommand, without_runner};
use crate::diagnostic::Place;
use crate::existing::{Item, ItemKind, Start, Through, followed, of_script};
use crate::plan::ImagePlan;
use crate::project::source_tree::has_extension;
use crate::secret;

pub(super) fn losses(own: &OwnImage<'_>, judge: &Judge<'_>) -> Vec<Loss> {
    let mut found = Vec::new();
    if own.profile().command.is_none() {
        found.extend(options(own));
    }
    for through in &own.through {
        found.extend(of_lines(own, judge, through));
    }
    found
}

/// The start that does the same as the command of an image of the plan, with that image.
fn same<'a>(own: &OwnImage<'a>) -> Option<(&'a ImagePlan, Place, Start)> {
    let composed = own.services.iter();
    let composed = composed.filter_map(|service| service.start.as_ref());
    let all = composed.chain(own.image.start.as_ref());
    let followed = all.map(|start| {
        let end = followed(own.tree(), Some(own.image), &start.value).start;
        (start.place.clone(), end)
    });
    let mut found = followed.filter_map(|(place, start)| {
        let read = StartCommand::read(&start.words);
        let is_at_work =
            read.development_server().is_some() || !read.development_words().is_empty();
        let plans = own.plans.iter().filter(|_| !is_at_work);
        let mut plans = plans.filter(|plan| is_same(plan, &read));
        plans.next().map(|plan| (*plan, place, start))
    });
    found.next()
}

/// Whether both run the same program, or serve the same application.
fn is_same(plan: &ImagePlan, read: &StartCommand) -> bool {
    let planned = StartCommand::read(&plan.run.command.value);
    planned.word() == read.word() && !read.word().is_empty()
}

/// Options that are not in the new command; or words that a script makes from its environment.
fn options(own: &OwnImage<'_>) -> Option<Loss> {
    let (plan, place, start) = same(own)?;
    let planned: Vec<&str> = plan.run.command.value.iter().map(AsRef::as_ref).collect();
    let by_shell = start.words.iter().find(|word| is_made(word));
    if let Some(made) = by_shell {
        return by_script(own, &planned, made);
    }
    let lost = lost_options(&start.words, &planned);
    if lost.is_empty() {
        return None;
    }
    let all = planned.iter().map(|word| (*word).to_owned());
    let all: Vec<String> = all.chain(lost.iter().cloned()).collect();
    Some(Loss {
        weight: Weight::Start,
        place,
        what: lost.join(" "),
        keep: if std::ptr::eq(plan, &raw const own.first.image) {
            Keep::Command(all, None)
        } else {
            Keep::Look("`command` in the profile of the image that starts it")
        },
    })
}

/// Whether a word holds arguments that a script gathers: `"${args[@]}"`.
fn is_made(word: &str) -> bool {
    let name = word.trim_start_matches('$').trim_start_matches('{');
    word.starts_with('$') && name.contains("[@]")
        || word.starts_with('$')
            && ["ARGS", "OPTS", "OPTIONS", "FLAGS", "args"]
                .iter()
                .any(|end| name.trim_end_matches('}').ends_with(end))
}

/// A script that makes the words from its environment: it can start the new image, where it does nothing that only root
/// may and calls no installer.
fn by_script(own: &OwnImage<'_>, planned: &[&str], made: &str) -> Option<Loss> {
    let through = own.through.last()?;
    let file = &through.file;
    let path = file.path().to_string_lossy().into_owned();
    if planned.iter().any(|word| word.contains(path.as_str())) {
        return None;
    }
    let rooted = [
        "useradd",
        "usermod",
        "adduser",
        "chown",
        "gosu",
        "su-exec",
        "su ",
        "apt-get",
        "pip install",
        "uv ",
    ];
    let text = file.text();
    let is_free = !rooted.iter().any(|word| text.contains(word));
    let shell = if text
        .lines()
        .next()
        .is_some_and(|line| line.contains("bash"))
    {
        "bash"
    } else {
        "sh"
    };
    let keep = if is_free && path.parse::<crate::profile::ContextPath>().is_ok() {
        let words = vec![shell.to_owned(), path.clone()];
        Keep::Command(words, Some(path))
    } else {
        Keep::Look("its script makes them from the environment: `command`")
    };
    Some(Loss {
        weight: Weight::Start,
        place: file.place_of(made, ""),
        what: format!("{} {made}", planned.first().copied().unwrap_or_default()),
        keep,
    })
}

/// Options with their values that are not among the new words. Where it listens, what it logs and how many there are is
/// the new image's.
fn lost_options(words: &[String], planned: &[&str]) -> Vec<String> {
    let read = StartCommand::read(words);
    let cli = read.program.map(|program| program.cli);
    let idle = Dockerfiles::embedded().idle_options();
    let is_address = |option: &str| {
        let names = cli.iter().flat_map(|cli| {
            let named = cli.port.iter().chain(&cli.host).chain(&cli.socket);
            named.chain(&cli.application).chain(&cli.settings)
        });
        let mut names = names
            .map(String::as_str)
            .chain(["--host", "--port", "-b", "--bind", "-A", "--app"]);
        names.any(|name| name == option)
    };
    let mut lost = Vec::new();
    let mut words = words.iter().skip(1).peekable();
    while let Some(word) = words.next() {
        if !word.starts_with('-') || word == "--" || word == "-m" {
            continue;
        }
        let (option, joined) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word.as_str(), None),
        };
        let value = match joined {
            Some(_) => None,
            None => words.next_if(|next| !next.starts_with('-') && !next.contains(':')),
        };
        let is_there = planned.iter().any(|own| {
            *own == option || own.split_once('=').is_some_and(|(name, _)| name == option)
        });
        let needs_shell =
            word.contains(['$', '`']) || value.is_some_and(|value| value.contains(['$', '`']));
        if is_there || needs_shell || is_address(option) || idle.contains(option) {
            continue;
        }
        lost.push(word.clone());
        lost.extend(value.cloned());
    }
    if secret::in_setting(&["command"], &lost.join(" ")) {
        return Vec::new();
    }
    lost
}

/// What a script does before it starts its program, and nothing of the new image does: told in one line.
fn of_lines(own: &OwnImage<'_>, judge: &Judge<'_>, through: &Through) -> Option<Loss> {
    let file = &through.file;
    let items = of_script(file);
    let lost: Vec<&Item<'_>> = items
        .iter()
        .filter(|item| is_lost(own, judge, item))
        .collect();
    let place = lost.first()?.place.clone();
    let lines = lost.iter().map(|item| words(item).join(" "));
    let lines: Vec<String> = lines.collect();
    let migrate = own.plans.iter().find_map(|plan| plan.run.migrate.as_ref());
    let settled = migrate.map(|plan| {
        let words: Vec<&str> = plan.command.value.iter().map(AsRef::as_ref).collect();
        words.join(" ")
    });
    let is_said = |line: &String| {
        settled
            .as_ref()
            .is_some_and(|said| said.contains(line.as_str()))
    };
    let lines: Vec<String> = lines.into_iter().filter(|line| !is_said(line)).collect();
    if lines.is_empty() {
        return None;
    }
    let before = settled.iter().cloned().chain(lines.iter().cloned());
    let before = before.collect::<Vec<_>>().join(" && ");
    let is_plain = !before.contains(['$', '`', '\'', '"', '|', '&'])
        || !lines.iter().any(|line| line.contains(['$', '`']));
    let has_programs = || {
        lost.iter().all(|item| {
            words(item)
                .first()
                .is_some_and(|first| own.has_program(first))
        })
    };
    let keep = if is_plain && lost.iter().all(|item| !is_indented(item)) && has_programs() {
        Keep::Before(vec!["sh".to_owned(), "-c".to_owned(), before])
    } else {
        Keep::Look("what has to run once before the start: `migrate`; what goes on: `processes`")
    };
    Some(Loss {
        weight: Weight::Start,
        place,
        what: lines.join("`, `"),
        keep,
    })
}

fn words(item: &Item<'_>) -> Vec<String> {
    match &item.kind {
        ItemKind::Line(command) => without_runner(&command.words).0,
        _ => Vec::new(),
    }
}

/// Whether it only runs where a condition holds, or in a function.
fn is_indented(item: &Item<'_>) -> bool {
    item.place.whole_lines().text().starts_with([' ', '\t'])
}

/// Lines with a program of the project's own, or of its packages. Those in branches count where Python runs them.
fn is_lost(own: &OwnImage<'_>, judge: &Judge<'_>, item: &Item<'_>) -> bool {
    let ItemKind::Line(command) = &item.kind else {
        return false;
    };
    let words = words(item);
    let program = command.program();
    let first = words.first().map_or("", String::as_str);
    let is_python =
        first.starts_with("python") || has_extension(first, "py") || first == "django-admin";
    if first.starts_with('-')
        || first.contains(['$', '=', '(', '{', '"'])
        || words.len() < 2
        || is_indented(item) && !is_python
    {
        return false;
    }
    let is_installing = matches!(
        words.get(1).map(String::as_str),
        Some("pip" | "sync" | "install" | "-V" | "--version")
    ) || words
        .iter()
        .any(|word| ["ensurepip", "pip", "runserver"].contains(&word.as_str()));
    let is_known = matches!(
        program,
        "curl" | "wget" | "exec" | "alias" | "mkdir" | "touch" | "cp" | "ln" | "mv" | "su" | "gosu"
    );
    // A function of the script's own, and the start that is handed to something.
    let text = item.place.file_text();
    let is_function = text.contains(&format!("{first}()"))
        || text.contains(&format!("{first} ()"))
        || text.contains(&format!("function {first}"));
    if is_function
        || own
            .starts
            .iter()
            .any(|start| !start.is_empty() && words.ends_with(start))
    {
        return false;
    }
    let is_start = own.starts.iter().any(|start| {
        start.first() == words.first() && words.last().is_some_and(|last| last.contains("[@]"))
    });
    !is_start
        && !own.has_step(&words)
        && !is_installing
        && !is_known
        && judge.judge(item).0 == Outcome::Left
}
