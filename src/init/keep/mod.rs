//! What of an existing container is carried over, what is not, and why.
//!
//! One file per subject. Each looks at the container, at what the plan does by itself, and puts what it
//! finds into one of three lists: kept, dropped with a reason, left for a person.

mod base;
mod command;
mod compose;
mod debian;
mod environment;
mod files;
mod health;
mod mounts;
mod selection;
mod there;
mod unseen;

use toml_edit::Value;

use super::service::{Run, Service};
use super::service_proposal::{Dropped, Kept, Mark, ServiceProposal};
use super::survey::Survey;
use super::write;
use crate::diagnostic::{Place, Result, SourceFile};
use crate::existing::{self, Fault, Surroundings, faults};
use crate::plan::{self, ImagePlan, Outcome, Plan};
use crate::profile::Config;
use crate::secret;

/// Collects what is carried over for one service.
pub(super) struct Keeper<'k, 'p, 'e> {
    pub(super) survey: &'k Survey<'p, 'e>,
    pub(super) service: &'k Service<'e>,
    pub(super) run: Option<&'k Run<'e>>,
    /// What the plan decides with the settings so far, where it can.
    pub(super) plan: Option<ImagePlan>,
    /// Whether that plan's command is the project's own and not a stand-in.
    pub(super) knows_command: bool,
    /// The command that was kept.
    pub(super) said: Option<Vec<String>>,
    /// Whether the image's port is known with what was kept.
    pub(super) knows_port: bool,
    /// The port that holds where no platform says one, if the command leaves it to that.
    pub(super) platform_port: Option<u16>,
    kept: Vec<Kept>,
    dropped: Vec<Dropped>,
    left: Vec<Dropped>,
    marks: Vec<Mark>,
}

impl<'k, 'p, 'e> Keeper<'k, 'p, 'e> {
    pub(super) fn new(
        survey: &'k Survey<'p, 'e>,
        service: &'k Service<'e>,
        seed: Vec<Kept>,
    ) -> Self {
        Self {
            survey,
            service,
            run: service.run.as_ref(),
            plan: None,
            knows_command: false,
            said: None,
            knows_port: false,
            platform_port: None,
            kept: seed,
            dropped: Vec::new(),
            left: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// Looks at everything. Backing services are asked for by the first service alone.
    pub(super) fn keep(&mut self, first: bool) {
        self.faults();
        self.selection();
        self.make_plan();
        self.base();
        self.debian();
        self.environment();
        self.command();
        self.health();
        self.identity();
        self.files();
        self.unseen();
        self.compose(first);
    }

    pub(super) fn finish(self) -> ServiceProposal {
        ServiceProposal {
            name: self.service.profile.name.clone(),
            kept: self.kept,
            dropped: without_repeats(self.dropped),
            left: without_repeats(self.left),
            marks: self.marks,
        }
    }

    fn faults(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        let around = Surroundings::of_project(self.survey.inputs.project.pyproject.file.text());
        for fault in faults(run.image, &around) {
            self.fault(&fault);
        }
        if let Some(start) = run.compose.and_then(|service| service.start.as_ref()) {
            for fault in existing::start_faults(start) {
                self.fault(&fault);
            }
        }
    }

    fn fault(&mut self, fault: &Fault) {
        let why = format!("{}. dfgen: {}", fault.kind.why, fault.kind.instead);
        // How it is done is at fault, not what is done: that is told where it is kept or not.
        self.dropped.push(Dropped {
            rule: Some(fault.kind.rule.name()),
            ..told(&fault.place, &fault.what, &why)
        });
    }

    /// What the plan does with the settings so far. Where it cannot know the command, another stands in,
    /// so that the rest can be compared.
    fn make_plan(&mut self) {
        let plan = self.planned(&self.kept);
        self.knows_command = plan.is_ok();
        let stand_in = || {
            let command: toml_edit::Array = ["python"].into_iter().collect();
            let mut settings = self.kept.clone();
            settings.push(Kept::new(&["command"], Value::from(command), ""));
            self.planned(&settings).ok()
        };
        self.plan = plan.ok().or_else(stand_in);
    }

    /// The image that dfgen would plan with these settings and no others.
    fn planned(&self, settings: &[Kept]) -> Result<ImagePlan> {
        let name = &self.service.profile.name;
        let text = write::table(name, settings);
        let config = Config::parse(SourceFile::new("dfgen.toml", text))?;
        let inputs = self.survey.inputs.with_config(config);
        let taken = plan::choose(&inputs, &[name.to_string()])?;
        let plan = Plan::new(&inputs, &taken)?;
        Ok(plan
            .images
            .into_iter()
            .next()
            .expect("one profile gives one image"))
    }

    pub(super) fn add(&mut self, path: &[&str], value: impl Into<Value>, place: &Place) {
        let value = value.into();
        if secret::in_setting(path, &value.to_string()) {
            self.leave(
                place,
                &path.join("."),
                "holds a secret: give it when the image is built or runs",
            );
        } else {
            self.mark(place, Outcome::Kept);
            self.kept.push(Kept::new(path, value, &place.location()));
        }
    }

    /// Remembers that a place was decided about.
    pub(super) fn mark(&mut self, place: &Place, outcome: Outcome) {
        self.marks.push((place.clone(), outcome));
    }

    pub(super) fn add_because(&mut self, path: &[&str], value: impl Into<Value>, because: &str) {
        let value = value.into();
        if !secret::in_setting(path, &value.to_string()) {
            self.kept.push(Kept::new(path, value, because));
        }
    }

    pub(super) fn drop(&mut self, place: &Place, what: &str, why: &str) {
        self.mark(place, Outcome::Dropped);
        self.dropped.push(told(place, what, why));
    }

    pub(super) fn leave(&mut self, place: &Place, what: &str, why: &str) {
        self.mark(place, Outcome::Left);
        self.left.push(told(place, what, why));
    }

    /// Whether a key was kept already.
    pub(super) fn has(&self, key: &str) -> bool {
        self.kept.iter().any(|kept| kept.path[0] == key)
    }
}

fn told(place: &Place, what: &str, why: &str) -> Dropped {
    let location = place.location();
    let file = location
        .rsplit_once(':')
        .map_or("", |(file, _)| file)
        .to_owned();
    Dropped {
        file,
        line: place.line(),
        what: secret::mask_line(what),
        why: why.to_owned(),
        rule: None,
    }
}

fn without_repeats(list: Vec<Dropped>) -> Vec<Dropped> {
    let mut kept: Vec<Dropped> = Vec::new();
    for one in list {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// A list of texts as a value.
pub(super) fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Value {
    let array: toml_edit::Array = items
        .into_iter()
        .map(|item| item.as_ref().to_owned())
        .collect();
    Value::from(array)
}
