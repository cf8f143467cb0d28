//! The processes that a project's own files start, wherever that is said.

use crate::existing::{
    Compose, ComposeService, Dockerfile, Existing, Image, Mounts, Placed, Process, Start,
    is_built_from, of_platforms, of_supervisors,
};
use crate::plan::inputs::Subject;
use crate::plan::run::containers::{Own, in_words, is_of, starts};
use crate::plan::run::own::is_published;
use crate::project::source_tree::{has_extension, join};

/// A process, and what is known of it beside its words.
pub(super) struct Started {
    pub(super) process: Process,
    /// Whether it has a port: it answers requests.
    pub(super) has_port: bool,
    /// Whether a script decides what it starts.
    pub(super) by_script: bool,
}

impl Started {
    fn line(process: Process) -> Self {
        Self {
            has_port: process.name == "web",
            by_script: false,
            process,
        }
    }

    /// `EXPOSE` holds for every service of an image: where others publish a port, one with a command of its own and
    /// without a port does not answer requests.
    fn new(
        subject: &Subject<'_>,
        own: Own<'_>,
        start: &Placed<Start>,
        name: &str,
        others_publish: bool,
    ) -> Option<Self> {
        let image = own.image?;
        let publishes = own.service.is_some_and(|service| !service.ports.is_empty());
        let says = own.service.is_some_and(|service| service.start.is_some());
        let answers_itself = !(says && others_publish);
        let is_exposed = answers_itself && !image.ports.is_empty();
        let mut end = in_words(subject, image, &start.value);
        // A script that several services start does what each of them says.
        let is_known = !end.words.is_empty() && end.script.is_none();
        let is_told = is_known && says && others_publish && !publishes;
        if is_told {
            // What the script does before any of them is the image's.
            end.before.clone_from(&start.value.before);
        }
        Some(Self {
            has_port: publishes || is_exposed,
            by_script: start.value.script.is_some() && !is_told,
            process: Process {
                name: name.to_owned(),
                start: of_source(subject, image, end),
                place: start.place.clone(),
            },
        })
    }
}

/// A file of Python's by the path that the source has it at: `./manage.py` of an image that is started in `src`.
fn of_source(subject: &Subject<'_>, image: &Image, mut start: Start) -> Start {
    let tree = &subject.inputs.tree;
    let is_file = |word: &String| has_extension(word, "py") && !word.starts_with('/');
    let at = usize::from(start.words.first().is_some_and(|word| word == "python"));
    let Some(word) = start.words.get(at).filter(|word| is_file(word)) else {
        return start;
    };
    let mounts = Mounts {
        tree,
        folder: subject.folder,
        image: Some(image),
    };
    let path = word.trim_start_matches("./");
    let has = |path: &str| tree.has_file(&join(subject.folder, path));
    let moved = || mounts.inside_from(path).filter(|path| has(path));
    let found = Some(path.to_owned()).filter(|path| has(path));
    let Some(path) = found.or_else(moved) else {
        return start;
    };
    start.words[at] = path;
    if at == 0 {
        start.words.insert(0, "python".to_owned());
    }
    start
}

/// All of them: Procfile and platforms first, then supervisors, compose files and Dockerfiles.
pub(super) fn all(subject: &Subject<'_>) -> Vec<Started> {
    let tree = &subject.inputs.tree;
    let (existing, images) = subject.inputs.containers();
    let images: Vec<&Image> = images.iter().filter(|one| is_of(subject, one)).collect();
    let lines = of_platforms(tree, subject.folder).into_iter();
    let lines = lines.chain(of_supervisors(tree, subject.folder));
    let lines = lines.filter(|one| !is_of_member(subject, &one.place.path()));
    let mut found: Vec<Started> = lines.map(Started::line).collect();
    for image in &images {
        found.extend(of_image(subject, existing, image));
    }
    found.extend(of_named_images(subject, existing, &images));
    let others = existing.passed_over.iter();
    found.extend(others.filter_map(|path| of_dockerfile(subject, path)));
    found
}

/// What an image is started with. A service that somebody has to ask for, or that ends, is none that goes on beside it.
fn of_image(subject: &Subject<'_>, existing: &Existing, image: &Image) -> Vec<Started> {
    let all = starts(existing, image);
    let publishes = |own: &Own<'_>| own.service.is_some_and(|service| !service.ports.is_empty());
    let is_published = all.iter().any(|(own, _)| publishes(own));
    let all = all.into_iter();
    let all = all.filter(|(own, _)| own.service.is_none_or(goes_on));
    let all = all.filter_map(|(own, start)| {
        let other = own.service.filter(|_| is_published && !publishes(&own));
        let said = other.and_then(|service| service.start.as_ref());
        let start = said.filter(|said| !said.value.words.is_empty()).or(start);
        let path = image.file.path().to_string_lossy();
        let name = own.service.map(|service| service.name.clone());
        let name = name.unwrap_or_else(|| name_of(&path));
        Started::new(subject, own, start?, &name, is_published)
    });
    all.collect()
}

/// Whether a file is a member's of the workspace, where the subject is its root.
fn is_of_member(subject: &Subject<'_>, path: &str) -> bool {
    let mut members = subject.inputs.project.members.iter();
    let is_below = |member: &str| path.starts_with(&format!("{member}/"));
    subject.folder.is_empty() && members.any(|member| is_below(&member.path))
}

fn goes_on(service: &ComposeService) -> bool {
    !service.on_demand && !service.runs_once
}

/// Services that name the image which another one builds, or that the project publishes.
fn of_named_images(subject: &Subject<'_>, existing: &Existing, images: &[&Image]) -> Vec<Started> {
    let mut found = Vec::new();
    for compose in &existing.composes {
        for service in compose.services.iter().filter(|one| goes_on(one)) {
            let image = image_of(compose, service, images);
            let image = image.or_else(|| {
                let first = images.first().copied();
                first.filter(|_| is_published(subject, service))
            });
            if let (Some(_), Some(start)) = (image, &service.start) {
                let service = Some(service);
                let own = Own { image, service };
                let name = service.map_or("", |service| service.name.as_str());
                found.extend(Started::new(subject, own, start, name, false));
            }
        }
    }
    found
}

/// The image that a service names and another one builds.
fn image_of<'i>(
    compose: &Compose,
    service: &ComposeService,
    images: &[&'i Image],
) -> Option<&'i Image> {
    let name = service.image.as_ref().filter(|_| service.build.is_none())?;
    let mut others = compose.services.iter();
    let built = others.find(|other| other.image.as_ref() == Some(name) && other.build.is_some())?;
    let mut images = images.iter().copied();
    images.find(|image| is_built_from(compose, built, image))
}

/// What a Dockerfile starts that is one of several.
fn of_dockerfile(subject: &Subject<'_>, path: &str) -> Option<Started> {
    let dockerfile = Dockerfile::parse(subject.inputs.tree.lying_text(path)?).ok()?;
    let image = Image::of(&dockerfile, None).ok()?;
    let start = image.start.as_ref().filter(|_| is_of(subject, &image))?;
    let own = Own {
        image: Some(&image),
        service: None,
    };
    Started::new(subject, own, start, &name_of(path), false)
}

/// `worker` of `Dockerfile.worker`, `worker.Dockerfile` and `worker/Dockerfile`.
fn name_of(path: &str) -> String {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or(path);
    let plain = |part: &&str| {
        let part = part.to_lowercase();
        part != "dockerfile" && part != "containerfile"
    };
    let own = file.split('.').find(plain);
    own.or_else(|| parts.next()).unwrap_or("main").to_owned()
}
