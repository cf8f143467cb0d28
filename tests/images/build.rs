//! `docker build`, and what its log says about each step.

use std::collections::BTreeMap;
use std::process::Output;
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use tempfile::TempDir;

use crate::context::Context;
use crate::engine::{Image, attempt, docker, text, unique};

/// A finished build.
pub(crate) struct Build {
    pub(crate) image: Image,
    pub(crate) log: Log,
}

/// Builds an example's image, with what the engine still knows of earlier builds.
pub(crate) fn build(context: &Context, profile: &str) -> Build {
    build_with(context, profile, &[])
}

/// Builds it from nothing, with a date for what the engine writes itself.
pub(crate) fn build_cold(context: Context, profile: &str) -> Build {
    let context = context.with_new_caches(&unique());
    build_with(
        &context,
        profile,
        &["--no-cache", "--build-arg=SOURCE_DATE_EPOCH=1700000000"],
    )
}

/// Builds what cannot be built. Returns the log.
pub(crate) fn build_fails(context: &Context, profile: &str) -> String {
    let (tag, output) = try_build(context, profile, &[]);
    drop(Image::tagged(tag));
    let log = text(&output.stderr);
    assert!(!output.status.success(), "{profile} can be built:\n{log}");
    log
}

/// Builds it with further options of `docker build`.
pub(crate) fn build_with(context: &Context, profile: &str, options: &[&str]) -> Build {
    let (tag, output) = try_build(context, profile, options);
    let log = text(&output.stderr);
    assert!(output.status.success(), "{profile} cannot be built:\n{log}");
    Build {
        image: Image::tagged(tag),
        log: Log(log),
    }
}

/// What compose builds is built alone: the builder takes a step that two builds are at for one of both, and the other
/// then does not know it as one that was done before.
static BUILDER: RwLock<()> = RwLock::new(());

/// Nothing else is built until it is dropped.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    BUILDER.write().unwrap_or_else(PoisonError::into_inner)
}

fn try_build(context: &Context, profile: &str, options: &[&str]) -> (String, Output) {
    let _beside_others = BUILDER.read().unwrap_or_else(PoisonError::into_inner);
    let tag = unique();
    let folder = context.path().to_str().expect("a plain path");
    let dockerfile = format!("{folder}/docker/{profile}.Dockerfile");
    let ca = options
        .iter()
        .any(|option| option.contains("id=ca-certificates"));
    let secret = std::env::var("DFGEN_CA").ok().filter(|_| !ca);
    let secret = secret.map(|path| format!("id=ca-certificates,src={path}"));
    let mut arguments = vec![
        "build",
        "--progress=plain",
        "--network=host",
        "--tag",
        &tag,
        "--file",
        &dockerfile,
    ];
    arguments.extend(secret.iter().flat_map(|secret| ["--secret", secret]));
    arguments.extend(options);
    arguments.push(folder);
    let output = attempt(&arguments);
    (tag, output)
}

/// Builds an image of the tests' own.
pub(crate) fn build_text(dockerfile: &str) -> Image {
    let folder = TempDir::with_prefix("dfgen-images-").expect("a temporary folder can be made");
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).expect("a file can be written");
    let tag = unique();
    docker(&[
        "build",
        "--quiet",
        "--network=host",
        "--tag",
        &tag,
        folder.path().to_str().expect("a plain path"),
    ]);
    Image::tagged(tag)
}

/// What BuildKit printed, a line `#12 [deps 2/2] RUN …` for each step and `#12 CACHED` for what it did not do again.
pub(crate) struct Log(String);

impl Log {
    /// What a build printed.
    pub(crate) fn new(log: String) -> Self {
        Self(log)
    }

    /// The steps that were done in stages whose names begin so.
    pub(crate) fn done_in(&self, stage: &str) -> Vec<String> {
        let mut steps = BTreeMap::new();
        for line in self.0.lines().filter_map(|line| line.strip_prefix('#')) {
            let Some((number, words)) = line.split_once(' ') else {
                continue;
            };
            if words.starts_with(&format!("[{stage}")) {
                steps.insert(number, words.to_owned());
            } else if words == "CACHED" {
                steps.remove(number);
            }
        }
        steps.into_values().collect()
    }
}
