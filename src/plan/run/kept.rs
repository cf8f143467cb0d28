//! What only the project's own container files, or those of a platform, decide, and the lines of dfgen.toml that keep it
//! when they go.

use indexmap::IndexMap;

use crate::application::Candidate;
use crate::closure::Closure;
use crate::diagnostic::Diagnostic;
use crate::plan::Decision;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::plan::run::start;
use crate::profile::{
    BuildStep, ContextPath, EnvName, Line, Profile, ProfileName, Setting, Wanted,
};
use crate::rules;

/// What only such files decide, each with the lines for it.
pub(crate) fn notes(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    candidate: Option<&Candidate>,
) -> Vec<Diagnostic> {
    let command = command_note(subject, closure, application);
    let started = command.or_else(|| entry_note(subject, closure, application, candidate?));
    let profile = subject.profile;
    let packages = has_note(profile, &profile.apt.runtime, "has", |names| {
        format!("apt = {{ runtime = [{names}] }}")
    });
    let folders = has_note(profile, &profile.volumes, "keeps", |names| {
        format!("volumes = [{names}]")
    });
    let files = has_note(profile, &profile.env_files, "is handed", |names| {
        format!("env-files = [{names}]")
    });
    let port = profile.port.as_ref().and_then(|said| {
        let place = said.origin.of_container_file()?;
        let (name, number) = (&profile.name, said.value.number);
        let what = format!(
            "`{name}` listens on {number}, as {} has it",
            place.location()
        );
        Some(note(what, name, &format!("port = {number}")))
    });
    let steps = steps_note(profile);
    let lines = has_note(
        profile,
        &profile.instructions.runtime,
        "ends with",
        |lines| format!("instructions = {{ runtime = [{lines}] }}"),
    );
    let parts = [
        parts_note(profile, &profile.extras, "extra"),
        parts_note(profile, &profile.groups, "group"),
    ];
    let migrate = profile.migrate.origin.of_container_file().map(|place| {
        let name = &profile.name;
        let what = format!(
            "migrations run before `{name}` starts, as {} has it",
            place.location()
        );
        note(what, name, "migrate = true")
    });
    let notes = [
        started, migrate, port, packages, folders, files, steps, lines,
    ]
    .into_iter();
    notes.chain(parts).flatten().collect()
}

/// What only a container file decides, and the line that keeps it.
fn note(what: String, profile: &ProfileName, line: &str) -> Diagnostic {
    Diagnostic::new(rules::CONTAINER_FILE, what).with_help(format!(
        "to keep it without that file, in dfgen.toml:\n[profile.{profile}]\n{line}"
    ))
}

/// What a build makes because that of a container of the project's own makes it.
fn steps_note(profile: &Profile) -> Option<Diagnostic> {
    let place = profile.build_steps.origin.of_container_file()?;
    let name = &profile.name;
    let steps = profile.build_steps.value.iter();
    let run = steps.clone().flat_map(|step| &step.run);
    let shown: Vec<String> = run.map(|line| format!("`{}`", line.as_ref())).collect();
    let written: Vec<String> = steps.map(BuildStep::inline).collect();
    let what = format!(
        "the build of `{name}` runs {}, as {} does",
        shown.join(", "),
        place.location()
    );
    let line = format!("build-steps = [{}]", written.join(", "));
    Some(note(what, name, &line))
}

/// What an image has because a container of the project's own has it.
fn has_note<T: AsRef<str>>(
    profile: &Profile,
    said: &Setting<Vec<T>>,
    does: &str,
    line: impl Fn(&str) -> String,
) -> Option<Diagnostic> {
    let place = said.origin.of_container_file()?;
    let names = said.value.iter().map(AsRef::as_ref);
    let shown: Vec<String> = names.clone().map(|name| format!("`{name}`")).collect();
    let quoted: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    let name = &profile.name;
    let what = format!(
        "`{name}` {does} {}, as {} has it",
        shown.join(", "),
        place.location()
    );
    Some(note(what, name, &line(&quoted.join(", "))))
}

/// The extras or groups that an image has because a container of the project's own installs them.
fn parts_note<T: std::fmt::Display>(
    profile: &Profile,
    said: &Setting<Vec<Wanted<T>>>,
    kind: &str,
) -> Option<Diagnostic> {
    let place = said.origin.of_container_file()?;
    let named = said.value.iter().filter_map(|one| match one {
        Wanted::Name(name) => Some(format!("the {kind} `{name}`")),
        _ => None,
    });
    let named: Vec<String> = named.collect();
    let quoted = said.value.iter().map(|one| format!("\"{one}\""));
    let quoted: Vec<String> = quoted.collect();
    let name = &profile.name;
    let what = format!(
        "`{name}` has {}, as {} installs it",
        named.join(", "),
        place.location()
    );
    let line = format!("{kind}s = [{}]", quoted.join(", "));
    Some(note(what, name, &line))
}

