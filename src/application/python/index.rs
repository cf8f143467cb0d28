//! Where the parts of a summary are, by name and by scope: a question about one name does not walk the file.

use std::collections::BTreeMap;

use super::{Module, Scope};

/// Positions in the lists of a [`Module`].
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Index {
    /// Assignments by target, then scope.
    assigns: BTreeMap<String, BTreeMap<Scope, Vec<usize>>>,
    functions: BTreeMap<String, Vec<usize>>,
    functions_in: BTreeMap<Scope, Vec<usize>>,
    classes: BTreeMap<String, usize>,
    imports_in: BTreeMap<Scope, Vec<usize>>,
    calls_in: BTreeMap<Scope, Vec<usize>>,
    /// Calls by the last part of what they call.
    calls_of: BTreeMap<String, Vec<usize>>,
}

impl Index {
    pub(super) fn of(module: &Module) -> Self {
        let mut index = Self::default();
        for (at, assign) in module.assigns.iter().enumerate() {
            let scopes = index.assigns.entry(assign.target.clone()).or_default();
            scopes.entry(assign.scope.clone()).or_default().push(at);
        }
        for (at, function) in module.functions.iter().enumerate() {
            let named = index.functions.entry(function.name.clone()).or_default();
            named.push(at);
            let inside = index.functions_in.entry(function.scope.clone());
            inside.or_default().push(at);
        }
        for (at, class) in module.classes.iter().enumerate() {
            index.classes.entry(class.name.clone()).or_insert(at);
        }
        for (at, import) in module.imports.iter().enumerate() {
            let inside = index.imports_in.entry(import.scope.clone());
            inside.or_default().push(at);
        }
        for (at, site) in module.calls.iter().enumerate() {
            let inside = index.calls_in.entry(site.scope.clone());
            inside.or_default().push(at);
            let name = site.call.callee.rsplit('.').next().unwrap_or_default();
            let named = index.calls_of.entry(name.to_owned());
            named.or_default().push(at);
        }
        index
    }

    /// Assignments to `target` in a scope, in the order of the text.
    pub(super) fn assigns(&self, scope: &Scope, target: &str) -> &[usize] {
        let scopes = self.assigns.get(target);
        all(scopes.and_then(|scopes| scopes.get(scope)))
    }

    /// Assignments to `target` in any scope, scope by scope.
    pub(super) fn assigns_anywhere(&self, target: &str) -> impl Iterator<Item = usize> {
        let scopes = self.assigns.get(target).into_iter();
        scopes.flat_map(|scopes| scopes.values().flatten().copied())
    }

    pub(super) fn functions(&self, name: &str) -> &[usize] {
        all(self.functions.get(name))
    }

    pub(super) fn functions_in(&self, scope: &Scope) -> &[usize] {
        all(self.functions_in.get(scope))
    }

    pub(super) fn class(&self, name: &str) -> Option<usize> {
        self.classes.get(name).copied()
    }

    pub(super) fn imports_in(&self, scope: &Scope) -> &[usize] {
        all(self.imports_in.get(scope))
    }

    pub(super) fn calls_in(&self, scope: &Scope) -> &[usize] {
        all(self.calls_in.get(scope))
    }

    pub(super) fn calls_of(&self, name: &str) -> &[usize] {
        all(self.calls_of.get(name))
    }
}

fn all(positions: Option<&Vec<usize>>) -> &[usize] {
    positions.map_or(&[], Vec::as_slice)
}
