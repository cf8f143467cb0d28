//! `dfgen init`: looks at the project and at what container files it has, writes `dfgen.toml`, and says
//! what it found, where, and how sure it is.

mod told;

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use dfgen::diagnostic::{Diagnostic, Result, SourceFile};
use dfgen::init::{Chosen, Existing, Proposal, Request, Service, Survey, images};
use dfgen::plan::Inputs;
use dfgen::project::{Project, SourceTree};
use dfgen::rules;
use dfgen::writer::create;
use dialoguer::console::Term;
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Select};

use super::{Outcome, Terminal, print, talk};

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

    /// Write nothing, and list what the old container files do and the new ones do not.
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let root = &terminal.project;
    let project = Project::load(root)?;
    if !arguments.stdout && !arguments.check {
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
    let inputs = inputs.seeing(&existing, &images);
    let mut survey = Survey::new(&inputs, &existing, &images, request)?;
    terminal.say(&found(&survey, &existing));
    refuse_undecided(&existing)?;
    let may_ask =
        !arguments.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if may_ask {
        leave_the_cursor();
        ask(&mut survey)?;
    }
    let proposal = survey.propose()?;
    if arguments.check {
        let open = told::open(&proposal);
        terminal.say(if open.is_empty() {
            "the new files do all that the old ones did"
        } else {
            &open
        });
        return Ok(Outcome::Done);
    }
    let carried = told::told(&proposal, arguments.stdout);
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

/// Several Dockerfiles could be the project's: one has to be named.
fn refuse_undecided(existing: &Existing) -> Result<()> {
    let undecided = existing.undecided();
    let Some(first) = undecided.first() else {
        return Ok(());
    };
    let what = format!(
        "{} Dockerfiles could be the project's, and none is called `Dockerfile`: {}",
        undecided.len(),
        undecided.join(", ")
    );
    let mut problem = Diagnostic::new(rules::SEVERAL_DOCKERFILES, what);
    for path in &undecided {
        problem = problem.with_help(format!("`dfgen init --from {path}`"));
    }
    Err(problem
        .with_help(format!("where `{first}` and the others are for something else: `dfgen render` needs no settings"))
        .into())
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
        let mut existing = Existing::found(tree, &members);
        existing.tell_parent(root);
        Ok(existing)
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
        let named: Vec<String> = others
            .take(4)
            .map(|one| {
                format!(
                    "{} ({}, {}), {}",
                    one.import_string(),
                    one.framework.name(),
                    one.confidence.word(),
                    one.place.location()
                )
            })
            .collect();
        if matches!(service.chosen, Chosen::Open(_)) {
            lines.extend(named.iter().map(|one| format!("  {there}: {one}")));
        } else if !named.is_empty() {
            lines.push(format!("  {there}: {}", named.join("; ")));
        }
    }
    lines.extend(files(survey, existing));
    lines.join("\n")
}

/// Which files were read, and which were not.
fn files(survey: &Survey<'_, '_>, existing: &Existing) -> Vec<String> {
    let mut lines = Vec::new();
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
    lines
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
    // Not part of the question, which is drawn again with its answer.
    talk(&format!("{}\n", proposal.text));
    let answer = Confirm::with_theme(&SimpleTheme)
        .with_prompt("Write this to dfgen.toml?")
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

/// The whole file or nothing, and never over one that is there.
fn write(root: &Path, text: &str) -> Result<()> {
    let written = create(&root.join("dfgen.toml"), text);
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
        None => {
            terminal.say("next: `dfgen render`, then `docker compose -f docker/compose.yaml up --build`; `dfgen init --check` lists again what the old files did and the new ones do not");
        }
        Some(problems) => {
            terminal.say("`dfgen render` will not go through yet:");
            let problems: Vec<Diagnostic> = problems.iter().cloned().collect();
            terminal.tell_all(&problems);
        }
    }
}
