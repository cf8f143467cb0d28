//! What an image could start, for those who ask before a plan can be made.

use super::inputs::Inputs;
use super::member;
use crate::application::Candidate;
use crate::diagnostic::Result;
use crate::plan::base::python;
use crate::plan::run::entry::Application;
use crate::profile::Profile;

/// What an image of this profile could start, what serves first, the surest first. Errors:
/// a member that does not exist, no Python that fits, extras that cannot be installed together.
pub(crate) fn candidates(inputs: &Inputs, profile: &Profile) -> Result<Vec<Candidate>> {
    let subject = member::subject(inputs, profile)?;
    let interpreter = python::interpreter(&subject)?;
    let target = interpreter.target(profile.platforms.value[0]);
    let closure = inputs.closure(&interpreter.selection, &target)?;
    Ok(Application::new(&subject, &closure).fitting())
}
