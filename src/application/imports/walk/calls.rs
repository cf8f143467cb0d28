//! Functions that run while modules are imported: what they import is imported at start as well.
//!
//! A call at module level runs the function it names, and what that calls in turn. Only functions
//! that can be told apart by their name alone are followed; methods are not.

use super::{Reached, Walk, When};
use crate::application::code::Origin;
use crate::application::python::{CallSite, Module, Scope, Value};

/// A function that runs while modules are imported.
pub(super) struct Runs {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) when: When,
}

impl Walk<'_, '_> {
    /// The functions that the import of a module calls, or has as decorators.
    pub(super) fn calls_of_module(&mut self, path: &str, module: &Module, reached: &Reached) {
        if reached.when > When::InBranch {
            return;
        }
        for site in &module.calls {
            let is_run = !matches!(site.scope, Scope::Function(_));
            if let Some(when) = Self::in_scope(&site.scope, reached).filter(|_| is_run) {
                self.call(path, site, when.max(reached.when));
            }
        }
        let defined = module.functions_in(&Scope::Module);
        let decorators = defined.flat_map(|function| &function.decorators);
        for name in decorators.filter_map(Value::as_name) {
            if let Some(runs) = self.named(path, name, reached.when) {
                self.run(runs);
            }
        }
    }

    fn call(&mut self, path: &str, site: &CallSite, when: When) {
        if let Some(runs) = self.called(path, site, when) {
            self.run(runs);
        }
    }

    /// The function that a call runs, where it is one of the project's and runs at start.
    fn called(&mut self, path: &str, site: &CallSite, when: When) -> Option<Runs> {
        let guarded = self.guarded(path, &site.guards)?;
        self.named(path, &site.call.callee, when.max(guarded))
    }

    fn named(&self, path: &str, name: &str, when: When) -> Option<Runs> {
        if when > When::InBranch || name.is_empty() || name.starts_with("()") {
            return None;
        }
        match self.code.resolve(path, name) {
            Origin::Inside { path, name } => Some(Runs { path, name, when }),
            Origin::Outside(_) => None,
        }
    }

    /// Follows the imports and calls of a function that runs while modules are imported, and of what it calls:
    /// each before the next call, as Python does.
    pub(super) fn run(&mut self, first: Runs) {
        let mut waiting = vec![first];
        while let Some(function) = waiting.pop() {
            let mut called = self.run_one(&function);
            called.reverse();
            waiting.append(&mut called);
        }
    }

    fn run_one(&mut self, Runs { path, name, when }: &Runs) -> Vec<Runs> {
        let code = self.code;
        let Some(module) = code.module(path) else {
            return Vec::new();
        };
        let same = module.functions_named(name).count();
        let known = (path.clone(), name.clone());
        let is_worse = self.run.get(&known).is_none_or(|before| when < before);
        if same != 1 || module.function(name).is_none() || !is_worse {
            return Vec::new();
        }
        self.run.insert(known, *when);
        let inside = Scope::Function(name.clone());
        for import in module.imports_in(&inside) {
            if let Some(when) = self.when(path, import, *when) {
                self.follow(path, import, when);
            }
        }
        let calls = module.calls_in(&inside);
        calls
            .filter_map(|site| self.called(path, site, *when))
            .collect()
    }
}
