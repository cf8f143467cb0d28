//! PyTorch's wheels: which index has those for CPUs or for a version of CUDA, and what to write for it.
//!
//! Source: <https://docs.astral.sh/uv/guides/integration/pytorch/>

use crate::catalog::{Catalog, CudaVersion};
use crate::closure::{Closure, Via};
use crate::names::PackageName;
use crate::plan::inputs::Subject;

/// What the index with wheels for CPUs is called there.
const CPU: &str = "cpu";

/// What to write to take wheels without CUDA.
pub(crate) struct CpuWheels<'p> {
    subject: Subject<'p>,
    /// Those of the family that the closure has.
    packages: Vec<PackageName>,
    /// The name of the index, and whether pyproject.toml has it already.
    index: (String, bool),
}

impl<'p> CpuWheels<'p> {
    pub(crate) fn new(subject: &Subject<'p>, closure: &Closure<'_>) -> Self {
        let names = closure
            .packages()
            .map(|(_, package, _)| package.name.clone());
        let mut indexes = subject.inputs.project.pyproject.uv.index.iter();
        let pytorch = subject.inputs.catalog.gpu().pytorch_indexes();
        let url = pytorch.url(CPU);
        let known = indexes.find(|index| index.url.as_written().trim_end_matches('/') == url);
        let known = known.and_then(|index| index.name.clone());
        Self {
            subject: *subject,
            packages: names.filter(|name| pytorch.have(name)).collect(),
            index: known.map_or_else(|| (index_name(CPU), false), |name| (name, true)),
        }
    }

    /// The extra for which pyproject.toml takes torch from the index for CPUs already.
    pub(crate) fn extra(&self) -> Option<&'p str> {
        let (name, true) = &self.index else {
            return None;
        };
        let manifests = [
            self.subject.manifest,
            &self.subject.inputs.project.pyproject,
        ];
        let mut sources = manifests
            .into_iter()
            .filter_map(|manifest| manifest.uv.sources.get("torch"));
        sources.find_map(|sources| {
            let mut sources = sources.as_array().into_iter().flatten();
            let is_cpu = |source: &&toml::Value| {
                source.get("index").and_then(toml::Value::as_str) == Some(name)
            };
            sources.find(is_cpu)?.get("extra")?.as_str()
        })
    }

    /// Those to which no source would bind, because no manifest names them.
    pub(crate) fn indirect(&self, closure: &Closure<'_>) -> Vec<&PackageName> {
        let project = &self.subject.inputs.project;
        let members = closure
            .packages()
            .filter(|(id, _, _)| project.lock.is_member(*id));
        let manifests: Vec<_> = members
            .filter_map(|(id, _, _)| project.manifest_of(id))
            .collect();
        let is_direct = |name: &PackageName| {
            manifests
                .iter()
                .any(|manifest| manifest.requirement_span(name).is_some())
        };
        self.packages
            .iter()
            .filter(|name| !is_direct(name))
            .collect()
    }

    /// For the whole project.
    pub(crate) fn everywhere(&self) -> String {
        self.toml(&format!("{{ index = \"{}\" }}", self.index.0), "")
    }

    /// With CUDA or without, by extra.
    pub(crate) fn by_extra(&self, torch: &str) -> String {
        let torch = toml::Value::from(torch);
        let extras = format!(
            "[project.optional-dependencies]\ncpu = [{torch}]\ngpu = [{torch}]\n\n\
             [tool.uv]\nconflicts = [[{{ extra = \"cpu\" }}, {{ extra = \"gpu\" }}]]\n\n"
        );
        self.toml(
            &format!("[{{ index = \"{}\", extra = \"cpu\" }}]", self.index.0),
            &extras,
        )
    }

    fn toml(&self, source: &str, before: &str) -> String {
        let sources = self
            .packages
            .iter()
            .map(|name| format!("{name} = {source}"));
        let sources = sources.collect::<Vec<_>>().join("\n");
        let (name, known) = &self.index;
        let index = if *known {
            String::new()
        } else {
            let catalog = &self.subject.inputs.catalog;
            format!(
                "\n{}",
                index(name, &catalog.gpu().pytorch_indexes().url(CPU))
            )
        };
        format!("{before}[tool.uv.sources]\n{sources}\n{index}")
            .trim_end()
            .to_owned()
    }
}

/// What uv's guide calls the index with a tag.
fn index_name(tag: &str) -> String {
    format!("pytorch-{tag}")
}

/// An index that only packages that name it use.
pub(crate) fn index(name: &str, url: &str) -> String {
    format!("[[tool.uv.index]]\nname = \"{name}\"\nurl = \"{url}\"\nexplicit = true\n")
}

/// The tag of a CUDA version in PyTorch's local versions and indexes, `cu128`.
pub(crate) fn tag(cuda: CudaVersion) -> String {
    format!("cu{}{}", cuda.major(), cuda.minor())
}

/// The index with wheels for a version of CUDA.
pub(crate) fn cuda_index(catalog: &Catalog, cuda: CudaVersion) -> String {
    let tag = tag(cuda);
    let pytorch = catalog.gpu().pytorch_indexes();
    index(&index_name(&tag), &pytorch.url(&tag))
}

/// Whether a requirement stands in an extra.
pub(crate) fn extra_of(list: &Via) -> Option<&str> {
    match list {
        Via::Extra(extra) => Some(extra.as_ref()),
        Via::Project | Via::Group(_) => None,
    }
}
