//! What a program of the project does before it serves its application: a server that is started with the
//! application alone does none of it.

use std::ops::Range;

use super::made::Makers;
use crate::application::candidate::Program;
use crate::application::code::Origin;
use crate::application::python::{CallSite, Module, Scope};
use crate::catalog::Frameworks;
use crate::diagnostic::Place;

/// The program in this file whose scope comes to a call that serves, where it does more before that.
pub(super) fn program(
    makers: &Makers<'_>,
    path: &str,
    scope: &Scope,
    call: (&Range<usize>, bool),
) -> Option<Program> {
    let (span, is_everywhere) = call;
    let module = makers.code.module(path)?;
    let around = match scope {
        Scope::Main => Vec::new(),
        Scope::Function(function) => {
            let of_main =
                |site: &&CallSite| site.scope == Scope::Main && site.call.callee == *function;
            let main = module.calls.iter().find(of_main)?;
            before(makers, path, module, &Scope::Main, main.call.span.start)
        }
        Scope::Module | Scope::Class(_) => return None,
    };
    let own = before(makers, path, module, scope, span.start);
    let before: Vec<_> = around.into_iter().chain(own).collect();
    if before.is_empty() {
        return None;
    }
    let (root, module) = makers.code.module_name(path);
    Some(Program {
        root,
        module,
        path: path.to_owned(),
        before,
        is_everywhere,
    })
}

/// The calls of the project's own functions, and of what makes tables, that stand before an offset in a scope: their
/// names and places.
fn before(
    makers: &Makers<'_>,
    path: &str,
    module: &Module,
    scope: &Scope,
    end: usize,
) -> Vec<(String, Place)> {
    let code = makers.code;
    let in_scope = || {
        module
            .calls
            .iter()
            .filter(|site| site.scope == *scope && site.call.span.end <= end)
    };
    let assigned = module
        .assigns
        .iter()
        .filter(|assign| assign.scope == *scope);
    let assigned: Vec<&Range<usize>> = assigned.map(|assign| &assign.span).collect();
    let within = |inner: &Range<usize>, outer: &Range<usize>| {
        outer.start <= inner.start && inner.end <= outer.end
    };
    let is_used = |site: &CallSite| assigned.iter().any(|span| within(&site.call.span, span));
    let runners = Frameworks::embedded().usual("runners");
    // What is printed, or handed to another call, prepares nothing by itself.
    let is_handed = |site: &CallSite| {
        let mut around = in_scope().filter(|other| {
            other.call.span != site.call.span && within(&site.call.span, &other.call.span)
        });
        around.any(|other| !runners.contains(&other.call.callee))
    };
    let found = in_scope()
        .filter(|site| !is_used(site) && prepares(makers, path, module, site) && !is_handed(site));
    let found = found.map(|site| {
        let place = code.place(path, &site.call.span, "before it serves");
        (site.call.callee.clone(), place)
    });
    found.collect()
}

/// Whether a call is of a function of the project that runs nowhere else in this file, or makes tables.
fn prepares(makers: &Makers<'_>, path: &str, module: &Module, site: &CallSite) -> bool {
    let conventions = Frameworks::embedded();
    let callee = &site.call.callee;
    let last = callee.rsplit('.').next().unwrap_or(callee);
    if conventions
        .usual("making-tables")
        .iter()
        .any(|name| name == last)
    {
        let mut all = module.calls.iter();
        return !all.any(|other| other.scope != site.scope && other.call.callee == *callee);
    }
    let shows = |word: &str| {
        conventions
            .usual("showing-words")
            .iter()
            .any(|one| one == word)
    };
    if last.split('_').any(shows) {
        return false;
    }
    let Origin::Inside { path, name } = makers.code.resolve_in(path, &site.scope, callee) else {
        return false;
    };
    let there = makers.code.module(&path);
    let is_function = there.is_some_and(|there| there.function(&name).is_some());
    let mut all = module.calls.iter();
    is_function && !all.any(|other| other.scope != site.scope && other.call.callee == *callee)
}
