//! Functions that run while modules are imported: what they import is imported at start as well.
//!
//! A call at module level runs the function it names, and what that calls in turn. Only functions
//! that can be told apart by their name alone are followed; methods are not.

use super::{Reached, Walk, When};
use crate::application::code::Origin;
use crate::application::python::{CallSite, Module, Scope, Value};

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
        let defined = module.functions.iter();
        let defined = defined.filter(|function| function.scope == Scope::Module);
        let decorators = defined.flat_map(|function| &function.decorators);
        for name in decorators.filter_map(Value::as_name) {
            self.run_named(path, name, reached.when);
        }
    }

    fn call(&mut self, path: &str, site: &CallSite, when: When) {
        if let Some(guarded) = self.guarded(path, &site.guards) {
            self.run_named(path, &site.call.callee, when.max(guarded));
        }
    }

    fn run_named(&mut self, path: &str, name: &str, when: When) {
        if when > When::InBranch || name.is_empty() || name.starts_with("()") {
            return;
        }
        if let Origin::Inside { path, name } = self.code.resolve(path, name) {
            self.run(&path, &name, when);
        }
    }

    /// Follows the imports and calls of a function that runs while modules are imported.
    pub(super) fn run(&mut self, path: &str, name: &str, when: When) {
        let code = self.code;
        let Some(module) = code.module(path) else {
            return;
        };
        let functions = module.functions.iter();
        let same = functions.filter(|function| function.name == name).count();
        let known = (path.to_owned(), name.to_owned());
        let is_worse = self.run.get(&known).is_none_or(|before| when < *before);
        if same != 1 || module.function(name).is_none() || !is_worse {
            return;
        }
        self.run.insert(known, when);
        let inside = Scope::Function(name.to_owned());
        for import in module
            .imports
            .iter()
            .filter(|import| import.scope == inside)
        {
            if let Some(when) = self.when(path, import, when) {
                self.follow(path, import, when);
            }
        }
        for site in module.calls.iter().filter(|site| site.scope == inside) {
            self.call(path, site, when);
        }
    }
}
