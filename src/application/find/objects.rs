//! Applications that are objects of a module, or what a factory function returns.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::{Evidence, Sighting, Sign};
use super::made::{Made, Makers, is_wrapper};
use crate::application::Kind;
use crate::application::candidate::{Candidate, Target};
use crate::application::code::{Code, Origin};
use crate::application::python::{Call, CallSite, Function, Scope, Value};
use crate::catalog::Frameworks;

/// Something that a module holds under a name.
type Named = (String, String);

/// Every application object and factory of the project.
pub(super) fn find(makers: &Makers<'_>, files: &[String]) -> Vec<Sighting> {
    let mut objects: BTreeMap<Named, Sighting> = BTreeMap::new();
    let mut called: BTreeSet<Named> = BTreeSet::new();
    let mut factories = Vec::new();
    for path in files {
        let found = objects_of(makers, path);
        let has_worker = found.iter().any(|(one, _)| one.kind == Kind::Worker);
        for (mut candidate, made) in found {
            let is_borrowed = made.through.iter().any(|(from, _)| from != path);
            let is_pushed = pushes_context(makers, path, &name_of(&candidate));
            if (has_worker && is_borrowed || is_pushed) && candidate.kind.serves() {
                candidate.add(Sign::Part, "made for the worker beside it");
            } else {
                called.extend(made.through);
            }
            objects.insert((path.clone(), name_of(&candidate)), candidate);
        }
        factories.extend(factories_of(makers, path));
    }
    prefer_aliases(makers, &mut objects);
    prefer_whole(&mut objects);
    let deployed = deployed(makers, files);
    objects.retain(|name, _| !deployed.contains(name));
    let mounted = mounted(makers, files);
    for (name, candidate) in &mut objects {
        if mounted.contains(name) {
            candidate.add(Sign::Part, "another application mounts it");
        }
    }
    let unused = factories
        .into_iter()
        .filter(|factory| !called.contains(&(factory.path.clone(), name_of(factory))));
    let unused: Vec<Sighting> = unused.collect();
    objects.into_values().chain(unused).collect()
}

/// Whether a module makes its application the current one for good, as code of workers does:
/// `app.app_context().push()`.
fn pushes_context(makers: &Makers<'_>, path: &str, name: &str) -> bool {
    let context = format!("{name}.app_context");
    let pushes = |site: &CallSite| {
        let receiver = site.call.receiver.as_ref();
        site.scope == Scope::Module
            && site.call.callee == "().push"
            && receiver.is_some_and(|call| call.callee == context)
    };
    let module = makers.code.module(path);
    module.is_some_and(|module| module.calls.iter().any(pushes))
}

/// `app = celery_app`, of a module that imports the worker from another: that module is made to be
/// run, and brings the tasks with it.
fn prefer_aliases(makers: &Makers<'_>, objects: &mut BTreeMap<Named, Sighting>) {
    let aliased = objects.values().filter_map(|candidate| {
        let module = makers.code.module(&candidate.path)?;
        let own = module.assigned(&Scope::Module, &name_of(candidate))?;
        match makers.code.resolve(&candidate.path, own.value.as_name()?) {
            Origin::Inside { path, name } => Some(((path, name), candidate.import_string())),
            Origin::Outside(_) => None,
        }
    });
    let aliased: Vec<(Named, String)> = aliased.collect();
    for (name, alias) in aliased {
        if let Some(candidate) = objects.get_mut(&name) {
            candidate.add(Sign::Part, format!("`{alias}` is the same worker"));
        }
    }
}

/// Beside a router of Channels, Django's own application is a part of it.
fn prefer_whole(objects: &mut BTreeMap<Named, Sighting>) {
    let all = objects
        .values()
        .map(|one| (one.framework, one.path.clone()));
    let all: Vec<_> = all.collect();
    for sighting in objects.values_mut() {
        let mut around = all.iter().filter(|(framework, path)| {
            *path == sighting.path && framework.contains(sighting.framework)
        });
        if let Some((framework, _)) = around.next() {
            let name = framework.name();
            sighting.add(
                Sign::Part,
                format!("a part of the {name} application beside it"),
            );
        }
    }
}

