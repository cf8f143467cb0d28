//! Files that pages are made with: collected while the image is built, as nothing can be written when it runs.

use indexmap::IndexMap;

use crate::application::Candidate;
use crate::application::static_files::{self, Folder, StaticFiles};
use crate::application::variables::{Unset, Variable};
use crate::catalog::{AddressPart, Sources, Variables};
use crate::diagnostic::{Diagnostic, Result};
use crate::existing::Kind;
use crate::plan::inputs::Subject;
use crate::plan::run::containers::Own;
use crate::plan::run::entry::Application;
use crate::plan::source::paths;
use crate::plan::{EnvValue, ServiceEnv};
use crate::profile::{EnvName, ImagePath, Line};
use crate::rules;
use crate::secret::is_secret;

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
    own: &[Own<'_>],
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
    let required = application.required(&[candidate]);
    let is_required = |name: &str| required.contains_key(name);
    let mut env = env(&files, variables, connections, is_required);
    env.extend(given(&files, own));
    env.retain(|name, _| !subject.profile.env.contains_key(name));
    Ok(Some(Collection {
        files,
        folder,
        root,
        env,
    }))
}

/// That nothing in the image serves what is collected: Django does so for developers alone.
pub(crate) fn unserved(
    application: &Application<'_>,
    collection: &Collection,
    command: &[Line],
) -> Option<Diagnostic> {
    let words: Vec<&str> = Sources::embedded().serving().iter().collect();
    let by_server = command.iter().any(|word| word.as_ref().contains("static"));
    if by_server || application.mentions(&words) {
        return None;
    }
    let place = collection.files.place.clone();
    let what = "static files are collected into the image, and nothing serves them";
    Some(
        Diagnostic::new(rules::UNSERVED_FILES, what)
            .at(place)
            .with_note("Django serves them where `DEBUG` is on, and only there: pages come without styles and scripts")
            .with_help("let the application serve them: `uv add whitenoise`, and \"whitenoise.middleware.WhiteNoiseMiddleware\" behind the first of MIDDLEWARE")
            .with_help("or let a proxy do it that copies the folder from the image"),
    )
}

/// The folder that files are collected into, as `volumes` would say it. A volume there keeps those of its first start, whatever
/// the image has later.
pub(crate) fn folder(
    application: &Application<'_>,
    candidate: Option<&Candidate>,
) -> Option<String> {
    let candidate = candidate.filter(|one| one.kind.serves())?;
    let variables = application.variables(&[candidate]);
    match static_files::find(application.code(), candidate, &variables)?.root {
        Folder::OfApplication { parts, .. } => Some(parts.join("/")),
        Folder::Absolute(path) => {
            let path = path.trim_end_matches('/');
            Some(path.strip_prefix("/app/").unwrap_or(path).to_owned())
        }
        Folder::Unknown => None,
    }
}

/// The settings, and a value for each variable that they fail without.
fn env(
    files: &StaticFiles,
    variables: &[Variable],
    connections: &[ServiceEnv],
    is_required: impl Fn(&str) -> bool,
) -> IndexMap<EnvName, Line> {
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
        variable.fails
            || is_required(&variable.name)
            || !has_default && needed.any(|end| variable.name.ends_with(end))
    };
    for variable in variables.iter().filter(needs).filter(read) {
        let told = connections
            .iter()
            .find(|one| one.name.as_ref() == variable.name);
        let value = told.map_or_else(|| any(variable), |told| alone(&told.value));
        let pair = variable.name.parse().ok().zip(value.parse().ok());
        env.extend(pair);
    }
    env
}

/// What the project's own Dockerfile gives the command that collects them; secrets have any value.
fn given(files: &StaticFiles, own: &[Own<'_>]) -> Vec<(EnvName, Line)> {
    let verb = files.how.command.fill(|_| String::new());
    let verb = verb.into_iter().find(|word| word.starts_with("collect"));
    let images = own.iter().filter_map(|own| own.image);
    let instructions =
        images.flat_map(|image| image.build_instructions.iter().chain(&image.instructions));
    let commands = instructions.filter_map(|one| match &one.kind {
        Kind::Run(commands, _) => Some(commands),
        _ => None,
    });
    let collecting = commands.flatten().filter(|command| {
        verb.as_ref()
            .is_some_and(|verb| command.words.contains(verb))
    });
    let pairs = collecting.flat_map(|command| &command.assignments);
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    let plain = pairs.filter(|(name, value)| !is_secret(name, value) && !value.contains('$'));
    plain
        .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
        .collect()
}

/// A value for a variable that nothing is known of but what it is for.
fn any(variable: &Variable) -> String {
    let is_url = variable.name.ends_with("DATABASE_URL")
        || matches!(variable.part, Some((AddressPart::Url, _)));
    if is_url {
        return "sqlite:////tmp/none.db".to_owned();
    }
    let known = Variables::embedded().fitting(&variable.name);
    known.unwrap_or(ANY_VALUE).to_owned()
}

/// What compose would say, with the defaults of its own variables.
fn alone(value: &EnvValue) -> String {
    let (EnvValue::Fixed(text)
    | EnvValue::Default(text)
    | EnvValue::Connection(text)
    | EnvValue::Said(text)) = value;
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
