//! The project's own containers that do the work of an image: what they have, it needs.

use crate::application::Candidate;
use crate::command::StartCommand;
use crate::existing::{ComposeService, Existing, Image, Placed, Start, expanded};
use crate::plan::inputs::Subject;
use crate::plan::run::containers::{Own, in_words, is_of, starts};
use crate::plan::run::entry::Application;

/// The containers that do the work of what an image starts: those that start the same; where none does, those of the one
/// image that the project has.
pub(crate) fn own<'i>(
    subject: &Subject<'i>,
    application: &Application<'_>,
    candidate: Option<&Candidate>,
) -> Vec<Own<'i>> {
    let (existing, images) = subject.inputs.containers();
    let images = images.iter().filter(|image| is_of(subject, image));
    let images: Vec<&Image> = images.filter(|image| is_python(image)).collect();
    let all = images.iter().flat_map(|image| starts(existing, image));
    let said = subject.profile.command.as_ref();
    let said = said.map(|said| StartCommand::read(&said.value));
    let is_same = |start: &&Placed<Start>, image: &Image| {
        let start = in_words(subject, image, &start.value);
        let read = StartCommand::read(&start.words);
        let by_source = application
            .started_by(&read)
            .filter(|_| candidate.is_some());
        by_source.is_some_and(|one| Some(one) == candidate)
            || said.as_ref().is_some_and(|said| said.starts_same(&read))
    };
    let same = all.filter(|(own, start)| {
        let image = own
            .image
            .expect("what starts something is made from an image");
        start.as_ref().is_some_and(|start| is_same(start, image))
    });
    let found: Vec<Own<'i>> = same.map(|(own, _)| own).collect();
    let mut found = for_hardware(subject, existing, found);
    let fitting = flavours(subject, existing, &images);
    if found.is_empty()
        && let [only] = fitting.as_slice()
    {
        // One service of it is the application's, and so are those that start the same; of others, nobody knows which.
        let all = starts(existing, only);
        let is_same = all
            .windows(2)
            .all(|pair| words(pair[0].1) == words(pair[1].1));
        if is_same {
            found.extend(all.into_iter().map(|(own, _)| own));
        } else {
            found.push(Own {
                image: Some(*only),
                service: None,
            });
        }
    }
    let published = published(subject, existing);
    let image = found.first().and_then(|own| own.image);
    found.extend(published.map(|service| Own {
        image,
        service: Some(service),
    }));
    found
}

fn words(start: Option<&Placed<Start>>) -> Option<&[String]> {
    start.map(|start| start.value.words.as_slice())
}

/// Whether an image is for GPUs.
pub(super) fn is_for_gpus(existing: &Existing, image: &Image) -> bool {
    let services = starts(existing, image).into_iter();
    let mut services = services.filter_map(|(own, _)| own.service);
    let base = image.base.value.as_str();
    base.contains("nvidia/cuda") || services.any(|service| service.gpu.is_some())
}

/// Whether an image runs with GPUs, or without them: one that services run both ways does either.
pub(crate) fn runs_with(existing: &Existing, image: &Image, gpus: bool) -> bool {
    let services = starts(existing, image).into_iter();
    let services: Vec<_> = services.filter_map(|(own, _)| own.service).collect();
    let is_either = services.iter().any(|service| service.gpu.is_none());
    is_for_gpus(existing, image) == gpus
        || !gpus && is_either && !image.base.value.as_str().contains("nvidia/cuda")
}

/// Of containers that start the same, those for the hardware that this image is for, where there are some.
fn for_hardware<'i>(
    subject: &Subject<'i>,
    existing: &Existing,
    found: Vec<Own<'i>>,
) -> Vec<Own<'i>> {
    let wants_gpu = subject.profile.gpu.value.is_on();
    let fits = |own: &Own<'_>| {
        own.image.is_some_and(|image| {
            let is_other = image.base.value.contains("rocm");
            !is_other && is_for_gpus(existing, image) == wants_gpu
        })
    };
    let fitting: Vec<Own<'i>> = found.iter().copied().filter(fits).collect();
    if fitting.is_empty() { found } else { fitting }
}

/// Of images that all start the same, those for the hardware that this one is for: `Dockerfile.cpu` beside
/// `Dockerfile.gpu`.
fn flavours<'i>(
    subject: &Subject<'i>,
    existing: &'i Existing,
    images: &[&'i Image],
) -> Vec<&'i Image> {
    let words = |image: &&'i Image| {
        let start = image.start.as_ref();
        start.map(|start| in_words(subject, image, &start.value).words)
    };
    let first = images.first().and_then(words);
    let is_one = images.len() < 2 || first.is_none();
    if is_one || images.iter().any(|image| words(image) != first) {
        return images.to_vec();
    }
    let wants_gpu = subject.profile.gpu.value.is_on();
    let fitting = images.iter().copied();
    let fitting = fitting.filter(|image| is_for_gpus(existing, image) == wants_gpu);
    let fitting: Vec<&Image> = fitting.collect();
    // Beside `Dockerfile`, `Dockerfile.arm32` and `fly.dockerfile` build the same for other places.
    let main = fitting.iter().copied().find(|image| is_plain(image));
    main.map_or(fitting, |main| vec![main])
}

/// Whether an image's file is called as it is where there is one only.
fn is_plain(image: &Image) -> bool {
    let name = image.file.path().file_name();
    name.is_some_and(|name| name == "Dockerfile" || name == "Containerfile")
}

/// The services of the image that the project publishes under its own name: it is built elsewhere.
fn published<'i>(
    subject: &Subject<'i>,
    existing: &'i Existing,
) -> impl Iterator<Item = &'i ComposeService> {
    let services = existing
        .composes
        .iter()
        .flat_map(|compose| &compose.services);
    services.filter(move |service| is_published(subject, service))
}

/// Whether a service is of the image that the project publishes under its own name.
pub(crate) fn is_published(subject: &Subject<'_>, service: &ComposeService) -> bool {
    let name = subject.manifest.name();
    name.is_some_and(|name| publishes(name.as_ref(), service))
}

/// Whether a service is of the image that the project of this name publishes.
pub(crate) fn publishes(name: &str, service: &ComposeService) -> bool {
    let name = plain(name);
    let image = service.image.as_deref().filter(|_| service.build.is_none());
    let image = image.map(|image| expanded(image, &[]));
    let last = image
        .as_ref()
        .and_then(|image| image.split('@').next()?.rsplit('/').next());
    let repository = last.and_then(|last| last.split(':').next()).map(plain);
    // `acme-shop-api` may be published as `shop-api`.
    let is_end = |name: &str, repository: &str| {
        let before = name.strip_suffix(repository);
        repository.contains('-') && before.is_some_and(|before| before.ends_with('-'))
    };
    repository.is_some_and(|repository| name == repository || is_end(&name, &repository))
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// Whether an image has something to do with Python at all: a front end has a Dockerfile of its own.
pub(super) fn is_python(image: &Image) -> bool {
    let mut bases = std::iter::once(&image.base).chain(&image.other_bases);
    let words = ["python", "astral-sh/uv", "nvidia", "pytorch"];
    !image.installs.is_empty()
        || bases.any(|base| words.iter().any(|word| base.value.contains(word)))
}
