//! What else of an application runs beside what its image starts: each is a further service of the same image.
//!
//! The project's own files say it: Procfiles and the files of platforms, supervisors, compose files, further
//! Dockerfiles. One process that several of them start is one; lines for developers, migrations and helpers of other
//! images are none. What cannot be made is told, with the lines of dfgen.toml that make it.

mod judge;
mod plans;
mod sources;

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::application::Candidate;
use crate::catalog::Purpose;
use crate::command::StartCommand;
use crate::diagnostic::{Diagnostic, Place};
use crate::existing::Process;
use crate::names::PackageName;
use crate::plan::base::python;
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::run::entry::Application;
use crate::plan::run::worker;
use crate::plan::{member, run};
use crate::profile::{Line, Origin, Profile, ProfileName, Serves, Setting};
use crate::rules;
use judge::{Verdict, Why};

pub(in crate::plan) use plans::{in_form, plans};

/// Gives the profiles the processes that the project's own files start beside what they run, and what is to be told of
/// each. Who says them for one image of a project says all.
pub(crate) fn told(inputs: &Inputs, profiles: &mut [Profile]) -> Vec<Vec<Diagnostic>> {
    let mut notes = vec![Vec::new(); profiles.len()];
    if !inputs.heeds_containers() {
        return notes;
    }
    let owner = |one: &Profile| one.member.as_ref().map(|said| said.value.clone());
    let owners: BTreeSet<Option<PackageName>> = profiles.iter().map(owner).collect();
    for member in owners {
        let all = profiles.iter().enumerate();
        let group = all.filter(|(_, one)| !one.development.value && owner(one) == member);
        let group: Vec<(usize, &Profile)> = group.collect();
        let mut said = group.iter().map(|(_, one)| &one.processes.origin);
        if said.any(Origin::is_own) {
            continue;
        }
        let told = of_group(inputs, &group);
        for (at, told) in told.into_iter().flatten() {
            notes[at] = told.put_on(&mut profiles[at]);
        }
    }
    notes
}

/// What one image gets.
#[derive(Default)]
struct Told {
    /// What it runs itself, where several of the same kind are started.
    command: Option<(Vec<Line>, Place)>,
    services: IndexMap<ProfileName, (Vec<Line>, Place)>,
    /// What cannot be made, and why.
    not: Vec<(Process, Why)>,
}

impl Told {
    fn put_on(self, profile: &mut Profile) -> Vec<Diagnostic> {
        let kept = kept(&profile.name, &self.services);
        let not_made = not_made(&profile.name, &self.not);
        let said = |place: &Place| Origin::User(place.clone());
        if let Some((value, place)) = self.command {
            let origin = said(&place);
            profile.command = Some(Setting { value, origin });
        }
        if let Some((_, place)) = self.services.values().next() {
            profile.processes.origin = said(place);
        }
        let services = self.services.into_iter();
        profile.processes.value = services.map(|(name, (words, _))| (name, words)).collect();
        kept.into_iter().chain(not_made).collect()
    }
}

/// One of the images that the processes are held against.
struct Runs<'p> {
    at: usize,
    subject: Subject<'p>,
    application: Application<'p>,
    /// What its profile says.
    command: Option<StartCommand>,
    /// What it starts of the source.
    candidate: Option<Candidate>,
    /// Whether a scheduler runs beside it.
    beats: bool,
}

impl<'p> Runs<'p> {
    fn new(inputs: &'p Inputs, at: usize, profile: &'p Profile) -> Option<Self> {
        let subject = member::subject(inputs, profile).ok()?;
        let interpreter = python::interpreter(&subject).ok()?;
        let target = interpreter.target(profile.platforms.value[0]);
        let closure = inputs.closure(&interpreter.selection, &target).ok()?;
        let application = Application::new(&subject, &closure);
        let candidate = run::started(&subject, &application).ok()?.cloned();
        let said = profile.command.as_ref();
        let beat = candidate.as_ref();
        let beat = beat.and_then(|one| worker::beat(&subject, &application, one));
        Some(Self {
            at,
            command: said.map(|said| StartCommand::read(&said.value)),
            beats: beat.is_some(),
            candidate,
            subject,
            application,
        })
    }

    fn serves(&self) -> Serves {
        self.subject.profile.serves.value
    }

