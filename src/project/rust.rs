//! Rust extensions among the project's own packages: what toolchain their crates ask for.

use cargo_toml::{Inheritable, Manifest, PackageTemplate};
use pep508_rs::pep440_rs::Version;

use super::pyproject::requirement_name;
use super::source_tree::{join, parent};
use super::{Pyproject, SourceTree};
use crate::diagnostic::{Diagnostic, Result};
use crate::rules;

/// What a Rust extension asks of the toolchain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RustNeed {
    /// The package that has it.
    pub(crate) member: String,
    /// `rust-version` of its `Cargo.toml`, its workspace's counted in.
    pub(crate) minimum: Option<String>,
    /// The oldest compiler that knows its edition.
    pub(crate) edition: &'static str,
    /// `rust-toolchain.toml`'s channel, if that is a version.
    pub(crate) channel: Option<String>,
}

impl RustNeed {
    /// The need of a package whose backend compiles Rust; `None` for others. `folder` is its folder,
    /// empty for the root. Errors: a `Cargo.toml` that is missing or cannot be read, a
    /// `rust-toolchain.toml` that cannot be read.
    pub(crate) fn find(
        tree: &SourceTree,
        folder: &str,
        manifest: &Pyproject,
    ) -> Result<Option<Self>> {
        let requires = manifest
            .build_system
            .iter()
            .flat_map(|system| &system.requires);
        let mut names = requires.filter_map(|requirement| requirement_name(requirement));
        if !manifest.is_package()
            || !names.any(|name| matches!(name.as_ref(), "maturin" | "setuptools-rust"))
        {
            return Ok(None);
        }
        let path = join(folder, manifest.cargo_manifest().unwrap_or("Cargo.toml"));
        let cargo = cargo_manifest(tree, &path)?;
        let package = cargo.package.as_ref();
        let workspace = workspace_package(tree, &path)?;
        let minimum = package.and_then(|package| match package.rust_version.as_ref()? {
            Inheritable::Set(version) => Some(version.clone()),
            Inheritable::Inherited => workspace.as_ref()?.rust_version.clone(),
        });
        let edition = package.and_then(|package| match package.edition {
            Inheritable::Set(edition) => Some(edition),
            Inheritable::Inherited => workspace.as_ref()?.edition,
        });
        Ok(Some(Self {
            member: manifest
                .name()
                .map_or_else(String::new, ToString::to_string),
            minimum,
            edition: oldest_compiler(edition.unwrap_or_default()),
            channel: match channel(tree, folder)? {
                Some(own) => Some(own),
                None => channel(tree, "")?,
            },
        }))
    }

    /// The version to take instead of an image's (`rust:1.95.0-slim-trixie`), and why: the project's
    /// own `rust-toolchain.toml`, or a minimum that is newer.
    pub(crate) fn newer_than(&self, image: &str) -> Option<(String, String)> {
        if let Some(channel) = &self.channel {
            return Some((channel.clone(), "rust-toolchain.toml".to_owned()));
        }
        // Images of the catalog have a version; what is none under `rust-version` is refused by Cargo.
        let known: Version = image.split([':', '-']).nth(1)?.parse().ok()?;
        let asked = [self.minimum.as_deref(), Some(self.edition)];
        let newest = asked
            .into_iter()
            .flatten()
            .filter_map(|text| Some((text.parse::<Version>().ok()?, text)));
        let (version, text) = newest.max()?;
        (version > known).then(|| (text.to_owned(), format!("rust-version of {}", self.member)))
    }
}

/// Source: <https://doc.rust-lang.org/edition-guide/editions/>
fn oldest_compiler(edition: cargo_toml::Edition) -> &'static str {
    match edition {
        cargo_toml::Edition::E2015 => "1.0",
        cargo_toml::Edition::E2018 => "1.31",
        cargo_toml::Edition::E2021 => "1.56",
        _ => "1.85",
    }
}

fn cargo_manifest(tree: &SourceTree, path: &str) -> Result<Manifest> {
    let Some(file) = tree.text(path) else {
        return Err(Diagnostic::new(rules::NO_CARGO_MANIFEST, format!("there is no `{path}`"))
            .with_help("the build backend compiles Rust: it needs a Cargo.toml, or `manifest-path` in [tool.maturin]")
            .into());
    };
    Manifest::from_str(file.text()).map_err(|error| {
        Diagnostic::new(
            rules::INVALID_CARGO_MANIFEST,
            format!("`{path}` cannot be read"),
        )
        .at(file.place(0..0, error.to_string().trim().to_owned()))
        .into()
    })
}

/// `[workspace.package]` of the nearest `Cargo.toml` above that has one.
fn workspace_package(tree: &SourceTree, path: &str) -> Result<Option<PackageTemplate>> {
    let mut folder = parent(path);
    loop {
        let above = join(folder, "Cargo.toml");
        let workspace = match tree.text(&above) {
            Some(_) => cargo_manifest(tree, &above)?.workspace,
            None => None,
        };
        if let Some(workspace) = workspace {
            return Ok(workspace.package);
        }
        if folder.is_empty() {
            return Ok(None);
        }
        folder = parent(folder);
    }
}

/// The version that `rust-toolchain.toml` asks for; `stable` and its like are none.
fn channel(tree: &SourceTree, folder: &str) -> Result<Option<String>> {
    let path = join(folder, "rust-toolchain.toml");
    let Some(file) = tree.text(&path) else {
        return Ok(None);
    };
    let table: toml::Table = toml::from_str(file.text()).map_err(|error| {
        let place = file.place(error.span().unwrap_or(0..0), error.message());
        Diagnostic::new(rules::INVALID_TOML, format!("`{path}` cannot be read"))
            .at(place)
            .with_help("correct that line; `rustup show` says whether rustup can read the file")
    })?;
    let channel = table.get("toolchain").and_then(|all| all.get("channel"));
    let version = channel
        .and_then(toml::Value::as_str)
        .filter(|channel| channel.starts_with(|c: char| c.is_ascii_digit()));
    Ok(version.map(str::to_owned))
}
