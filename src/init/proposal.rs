//! The settings that `init` proposes: each service held against what the plan does without them.

use toml_edit::Value;

use super::keep::{Dropped, Keeper, Kept};
use super::service::{Chosen, Service};
use super::survey::Survey;
use super::write;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile};
use crate::plan::{self, ImagePlan, Plan};
use crate::profile::{Config, ProfileName};
use crate::rules;

/// What `init` proposes.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The text of `dfgen.toml`; a comment alone when nothing needs saying.
    pub text: String,
    /// What was decided about each image.
    pub services: Vec<ServiceProposal>,
    /// What `render` would refuse with these settings.
    pub problems: Option<Diagnostics>,
}

/// What was decided about one image.
#[derive(Debug, Clone)]
pub struct ServiceProposal {
    /// The profile's name.
    pub name: ProfileName,
    /// What is written for it.
    pub kept: Vec<Kept>,
    /// Faults, and what dfgen does by itself, of the existing container.
    pub dropped: Vec<Dropped>,
    /// What a person should look at.
    pub left: Vec<Dropped>,
}

pub(super) fn propose(survey: &Survey<'_, '_>) -> Result<Proposal> {
    let services: Vec<ServiceProposal> = survey
        .services
        .iter()
        .enumerate()
        .map(|(index, service)| {
            let seed = seed(service);
            let first = index == 0;
            let mut keeper = Keeper::new(survey, service, seed);
            keeper.keep(first);
            keeper.finish()
        })
        .collect();
    let services = told_once(services);
    let text = write::text(&survey.services, &services);
    let config = Config::parse(SourceFile::new("dfgen.toml", text.as_str())).map_err(bug)?;
    for name in config.own_names() {
        config.profile(name.as_ref()).map_err(bug)?;
    }
    let inputs = survey.inputs.with_config(config);
    let planned = plan::choose(&inputs, &[]).and_then(|taken| Plan::new(&inputs, &taken));
    Ok(Proposal {
        text,
        services,
        problems: planned.err(),
    })
}

/// Images of one Dockerfile share its faults: each is told with the first of them, in the order of lines.
fn told_once(mut services: Vec<ServiceProposal>) -> Vec<ServiceProposal> {
    let mut seen: Vec<Dropped> = Vec::new();
    for service in &mut services {
        for list in [&mut service.dropped, &mut service.left] {
            list.retain(|one| !seen.contains(one));
            seen.extend(list.iter().cloned());
            list.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        }
    }
    services
}

/// What the profile must say to be itself: what it extends, its member, its entry.
fn seed(service: &Service<'_>) -> Vec<Kept> {
    let mut seed = Vec::new();
    let profile = &service.profile;
    if !service.is_known {
        let extends = profile
            .built_in
            .as_ref()
            .filter(|built_in| **built_in != profile.name);
        seed.extend(
            extends.map(|built_in| Kept::new(&["extends"], Value::from(built_in.as_ref()), "")),
        );
        let member = profile.member.as_ref();
        seed.extend(
            member.map(|member| Kept::new(&["member"], Value::from(member.value.as_ref()), "")),
        );
    }
    if let Chosen::Said(entry, place) = &service.chosen {
        seed.push(Kept::new(&["entry"], Value::from(entry.as_str()), place));
    }
    seed
}

/// The image that dfgen would plan with these settings and no others.
pub(super) fn planned(
    survey: &Survey<'_, '_>,
    service: &Service<'_>,
    settings: &[Kept],
) -> Result<ImagePlan> {
    let text = write::table(&service.profile.name, settings);
    let config = Config::parse(SourceFile::new("dfgen.toml", text))?;
    let inputs = survey.inputs.with_config(config);
    let taken = plan::choose(&inputs, &[service.profile.name.to_string()])?;
    let plan = Plan::new(&inputs, &taken)?;
    Ok(plan
        .images
        .into_iter()
        .next()
        .expect("one profile gives one image"))
}

fn bug(problems: Diagnostics) -> Diagnostics {
    let problems = problems.into_iter().map(|problem| {
        Diagnostic::new(
            rules::BUG,
            format!(
                "dfgen wrote settings that it cannot read: {}",
                problem.message()
            ),
        )
        .with_help("this is a bug in dfgen: report it with the container files that it read")
    });
    Diagnostics::check(problems.collect()).expect_err("there is a problem")
}
