//! What the project's own Dockerfiles and compose files start: that is the application, wherever else one lies. Lines for
//! development name it as well, and are no command to run. Files that dfgen wrote say nothing.

use crate::catalog::Purpose;
use crate::command::StartCommand;
use crate::diagnostic::Place;
use crate::existing::{
    ComposeService, Existing, Image, Mount, Placed, Process, Start, expanded, followed,
    is_built_from,
};
use crate::plan::inputs::Subject;
use crate::profile::Serves;

/// One container, as far as it says what is run.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    /// What it starts.
    pub(crate) process: Process,
    /// A port that it names beside the command.
    pub(crate) port: Option<(u16, Place)>,
    /// The values of its environment.
    pub(crate) values: Vec<String>,
}

/// A container of the project's own that does an image's work.
#[derive(Clone, Copy)]
pub(crate) struct Own<'i> {
    /// What it is made from, where the project has that.
    pub(crate) image: Option<&'i Image>,
    /// The service that it is.
    pub(crate) service: Option<&'i ComposeService>,
}

/// The containers of the image's project or member.
pub(crate) fn containers(subject: &Subject<'_>) -> Vec<Container> {
    let (existing, images) = subject.inputs.containers();
    let own = images.iter().filter(|image| is_of(subject, image));
    own.flat_map(|image| started(subject, existing, image))
        .collect()
}

/// Whether an image is of the project or member that the subject is.
pub(super) fn is_of(subject: &Subject<'_>, image: &Image) -> bool {
    let path = image.file.path().to_string_lossy();
    let is_below = |folder: &str| path.starts_with(&format!("{folder}/"));
    let mut members = subject.inputs.project.members.iter();
    if subject.folder.is_empty() {
        return !members.any(|member| is_below(&member.path));
    }
    let name = subject.manifest.name().map(AsRef::as_ref);
    let mut installs = image.installs.iter();
    is_below(subject.folder)
        || installs.any(|install| name.is_some() && install.value.member.as_deref() == name)
}

/// What an image is started with: by each service of compose that is built from it, else by itself.
pub(super) fn starts<'i>(
    existing: &'i Existing,
    image: &'i Image,
) -> Vec<(Own<'i>, Option<&'i Placed<Start>>)> {
    let composes = existing.composes.iter();
    let services = composes.flat_map(|compose| {
        let services = compose.services.iter();
        services.filter(move |service| is_built_from(compose, service, image))
    });
    let own = |service: Option<&'i ComposeService>| Own {
        image: Some(image),
        service,
    };
    let composed = services.map(|service| {
        let start = service.start.as_ref();
        let start = start.filter(|start| !start.value.words.is_empty());
        let start = start.filter(|start| image.start.is_none() || !is_at_work(service, start));
        (own(Some(service)), start.or(image.start.as_ref()))
    });
    let mut all: Vec<_> = composed.collect();
    if all.is_empty() {
        all.push((own(None), image.start.as_ref()));
    }
    all
}

/// Whether a service runs the source as it lies there, and starts nothing that would run anywhere else: the image's own
/// command is what is meant for others.
fn is_at_work(service: &ComposeService, start: &Placed<Start>) -> bool {
    let is_source = |mount: &Mount| matches!(mount.source.as_deref(), Some("." | "./"));
    let read = StartCommand::read(&start.value.words);
    let is_known = read.purpose.is_some() && read.development_server().is_none();
    service.mounts.iter().any(is_source) && !is_known
}

/// The same, as processes with their ports.
fn started(subject: &Subject<'_>, existing: &Existing, image: &Image) -> Vec<Container> {
    let exposed = image.ports.first();
    let exposed = exposed.map(|port| (port.value, port.place.clone()));
    let all = starts(existing, image).into_iter();
    let all = all.filter_map(|(own, start)| {
        let start = start?;
        let port = || {
            let service = own.service?;
            Some((*service.ports.first()?, service.place.clone()))
        };
        let of_image = image.env.iter().map(|one| &one.value.value);
        let of_service = own.service.map(|service| service.environment.iter());
        let of_service = of_service.into_iter().flatten();
        let of_service = of_service.filter_map(|(_, value)| value.as_ref());
        Some(Container {
            values: of_image.chain(of_service).cloned().collect(),
            process: Process {
                name: "web".to_owned(),
                start: in_words(subject, image, &start.value),
                place: start.place.clone(),
            },
            port: exposed.clone().or_else(port),
        })
    });
    all.collect()
}

/// What is started, through its script, with the variables of the image put in.
pub(super) fn in_words(subject: &Subject<'_>, image: &Image, start: &Start) -> Start {
    let start = followed(&subject.inputs.tree, Some(image), start).start;
    let env = image.env.iter();
    let known = env.map(|one| (one.value.name.clone(), one.value.value.clone()));
    let known: Vec<(String, String)> = known.collect();
    let words = start.words.iter().map(|word| expanded(word, &known));
    Start {
        words: words.collect(),
        ..start
    }
}

impl Container {
    /// What it is there for. A server for developers serves; so does what nobody knows.
    pub(crate) fn fits(&self, serves: Serves) -> bool {
        let purpose = StartCommand::read(&self.process.start.words).purpose;
        match serves {
            Serves::Http => !matches!(
                purpose,
                Some(Purpose::Work | Purpose::Schedule | Purpose::Migrate)
            ),
            Serves::Queue => purpose == Some(Purpose::Work),
        }
    }
}
