//! The settings that a framework's own commands run with: those of the application that is served, where its script for
//! developers takes others by itself.

use crate::application::{Candidate, Kind};
use crate::plan::Decision;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::profile::{EnvName, Line};

/// The variable that says so, where the two differ: `wsgi.py` has `config.settings.production` and `manage.py`
/// `config.settings.local`, which needs what only developers have.
pub(crate) fn variable(
    subject: &Subject<'_>,
    application: &Application<'_>,
    candidate: Option<&Candidate>,
) -> Option<(EnvName, Decision<Line>)> {
    let all = || application.candidates.iter();
    let site = |one: &&Candidate| one.kind.serves() && one.settings.is_some();
    let served = candidate
        .filter(|one| site(one))
        .or_else(|| all().find(site))?;
    let settings = served.settings.as_ref()?;
    let name = &served.framework.collects()?.settings;
    let is_step =
        |one: &&Candidate| one.kind == Kind::Migration && one.framework == served.framework;
    let other = all().find(is_step)?.settings.as_ref()?;
    let is_said = subject.profile.env.keys().any(|said| said.as_ref() == name);
    if other == settings || is_said || subject.profile.development.value {
        return None;
    }
    let because = format!(
        "{} has these settings, and its commands would take `{other}`",
        served.path
    );
    Some((
        name.parse().ok()?,
        Decision::new(settings.parse().ok()?, because),
    ))
}
