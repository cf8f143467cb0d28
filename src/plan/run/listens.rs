//! What an image starts that listens on the container alone: nobody outside of it reaches that, and its health check does.

use crate::application::{Candidate, Local};
use crate::closure::Closure;
use crate::diagnostic::Diagnostic;
use crate::plan::Decision;
use crate::plan::inputs::Subject;
use crate::profile::{EnvName, Line};
use crate::rules;

/// The variable by which it listens on every address.
pub(crate) fn variable(candidate: &Candidate) -> Option<(EnvName, Decision<Line>)> {
    let local = candidate.local.as_ref()?;
    let name = local.variable.as_deref()?.parse().ok()?;
    let because = format!(
        "{} listens on the container alone without it",
        local.place.location()
    );
    let everywhere = "0.0.0.0".parse().expect("it is one line");
    Some((name, Decision::new(everywhere, because)))
}

/// Told where no variable says another address.
pub(crate) fn note(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    candidate: Option<&Candidate>,
    listens: bool,
) -> Option<Diagnostic> {
    let local = candidate?.local.as_ref()?;
    let is_told = listens && local.variable.is_none() && is_so(closure, local);
    if !is_told || subject.profile.development.value {
        return None;
    }
    let name = &subject.profile.name;
    let what = format!(
        "what `{name}` starts listens on 127.0.0.1: nobody outside of its container reaches it"
    );
    Some(
        Diagnostic::new(rules::LOCAL_LISTENER, what)
            .at(local.place.clone())
            .with_note("its health check asks from inside the container, and is content")
            .with_help("let it listen on every address: write `host=\"0.0.0.0\"` there"),
    )
}

/// Whether the locked version does so.
fn is_so(closure: &Closure<'_>, local: &Local) -> bool {
    let Some(row) = local.unsaid else {
        return true;
    };
    let mut packages = closure.packages();
    packages.any(|(_, package, _)| {
        let version = package.version.as_ref();
        package.name == row.of && version.is_some_and(|version| *version >= row.since)
    })
}
