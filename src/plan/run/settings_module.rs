//! The settings that a framework's own commands run with: those of the application that is served, where its script for
//! developers takes others by itself.

use crate::application::{Candidate, Kind, settings_package};
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
    let settings = settings_package::meant(application.code(), served)?;
    let name = &served.framework.collects()?.settings;
    let is_step =
        |one: &&Candidate| one.kind == Kind::Migration && one.framework == served.framework;
    let other = all().find(is_step)?.settings.as_ref()?;
    let is_said = subject.profile.env.keys().any(|said| said.as_ref() == name);
    let is_named = served.settings.as_ref() == Some(&settings);
    if *other == settings && is_named || is_said || subject.profile.development.value {
        return None;
    }
    let because = if is_named {
        format!(
            "{} has these settings, and its commands would take `{other}`",
            served.path
        )
    } else {
        "the package of settings has none itself, and of its modules this one is for production"
            .to_owned()
    };
    Some((
        name.parse().ok()?,
        Decision::new(settings.parse().ok()?, because),
    ))
}
