//! From an index to one image: which platform, which configuration, which layers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::de::DeserializeOwned;

use super::configuration::Configuration;
use super::digest::Digest;
use super::paths::Paths;
use super::scan::{ReadLayer, Scanned};
use super::wire::{ConfigurationWire, DescriptorWire, IndexWire, ManifestWire, SavedWire};
use super::{Image, Layer, Reading, wrong_digest};
use crate::diagnostic::{Diagnostic, Result};
use crate::rules;

/// Where the parts of an image lie: `index.json`, `blobs/sha256/…`, `manifest.json`.
pub(super) trait Store {
    /// What it is called in messages.
    fn name(&self) -> &str;

    /// The content of a small file; `None` where there is none.
    fn small(&self, path: &str) -> Result<Option<Vec<u8>>>;

    /// Layers by their paths, in this order; `None` where one is not there, an error as text where it cannot be read as one.
    fn layers(
        &mut self,
        wanted: &[Wanted],
        paths: &Mutex<Paths>,
        reading: &Reading<'_>,
    ) -> Result<Vec<Option<ReadLayer>>>;
}

/// A layer that an image has.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) path: String,
    /// The digest of its bytes as they lie there, where that is said.
    pub(super) digest: Option<Digest>,
    /// How many there are, where that is said.
    pub(super) size: Option<u64>,
    /// Why nothing in it can be read.
    pub(super) sealed: Option<String>,
}

/// Indexes within indexes.
const DEPTH: usize = 4;

/// How many manifests are looked at.
const MANIFESTS: usize = 256;

/// Reads the image of a store.
pub(super) fn image(store: &mut impl Store, reading: &Reading<'_>) -> Result<Image> {
    let chosen = match json::<IndexWire>(store, "index.json")? {
        Some(index) => of_index(store, index, reading)?,
        None => of_saved(store)?,
    };
    let Chosen {
        name,
        id,
        configuration,
        wanted,
    } = chosen;
    if wanted.len() != configuration.layers.len() {
        let message = format!(
            "{name}: the manifest has {} layers, the configuration {}",
            wanted.len(),
            configuration.layers.len()
        );
        return Err(Diagnostic::new(rules::UNREADABLE_IMAGE, message).into());
    }
    let paths = Mutex::new(Paths::default());
    let read = store.layers(&wanted, &paths, reading)?;
    let mut layers = Vec::new();
    for (index, (wanted, read)) in wanted.into_iter().zip(read).enumerate() {
        layers.push(layer(&name, &configuration, index, wanted, read)?);
    }
    Ok(Image {
        name,
        id,
        configuration,
        layers,
        paths: paths.into_inner().expect("no thread panics with it"),
    })
}

fn layer(
    name: &str,
    configuration: &Configuration,
    index: usize,
    wanted: Wanted,
    read: Option<ReadLayer>,
) -> Result<Layer> {
    let what = format!("layer {} of {name}", index + 1);
    let diff = configuration.layers[index];
    let mut sealed = wanted.sealed;
    let mut packed = wanted.size;
    let contents = match read {
        Some(read) => {
            if let Some(expected) = wanted.digest {
                check(&what, &expected, &read.packed.0)?;
            }
            if sealed.is_none() {
                check(&format!("{what}, unpacked,"), &diff, &read.unpacked.0)?;
            }
            // An archive without compression says nothing about what is pulled.
            let is_packed = read.packed.0 != read.unpacked.0;
            packed = is_packed.then_some(read.packed.1);
            read.contents
        }
        None => {
            sealed.get_or_insert_with(|| "it is not in the archive".to_owned());
            Scanned::default()
        }
    };
    Ok(Layer {
        instruction: configuration.instructions[index].clone(),
        diff,
        packed,
        sealed,
        contents,
    })
}

fn check(what: &str, expected: &Digest, found: &Digest) -> Result<()> {
    if expected == found {
        Ok(())
    } else {
        Err(wrong_digest(what, expected, found))
    }
}

struct Chosen {
    name: String,
    id: Digest,
    configuration: Configuration,
    wanted: Vec<Wanted>,
}

