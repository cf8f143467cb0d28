//! Variables that nobody sets, and whose value then is for who works on the source: told once for an image, by name and
//! place, with the lines that set them.

use crate::application::variables::{self, Unfit, Variable, Why};
use crate::diagnostic::Diagnostic;
use crate::plan::RunPlan;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::plan::run::required;
use crate::rules;

/// The finding, where there are some. `told` are the variables of the image.
pub(crate) fn finding<'n>(
    subject: &'n Subject<'_>,
    application: &Application<'_>,
    variables: &[Variable],
    run: &'n RunPlan,
    told: impl Iterator<Item = &'n str>,
) -> Option<Diagnostic> {
    if run.development {
        return None;
    }
    let set = required::set(subject, run, told);
    let services = subject.inputs.catalog.services();
    let has = |name: &_| application.has_one(|own| own == name);
    let mut found = variables::unfit(application.code(), variables, services, has);
    found.retain(|one| !set.contains(one.name.as_str()));
    let first = found.first()?;
    let parts = found.chunk_by(|one, other| one.why == other.why);
    let parts: Vec<String> = parts.map(part).collect();
    let what = match found.len() {
        1 => format!(
            "where nobody sets `{}`, its value is one for development",
            first.name
        ),
        count => format!("where nobody sets them, {count} variables have values for development"),
    };
    let lines: Vec<String> = found.iter().map(line).collect();
    let finding = Diagnostic::new(rules::DEVELOPMENT_DEFAULT, what)
        .with_note(parts.join("; "))
        .with_help(format!(
            "before it serves people, into .env in the project's folder:\n{}",
            lines.join("\n")
        ));
    Some(finding)
}

/// The variables with one effect, which is said first: no reader takes a place for a secret's value then.
fn part(alike: &[Unfit]) -> String {
    let named = alike
        .iter()
        .map(|one| format!("`{}` ({})", one.name, one.place.location()));
    let named: Vec<String> = named.collect();
    let effect = alike.first().map_or("", |one| effect(one.why));
    format!("{effect}: {}", named.join(", "))
}

/// What comes of a value.
fn effect(why: Why) -> &'static str {
    match why {
        Why::Known => "known to who has the source",
        Why::Open => "empty, so that anybody can sign",
        Why::Random => "another at each start and in each process",
        Why::Debug => "debugging is on",
        Why::Development => "a developer's environment",
        Why::Nobody => "no host is answered",
        Why::Near => "only the container itself",
        Why::Missing => "empty, and a locked library asks for it",
    }
}

/// The line that sets a variable.
fn line(unfit: &Unfit) -> String {
    let name = &unfit.name;
    match (&unfit.why, &unfit.value) {
        (_, Some(value)) => format!("echo '{name}={value}' >> .env"),
        (Why::Missing, None) => format!("echo '{name}=...' >> .env"),
        (_, None) => format!("echo \"{name}=$(openssl rand -hex 32)\" >> .env"),
    }
}
