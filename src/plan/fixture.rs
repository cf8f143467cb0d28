//! Made-up projects for the tests of this stage, from the text of their files.

use std::fs;

use tempfile::TempDir;

use super::inputs::{Inputs, Subject};
use super::{closures, member};
use crate::closure::Closure;
use crate::profile::{Config, Profile};
use crate::project::Project;

/// A project as it was read, and one of its profiles.
pub(super) struct Shop {
    /// Files are read when they are asked for.
    _folder: TempDir,
    inputs: Inputs,
    profile: Profile,
}

impl Shop {
    /// The project `shop` with this lock and settings of its profile; `files` are others, or in place of its manifest.
    pub(super) fn new(settings: &str, lock: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
        write(
            "pyproject.toml",
            "project = { name = 'shop', version = '1' }",
        );
        write("uv.lock", lock);
        write("dfgen.toml", &format!("[profile.api]\n{settings}"));
        for (path, text) in files {
            write(path, text);
        }
        let project = Project::load(folder.path()).unwrap();
        let config = Config::load(&project).unwrap();
        let inputs = Inputs::new(folder.path(), project, config).unwrap();
        Self {
            profile: inputs.config.profile("api").unwrap(),
            inputs,
            _folder: folder,
        }
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        member::subject(&self.inputs, &self.profile).unwrap()
    }

    /// One for each platform of the profile.
    pub(super) fn closures(&self) -> Vec<Closure<'_>> {
        closures(&self.inputs, &self.profile).unwrap()
    }
}

/// A lock of these packages, of which `shop` needs those that are named.
pub(super) fn lock(needed: &[&str], packages: &[String]) -> String {
    let head = "version = 1\nrequires-python = \">=3.11\"\n\n";
    let shop = "[[package]]\nname = \"shop\"\nversion = \"1.0.0\"\nsource = { editable = \".\" }\n";
    format!("{head}{}\n{shop}{}", packages.join("\n"), needing(needed))
}

/// A package of an index, up to what there is to download.
pub(super) fn package(name: &str, version: &str) -> String {
    let source = "source = { registry = \"https://index.example/simple\" }";
    format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}\n")
}

/// A package with one wheel for these tags; of no size where none is given.
pub(super) fn wheel(name: &str, version: &str, tags: &str, size: Option<u64>) -> String {
    let file = format!("{}-{version}-{tags}.whl", name.replace('-', "_"));
    let size = size.map_or_else(String::new, |size| format!(", size = {size}"));
    let wheel = format!("url = \"https://files.example/{file}\", hash = \"sha256:00\"{size}");
    format!("{}wheels = [{{ {wheel} }}]\n", package(name, version))
}

/// A package that has to be built.
pub(super) fn sdist(name: &str, version: &str) -> String {
    let url = format!("https://files.example/{name}-{version}.tar.gz");
    let sdist = format!("url = \"{url}\", hash = \"sha256:00\", size = 400_000");
    format!("{}sdist = {{ {sdist} }}\n", package(name, version))
}

/// What the package before it needs.
pub(super) fn needing(names: &[&str]) -> String {
    let names = names
        .iter()
        .map(|name| format!("{{ name = \"{name}\" }}, "));
    format!("dependencies = [{}]\n", names.collect::<String>())
}
