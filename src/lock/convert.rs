//! From the lock as written to the lock as meant: names checked, versions parsed, edges resolved.

use std::collections::HashMap;
use std::str::FromStr;

use indexmap::IndexMap;
use memchr::memchr2;
use pep508_rs::pep440_rs::Version;

use super::marker::Interner;
use super::wire::{
    ArtifactWire, ConflictWire, DefaultGroupsWire, DependencyWire, LockWire, ManifestWire,
    MetadataWire, OptionsWire, PackageWire, RequirementWire, SourceWire, Text,
};
use super::{
    Artifact, ConflictItem, ConflictKind, DefaultGroups, Dependency, ExcludeNewer, Lock,
    LockedRequirement, Manifest, Metadata, Options, Package, PackageId, Source, unsupported,
};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile};
use crate::names::{ExtraName, GroupName, PackageName};
use crate::rules;

pub(super) fn lock(file: &SourceFile, wire: &LockWire<'_>) -> Result<Lock> {
    if wire.version != 1 {
        return Err(unsupported(file, wire.version).into());
    }
    let mut converter = Converter::new(file, wire)?;
    let packages: Result<Vec<Package>> = wire
        .package
        .iter()
        .map(|package| converter.package(package))
        .collect();
    let conflicts: Result<Vec<_>> = wire
        .conflicts
        .iter()
        .map(|set| set.iter().map(|item| converter.conflict(item)).collect())
        .collect();
    Ok(Lock {
        file: file.clone(),
        revision: wire.revision.unwrap_or(0),
        requires_python: converter.parsed(&wire.requires_python, "a version range")?,
        supported_markers: converter.markers(&wire.supported_markers),
        required_markers: converter.markers(&wire.required_markers),
        conflicts: conflicts?,
        manifest: converter.manifest(&wire.manifest)?,
        options: options(&wire.options),
        packages: packages?,
        by_name: converter.by_name,
    })
}

fn options(wire: &OptionsWire<'_>) -> Options {
    let owned = |text: &Option<Text<'_>>| text.as_deref().map(str::to_owned);
    Options {
        resolution_mode: owned(&wire.resolution_mode),
        prerelease_mode: owned(&wire.prerelease_mode),
        fork_strategy: owned(&wire.fork_strategy),
        exclude_newer: match (&wire.exclude_newer_span, &wire.exclude_newer) {
            (Some(span), _) => Some(ExcludeNewer::Span(span.to_string())),
            // uv writes the year 1 beside a span, for older versions of itself.
            (None, Some(time)) if time.starts_with("0001-") => None,
            (None, time) => time
                .as_ref()
                .map(|time| ExcludeNewer::Time(time.to_string())),
        },
    }
}

struct Converter<'a> {
    file: &'a SourceFile,
    wire: &'a LockWire<'a>,
    interner: Interner<'a>,
    by_name: IndexMap<PackageName, Vec<PackageId>>,
    by_text: HashMap<&'a str, Vec<PackageId>>,
}

impl<'a> Converter<'a> {
    fn new(file: &'a SourceFile, wire: &'a LockWire<'a>) -> Result<Self> {
        let mut by_text: HashMap<&str, Vec<PackageId>> = HashMap::new();
        let mut converter = Self {
            file,
            wire,
            interner: Interner::default(),
            by_name: IndexMap::with_capacity(wire.package.len()),
            by_text: HashMap::new(),
        };
        for (index, package) in wire.package.iter().enumerate() {
            let name: PackageName = converter.parsed(&package.name, "a package name")?;
            let id = PackageId(index);
            converter.by_name.entry(name).or_default().push(id);
            by_text.entry(&package.name).or_default().push(id);
        }
        converter.by_name.sort_keys();
        converter.by_text = by_text;
        Ok(converter)
    }

    fn package(&mut self, wire: &'a PackageWire<'a>) -> Result<Package> {
        Ok(Package {
            name: self.parsed(&wire.name, "a package name")?,
            version: self.version(wire.version.as_ref())?,
            source: source(&wire.source),
            fork_markers: self.markers(&wire.resolution_markers),
            dependencies: self.dependencies(&wire.dependencies)?,
            extras: self.named_dependencies(&wire.optional_dependencies)?,
            groups: self.named_dependencies(&wire.dev_dependencies)?,
            default_groups: self.default_groups(wire.default_groups.as_ref())?,
            sdist: wire.sdist.as_ref().map(artifact),
            wheels: wire.wheels.iter().map(artifact).collect(),
            metadata: wire
                .metadata
                .as_ref()
                .map(|metadata| self.metadata(metadata))
                .transpose()?,
        })
    }