/// One image of an index.
struct Candidate {
    name: Option<String>,
    platform: String,
    manifest: ManifestWire,
    config: DescriptorWire,
}

fn of_index(store: &impl Store, index: IndexWire, reading: &Reading<'_>) -> Result<Chosen> {
    let mut found = BTreeMap::new();
    candidates(store, index.manifests, None, DEPTH, &mut found)?;
    let candidates: Vec<Candidate> = found.into_values().collect();
    let chosen = chosen(store.name(), candidates, reading)?;
    let config = chosen.config;
    let (id, configuration) = configuration(store, &blob(&config.digest)?, Some(&config.digest))?;
    let mut wanted = Vec::new();
    for layer in &chosen.manifest.layers {
        let digest = digest(&layer.digest)?;
        wanted.push(Wanted {
            path: blob(&layer.digest)?,
            digest: Some(digest),
            size: Some(layer.size),
            sealed: sealed(&layer.media_type),
        });
    }
    Ok(Chosen {
        name: chosen.name.unwrap_or_else(|| store.name().to_owned()),
        id,
        configuration,
        wanted,
    })
}

/// Why a layer of a media type cannot be read.
fn sealed(media_type: &str) -> Option<String> {
    let is = |part: &str| media_type.contains(part);
    is("encrypted").then(|| format!("it is encrypted ({media_type})"))
}

/// The images that an index leads to and that are there, by their digests.
fn candidates(
    store: &impl Store,
    descriptors: Vec<DescriptorWire>,
    name: Option<&str>,
    depth: usize,
    found: &mut BTreeMap<String, Candidate>,
) -> Result<()> {
    for descriptor in descriptors {
        let is_attestation = descriptor
            .annotations
            .contains_key("vnd.docker.reference.type");
        if is_attestation || depth == 0 || found.len() >= MANIFESTS {
            continue;
        }
        let called = [
            "io.containerd.image.name",
            "org.opencontainers.image.ref.name",
        ];
        let called = called
            .iter()
            .find_map(|key| descriptor.annotations.get(*key));
        let name = called.map(String::as_str).or(name);
        let path = blob(&descriptor.digest)?;
        let Some(manifest) = checked_json::<ManifestWire>(store, &path, &descriptor.digest)? else {
            continue;
        };
        if let Some(inner) = manifest.manifests {
            candidates(store, inner, name, depth - 1, found)?;
        } else if let Some(config) = manifest.config.clone() {
            let platform = match descriptor.platform {
                Some(one) => format!("{}/{}", one.os, one.architecture),
                None => {
                    configuration(store, &blob(&config.digest)?, Some(&config.digest))?
                        .1
                        .platform
                }
            };
            let candidate = Candidate {
                name: name.map(str::to_owned),
                platform,
                manifest,
                config,
            };
            found.insert(descriptor.digest, candidate);
        }
    }
    Ok(())
}

/// The one that is meant.
fn chosen(name: &str, all: Vec<Candidate>, reading: &Reading<'_>) -> Result<Candidate> {
    let has: Vec<String> = all.iter().map(|one| one.platform.clone()).collect();
    let has = has.join(", ");
    let asked = reading.platform.map(|platform| platform.to_string());
    let own = match std::env::consts::ARCH {
        "aarch64" => "linux/arm64",
        _ => "linux/amd64",
    };
    let of = |platform: &str, all: Vec<Candidate>| -> Vec<Candidate> {
        let fits = |one: &Candidate| one.platform == platform;
        all.into_iter().filter(fits).collect()
    };
    let mut fitting = match (&asked, all.len()) {
        (Some(asked), _) => of(asked, all),
        (None, 0 | 1) => all,
        (None, _) => of(own, all),
    };
    match (fitting.pop(), fitting.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(Diagnostic::new(
            rules::NO_IMAGE,
            format!("{name} holds several images: {has}"),
        )
        .with_help("save the one that is meant: `docker image save NAME --output FILE`")
        .into()),
        (None, _) if has.is_empty() => Err(Diagnostic::new(
            rules::NO_IMAGE,
            format!("{name} holds no image"),
        )
        .with_help("`docker image save NAME --output FILE` writes an archive that has one")
        .into()),
        (None, _) => {
            let wanted = asked.as_deref().unwrap_or(own);
            Err(
                Diagnostic::new(rules::NO_IMAGE, format!("{name} has no image for {wanted}"))
                    .with_note(format!("there is: {has}"))
                    .with_help(format!(
                        "add `--platform {}`",
                        has.split(", ").next().unwrap_or_default()
                    ))
                    .into(),
            )
        }
    }
}

