//! Files that pages are made with: collected while the image is built, as nothing can be written when it runs.

use indexmap::IndexMap;

use crate::application::Candidate;
use crate::application::static_files::{self, StaticFiles};
use crate::application::variables::{Unset, Variable};
use crate::catalog::AddressPart;
use crate::diagnostic::Result;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::plan::source::paths;
use crate::plan::{EnvValue, ServiceEnv};
use crate::profile::{EnvName, ImagePath, Line};

/// Good for numbers, switches, lists and secrets that nothing is signed with.
const ANY_VALUE: &str = "0";

/// What is collected, and how.
pub(crate) struct Collection {
    pub(crate) files: StaticFiles,
    /// The folder that the command runs in.
    pub(crate) folder: ImagePath,
    /// The import root of the application, from its folder.
    pub(crate) root: String,
    /// Variables that only this needs.
    pub(crate) env: IndexMap<EnvName, Line>,
}

/// What the application collects. Errors: a folder with a name that no Dockerfile can say.
pub(crate) fn find(
    subject: &Subject<'_>,
    application: &Application<'_>,
    candidate: Option<&Candidate>,
    variables: &[Variable],
    connections: &[ServiceEnv],
) -> Result<Option<Collection>> {
    let served = candidate.filter(|one| one.kind.serves() && !subject.profile.development.value);
    let Some(candidate) = served else {
        return Ok(None);
    };
    let Some(files) = static_files::find(application.code(), candidate, variables) else {
        return Ok(None);
    };
    let below = candidate.root.strip_prefix(subject.folder);
    let root = below
        .unwrap_or(&candidate.root)
        .trim_matches('/')
        .to_owned();
    let folder = paths::in_app(&root, "the application")?;
    let env = env(subject, &files, variables, connections);
    Ok(Some(Collection {
        files,
        folder,
        root,
        env,
    }))
}

/// The settings, and a value for each variable that they fail without.
fn env(
    subject: &Subject<'_>,
    files: &StaticFiles,
    variables: &[Variable],
    connections: &[ServiceEnv],
) -> IndexMap<EnvName, Line> {
    let own = &subject.profile.env;
    let mut env: IndexMap<EnvName, Line> = IndexMap::new();
    let settings = files
        .how
        .settings
        .parse()
        .ok()
        .zip(files.settings.parse().ok());
    env.extend(settings);
    let read = |variable: &&Variable| {
        files
            .files
            .iter()
            .any(|path| variable.place.path() == *path)
    };
    let needs = |variable: &&Variable| {
        let mut needed = files.how.needs.iter();
        let has_default = matches!(variable.unset, Unset::Text(_));
        variable.fails || !has_default && needed.any(|end| variable.name.ends_with(end))
    };
    for variable in variables.iter().filter(needs).filter(read) {
        let told = connections
            .iter()
            .find(|one| one.name.as_ref() == variable.name);
        let value = told.map_or_else(|| any(variable), |told| alone(&told.value));
        let pair = variable.name.parse().ok().zip(value.parse().ok());
        env.extend(pair);
    }
    env.retain(|name, _| !own.contains_key(name));
    env
}

/// A value for a variable that nothing is known of but what it is for.
fn any(variable: &Variable) -> String {
    let is_url = variable.name.ends_with("DATABASE_URL")
        || matches!(variable.part, Some((AddressPart::Url, _)));
    if is_url {
        "sqlite:////tmp/none.db".to_owned()
    } else {
        ANY_VALUE.to_owned()
    }
}

/// What compose would say, with the defaults of its own variables.
fn alone(value: &EnvValue) -> String {
    let (EnvValue::Fixed(text) | EnvValue::Default(text) | EnvValue::Connection(text)) = value;
    let mut plain = String::new();
    let mut rest = text.as_ref();
    while let Some((before, variable)) = rest.split_once("${") {
        plain.push_str(before);
        let (variable, after) = variable.split_once('}').unwrap_or((variable, ""));
        plain.push_str(variable.split_once(":-").map_or("", |(_, default)| default));
        rest = after;
    }
    plain + rest
}
