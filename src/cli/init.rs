//! `dfgen init`: looks at the project and at what container files it has, writes `dfgen.toml`, and says
//! what it found, where, and how sure it is.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use dfgen::diagnostic::{Diagnostic, Result, SourceFile};
use dfgen::init::{Chosen, Dropped, Existing, Kept, Proposal, Request, Service, Survey, images};
use dfgen::plan::Inputs;
use dfgen::project::{Project, SourceTree};
use dfgen::rules;
use dfgen::writer::write_new;
use dialoguer::console::Term;
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Select};

use super::{Outcome, Terminal, print};

/// Write dfgen.toml: what the project and its container files say, where that differs from the defaults.
#[derive(Args)]
pub(super) struct Arguments {
    /// Read this Dockerfile or compose file; may be given again. Without it: those at the usual places.
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,

    /// Run this application, as it is listed: `package.module:attribute`.
    #[arg(long, value_name = "NAME")]
    entry: Vec<String>,

    /// Write this profile; may be given again. Without it: those that make sense.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,

    /// Ask nothing: write, or refuse where a person has to choose.
    #[arg(long)]
    yes: bool,

    /// Print the settings and write nothing.
    #[arg(long)]
    stdout: bool,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let root = &terminal.project;
    let project = Project::load(root)?;
    if !arguments.stdout {
        refuse_settings(root, &project)?;
    }
    let inputs = Inputs::without_settings(root, project)?;
    let existing = existing(root, inputs.project(), inputs.tree(), &arguments.from)?;
    terminal.tell_all(&existing.problems);
    let request = Request {
        entries: arguments.entry.clone(),
        profiles: arguments.profile.clone(),
    };
    let images = images(&existing)?;
    let mut survey = Survey::new(&inputs, &existing, &images, request)?;
    terminal.say(&found(&survey, &existing));
    let may_ask =
        !arguments.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if may_ask {
        leave_the_cursor();
        ask(&mut survey)?;
    }
    let proposal = survey.propose()?;
    let carried = carried(&proposal);
    if !carried.is_empty() {
        terminal.say(&carried);
    }
    if arguments.stdout {
        return print(&proposal.text);
    }
    if may_ask && !confirm(&proposal)? {
        terminal.say("nothing was written");
        return Ok(Outcome::Done);
    }
    write(root, &proposal.text)?;
    terminal.say("wrote dfgen.toml");
    after(terminal, &proposal);
    Ok(Outcome::Done)
}

/// Settings that are there are a person's work.
fn refuse_settings(root: &Path, project: &Project) -> Result<()> {
    let file = root.join("dfgen.toml");
    let mut problem = Diagnostic::new(
        rules::SETTINGS_EXIST,
        "the project has settings of dfgen already, and `init` never overwrites them",
    );
    match (file.symlink_metadata().is_ok(), &project.pyproject.dfgen) {
        (false, None) => return Ok(()),
        (true, _) => {
            let text = file.is_file().then(|| fs::read_to_string(&file).ok());
            let text = text.flatten().unwrap_or_default();
            problem =
                problem.at(SourceFile::new("dfgen.toml", text).place(0..0, "this file is there"));
        }
        (false, Some(_)) => {
            problem = problem.at(project
                .pyproject
                .file
                .place_of("[tool.dfgen", "they are here"));
        }
    }
    Err(problem
        .with_help("see what `init` would write: `dfgen init --stdout`")
        .with_help("or move the settings away first, and run `dfgen init` again")
        .into())
}

fn existing(
    root: &Path,
    project: &Project,
    tree: &SourceTree,
    from: &[PathBuf],
) -> Result<Existing> {
    if from.is_empty() {
        let members: Vec<&str> = project
            .members
            .iter()
            .map(|member| member.path.as_str())
            .collect();
        Ok(Existing::found(tree, &members))
    } else {
        Existing::named(root, from)
    }
}

/// What was found, before anything is asked.
fn found(survey: &Survey<'_, '_>, existing: &Existing) -> String {
    let mut lines = Vec::new();
    for service in &survey.services {
        lines.push(format!(
            "image {}: {}",
            service.profile.name, service.because
        ));
        lines.extend(runs(service));
        let others = service
            .candidates
            .iter()
            .filter(|one| !is_chosen(service, &one.import_string()));
        let there = if matches!(service.chosen, Chosen::Open(_)) {
            "could run"
        } else {
            "also there"
        };
        for one in others.take(8) {
            lines.push(format!(
                "  {there}: {} ({}, {}), {}",
                one.import_string(),
                one.framework.name(),
                one.confidence.word(),
                one.place.location()
            ));
        }
    }
    let dockerfiles = existing.dockerfiles.iter().map(|one| &one.file);
    let composes = existing.composes.iter().map(|one| &one.file);
    let read: Vec<String> = dockerfiles
        .chain(composes)
        .map(|file| file.path().display().to_string())
        .collect();
    if !read.is_empty() {
        lines.push(format!("read {}", read.join(", ")));
    }
    if !survey.unmatched.is_empty() {
        lines.push(format!(
            "nothing taken from {}: what it builds is none of these images",
            survey.unmatched.join(", ")
        ));
    }
    if !existing.passed_over.is_empty() {
        lines.push(format!(
            "not read: {}; name one with `--from`",
            existing.passed_over.join(", ")
        ));
    }
    lines.join("\n")
}

