//! What images a project could have, before anything is decided.

use super::service::{Chosen, Run, Service};
use crate::application::{Candidate, Kind};
use crate::catalog::Purpose;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, nearest};
use crate::existing::{Compose, Existing, Image, is_built_from};
use crate::plan::{self, Inputs, Taken};
use crate::profile::Serves;
use crate::rules;

/// What the person who runs `init` says.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Entries, as candidates are listed: `shop_api.main:app`.
    pub entries: Vec<String>,
    /// The profiles to write; those that make sense when none is named.
    pub profiles: Vec<String>,
}

/// What images a project could have.
pub struct Survey<'p, 'e> {
    /// One for each image.
    pub services: Vec<Service<'e>>,
    pub(super) inputs: &'p Inputs,
    /// Dockerfiles that were read and are no image's.
    pub unmatched: Vec<String>,
    pub(super) composes: &'e [Compose],
    pub(super) existing: &'e Existing,
    pub(super) images: &'e [Image],
    /// Entries that no candidate has, for the only service.
    request: Request,
}

impl<'p, 'e> Survey<'p, 'e> {
    /// Looks at a project without settings. Errors: an unknown profile or entry, a project that no image
    /// can be planned for.
    pub fn new(
        inputs: &'p Inputs,
        existing: &'e Existing,
        images: &'e [Image],
        request: Request,
    ) -> Result<Self> {
        let mut services = Vec::new();
        for (taken, is_known) in taken(inputs, &request)? {
            services.push(Service {
                candidates: plan::candidates(inputs, &taken.profile).unwrap_or_default(),
                profile: taken.profile,
                because: taken.because,
                platform: taken.platform,
                chosen: Chosen::Nothing,
                run: None,
                is_known,
            });
        }
        without_idle(&mut services);
        let runs: Vec<Run<'e>> = runs(existing, images)
            .into_iter()
            .map(|run| run.through(&inputs.tree))
            .collect();
        for service in &mut services {
            service.run = best_run(inputs, service, &runs);
        }
        one_owner(&mut services);
        for service in &mut services {
            service.choose(&request.entries);
        }
        let survey = Self {
            unmatched: unmatched(&services, images),
            services,
            inputs,
            composes: &existing.composes,
            existing,
            images,
            request,
        };
        survey.refuse_unknown_entries()?;
        Ok(survey)
    }

    /// The services that a person has to decide about, with what there is to choose from.
    pub fn open(&self) -> impl Iterator<Item = (usize, &Service<'e>)> {
        self.services
            .iter()
            .enumerate()
            .filter(|(_, service)| matches!(service.chosen, Chosen::Open(_)))
    }

    /// Answers the question about a service with one of its candidates.
    pub fn answer(&mut self, service: usize, candidate: usize) {
        let service = &mut self.services[service];
        let Chosen::Open(several) = &service.chosen else {
            return;
        };
        if let Some(one) = several.get(candidate).cloned() {
            service.answer(&one);
        }
    }

    fn refuse_unknown_entries(&self) -> Result<()> {
        let known = || self.services.iter().flat_map(|service| &service.candidates);
        let unknown = self
            .request
            .entries
            .iter()
            .filter(|entry| !known().any(|one| one.import_string() == **entry));
        let problems = unknown.map(|entry| {
            let names: Vec<String> = known().map(Candidate::import_string).collect();
            Diagnostic::new(
                rules::UNKNOWN_ENTRY,
                format!("nothing that can be run is called `{entry}`"),
            )
            .into_error()
            .with_help_some(nearest(entry, names.iter().map(String::as_str)))
        });
        Diagnostics::check(problems.collect())
    }
}

/// The profiles to look at, each with whether dfgen takes it by itself under that name: what the plan
/// takes, and the members of the workspace that have something to run.
fn taken(inputs: &Inputs, request: &Request) -> Result<Vec<(Taken, bool)>> {
    let mut all: Vec<(Taken, bool)> = plan::choose(inputs, &request.profiles)?
        .into_iter()
        .map(|taken| {
            let is_known = taken.profile.member.is_none();
            (taken, is_known)
        })
        .collect();
    if !request.profiles.is_empty() {
        return Ok(all);
    }
    let members = inputs
        .project
        .members
        .iter()
        .filter_map(|member| member.pyproject.name());
    for name in members.map(ToString::to_string) {
        let has = all.iter().any(|(taken, _)| {
            taken
                .profile
                .member
                .as_ref()
                .is_some_and(|member| member.value.as_ref() == name)
        });
        let Ok(mut found) = plan::choose(inputs, std::slice::from_ref(&name)) else {
            continue;
        };
        let candidates = found
            .first()
            .map(|taken| plan::candidates(inputs, &taken.profile));
        let candidates = candidates
            .and_then(std::result::Result::ok)
            .unwrap_or_default();
        let telling = candidates
            .iter()
            .find(|one| one.kind.serves() || one.kind == Kind::Worker);
        if let (false, Some(one), Some(taken)) = (has, telling, found.first_mut()) {
            taken.because = format!("{} in {}", one.framework.name(), one.place.location());
            all.extend(found.into_iter().map(|taken| (taken, false)));
        }
    }
    Ok(all)
}

/// A root that has nothing to run is no image where members have.
fn without_idle(services: &mut Vec<Service<'_>>) {
    let members = services
        .iter()
        .any(|service| service.profile.member.is_some());
    let runs = |service: &Service<'_>| service.candidates.iter().any(|one| service.fits(one));
    if members {
        services.retain(|service| service.profile.member.is_some() || runs(service));
    }
}