/// The files that may hold an application: those that name an installed library, and those that
/// name a factory or subclass found in them.
pub(super) fn files(makers: &Makers<'_>) -> Vec<String> {
    let words = makers.frameworks.iter().map(|one| one.word.as_str());
    let words: Vec<&str> = BTreeSet::from_iter(words).into_iter().collect();
    let code = makers.code;
    let (mut files, others): (Vec<&str>, Vec<&str>) = code
        .runnable()
        .iter()
        .copied()
        .partition(|path| code.mentions(path, &words));
    let makers_here = files.iter().flat_map(|path| own_makers(makers, path));
    let own: BTreeSet<String> = makers_here.collect();
    let own: Vec<String> = own.into_iter().collect();
    files.extend(others.into_iter().filter(|path| code.mentions(path, &own)));
    files.sort_unstable();
    files.into_iter().map(str::to_owned).collect()
}

/// Functions and classes of a file that make applications.
fn own_makers(makers: &Makers<'_>, path: &str) -> Vec<String> {
    let Some(module) = makers.code.module(path) else {
        return Vec::new();
    };
    let functions = module.functions.iter().filter(|function| {
        function.scope == Scope::Module && makers.returned(path, function, 4).is_some()
    });
    let names = functions.map(|function| function.name.clone());
    let classes = module.classes.iter().filter(|class| {
        let mut bases = class.bases.iter().filter_map(Value::as_name);
        bases.any(|base| match makers.code.resolve(path, base) {
            Origin::Outside(qualified) => makers.constructed(&qualified).is_some(),
            Origin::Inside { .. } => false,
        })
    });
    names
        .chain(classes.map(|class| class.name.clone()))
        .collect()
}

pub(super) fn name_of<C>(candidate: &Candidate<C>) -> String {
    match &candidate.target {
        Target::Object(name) | Target::Factory(name) | Target::Command(name) => name.clone(),
        Target::Module => String::new(),
    }
}

fn objects_of(makers: &Makers<'_>, path: &str) -> Vec<(Sighting, Made)> {
    let Some(module) = makers.code.module(path) else {
        return Vec::new();
    };
    let mut found: BTreeMap<&str, (Sighting, Made)> = BTreeMap::new();
    let mut seen: Vec<&Value> = Vec::new();
    for assign in &module.assigns {
        let is_object = assign.scope == Scope::Module && !assign.target.contains('.');
        let may_make = match &assign.value {
            Value::Call(_) | Value::Either(_) => true,
            Value::Name(name) => is_elsewhere(makers, path, name),
            _ => false,
        };
        // `app = application = make()` is one object.
        let is_known = found.contains_key(assign.target.as_str()) || seen.contains(&&assign.value);
        if !is_object || !may_make || is_known {
            continue;
        }
        let made = makers.made(path, &assign.scope, &assign.value);
        let is_alias = matches!(assign.value, Value::Name(_));
        if let Some(made) = made.filter(|made| !is_alias || made.kind == Kind::Worker) {
            seen.push(&assign.value);
            let target = Target::Object(assign.target.clone());
            let candidate = object(makers.code, path, target, &made, &assign.span);
            found.insert(&assign.target, (candidate, made));
        }
    }
    found.into_values().collect()
}

/// Whether a name stands for something in another file of the project.
fn is_elsewhere(makers: &Makers<'_>, path: &str, name: &str) -> bool {
    matches!(makers.code.resolve(path, name), Origin::Inside { path: other, .. } if other != path)
}

fn factories_of(makers: &Makers<'_>, path: &str) -> Vec<Sighting> {
    let Some(module) = makers.code.module(path) else {
        return Vec::new();
    };
    let free = module
        .functions
        .iter()
        .filter(|function| is_factory(function));
    let found = free.filter_map(|function| {
        let made = makers.returned(path, function, 4)?;
        let target = Target::Factory(function.name.clone());
        made.kind
            .serves()
            .then(|| object(makers.code, path, target, &made, &function.span))
    });
    found.collect()
}

fn is_factory(function: &Function) -> bool {
    let is_fixture = function.decorators.iter().any(|decorator| {
        let call = decorator.as_call().map(|call| call.callee.as_str());
        call.or(decorator.as_name())
            .is_some_and(|name| name.ends_with("fixture"))
    });
    function.scope == Scope::Module && function.required == 0 && !is_fixture
}

/// An object or factory, by what it is made with.
fn object(
    code: &Code<'_>,
    path: &str,
    target: Target,
    made: &Made,
    span: &std::ops::Range<usize>,
) -> Sighting {
    let seen = seen(&target, made);
    sighting(code, path, target, made, span, seen)
}

