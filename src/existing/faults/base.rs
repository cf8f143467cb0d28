//! What an image stands on and runs as: its base images, its stages, its user.

use super::{Look, Seen};
use crate::catalog::Dockerfiles;
use crate::existing::dockerfile::Kind;
use crate::existing::image::Image;
use crate::existing::install::Installer;

pub(super) fn root_user(look: &Look<'_>) -> Vec<Seen> {
    let image = look.image;
    let is_root = |user: &str| matches!(user.split(':').next(), Some("" | "root" | "0"));
    match &image.user {
        Some(user) if !is_root(&user.value) => Vec::new(),
        _ if changes_user(image) => Vec::new(),
        Some(user) => vec![(user.place.clone(), format!("USER {}", user.value))],
        None if !runs_as_root(&image.base.value) => Vec::new(),
        None => vec![(image.base.place.clone(), "no USER".to_owned())],
    }
}

/// Whether an image is known to run as root by itself.
fn runs_as_root(image: &str) -> bool {
    let known = Dockerfiles::embedded().root_images();
    known.contains(repository(image)) || known.contains(short(image))
}

/// An image without its host, tag and digest.
pub(super) fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let image = match image.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => rest,
        _ => image,
    };
    let image = image.strip_prefix("library/").unwrap_or(image);
    image.split(':').next().unwrap_or(image)
}

/// The name of a language or system, wherever a mirror keeps it: not what others call after it.
fn short(image: &str) -> &str {
    let repository = repository(image);
    let (before, last) = repository.rsplit_once('/').unwrap_or(("", repository));
    let is_mirror = before.is_empty() || before == last || before.starts_with("astral");
    if is_mirror { last } else { repository }
}

/// Whether the program that starts goes on as another user.
fn changes_user(image: &Image) -> bool {
    let changers = Dockerfiles::embedded().user_changers();
    let runs = image.instructions.iter().any(|one| match &one.kind {
        Kind::Run(commands, _) => {
            let mut words = commands.iter().flat_map(|command| &command.words);
            words.any(|word| changers.contains(word.rsplit('/').next().unwrap_or(word)))
        }
        Kind::Copy { sources, .. } => sources
            .iter()
            .any(|source| changers.contains(source.rsplit('/').next().unwrap_or(source))),
        _ => false,
    });
    let packages = image.apt_runtime.iter();
    let mut packages = packages.map(|one| one.value.package.as_str());
    runs || packages.any(|package| changers.contains(package))
}

pub(super) fn single_stage(look: &Look<'_>) -> Vec<Seen> {
    let builds = look
        .image
        .installs
        .iter()
        .any(|install| install.value.installer != Installer::Other)
        && look.image.stages == 1;
    builds
        .then(|| (look.image.base.place.clone(), "one FROM".to_owned()))
        .into_iter()
        .collect()
}

/// The tag of an image; `None` where it has none.
pub(super) fn tag(image: &str) -> Option<&str> {
    let last = image.rsplit('/').next().unwrap_or(image);
    let (_, tag) = last.split_once(':')?;
    Some(tag.split('@').next().unwrap_or(tag))
}

/// Whether an image is named by its digest, or by what is not known here.
fn is_open_or_fixed(image: &str) -> bool {
    image.contains(['@', '$']) || image == "scratch"
}

pub(super) fn is_uv_image(image: &str) -> bool {
    image.contains("astral-sh/uv") || image.contains("astral/uv")
}

pub(super) fn unpinned_base(look: &Look<'_>) -> Vec<Seen> {
    let image = look.image;
    let is_unpinned = |base: &str| {
        let tag = tag(base).unwrap_or("latest");
        let moves = Dockerfiles::embedded().moving_tags().contains(tag)
            || tag.starts_with("latest-")
            || tag.ends_with("-latest");
        let moves = moves || short(base) == "python" && !fixes_minor(tag);
        !is_open_or_fixed(base) && !is_uv_image(base) && moves
    };
    // A plain word that files are copied from may be a build context as well as an image.
    let is_image = |base: &str| base.contains(['/', ':']) || runs_as_root(base);
    let is_from = |place: &crate::diagnostic::Place| {
        place
            .text()
            .get(..4)
            .is_some_and(|word| word.eq_ignore_ascii_case("from"))
    };
    let bases = std::iter::once(&image.base).chain(&image.other_bases);
    let bases = bases.filter(|base| is_from(&base.place) || is_image(&base.value));
    let unpinned = bases.filter(|base| is_unpinned(&base.value));
    unpinned
        .map(|base| (base.place.clone(), base.value.clone()))
        .collect()
}

