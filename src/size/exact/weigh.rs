//! What the files of a wheel come to in an image: after its trimming rules, with bytecode, on disk and compressed.

use std::collections::BTreeMap;

use super::Exact;
use super::kind::{FileKind, KindSize, together};
use crate::bytes::Bytes;
use crate::catalog::{Catalog, Listed, PathPattern, TrimAction};
use crate::closure::Closure;
use crate::lock::PackageId;
use crate::names::PackageName;
use crate::plan::{ImagePlan, TrimKind};
use crate::project::Project;
use crate::project::source_tree::has_extension;
use crate::size::estimate::{Estimate, Size};
use crate::target::Platform;
use crate::wheel::WheelFile;

/// Weighs packages by their files, for an image.
pub(in crate::size) struct Weigher<'a> {
    exact: &'a Exact,
    project: &'a Project,
    closure: &'a Closure<'a>,
    catalog: &'a Catalog,
    bytecode: bool,
    /// What cuts debug symbols, where the image does.
    strip: Option<&'a str>,
    layers: Vec<Layer>,
}

/// A layer: what is in it, and what is left out of it.
struct Layer {
    packages: Vec<PackageName>,
    rules: Vec<Rule>,
}

struct Rule {
    name: String,
    kind: TrimKind,
    paths: Vec<PathPattern>,
}

/// What a package comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::size) struct Contents {
    pub(in crate::size) size: Size,
    pub(in crate::size) bytecode: Estimate,
    pub(in crate::size) kinds: Vec<KindSize>,
    /// What each rule takes.
    pub(in crate::size) trimmed: BTreeMap<String, Bytes>,
    /// What each part of GPU wheels holds that is not left out.
    pub(in crate::size) parts: BTreeMap<String, Size>,
}

impl<'a> Weigher<'a> {
    pub(in crate::size) fn new(
        exact: &'a Exact,
        project: &'a Project,
        closure: &'a Closure<'a>,
        image: &ImagePlan,
    ) -> Self {
        let catalog = Catalog::embedded();
        let mut rules = catalog.trim().rules();
        let strip = rules.find(|(_, rule)| rule.action() == TrimAction::Strip);
        let platform = closure.target().platform;
        Self {
            exact,
            project,
            closure,
            catalog,
            bytecode: image.bytecode,
            strip: strip.filter(|_| image.strip).map(|(name, _)| name),
            layers: image
                .layers
                .iter()
                .map(|layer| Layer::new(layer, platform))
                .collect(),
        }
    }

    /// What a package comes to; `None` where its wheel was not read, or it has none.
    pub(in crate::size) fn contents(&self, id: PackageId) -> Option<Contents> {
        let files = self.exact.files(self.project, self.closure, id)?;
        let name = &self.closure.lock().package(id).name;
        let layer = self
            .layers
            .iter()
            .find(|layer| layer.packages.contains(name));
        let rules = layer.map_or(&[][..], |layer| &layer.rules);
        let mut sum = Sum::default();
        for file in files {
            let rule = rules.iter().find(|rule| self.takes(rule, name, file));
            match rule {
                Some(rule) => sum.leave_out(&rule.name, file.size),
                None => self.keep(&mut sum, file),
            }
        }
        sum.records(files);
        Some(self.made(id, &sum))
    }

    fn takes(&self, rule: &Rule, name: &PackageName, file: &WheelFile) -> bool {
        let path = &file.path;
        let takes = !path.starts_with("../") && rule.paths.iter().any(|one| one.covers(path));
        let is_asked = rule.kind == TrimKind::Asked;
        takes && (is_asked || !self.catalog.trim().needs(name, &rule.name, path))
    }