/// The image of `manifest.json`, as older engines and `podman image save` write it.
fn of_saved(store: &impl Store) -> Result<Chosen> {
    let saved: Vec<SavedWire> = json(store, "manifest.json")?.unwrap_or_default();
    let [saved] = <[SavedWire; 1]>::try_from(saved).map_err(|all| {
        let message = match all.len() {
            0 => format!("{} holds no image", store.name()),
            more => format!("{} holds {more} images", store.name()),
        };
        Diagnostic::new(rules::NO_IMAGE, message)
            .with_help("`docker image save NAME --output FILE` writes an archive that has one")
    })?;
    let digits = saved.config.rsplit('/').next().unwrap_or_default();
    let digits = digits.trim_end_matches(".json");
    let said = digits
        .parse::<Digest>()
        .ok()
        .map(|digest| digest.to_string());
    let (id, configuration) = configuration(store, &saved.config, said.as_deref())?;
    let wanted = saved.layers.into_iter().map(|path| Wanted {
        digest: path
            .strip_prefix("blobs/sha256/")
            .and_then(|digits| digits.parse().ok()),
        path,
        size: None,
        sealed: None,
    });
    Ok(Chosen {
        name: saved
            .repo_tags
            .into_iter()
            .next()
            .unwrap_or_else(|| store.name().to_owned()),
        id,
        configuration,
        wanted: wanted.collect(),
    })
}

fn configuration(
    store: &impl Store,
    path: &str,
    said: Option<&str>,
) -> Result<(Digest, Configuration)> {
    let missing = || {
        let message = format!("{}: the configuration {path} is missing", store.name());
        Diagnostic::new(rules::UNREADABLE_IMAGE, message)
    };
    let content = store.small(path)?.ok_or_else(missing)?;
    let found = Digest::of_bytes(&content);
    if let Some(said) = said {
        check(
            &format!("the configuration of {}", store.name()),
            &digest(said)?,
            &found,
        )?;
    }
    let wire: ConfigurationWire = parse(store, path, &content)?;
    let configuration = Configuration::new(wire).map_err(|problem| {
        Diagnostic::new(
            rules::UNREADABLE_IMAGE,
            format!("{}: {path}: {problem}", store.name()),
        )
    })?;
    Ok((found, configuration))
}

fn checked_json<T: DeserializeOwned>(
    store: &impl Store,
    path: &str,
    said: &str,
) -> Result<Option<T>> {
    let Some(content) = store.small(path)? else {
        return Ok(None);
    };
    let what = format!("the manifest of {}", store.name());
    check(&what, &digest(said)?, &Digest::of_bytes(&content))?;
    parse(store, path, &content).map(Some)
}

fn json<T: DeserializeOwned>(store: &impl Store, path: &str) -> Result<Option<T>> {
    let content = store.small(path)?;
    content
        .map(|content| parse(store, path, &content))
        .transpose()
}

fn parse<T: DeserializeOwned>(store: &impl Store, path: &str, content: &[u8]) -> Result<T> {
    serde_json::from_slice(content).map_err(|error| {
        let message = format!("{}: {path} is not what it should be: {error}", store.name());
        Diagnostic::new(rules::UNREADABLE_IMAGE, message).into()
    })
}

/// Where the blob of a digest lies.
fn blob(text: &str) -> Result<String> {
    Ok(format!("blobs/sha256/{}", digest(text)?.hex()))
}

fn digest(text: &str) -> Result<Digest> {
    text.parse()
        .map_err(|problem: String| Diagnostic::new(rules::UNREADABLE_IMAGE, problem).into())
}
