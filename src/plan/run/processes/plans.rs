//! The processes of one image as they are run.

use crate::application::{Candidate, ManifestFacts};
use crate::catalog::Purpose;
use crate::closure::Closure;
use crate::command::StartCommand;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::plan::run::start::{called, plain};
use crate::plan::run::stopping::Stop;
use crate::plan::{AppForm, Decision, MigrationPlan, ProcessPlan, RunPlan, StopPlan};
use crate::profile::Line;

/// The further processes that the profile has, each with what it starts of the source.
pub(in crate::plan) fn plans<'a>(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &'a Application<'_>,
) -> Vec<(ProcessPlan, Option<&'a Candidate>)> {
    let said = &subject.profile.processes;
    let plan = |(name, words): (&_, &Vec<Line>)| {
        let read = StartCommand::read(words);
        let candidate = application.started_by(&read);
        let of_library = || Stop::of_library(candidate?.framework);
        let stop = Stop::of_command(subject, closure, &read, false);
        let stop = stop.or_else(of_library).unwrap_or_else(plain);
        let plan = ProcessPlan {
            name: ToString::to_string(name),
            command: Decision::new(words.clone(), said.origin.to_string()),
            only_once: read.purpose == Some(Purpose::Schedule),
            stop: StopPlan {
                signal: stop.signal.value,
                limit: stop.limit.value,
            },
        };
        (plan, candidate)
    };
    said.value.iter().map(plan).collect()
}

/// What an image starts, as its form has it: where it runs the source, a command of the package is called by its function.
pub(in crate::plan) fn in_form(subject: &Subject<'_>, form: &AppForm, run: RunPlan) -> RunPlan {
    if *form == AppForm::Package {
        return run;
    }
    let facts = ManifestFacts::parse(subject.manifest.file.clone());
    let called = |mut command: Decision<Vec<Line>>| {
        call_function(subject, &facts, &mut command.value);
        command
    };
    let migrate = run.migrate.map(|step| MigrationPlan {
        command: called(step.command),
        ..step
    });
    let processes = run.processes.into_iter().map(|process| ProcessPlan {
        command: called(process.command),
        ..process
    });
    RunPlan {
        command: called(run.command),
        migrate,
        processes: processes.collect(),
        ..run
    }
}

fn call_function(subject: &Subject<'_>, facts: &ManifestFacts, words: &mut Vec<Line>) {
    let first = words.first().map(AsRef::as_ref);
    let script = first.filter(|first| facts.scripts.contains_key(*first));
    if let Some(call) = script.map(|script| called(subject, script)) {
        words.splice(..1, call);
    }
}