    fn keep<'f>(&self, sum: &mut Sum<'f>, file: &'f WheelFile) {
        let cut = if let Some(rule) = self.strip.filter(|_| file.cut.high > 0) {
            sum.leave_out(rule, file.cut.expected());
            sum.unsure = sum
                .unsure
                .saturating_add((file.cut.high - file.cut.low) / 2);
            file.cut.expected()
        } else {
            0
        };
        sum.kept.push((file, file.size.saturating_sub(cut)));
    }

    fn made(&self, id: PackageId, sum: &Sum<'_>) -> Contents {
        let package = self.closure.lock().package(id);
        let listed = sum.listed();
        let wheel = self.closure.download_size(id);
        let made = self.catalog.sizes().listed(&package.name, wheel, &listed);
        let (bytecode, bytecode_pull) = if self.bytecode {
            (
                Estimate::about(made.bytecode, made.bytecode_spread),
                made.bytecode_pull,
            )
        } else {
            (Estimate::default(), Bytes(0))
        };
        let files = Estimate::between(listed.all, Bytes(sum.unsure));
        let pull = Estimate::about(made.pull + bytecode_pull, made.pull_spread);
        let mut kinds = sum.kinds();
        if bytecode.bytes() > Bytes(0) {
            kinds.push(KindSize {
                kind: FileKind::Bytecode,
                files: sum.python().count() as u64,
                bytes: bytecode.bytes(),
            });
        }
        Contents {
            size: Size {
                disk: files + bytecode,
                pull,
            },
            bytecode,
            kinds: together(kinds),
            trimmed: sum.trimmed.clone(),
            parts: self.parts(&package.name, sum),
        }
    }

    fn parts(&self, name: &PackageName, sum: &Sum<'_>) -> BTreeMap<String, Size> {
        let parts = self
            .catalog
            .trim()
            .all_parts()
            .filter(|(_, part)| part.is_in(name));
        let size = |paths: &[PathPattern]| {
            let kept = sum.kept.iter();
            let kept = kept.filter(|(file, _)| paths.iter().any(|path| path.covers(&file.path)));
            let sizes = kept.map(|(file, size)| Size::known(Bytes(*size), packed(file, *size)));
            sizes.sum()
        };
        parts
            .map(|(rule, part)| (rule.to_owned(), size(part.paths())))
            .collect()
    }
}

impl Layer {
    fn new(layer: &crate::plan::LayerPlan, platform: Platform) -> Self {
        let here = layer.contents.iter().filter(|one| one.platform == platform);
        let packages = here
            .flat_map(|one| &one.packages)
            .map(|one| one.name.clone());
        let rules = layer.trim.iter().map(|rule| Rule {
            name: rule.rule.clone(),
            kind: rule.kind,
            paths: rule
                .patterns
                .iter()
                .filter_map(|path| path.clone().try_into().ok())
                .collect(),
        });
        let mut rules: Vec<Rule> = rules.collect();
        // What is asked for goes first, as in the build.
        rules.sort_by_key(|rule| rule.kind != TrimKind::Asked);
        Self {
            packages: packages.collect(),
            rules,
        }
    }
}

/// What is kept and left out of a package.
#[derive(Default)]
struct Sum<'f> {
    /// Each file that is kept, and its bytes.
    kept: Vec<(&'f WheelFile, u64)>,
    trimmed: BTreeMap<String, Bytes>,
    unsure: u64,
}

impl Sum<'_> {
    fn leave_out(&mut self, rule: &str, bytes: u64) {
        *self.trimmed.entry(rule.to_owned()).or_default() += Bytes(bytes);
    }

    /// The list of files is written anew: without those that are left out, with the new size of those that are smaller.
    fn records(&mut self, files: &[WheelFile]) {
        if !files.iter().any(WheelFile::is_record) {
            return;
        }
        let rows = self.kept.iter().map(|(file, size)| file.row(*size));
        let length = rows.fold(0, u64::saturating_add);
        for (file, size) in &mut self.kept {
            if file.is_record() {
                *size = length;
            }
        }
    }

    fn python(&self) -> impl Iterator<Item = &(&WheelFile, u64)> {
        let is_python =
            |file: &WheelFile| has_extension(&file.path, "py") && !file.path.starts_with("../");
        self.kept.iter().filter(move |(file, _)| is_python(file))
    }

    fn kinds(&self) -> Vec<KindSize> {
        let kinds = self.kept.iter().map(|(file, size)| KindSize {
            kind: FileKind::of(&file.path),
            files: 1,
            bytes: Bytes(*size),
        });
        together(kinds)
    }

    fn listed(&self) -> Listed {
        let mut listed = Listed {
            files: self.kept.len() as u64,
            python: self.python().map(|(_, size)| Bytes(*size)).sum(),
            ..Listed::default()
        };
        for (file, size) in &self.kept {
            let packed = packed(file, *size);
            listed.all += Bytes(*size);
            match FileKind::of(&file.path) {
                _ if has_extension(&file.path, "py") => listed.packed_python += packed,
                FileKind::SharedObject => listed.packed_libraries += packed,
                _ => listed.packed_others += packed,
            }
        }
        listed
    }
}

/// What is compressed of a file of which so much is kept.
fn packed(file: &WheelFile, kept: u64) -> Bytes {
    let cut = Bytes(file.size.saturating_sub(kept));
    let sizes = Catalog::embedded().sizes();
    sizes.without_symbols(Bytes(file.size), Bytes(file.compressed), cut)
}