    fn dependencies(&mut self, wires: &'a [DependencyWire<'a>]) -> Result<Vec<Dependency>> {
        wires.iter().map(|wire| self.dependency(wire)).collect()
    }

    fn named_dependencies<K: FromStr + std::hash::Hash + Eq>(
        &mut self,
        wires: &'a IndexMap<Text<'a>, Vec<DependencyWire<'a>>>,
    ) -> Result<IndexMap<K, Vec<Dependency>>> {
        let entry = |(name, wires): (&'a Text<'a>, &'a Vec<DependencyWire<'a>>)| {
            Ok((self.parsed(name, "a name")?, self.dependencies(wires)?))
        };
        wires.iter().map(entry).collect()
    }

    fn dependency(&mut self, wire: &'a DependencyWire<'a>) -> Result<Dependency> {
        let extras: Result<Vec<ExtraName>> = wire
            .extra
            .iter()
            .map(|extra| self.parsed(extra, "an extra"))
            .collect();
        Ok(Dependency {
            package: self.resolve(wire)?,
            extras: extras?,
            marker: wire
                .marker
                .as_ref()
                .map(|marker| self.interner.marker(marker)),
        })
    }

    /// The package that an edge leads to. An edge says version and source where the name alone
    /// does not decide, and leaves out what is the same for all of that name.
    fn resolve(&self, wire: &DependencyWire<'_>) -> Result<PackageId> {
        let candidates = self.by_text.get(&*wire.name).map_or(&[][..], Vec::as_slice);
        if let [only] = candidates {
            return Ok(*only);
        }
        let fits = |id: &&PackageId| {
            let package = &self.wire.package[id.0];
            let version = wire.version.is_none() || wire.version == package.version;
            let same = |source| self::source(source) == self::source(&package.source);
            version && wire.source.as_ref().is_none_or(same)
        };
        let mut fitting = candidates.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(*only),
            (None, _) => Err(self.broken_edge(wire, "which is not in it").into()),
            _ => Err(self.broken_edge(wire, "and several packages fit").into()),
        }
    }

    fn broken_edge(&self, wire: &DependencyWire<'_>, why: &str) -> Diagnostic {
        let name = &*wire.name;
        Diagnostic::new(
            rules::INVALID_LOCK,
            format!("uv.lock names the dependency `{name}`, {why}"),
        )
        .at(self
            .file
            .place_of(&format!("{{ name = \"{name}\""), "named here"))
        .with_help("write the lock again with `uv lock`")
    }

    fn conflict(&self, wire: &'a ConflictWire<'a>) -> Result<ConflictItem> {
        let kind = match (&wire.extra, &wire.group) {
            (Some(extra), _) => ConflictKind::Extra(self.parsed(extra, "an extra")?),
            (None, Some(group)) => ConflictKind::Group(self.parsed(group, "a group")?),
            (None, None) => ConflictKind::Project,
        };
        Ok(ConflictItem {
            package: self.parsed(&wire.package, "a package name")?,
            kind,
        })
    }

    fn manifest(&mut self, wire: &'a ManifestWire<'a>) -> Result<Manifest> {
        Ok(Manifest {
            members: self.all_parsed(&wire.members, "a package name")?,
            dependency_groups: self.named_requirements(&wire.dependency_groups)?,
            default_groups: self.default_groups(wire.default_groups.as_ref())?,
            constraints: self.requirements(&wire.constraints)?,
            overrides: self.requirements(&wire.overrides)?,
            build_constraints: self.requirements(&wire.build_constraints)?,
            excludes: self.all_parsed(&wire.excludes, "a package name")?,
        })
    }

    fn metadata(&mut self, wire: &'a MetadataWire<'a>) -> Result<Metadata> {
        let provides = wire.provides_extras.as_ref();
        Ok(Metadata {
            requires_dist: self.requirements(&wire.requires_dist)?,
            requires_dev: self.named_requirements(&wire.requires_dev)?,
            provides_extras: provides
                .map(|extras| self.all_parsed(extras, "an extra"))
                .transpose()?,
        })
    }

    fn named_requirements(
        &mut self,
        wires: &'a IndexMap<Text<'a>, Vec<RequirementWire<'a>>>,
    ) -> Result<IndexMap<GroupName, Vec<LockedRequirement>>> {
        let entry = |(name, wires): (&'a Text<'a>, &'a Vec<RequirementWire<'a>>)| {
            Ok((self.parsed(name, "a group")?, self.requirements(wires)?))
        };
        wires.iter().map(entry).collect()
    }

    fn requirements(&mut self, wires: &'a [RequirementWire<'a>]) -> Result<Vec<LockedRequirement>> {
        wires.iter().map(|wire| self.requirement(wire)).collect()
    }

    fn requirement(&mut self, wire: &'a RequirementWire<'a>) -> Result<LockedRequirement> {
        let sources = [
            ("index", &wire.index),
            ("git", &wire.git),
            ("url", &wire.url),
            ("path", &wire.path),
            ("directory", &wire.directory),
            ("editable", &wire.editable),
            ("virtual", &wire.virtual_),
        ];
        let said = |(key, value): (_, &Option<Text<'_>>)| Some((key, value.as_deref()?.into()));
        Ok(LockedRequirement {
            name: self.parsed(&wire.name, "a package name")?,
            extras: self.all_parsed(&wire.extras, "an extra")?,
            marker: wire
                .marker
                .as_ref()
                .map(|marker| self.interner.marker(marker)),
            specifier: wire.specifier.as_deref().map(str::to_owned),
            source: sources.into_iter().find_map(said),
            subdirectory: wire.subdirectory.as_deref().map(str::to_owned),
        })
    }

    fn default_groups(
        &self,
        wire: Option<&'a DefaultGroupsWire<'a>>,
    ) -> Result<Option<DefaultGroups>> {
        Ok(match wire {
            None => None,
            Some(DefaultGroupsWire::All(word)) if &**word == "all" => Some(DefaultGroups::All),
            Some(DefaultGroupsWire::All(word)) => {
                return Err(self.misplaced(word, "a list of groups or `all`"));
            }
            Some(DefaultGroupsWire::Some(names)) => {
                Some(DefaultGroups::Some(self.all_parsed(names, "a group")?))
            }
        })
    }

    fn markers(&mut self, texts: &'a [Text<'a>]) -> Vec<super::Marker> {
        texts
            .iter()
            .map(|text| self.interner.marker(text))
            .collect()
    }

    fn version(&self, text: Option<&'a Text<'a>>) -> Result<Option<Version>> {
        text.map(|text| self.parsed(text, "a version")).transpose()
    }

    fn all_parsed<T: FromStr>(&self, texts: &[Text<'_>], what: &str) -> Result<Vec<T>> {
        texts.iter().map(|text| self.parsed(text, what)).collect()
    }

    fn parsed<T: FromStr>(&self, text: &str, what: &str) -> Result<T> {
        text.parse().map_err(|_| self.misplaced(text, what))
    }

    fn misplaced(&self, text: &str, what: &str) -> Diagnostics {
        Diagnostic::new(
            rules::INVALID_LOCK,
            format!("uv.lock says `{text}` where {what} belongs"),
        )
        .at(self
            .file
            .place_of(&format!("\"{text}\""), format!("not {what}")))
        .with_help("write the lock again with `uv lock`")
        .into()
    }
}

