//! What builds all images at once: the bake file, where the settings ask for one.

use super::inputs::Inputs;
use super::{BakePlan, BakedPlan, ImagePlan, compose};
use crate::diagnostic::{Diagnostic, Result};
use crate::profile::{Attestation, Bake, BuildCache, CacheKind, ImagePattern};
use crate::rules;

/// Decides. Errors: a cache beside images that no registry has.
pub(super) fn bake(inputs: &Inputs, images: &[ImagePlan]) -> Result<Option<BakePlan>> {
    let said = &inputs.config.bake;
    let Bake::On(settings) = &said.value else {
        return Ok(None);
    };
    if let Some(cache) = &settings.cache
        && cache.kind() == CacheKind::BesideImage
        && let Some(image) = images.iter().find(|image| !image.tag.has_registry())
    {
        let problem = format!(
            "`{}` is in no registry, so no cache can be beside it",
            image.tag
        );
        return Err(Diagnostic::new(rules::INVALID_VALUE, problem)
            .at_some(said.origin.place_of(cache.as_ref(), "beside each image"))
            .with_help("say where the images are: `image = \"registry.company.example/shop/{project}-{profile}:{TAG}\"`")
            .with_help("or where the cache is: `cache = \"registry:registry.company.example/cache/{project}:{profile}\"`")
            .into());
    }
    let project = compose::project_name(inputs);
    let caches: Vec<[String; 2]> = images
        .iter()
        .filter_map(|image| {
            Some(caches(
                settings.cache.as_ref()?,
                &project,
                image,
                settings.zstd,
            ))
        })
        .collect();
    let baked = images.iter().enumerate().map(|(index, image)| BakedPlan {
        name: image.name.clone(),
        cache_from: from(&caches, index),
        cache_to: caches
            .get(index)
            .map(|[_, to]| to.clone())
            .into_iter()
            .collect(),
    });
    Ok(Some(BakePlan {
        because: said.origin.to_string(),
        images: baked.collect(),
        zstd: settings.zstd,
        attest: attest(inputs, &settings.attest)?,
    }))
}

/// Its own first: what the images of a project share, each of them finds in those of the others.
fn from(caches: &[[String; 2]], own: usize) -> Vec<String> {
    let others = caches.iter().enumerate();
    let others = others.filter(|(index, _)| *index != own);
    let all = caches
        .get(own)
        .into_iter()
        .chain(others.map(|(_, cache)| cache));
    let mut names: Vec<String> = Vec::new();
    for [from, _] in all {
        if !names.contains(from) {
            names.push(from.clone());
        }
    }
    names
}

/// Where a build looks, and where it keeps, in buildx's words. `mode=max` keeps the stages that install, too.
///
/// Source: <https://docs.docker.com/build/cache/backends/>
fn caches(cache: &BuildCache, project: &str, image: &ImagePlan, zstd: bool) -> [String; 2] {
    let profile = image.name.as_ref();
    // As the image has them: a layer that is there is not pushed again.
    let compressed = if zstd {
        ",compression=zstd,force-compression=true"
    } else {
        ""
    };
    let place = match cache.kind() {
        CacheKind::BesideImage => {
            let repository = image.tag.repository();
            format!("type=registry,ref={repository}:cache-{profile}")
        }
        CacheKind::Registry(pattern) => {
            let pattern: Option<ImagePattern> = pattern.parse().ok();
            let name = pattern.and_then(|pattern| pattern.name(project, profile).ok());
            format!(
                "type=registry,ref={}",
                name.map_or_else(String::new, |name| name.to_string())
            )
        }
        CacheKind::GitHub => {
            let place = format!("type=gha,scope={project}-{profile}");
            return [place.clone(), format!("{place},mode=max")];
        }
        CacheKind::Bucket(region, bucket) => {
            let place = format!("type=s3,region={region},bucket={bucket},name={project}-{profile}");
            return [place.clone(), format!("{place},mode=max")];
        }
        CacheKind::Local(folder) => {
            let folder = format!("{}/{project}-{profile}", folder.trim_end_matches('/'));
            return [
                format!("type=local,src={folder}"),
                format!("type=local,dest={folder},mode=max{compressed}"),
            ];
        }
    };
    [place.clone(), format!("{place},mode=max{compressed}")]
}

/// In buildx's words. What says what is in an image is an image of Docker Hub's, or of its mirror.
fn attest(inputs: &Inputs, asked: &[Attestation]) -> Result<Vec<String>> {
    let word = |one: &Attestation| match one {
        Attestation::Provenance => Ok("type=provenance,mode=max".to_owned()),
        Attestation::Sbom if inputs.config.registry.is_none() => Ok("type=sbom".to_owned()),
        Attestation::Sbom => {
            let image = inputs.named(inputs.catalog.base_images().scanner())?;
            Ok(format!("type=sbom,generator={image}"))
        }
    };
    asked.iter().map(word).collect()
}
