//! The variables without which the application ends at once, and that nobody sets: told once, by name and place.

use std::collections::BTreeSet;

use crate::application::Candidate;
use crate::diagnostic::Diagnostic;
use crate::plan::RunPlan;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::rules;

/// What every container has in its environment.
const EVERYWHERE: [&str; 3] = ["HOME", "HOSTNAME", "PATH"];

/// How many are named with their places.
const MOST_NAMED: usize = 20;

/// The variables that a container of the image has: `told` are those of the image itself.
pub(super) fn set<'n>(
    subject: &'n Subject<'_>,
    run: &'n RunPlan,
    told: impl Iterator<Item = &'n str>,
) -> BTreeSet<&'n str> {
    let connections = run.connections.iter().map(|one| one.name.as_ref());
    let said = subject.profile.env.keys().map(AsRef::as_ref);
    let port = run.port_variable.iter().map(AsRef::as_ref);
    told.chain(connections)
        .chain(said)
        .chain(port)
        .chain(EVERYWHERE)
        .collect()
}

/// The finding, where there are some. `told` are the variables of the image.
pub(crate) fn finding<'n>(
    subject: &'n Subject<'_>,
    application: &Application<'_>,
    started: &[&Candidate],
    run: &'n RunPlan,
    told: impl Iterator<Item = &'n str>,
) -> Option<Diagnostic> {
    if run.development {
        return None;
    }
    let set = set(subject, run, told);
    let mut required = application.required(started);
    required.retain(|name, _| !set.contains(name.as_str()));
    let what = match required.len() {
        0 => return None,
        1 => "a variable has to be set, or the application does not start".to_owned(),
        count => format!("{count} variables have to be set, or the application does not start"),
    };
    let named = required.iter().take(MOST_NAMED);
    let named = named.map(|(name, place)| format!("`{name}` ({})", place.location()));
    let mut named: Vec<String> = named.collect();
    if required.len() > MOST_NAMED {
        named.push(format!("{} more", required.len() - MOST_NAMED));
    }
    Some(
        Diagnostic::new(rules::REQUIRED_VARIABLE, what)
            .with_note(named.join(", "))
            .with_note("the source has no value of its own for them, and no file of dfgen's sets them")
            .with_help("write them to `.env` in the project's folder, a line `NAME=value` each: the compose file hands it to every service, and no image has it"),
    )
}
