//! An application that needs at its start what its image must not have: what leads there, what it costs, and the ways
//! out. No other application is taken in its place.

use crate::application::imports::{MissingImport, Step};
use crate::application::{Candidate, Rank};
use crate::closure::{Closure, Via, Weight};
use crate::diagnostic::Diagnostic;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::rules;

/// Errors for an image that is asked for: what its application imports at its start and its profile forbids.
pub(crate) fn problems(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    candidate: &Candidate,
) -> Vec<Diagnostic> {
    let name = &subject.profile.name;
    let forbidden = application.forbidden_at_start(candidate);
    let others = application.candidates.iter();
    let others = others.filter(|one| {
        let is_other = one.kind == candidate.kind && one.place != candidate.place;
        let is_one = is_other && one.confidence.rank() > Rank::Aside;
        is_one && application.forbidden_at_start(one).is_empty()
    });
    let others: Vec<String> = others.take(2).map(Candidate::import_string).collect();
    let problem = |missing: &MissingImport| {
        let what = format!(
            "`{}` imports `{}` at its start, which `{name}` must not have",
            candidate.import_string(),
            missing.import
        );
        let problem = Diagnostic::new(rules::MISSING_IMPORT, what).into_error();
        let problem = told(subject, closure, problem, missing);
        let other = others.iter().fold(problem, |problem, entry| {
            problem.with_help(format!(
                "or say what else this image runs: `entry = \"{entry}\"` in [profile.{name}] of dfgen.toml"
            ))
        });
        other.with_help(format!(
            "or have it all the same: `silence = [\"{}\"]` there",
            rules::MISSING_IMPORT
        ))
    };
    forbidden.iter().map(problem).collect()
}

/// Why an image that nobody asked for by name is not there, where its application needs what it must not have.
pub(crate) fn absent(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    candidate: &Candidate,
) -> Option<Diagnostic> {
    let forbidden = application.forbidden_at_start(candidate);
    let missing = forbidden.first()?;
    let what = format!(
        "there is no `{}`: `{}` imports `{}` at its start",
        subject.profile.name,
        candidate.import_string(),
        missing.import
    );
    let note = Diagnostic::new(rules::HEAVY_APPLICATION, what);
    Some(told(subject, closure, note, missing))
}

fn told(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    told: Diagnostic,
    missing: &MissingImport,
) -> Diagnostic {
    let chain: Vec<String> = missing.chain.iter().map(ToString::to_string).collect();
    let import = &missing.import;
    let last = missing.chain.last();
    let told = told
        .at_some(last.map(|step| step.place.clone()))
        .with_note(format!("imported by {}", chain.join(" -> ")));
    let price = price(subject, closure, missing);
    let told = match price {
        Some(price) => told.with_note(format!(
            "with what brings it, the image has {price} more to download"
        )),
        None => told,
    };
    let place = |step: &Step| step.place.location();
    let told = match last {
        Some(last) => told.with_help(format!(
            "import it where it is used: the line at {} into the function that needs `{import}`",
            place(last)
        )),
        None => told,
    };
    match missing.chain.as_slice() {
        [first, _, ..] => told.with_help(format!(
            "or give the routes that need it an application of their own, and take the import at {} there",
            place(first)
        )),
        _ => told.with_help("or give the routes that need it a module and an application of their own"),
    }
}

/// What the extra or group that brings it with least adds to a closure.
fn price(subject: &Subject<'_>, closure: &Closure<'_>, missing: &MissingImport) -> Option<Weight> {
    let member = subject.member?;
    let lock = &subject.inputs.project.lock;
    let package = lock.package(member);
    let extras = package.extras.keys().cloned().map(Via::Extra);
    let groups = package.groups.keys().cloned().map(Via::Group);
    let added = |via: Via| {
        let added = subject.inputs.change(closure, member, &via).ok()?.added;
        let mut brings = added.iter().map(|id| &lock.package(*id).name);
        let is_it = brings.any(|name| missing.distributions.contains(name));
        is_it.then(|| closure.weight(added.iter().copied()))
    };
    let prices = extras.chain(groups).filter_map(added);
    prices.min_by_key(|price| price.bytes)
}