fn runs(service: &Service<'_>) -> Option<String> {
    Some(match &service.chosen {
        Chosen::Nothing => "  runs: nothing was found that it could run".to_owned(),
        Chosen::Default(one) => format!(
            "  runs: {} ({}, {}: {}), {}",
            one.import_string(),
            one.framework.name(),
            one.confidence.word(),
            one.confidence.reason(),
            one.place.location()
        ),
        Chosen::Said(entry, place) => format!("  runs: {entry}, said by {place}"),
        Chosen::Command(place) => format!("  runs: the command of {place}"),
        Chosen::Open(_) => return None,
    })
}

fn is_chosen(service: &Service<'_>, name: &str) -> bool {
    match &service.chosen {
        Chosen::Default(one) => one.import_string() == name,
        Chosen::Said(entry, _) => entry == name,
        Chosen::Nothing | Chosen::Command(_) | Chosen::Open(_) => false,
    }
}

/// Questions hide the cursor; who answers with Ctrl-C gets it back. Without a handler it works as well, but for that.
fn leave_the_cursor() {
    let _ = ctrlc::set_handler(|| {
        let _ = Term::stderr().show_cursor();
        std::process::exit(130);
    });
}

/// Asks about each image that could run several things.
fn ask(survey: &mut Survey<'_, '_>) -> Result<()> {
    let open: Vec<(usize, String, Vec<String>)> = survey
        .open()
        .map(|(index, service)| (index, service.profile.name.to_string(), choices(service)))
        .collect();
    for (index, name, choices) in open {
        let answer = Select::with_theme(&SimpleTheme)
            .with_prompt(format!("What should the image `{name}` run?"))
            .items(&choices)
            .default(0)
            .interact()
            .map_err(|error| unasked(&error))?;
        survey.answer(index, answer);
    }
    Ok(())
}

fn choices(service: &Service<'_>) -> Vec<String> {
    let Chosen::Open(several) = &service.chosen else {
        return Vec::new();
    };
    let line = |one: &dfgen::application::Candidate| {
        format!(
            "{}: {}, {} ({})",
            one.import_string(),
            one.framework.name(),
            one.confidence.reason(),
            one.place.location()
        )
    };
    several.iter().map(line).collect()
}

fn confirm(proposal: &Proposal) -> Result<bool> {
    let question = format!("{}\nWrite this to dfgen.toml?", proposal.text);
    let answer = Confirm::with_theme(&SimpleTheme)
        .with_prompt(question)
        .default(true)
        .interact();
    answer.map_err(|error| unasked(&error))
}

fn unasked(error: &dialoguer::Error) -> dfgen::diagnostic::Diagnostics {
    // An interrupted question leaves it hidden, too.
    let _ = Term::stderr().show_cursor();
    Diagnostic::new(rules::NO_ANSWER, format!("no answer was given: {error}"))
        .with_help("`dfgen init --yes` asks nothing, `--entry NAME` says what to run")
        .into()
}

/// What of the existing files is carried over, line by line.
fn carried(proposal: &Proposal) -> String {
    let mut lines = Vec::new();
    for service in &proposal.services {
        let kept = service
            .kept
            .iter()
            .filter(|kept| kept.because.contains(':'));
        let kept: Vec<String> = kept.map(kept_line).collect();
        section(&mut lines, &format!("{}: kept", service.name), kept);
        let told = |list: &[Dropped]| {
            list.iter()
                .map(|one| {
                    format!(
                        "  {}:{}: {}\n      {}",
                        one.file, one.line, one.what, one.why
                    )
                })
                .collect::<Vec<_>>()
        };
        section(
            &mut lines,
            &format!("{}: not carried over", service.name),
            told(&service.dropped),
        );
        section(
            &mut lines,
            &format!("{}: for you to look at", service.name),
            told(&service.left),
        );
    }
    lines.join("\n")
}

/// A setting, and on a second line what else is to be said of it.
fn kept_line(kept: &Kept) -> String {
    let (place, more) = kept.because.split_once("; ").unwrap_or((&kept.because, ""));
    let value = kept.value.to_string();
    let line = format!("  {place}: {} = {}", kept.path.join("."), value.trim());
    if more.is_empty() {
        line
    } else {
        format!("{line}\n      {more}")
    }
}

fn section(lines: &mut Vec<String>, title: &str, entries: Vec<String>) {
    if !entries.is_empty() {
        lines.push(title.to_owned());
        lines.extend(entries);
    }
}

/// Written beside its place and moved there: the whole file or nothing, and never over one that is
/// there.
fn write(root: &Path, text: &str) -> Result<()> {
    let path = root.join("dfgen.toml");
    let part = root.join(".dfgen.toml.part");
    let written = write_new(&part, text).and_then(|()| {
        fs::hard_link(&part, &path).or_else(|error| {
            // Some file systems have no links; a file that is there is refused all the same.
            if path.symlink_metadata().is_ok() {
                Err(error)
            } else {
                fs::rename(&part, &path)
            }
        })
    });
    let _ = fs::remove_file(&part);
    written.map_err(|error| {
        Diagnostic::new(
            rules::UNWRITABLE_FILE,
            format!("`dfgen.toml` cannot be written: {error}"),
        )
        .with_help("`dfgen init --stdout` prints it")
        .into()
    })
}

/// What comes next.
fn after(terminal: &Terminal, proposal: &Proposal) {
    match &proposal.problems {
        None => terminal.say("next: `dfgen render`"),
        Some(problems) => {
            terminal.say("`dfgen render` will not go through yet:");
            let problems: Vec<Diagnostic> = problems.iter().cloned().collect();
            terminal.tell_all(&problems);
        }
    }
}