    /// Whether its own command is this, by its words or by what it starts of the source.
    fn is_started(&self, read: &StartCommand, words: &[String]) -> bool {
        let by_source = || {
            // A scheduler names the application of its worker.
            let is_own = read.purpose != Some(Purpose::Schedule);
            let candidate = self.candidate.as_ref().filter(|_| is_own)?;
            Some(self.application.started_by(read)? == candidate)
        };
        // An import root may go before what its own files say.
        let by_ending = || {
            let own = self.candidate.as_ref()?.import_string();
            let is_work = read.purpose == Some(Purpose::Work);
            let mut rests = words
                .iter()
                .skip(1)
                .filter_map(|word| own.strip_suffix(word));
            Some(is_work && rests.any(|rest| rest.ends_with('.')))
        };
        let by_words = self
            .command
            .as_ref()
            .is_some_and(|own| own.starts_same(read));
        by_words || by_source() == Some(true) || by_ending() == Some(true)
    }
}

/// What the images of a project or member get.
fn of_group(inputs: &Inputs, group: &[(usize, &Profile)]) -> Option<IndexMap<usize, Told>> {
    let (_, first) = group.first()?;
    let processes = sources::all(&member::subject(inputs, first).ok()?);
    if processes.is_empty() {
        return None;
    }
    let images = group
        .iter()
        .map(|(at, profile)| Runs::new(inputs, *at, profile));
    let images = images.collect::<Option<Vec<_>>>()?;
    let mut told: IndexMap<usize, Told> = IndexMap::new();
    for (process, verdict) in judge::all(&images, processes) {
        match verdict {
            Verdict::Nothing => {}
            Verdict::Command(at, words) => {
                told.entry(at).or_default().command = Some((words, process.place));
            }
            Verdict::Service(at, name, words) => {
                let services = &mut told.entry(at).or_default().services;
                services.entry(name).or_insert((words, process.place));
            }
            Verdict::Not(at, why) => told.entry(at).or_default().not.push((process, why)),
        }
    }
    Some(told)
}

/// What only such files say, and the lines that keep it.
fn kept(
    image: &ProfileName,
    services: &IndexMap<ProfileName, (Vec<Line>, Place)>,
) -> Option<Diagnostic> {
    if services.is_empty() {
        return None;
    }
    let shown = services
        .iter()
        .map(|(name, (_, place))| format!("`{}` ({})", name.as_ref(), place.location()));
    let shown: Vec<String> = shown.collect();
    let what = format!(
        "beside `{image}` run {}, as these files say",
        shown.join(", ")
    );
    let lines = services
        .iter()
        .map(|(name, (words, _))| line(name.as_ref(), words));
    let lines: Vec<String> = lines.collect();
    let note = Diagnostic::new(rules::CONTAINER_FILE, what);
    Some(note.with_help(format!(
        "to keep it without them, in dfgen.toml:\n[profile.{image}.processes]\n{}",
        lines.join("\n")
    )))
}

/// `worker = ["celery", "-A", "shop", "worker"]`.
fn line<W: AsRef<str>>(name: &str, words: &[W]) -> String {
    let words = words.iter().map(|word| format!("{:?}", word.as_ref()));
    let words: Vec<String> = words.collect();
    format!("{name} = [{}]", words.join(", "))
}

/// What the files start and no service does.
fn not_made(image: &ProfileName, not: &[(Process, Why)]) -> Option<Diagnostic> {
    let (first, _) = not.first()?;
    let what = match not.len() {
        1 => format!(
            "`{}` is started today, and by no service of dfgen's",
            first.name
        ),
        count => format!("{count} processes are started today, and by no service of dfgen's"),
    };
    let mut finding = Diagnostic::new(rules::LEFT_OUT_PROCESS, what);
    let mut lines = Vec::new();
    for (process, why) in not {
        let place = process.place.location();
        finding = finding.with_note(format!("`{}` ({place}): {}", process.name, why.note));
        if let Some(way) = &why.way {
            finding = finding.with_help(way.clone());
            continue;
        }
        let name = judge::service_name(&process.name);
        let name = name.map_or_else(
            || format!("process-{}", lines.len() + 1),
            |name| name.to_string(),
        );
        lines.extend(judge::typed_words(process).map(|words| line(&name, &words)));
    }
    if lines.is_empty() {
        return Some(finding);
    }
    Some(finding.with_help(format!(
        "where it is part of the application, in dfgen.toml:\n[profile.{image}.processes]\n{}",
        lines.join("\n")
    )))
}
