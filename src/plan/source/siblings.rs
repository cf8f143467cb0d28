//! The other members of a workspace, as an image sees them: those that are installed in it can be imported, and the
//! modules of all others are missing, though they lie in the same checkout.

use std::collections::{BTreeMap, BTreeSet};

use crate::closure::Closure;
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::project::Member;
use crate::project::SourceTree;
use crate::project::source_tree::{Role, has_extension, join, module_of};

/// What the other members of a workspace are to one image.
#[derive(Debug, Default)]
pub(crate) struct Siblings {
    /// The import roots of those that are installed.
    pub(crate) roots: Vec<String>,
    /// Whose modules the image lacks: dotted names, as few as tell the members apart.
    lacking: BTreeMap<String, PackageName>,
    /// Those of them that the closure has and uv does not install, with their folders.
    virtual_members: BTreeMap<PackageName, String>,
}

impl Siblings {
    /// The members beside the subject's own.
    pub(crate) fn new(subject: &Subject<'_>, closure: &Closure<'_>) -> Self {
        let installed = closure.installed();
        let installed: BTreeSet<_> = installed.map(|(_, package, _)| &package.name).collect();
        let taken = closure.packages();
        let taken: BTreeSet<_> = taken.map(|(_, package, _)| &package.name).collect();
        let tree = &subject.inputs.tree;
        let mut siblings = Self::default();
        for member in &subject.inputs.project.members {
            let name = member.pyproject.name();
            let Some(name) = name.filter(|_| member.path != subject.folder) else {
                continue;
            };
            if installed.contains(name) {
                siblings.roots.extend(tree.import_roots(&member.path));
                continue;
            }
            let modules = modules(tree, member).into_iter();
            siblings
                .lacking
                .extend(modules.map(|module| (module, name.clone())));
            if taken.contains(name) {
                let folder = member.path.clone();
                siblings.virtual_members.insert(name.clone(), folder);
            }
        }
        siblings
    }

    /// The member that has a module, where the image lacks it.
    pub(crate) fn provides(&self, module: &str) -> Option<&PackageName> {
        self.lacking.get(module)
    }

    /// What makes a member's modules part of an image of the subject; `None` for what is no such member.
    pub(crate) fn help(&self, subject: &Subject<'_>, name: &PackageName) -> Option<String> {
        if let Some(folder) = self.virtual_members.get(name) {
            return Some(format!(
                "`{name}` is required, but uv does not install it: give {folder}/pyproject.toml a `[build-system]`, without `package = false` in [tool.uv], and run `uv lock`"
            ));
        }
        self.lacking.values().find(|member| *member == name)?;
        let package = match subject.manifest.name() {
            Some(own) if !subject.folder.is_empty() => format!("--package {own} "),
            _ => String::new(),
        };
        Some(format!(
            "`{name}` is a member of this workspace that nothing requires: `uv add {package}{name}`"
        ))
    }
}

/// The names under which a member's modules are imported: a folder that is no package may be shared by members, so
/// it is told by what lies in it.
fn modules(tree: &SourceTree, member: &Member) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for root in tree.import_roots(&member.path) {
        let files = tree.below(&root).filter(|path| has_extension(path, "py"));
        for path in files.filter(|path| SourceTree::role(&member.path, path) == Role::Source) {
            let module = module_of(&root, path);
            let ends = module.match_indices('.').map(|(at, _)| &module[..at]);
            let mut packages =
                ends.filter(|name| tree.is_package(&join(&root, &name.replace('.', "/"))));
            modules.insert(packages.next().unwrap_or(&module).to_owned());
        }
    }
    modules
}