/// Whether a tag of Python's image says which Python it is: `3.13-slim`, `3.13.1`.
fn fixes_minor(tag: &str) -> bool {
    let mut parts = tag.split(['-', '.']);
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    };
    is_number(parts.next()) && tag.contains('.') && is_number(parts.next())
}

pub(super) fn unpinned_uv(look: &Look<'_>) -> Vec<Seen> {
    let image = look.image;
    let is_unpinned = |base: &str| {
        let has_version =
            tag(base).is_some_and(|tag| tag.starts_with(|c: char| c.is_ascii_digit()));
        is_uv_image(base) && !is_open_or_fixed(base) && !has_version
    };
    let bases = std::iter::once(&image.base).chain(&image.other_bases);
    let bases = bases.filter(|base| is_unpinned(&base.value));
    let mut seen: Vec<Seen> = bases
        .map(|base| (base.place.clone(), base.value.clone()))
        .collect();
    for step in image.steps.iter() {
        match &step.kind {
            Kind::Run(commands, _) => {
                let loose = commands
                    .iter()
                    .filter(|command| brings_any_uv(&command.words));
                seen.extend(loose.map(|one| (step.place_of(one), "any uv".to_owned())));
            }
            Kind::Copy { sources, .. } if sources.iter().any(|one| is_any_installer(one)) => {
                seen.push((step.place.clone(), "any uv".to_owned()));
            }
            _ => {}
        }
    }
    seen
}

/// The installer of the newest uv: one of a version has that in its path.
fn is_any_installer(word: &str) -> bool {
    let path = word.split_once("astral.sh/uv/").map(|(_, path)| path);
    path.is_some_and(|path| path.starts_with("install."))
}

fn brings_any_uv(words: &[String]) -> bool {
    let name = |word: &String| word.rsplit('/').next().unwrap_or(word).to_owned();
    let has = |word: &str| words.iter().any(|one| one == word);
    let mut first = words.iter().take(3).map(name);
    let program = first.next().unwrap_or_default();
    let is_pip = matches!(program.as_str(), "pip" | "pip3" | "pipx");
    let is_pip = is_pip || program.starts_with("python") && first.any(|word| word == "pip");
    let is_fixed = has("-r") || has("-c") || has("--requirement") || has("--require-hashes");
    is_pip && has("install") && has("uv") && !is_fixed
        || words.iter().any(|one| is_any_installer(one))
}

/// CUDA's libraries come with the base, and once more with the wheels.
pub(super) fn cuda_base(look: &Look<'_>) -> Vec<Seen> {
    let base = &look.image.base;
    let brings = Dockerfiles::embedded()
        .cuda_images()
        .contains(repository(&base.value));
    let is_bare = tag(&base.value).is_some_and(|tag| tag.contains("-base"));
    let locked = &look.around.locked;
    let from_lock = locked.iter().any(|name| {
        name == "torch" || name.starts_with("nvidia-cublas") || name.starts_with("nvidia-cudnn")
    });
    let from_index = look.image.steps.runs().any(|(_, _, commands)| {
        let mut words = commands.iter().flat_map(|command| &command.words);
        words.any(|word| word.contains("download.pytorch.org/whl/cu"))
    });
    let installs = look.image.steps.installs();
    let installs_lock = installs.iter().any(|one| !one.install.is_about_tools());
    (brings && !is_bare && (from_index || from_lock && installs_lock))
        .then(|| (base.place.clone(), base.value.clone()))
        .into_iter()
        .collect()
}
