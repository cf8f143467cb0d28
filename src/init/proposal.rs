//! The settings that `init` proposes: each service held against what the plan does without them.

use indexmap::IndexMap;
use toml_edit::Value;

use super::account::{Entry, account};
use super::evidence;
use super::keep::{Keeper, list};
use super::service::{Chosen, Service};
use super::service_proposal::{Dropped, Kept, Mark, ServiceProposal};
use super::survey::Survey;
use super::write;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile};
use crate::plan::{self, Plan};
use crate::profile::Config;
use crate::rules;

/// What `init` proposes.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The text of `dfgen.toml`; a comment alone when nothing needs saying.
    pub text: String,
    /// What was decided about each image.
    pub services: Vec<ServiceProposal>,
    /// Everything that the container files say, and what becomes of it.
    pub account: Vec<Entry>,
    /// What `render` would refuse with these settings.
    pub problems: Option<Diagnostics>,
}

impl Survey<'_, '_> {
    /// The settings. Errors: questions that are still open.
    pub fn propose(&self) -> Result<Proposal> {
        let open = self.open().map(|(_, service)| ambiguous(service)).collect();
        Diagnostics::check(open)?;
        let services: Vec<ServiceProposal> = self
            .services
            .iter()
            .enumerate()
            .map(|(index, service)| {
                let seed = seed(service);
                let first = index == 0;
                let mut keeper = Keeper::new(self, service, seed);
                keeper.keep(first);
                keeper.finish()
            })
            .collect();
        let mut services = told_once(services);
        let none = IndexMap::new();
        let text = write::text(&self.services, &services, &none);
        let config = Config::parse(SourceFile::new("dfgen.toml", text.as_str())).map_err(bug)?;
        let beside = evidence::keep(self, config, &mut services);
        let text = write::text(&self.services, &services, &beside);
        let config = Config::parse(SourceFile::new("dfgen.toml", text.as_str())).map_err(bug)?;
        for name in config.own_names() {
            config.profile(name.as_ref()).map_err(bug)?;
        }
        let heeding = Config::parse(SourceFile::new("dfgen.toml", text.as_str())).map_err(bug)?;
        let heeding = self.inputs.heeding(heeding, self.existing, self.images);
        let told = plan::told_places(&heeding);
        let inputs = self.inputs.with_config(config);
        let planned = plan::choose(&inputs, &[]).and_then(|taken| Plan::new(&inputs, &taken));
        let marks: Vec<Mark> = services.iter().flat_map(|one| one.marks.clone()).collect();
        Ok(Proposal {
            account: account(self, planned.as_ref().ok(), &marks, &told),
            text,
            services,
            problems: planned.err(),
        })
    }
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
    // What a platform starts goes before what a container file names, as `render` has it.
    if let Some(command) = &service.platform {
        let words = list(command.value.iter().map(AsRef::as_ref));
        seed.push(Kept::new(&["command"], words, &command.origin.to_string()));
    } else if let Chosen::Said(entry, place) = &service.chosen {
        seed.push(Kept::new(&["entry"], Value::from(entry.as_str()), place));
    }
    seed
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

/// Several candidates, and the line to type for each.
fn ambiguous(service: &Service<'_>) -> Diagnostic {
    let Chosen::Open(several) = &service.chosen else {
        unreachable!("only open questions are told");
    };
    let name = &service.profile.name;
    let mut problem = plan::several_things(name, several.len());
    for one in several {
        problem = problem.with_note(format!(
            "`{}`: {}, {} ({}), in {}",
            one.import_string(),
            one.framework.name(),
            one.confidence.word(),
            one.confidence.reason(),
            one.place.location()
        ));
    }
    for one in several {
        problem = problem.with_help(format!("`dfgen init --entry {}`", one.import_string()));
    }
    problem
}