fn source(wire: &SourceWire<'_>) -> Source {
    let owned = |text: &Text<'_>| text.to_string();
    match wire {
        SourceWire::Registry(text) => Source::Registry(owned(text).into()),
        SourceWire::Git(text) => Source::Git(owned(text).into()),
        SourceWire::Url(text) => Source::Url(owned(text).into()),
        SourceWire::Path(text) => Source::Path(owned(text)),
        SourceWire::Directory(text) => Source::Directory(owned(text)),
        SourceWire::Editable(text) => Source::Editable(owned(text)),
        SourceWire::Virtual(text) => Source::Virtual(owned(text)),
    }
}

/// The file name is the last part of whatever says where the file is.
fn artifact(wire: &ArtifactWire<'_>) -> Artifact {
    let place = [&wire.filename, &wire.path, &wire.url];
    let place = place
        .into_iter()
        .flatten()
        .next()
        .map_or("", |text| &**text);
    let end = memchr2(b'#', b'?', place.as_bytes()).unwrap_or(place.len());
    let name = place[..end].rsplit('/').next().unwrap_or(place);
    Artifact {
        filename: decoded(name),
        url: wire.url.as_deref().map(|url| url.to_owned().into()),
        path: wire.path.as_deref().map(decoded),
        hash: wire.hash.as_deref().map(str::to_owned),
        size: wire.size,
    }
}

/// Percent signs decoded: `%2B` is the `+` of a local version.
fn decoded(name: &str) -> String {
    if name.contains('%') {
        percent_encoding::percent_decode_str(name)
            .decode_utf8_lossy()
            .into_owned()
    } else {
        name.to_owned()
    }
}
