//! What only Django projects have: `manage.py`, settings modules, two interfaces to choose from.

use super::made::Makers;
use super::objects;
use crate::application::candidate::{Candidate, Confidence, Target};
use crate::application::frameworks::{Framework, Kind, has};
use crate::application::python::{Module, Value};
use crate::project::source_tree::{join, parent};

const ASGI_SERVERS: [&str; 5] = [
    "uvicorn",
    "uvicorn-worker",
    "daphne",
    "hypercorn",
    "granian",
];

/// A worker that is a command of `manage.py`.
struct ManagedWorker {
    distribution: &'static str,
    application: &'static str,
    framework: Framework,
    command: &'static str,
}

const WORKERS: [ManagedWorker; 2] = [
    ManagedWorker {
        distribution: "huey",
        application: "huey.contrib.djhuey",
        framework: Framework::Huey,
        command: "run_huey",
    },
    ManagedWorker {
        distribution: "django-rq",
        application: "django_rq",
        framework: Framework::Rq,
        command: "rqworker",
    },
];

/// A `manage.py` and the settings module that it names.
struct Manage {
    path: String,
    span: std::ops::Range<usize>,
    settings: Option<String>,
}

/// Adds Django's migrations, and gives its applications their root, settings and certainty.
pub(super) fn apply(makers: &Makers<'_>, candidates: &mut Vec<Candidate>) {
    if !has(makers.closure, "django") {
        return;
    }
    let manage = manage(makers);
    for candidate in candidates.iter_mut() {
        if let Some(manage) = nearest(&manage, &candidate.path) {
            adopt(candidate, manage);
        }
    }
    let interface = interface(makers);
    let has_choice = candidates
        .iter()
        .any(|one| is_site(one) && one.kind == interface);
    for candidate in candidates.iter_mut().filter(|one| is_site(one)) {
        let module = makers.code.module(&candidate.path);
        let own = module.and_then(settings).map(|(settings, _)| settings);
        candidate.settings = own.or(candidate.settings.take());
        let fits = !has_choice
            || candidate.kind == interface
            || candidate.framework == Framework::Channels;
        if !fits && candidate.confidence.rank() == 1 {
            candidate.confidence = Confidence::Possible(other_interface(interface));
        }
    }
    candidates.extend(manage.iter().map(|manage| migration(makers, manage)));
    candidates.extend(
        manage
            .first()
            .into_iter()
            .flat_map(|manage| workers(makers, manage)),
    );
}

/// Workers that Django applications bring as commands of `manage.py`.
fn workers(makers: &Makers<'_>, manage: &Manage) -> Vec<Candidate> {
    let installed = WORKERS.iter().filter(|worker| {
        let mut files = makers.code.runnable().iter();
        has(makers.closure, worker.distribution)
            && files.any(|path| makers.code.mentions(path, &[worker.application]))
    });
    let found = installed.map(|worker| Candidate {
        kind: Kind::Worker,
        framework: worker.framework,
        target: Target::Command(worker.command.to_owned()),
        confidence: Confidence::Likely(format!("`{}` is installed", worker.application)),
        ..migration(makers, manage)
    });
    found.collect()
}

fn is_site(candidate: &Candidate) -> bool {
    matches!(candidate.framework, Framework::Django | Framework::Channels)
}

fn other_interface(interface: Kind) -> String {
    match interface {
        Kind::Asgi => "an ASGI server is installed, and this is the WSGI application".to_owned(),
        _ => "no ASGI server is installed, and this is the ASGI application".to_owned(),
    }
}

fn interface(makers: &Makers<'_>) -> Kind {
    let asgi = ASGI_SERVERS.iter().any(|name| has(makers.closure, name));
    if asgi { Kind::Asgi } else { Kind::Wsgi }
}

/// Below `manage.py`, module names start at its folder: that is where Django runs.
fn adopt(candidate: &mut Candidate, manage: &Manage) {
    let root = parent(&manage.path);
    let is_below = root.len() > candidate.root.len() && candidate.path.starts_with(root);
    if is_below {
        let inner = candidate.path[root.len()..].trim_start_matches('/');
        let name = inner.trim_end_matches(".py").replace('/', ".");
        name.trim_end_matches(".__init__")
            .clone_into(&mut candidate.module);
        root.clone_into(&mut candidate.root);
    }
    if is_site(candidate) {
        candidate.settings.clone_from(&manage.settings);
    }
}

fn nearest<'m>(manage: &'m [Manage], path: &str) -> Option<&'m Manage> {
    let around = manage.iter().filter(|one| {
        let root = parent(&one.path);
        root.is_empty() || path.starts_with(&format!("{root}/"))
    });
    around.max_by_key(|one| one.path.len())
}

fn manage(makers: &Makers<'_>) -> Vec<Manage> {
    let files = makers.code.runnable().iter().copied();
    let manages = files.filter(|path| *path == "manage.py" || path.ends_with("/manage.py"));
    let known = manages.filter_map(|path| {
        let module = makers.code.module(path)?;
        let (settings, span) = settings(module).map_or((None, 0..0), |(s, span)| (Some(s), span));
        let is_django = settings.is_some() || makers.code.mentions(path, &["django"]);
        is_django.then(|| Manage {
            path: path.to_owned(),
            span,
            settings,
        })
    });
    known.collect()
}

/// `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")`.
fn settings(module: &Module) -> Option<(String, std::ops::Range<usize>)> {
    let name = |value: Option<&Value>| value?.as_str().map(str::to_owned);
    module.calls.iter().find_map(|site| {
        let is_it = name(site.call.arguments.first())? == "DJANGO_SETTINGS_MODULE";
        let settings = name(site.call.arguments.get(1)).filter(|_| is_it)?;
        Some((settings, site.call.span.clone()))
    })
}

fn migration(makers: &Makers<'_>, manage: &Manage) -> Candidate {
    let made = super::made::Made {
        kind: Kind::Migration,
        framework: Framework::Django,
        through: Vec::new(),
    };
    let mut step = objects::candidate(
        makers.code,
        &manage.path,
        Target::Module,
        &made,
        &manage.span,
    );
    let root = parent(&manage.path);
    root.clone_into(&mut step.root);
    "manage".clone_into(&mut step.module);
    step.confidence = Confidence::Likely("`manage.py migrate`".to_owned());
    step.settings.clone_from(&manage.settings);
    step.files = vec![join(root, "manage.py")];
    step
}