/// A sighting of what was made at a place of a file.
pub(super) fn sighting(
    code: &Code<'_>,
    path: &str,
    target: Target,
    made: &Made,
    span: &std::ops::Range<usize>,
    seen: Evidence,
) -> Sighting {
    let (root, module) = code.module_name(path);
    let label = match target {
        Target::Factory(_) => "makes the application",
        _ => "the application",
    };
    Candidate {
        kind: made.kind,
        framework: made.framework,
        root,
        module,
        confidence: vec![seen],
        target,
        path: path.to_owned(),
        place: code.place(path, span, label),
        health: None,
        protected: Vec::new(),
        port: None,
        files: Vec::new(),
        settings: None,
        extra: Vec::new(),
        program: None,
        local: None,
    }
}

/// What an object or factory says by itself.
pub(super) fn seen(target: &Target, made: &Made) -> Evidence {
    let name = made.framework.name();
    let reason = match target {
        Target::Factory(function) => format!("`{function}()` returns a {name} application"),
        _ => format!("a {name} object at module level"),
    };
    Evidence::new(Sign::Usual, reason)
}

/// The objects that calls put inside another application.
fn mounted(makers: &Makers<'_>, files: &[String]) -> BTreeSet<Named> {
    let mut mounted = BTreeSet::new();
    for path in files {
        let Some(module) = makers.code.module(path) else {
            continue;
        };
        for site in module.calls.iter().filter(|site| mounts(site)) {
            let assigned = assigned_by(module, site);
            let names = inner_names(site).into_iter();
            for name in names.filter(|name| !module.is_local(&site.scope, name)) {
                if let Origin::Inside { path, name } =
                    makers.code.resolve_in(path, &site.scope, name)
                {
                    let itself = assigned.is_some_and(|target| target == name);
                    if !itself {
                        mounted.insert((path, name));
                    }
                }
            }
        }
    }
    mounted
}

/// The objects that another program serves with the methods of a class as their routes: `@serve.ingress(app)`. No other
/// server can take them.
fn deployed(makers: &Makers<'_>, files: &[String]) -> BTreeSet<Named> {
    let known = Frameworks::embedded().usual("deployments");
    let takes = |path: &str, call: &Call| match makers.code.resolve(path, &call.callee) {
        Origin::Outside(qualified) => known.contains(&qualified),
        Origin::Inside { .. } => false,
    };
    let mut deployed = BTreeSet::new();
    for path in files {
        let classes = makers.code.module(path).map(|module| &module.classes);
        let classes = classes.into_iter().flatten();
        let decorators = classes.flat_map(|class| &class.decorators);
        let calls = decorators.filter_map(Value::as_call);
        let names = calls
            .filter(|call| takes(path, call))
            .flat_map(|call| call.arguments.iter().filter_map(Value::as_name));
        for name in names {
            if let Origin::Inside { path, name } = makers.code.resolve(path, name) {
                deployed.insert((path, name));
            }
        }
    }
    deployed
}

/// The name at module level whose value the call is part of.
fn assigned_by<'m>(
    module: &'m crate::application::python::Module,
    site: &CallSite,
) -> Option<&'m str> {
    let mut assigns = module
        .assigns
        .iter()
        .filter(|assign| assign.scope == Scope::Module);
    let around = assigns.find(|assign| {
        assign.span.start <= site.call.span.start && site.call.span.end <= assign.span.end
    });
    around.map(|assign| assign.target.as_str())
}

/// Whether a call puts one application into another: by the names that libraries give such calls.
fn mounts(site: &CallSite) -> bool {
    let last = site.call.callee.rsplit('.').next().unwrap_or_default();
    Frameworks::embedded().mounts(last) || is_wrapper(&site.call)
}

fn inner_names(site: &CallSite) -> Vec<&str> {
    let call = &site.call;
    let last = call.callee.rsplit('.').next().unwrap_or_default();
    // `gr.mount_gradio_app(app, blocks)` puts the second into the first.
    let skipped = usize::from(last == "mount_gradio_app");
    let values = call.arguments.iter().skip(skipped);
    let values = values.chain(call.keywords.iter().map(|(_, value)| value));
    values
        .flat_map(Value::flatten)
        .filter_map(Value::as_name)
        .collect()
}
