//! What the project's own container of a worker starts: a program that no source shows to be a worker, and what runs once
//! before it. A worker that is found in the source goes behind it.

use crate::application::Candidate;
use crate::catalog::Purpose;
use crate::command::{StartCommand, without_runner};
use crate::diagnostic::Place;
use crate::existing::{Image, Start};
use crate::plan::inputs::Subject;
use crate::plan::run::containers::{Own, in_words, is_of, starts};
use crate::plan::run::own::is_python;
use crate::profile::{Line, Migrate, Origin, Serves, Setting};

/// That migrations run before it, where they do there.
pub(super) fn migrate(subject: &Subject<'_>, own: &[Own<'_>]) -> Option<Setting<Migrate>> {
    let profile = subject.profile;
    let is_open = profile.serves.value == Serves::Queue
        && profile.migrate.value == Migrate::Off
        && !profile.migrate.origin.is_own();
    let found = own.iter().filter(|_| is_open).find_map(|own| {
        let image = own.image?;
        let composed = own.service.and_then(|service| service.start.as_ref());
        let start = composed.or(image.start.as_ref())?;
        let mut before = in_words(subject, image, &start.value).before.into_iter();
        let is_step = before.any(|command| {
            let (words, _) = without_runner(&command.words);
            StartCommand::read(&words).purpose == Some(Purpose::Migrate)
        });
        is_step.then(|| start.place.clone())
    });
    found.map(|place| Setting {
        value: Migrate::Found,
        origin: Origin::User(place),
    })
}

/// The program that all of its containers start, where the source alone shows another one.
pub(super) fn command(
    subject: &Subject<'_>,
    candidate: Option<&Candidate>,
) -> Option<Setting<Vec<Line>>> {
    let profile = subject.profile;
    let is_open = profile.serves.value == Serves::Queue
        && profile.command.is_none()
        && profile.entry.is_none();
    candidate.filter(|one| is_open && one.confidence.told_at().is_none())?;
    let (existing, images) = subject.inputs.containers();
    let own = images
        .iter()
        .filter(|image| is_of(subject, image) && is_python(image));
    let all = own.flat_map(|image| {
        starts(existing, image)
            .into_iter()
            .map(move |one| (image, one))
    });
    let read = |image: &Image, start: &Start| in_words(subject, image, start).words;
    let all: Vec<(Vec<String>, Place)> = all
        .filter_map(|(image, (_, start))| {
            let start = start?;
            Some((read(image, &start.value), start.place.clone()))
        })
        .collect();
    let (words, place) = all.first()?;
    let is_one = all.iter().all(|(other, _)| other == words);
    let is_program = is_one
        && StartCommand::read(words).purpose.is_none()
        && words.len() > 1
        && words
            .first()
            .is_some_and(|first| first.starts_with("python"));
    let lines = words.iter().map(|word| word.parse::<Line>());
    let lines: Vec<Line> = lines.collect::<Result<_, _>>().ok()?;
    is_program.then(|| Setting {
        value: lines,
        origin: Origin::User(place.clone()),
    })
}