/// The folders that an image has because a container of the project's own copies them.
pub(crate) fn copied_note(profile: &Profile, told: &[ContextPath]) -> Option<Diagnostic> {
    let copied = Setting {
        value: told.to_vec(),
        origin: profile.copy.origin.clone(),
    };
    let note = || has_note(profile, &copied, "has", |names| format!("copy = [{names}]"));
    (!told.is_empty()).then(note).flatten()
}

/// The variables that an image has because a container of the project's own has them.
pub(crate) fn env_note(
    profile: &Profile,
    env: &IndexMap<EnvName, Decision<Line>>,
) -> Option<Diagnostic> {
    let told = profile.env.iter().filter_map(|(name, said)| {
        let place = said.origin.of_container_file()?;
        // dfgen may know better.
        env.get(name).filter(|has| has.value == said.value)?;
        Some((name.as_ref(), said.value.as_ref(), place))
    });
    let told: Vec<_> = told.collect();
    let (_, _, place) = told.first()?;
    let shown = told.iter().map(|(name, ..)| format!("`{name}`"));
    let shown: Vec<String> = shown.collect();
    let lines = told
        .iter()
        .map(|(name, value, _)| format!("{name} = {value:?}"));
    let lines: Vec<String> = lines.collect();
    let name = &profile.name;
    let what = format!(
        "`{name}` has the environment of {}: {}",
        place.location(),
        shown.join(", ")
    );
    let note = Diagnostic::new(rules::CONTAINER_FILE, what);
    Some(note.with_help(format!(
        "to keep it without that file, in dfgen.toml:\n[profile.{name}.env]\n{}",
        lines.join("\n")
    )))
}

/// What only a container file decides, and the lines that keep it.
fn entry_note(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    candidate: &Candidate,
) -> Option<Diagnostic> {
    let profile = subject.profile;
    let place = candidate.confidence.told_at()?;
    let said = profile.command.as_ref();
    if said.is_some_and(|said| said.origin.of_container_file().is_none()) {
        return None;
    }
    let alone = application.untold().ok().flatten();
    let entry = candidate.import_string();
    let same = alone.as_ref().filter(|one| one.import_string() == entry);
    let mut lines = Vec::new();
    if same.is_none() && profile.entry.is_none() && profile.command.is_none() {
        lines.push(format!("entry = \"{entry}\""));
    }
    let started = |one: &Candidate| start::of_candidate(subject, closure, one).ok()?.port;
    let number = |one: &Candidate| started(one).map(|port| port.value);
    let told = number(candidate).filter(|_| profile.port.is_none());
    let before = application.before(candidate).and_then(number);
    if let Some(port) = told.filter(|port| before != Some(*port)) {
        lines.push(format!("port = {port}"));
    }
    if lines.is_empty() {
        return None;
    }
    let what = format!(
        "`{entry}` is what `{}` runs, as {place} has it",
        profile.name
    );
    let note = Diagnostic::new(rules::CONTAINER_FILE, what);
    let note = match alone.filter(|one| one.import_string() != entry) {
        Some(other) => note.with_note(format!(
            "by itself dfgen would run `{}` ({})",
            other.import_string(),
            other.place.location()
        )),
        None => note,
    };
    Some(note.with_help(format!(
        "to keep it without that file, in dfgen.toml:\n[profile.{}]\n{}",
        profile.name,
        lines.join("\n")
    )))
}

/// The command that only a Procfile or its like says, and the line that keeps it.
fn command_note(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
) -> Option<Diagnostic> {
    let profile = subject.profile;
    let said = profile.command.as_ref()?;
    let place = said.origin.of_container_file()?;
    let alone = application.untold().ok().flatten();
    let alone = alone.and_then(|one| start::of_candidate(subject, closure, &one).ok());
    let alone = alone.map(|start| start.command.value);
    if alone.as_ref() == Some(&said.value) {
        return None;
    }
    let words = said.value.iter().map(|word| format!("{:?}", word.as_ref()));
    let words: Vec<String> = words.collect();
    let what = format!("`{}` runs what {} says", profile.name, place.location());
    let note = Diagnostic::new(rules::CONTAINER_FILE, what);
    let note = match alone {
        Some(alone) => {
            let words: Vec<&str> = alone.iter().map(AsRef::as_ref).collect();
            note.with_note(format!("by itself dfgen would run `{}`", words.join(" ")))
        }
        None => note,
    };
    Some(note.with_help(format!(
        "to keep it without that file, in dfgen.toml:\n[profile.{}]\ncommand = [{}]",
        profile.name,
        words.join(", ")
    )))
}