/// Existing containers: each service of compose that is built here, then images that no compose file
/// builds.
fn runs<'e>(existing: &'e Existing, images: &'e [Image]) -> Vec<Run<'e>> {
    let mut runs: Vec<Run<'e>> = Vec::new();
    for compose in &existing.composes {
        for service in &compose.services {
            let image = images
                .iter()
                .find(|image| is_built_from(compose, service, image));
            runs.extend(image.map(|image| Run {
                image,
                compose: Some(service),
                is_own: true,
                end: None,
                through: Vec::new(),
            }));
        }
    }
    let used = |image: &Image| runs.iter().any(|run| std::ptr::eq(run.image, image));
    let unused: Vec<&Image> = images.iter().filter(|image| !used(image)).collect();
    runs.extend(unused.into_iter().map(|image| Run {
        image,
        compose: None,
        is_own: true,
        end: None,
        through: Vec::new(),
    }));
    runs
}

/// The existing container that does the work of a service, if one does.
fn best_run<'e>(inputs: &Inputs, service: &Service<'e>, runs: &[Run<'e>]) -> Option<Run<'e>> {
    let wanted = match service.profile.serves.value {
        Serves::Http => Purpose::Serve,
        Serves::Queue => Purpose::Work,
    };
    let belongs: Vec<&Run<'e>> = runs
        .iter()
        .filter(|run| belongs(inputs, service, run.image))
        .collect();
    let starts = |run: &&&Run<'e>| run.starts(&service.candidates);
    let fitting: Vec<&Run<'e>> = belongs
        .iter()
        .copied()
        .filter(|run| run.purpose() == wanted)
        .collect();
    // Of several, the one that publishes a port or says a command of its own.
    let weight = |run: &Run<'e>| {
        let service = run.compose;
        let publishes = service.is_some_and(|service| !service.ports.is_empty());
        let says = service.is_some_and(|service| service.start.is_some());
        (publishes, says)
    };
    let starting: Vec<&Run<'e>> = fitting.iter().filter(starts).copied().collect();
    let mut first = starting.first().or(fitting.first()).copied();
    for run in starting {
        first = first
            .filter(|first| weight(first) >= weight(run))
            .or(Some(run));
    }
    match (first, belongs.first()) {
        (Some(run), _) => Some(run.clone()),
        // Another container of the same project: its system and environment, not its command.
        (None, Some(run)) => Some(Run {
            image: run.image,
            compose: None,
            is_own: false,
            end: None,
            through: Vec::new(),
        })
        .filter(|_| wanted == Purpose::Serve),
        (None, None) => None,
    }
}

/// What a container starts is one service's: the one whose application it names, else the first that
/// needs no ML stack. The others have its system and environment.
fn one_owner(services: &mut [Service<'_>]) {
    let is_ml = |service: &Service<'_>| {
        let built_in = service.profile.built_in.as_ref();
        built_in.is_some_and(|name| name.as_ref().starts_with("ml-"))
    };
    let mut strangers = Vec::new();
    for (index, service) in services.iter().enumerate() {
        let Some(run) = &service.run else {
            continue;
        };
        if !run.is_own || run.starts(&service.candidates) {
            continue;
        }
        let same = |other: &&Service<'_>| {
            other.run.as_ref().is_some_and(|theirs| {
                std::ptr::eq(theirs.image, run.image)
                    && theirs.compose.map(std::ptr::from_ref) == run.compose.map(std::ptr::from_ref)
            })
        };
        let mut sharing = services.iter().filter(same);
        let named = sharing.clone().any(|other| run.starts(&other.candidates));
        let first = sharing
            .clone()
            .find(|other| !is_ml(other))
            .or_else(|| sharing.next());
        let is_first = first.is_some_and(|first| std::ptr::eq(first, service));
        if named || !is_first {
            strangers.push(index);
        }
    }
    for index in strangers {
        if let Some(run) = &mut services[index].run {
            run.is_own = false;
        }
    }
}

/// The Dockerfiles that were read and that no image takes anything from.
fn unmatched(services: &[Service<'_>], images: &[Image]) -> Vec<String> {
    let taken = |image: &Image| {
        let mut runs = services.iter().filter_map(|service| service.run.as_ref());
        runs.any(|run| run.image.file.path() == image.file.path())
    };
    let left = images.iter().filter(|image| !taken(image));
    let mut paths: Vec<String> = left
        .map(|image| image.file.path().display().to_string())
        .collect();
    paths.dedup();
    paths
}

/// Whether an image is of the project or member that a service runs.
fn belongs(inputs: &Inputs, service: &Service<'_>, image: &Image) -> bool {
    let path = image.file.path().to_string_lossy();
    let folder = |name: &str| {
        let member = inputs.project.members.iter().find(|member| {
            member
                .pyproject
                .name()
                .is_some_and(|own| own.as_ref() == name)
        });
        member.map(|member| member.path.clone())
    };
    let installs = |name: &str| {
        image
            .installs
            .iter()
            .any(|install| install.value.member.as_deref() == Some(name))
    };
    match &service.profile.member {
        Some(member) => {
            let name = member.value.as_ref();
            let below = folder(name).is_some_and(|folder| path.starts_with(&format!("{folder}/")));
            below || installs(name)
        }
        None => !inputs
            .project
            .members
            .iter()
            .any(|member| path.starts_with(&format!("{}/", member.path))),
    }
}
