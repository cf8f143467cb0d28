//! What the project's own image makes of the project while it is built: taken where it is known what that fills.
//!
//! Where one of its commands is not known so, all of them are told, for a person to say.

use crate::diagnostic::Place;
use crate::existing::Image;
use crate::plan::inputs::Subject;
use crate::plan::run::containers::Own;
use crate::plan::run::unrun::{Made, folder_of, made};
use crate::profile::{
    BuildStep, ContextPath, EnvName, KeptPath, Line, Needs, Origin, Setting, StepPlace,
};
use crate::project::SourceTree;
use crate::project::source_tree::{has_extension, join};
use crate::secret::is_secret;

/// The steps, said where the first command is.
pub(crate) fn steps(subject: &Subject<'_>, own: &[Own<'_>]) -> Option<Setting<Vec<BuildStep>>> {
    let image: &Image = own.iter().find_map(|own| own.image)?;
    let made = made(image);
    let origin = Origin::User(made.first()?.place.clone());
    let steps = made.iter().map(|one| step(subject, one));
    let value = steps.collect::<Option<Vec<BuildStep>>>()?;
    Some(Setting { value, origin })
}

/// The folders that are there, and that no source of Python's brings into the image: what fills them reads them.
pub(super) fn sources(
    subject: &Subject<'_>,
    said: &Setting<Vec<BuildStep>>,
) -> Vec<(ContextPath, Place)> {
    let tree = &subject.inputs.tree;
    let Some(place) = said.origin.of_container_file() else {
        return Vec::new();
    };
    let kept = said.value.iter().flat_map(|step| &step.keep);
    let folders = kept.filter_map(|kept| {
        let path: &str = kept.as_ref();
        let top = join(subject.folder, path.split('/').next().unwrap_or(path));
        let is_source = tree.below(&top).any(|file| has_extension(file, "py"));
        let is_there = tree.has_folder(&join(subject.folder, path));
        let path = path.parse::<ContextPath>().ok()?;
        (is_there && !is_source).then(|| (path, place.clone()))
    });
    folders.collect()
}

fn step(subject: &Subject<'_>, made: &Made) -> Option<BuildStep> {
    let tree = &subject.inputs.tree;
    let is_django = made.line.contains("compilemessages");
    let folders = if is_django {
        catalogs(tree, subject.folder)
    } else {
        folder_of(&made.line).into_iter().collect()
    };
    let words = made.line.split(' ');
    let mut files = words.filter(|word| has_extension(word, "py"));
    let is_there =
        files.all(|file| tree.has_file(&join(subject.folder, file.trim_start_matches("./"))));
    let keep = folders.iter().map(|folder| folder.parse::<KeptPath>().ok());
    let keep = keep.collect::<Option<Vec<KeptPath>>>()?;
    let env = made
        .env
        .iter()
        .filter(|(name, value)| !is_secret(name, value));
    let env = env.filter_map(|(name, value)| {
        Some((name.parse::<EnvName>().ok()?, value.parse::<Line>().ok()?))
    });
    let apt = if is_django {
        "gettext".parse().ok()
    } else {
        None
    };
    (is_there && !keep.is_empty()).then_some(BuildStep {
        run: vec![made.line.parse().ok()?],
        keep,
        place: StepPlace::Here {
            needs: Needs::default(),
            apt: apt.into_iter().collect(),
        },
        folder: ".".parse().ok()?,
        env: env.collect(),
        from_environment: Vec::new(),
    })
}

/// The folders with catalogs of messages, which are compiled beside their sources.
fn catalogs(tree: &SourceTree, folder: &str) -> Vec<String> {
    let sources = tree.below(folder).filter(|path| has_extension(path, "po"));
    let below = sources.filter_map(|path| {
        let path = path.strip_prefix(folder)?.trim_start_matches('/');
        let at = path.find("/LC_MESSAGES/")?;
        let (languages, _) = path[..at].rsplit_once('/')?;
        Some(languages.to_owned())
    });
    let mut found: Vec<String> = below.collect();
    found.sort();
    found.dedup();
    found
}
