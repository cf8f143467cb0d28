//! What only Django projects have: `manage.py`, settings modules, two interfaces to choose from.

use super::judge::{Evidence, Sighting, Sign};
use super::made::{Made, Makers};
use super::objects;
use crate::application::candidate::{Candidate, Target};
use crate::application::python::Module;
use crate::application::settings_package;
use crate::application::{Framework, Kind};
use crate::catalog::{Frameworks, Interface, Servers};
use crate::project::source_tree::{join, parent};

/// A `manage.py` and the settings module that it names.
struct Manage {
    path: String,
    span: std::ops::Range<usize>,
    settings: Option<String>,
}

/// Adds Django's migrations, and gives its applications their root, settings and interface.
pub(super) fn apply(makers: &Makers<'_>, sightings: &mut Vec<Sighting>) {
    let Some(django) = makers.installed("django") else {
        return;
    };
    let manage = manage(makers);
    for sighting in sightings.iter_mut() {
        if let Some(manage) = nearest(&manage, &sighting.path) {
            adopt(makers, sighting, manage, django);
        }
    }
    let interface = interface(makers);
    let has_choice = sightings
        .iter()
        .any(|one| is_site(one, django) && one.kind == interface);
    for sighting in sightings.iter_mut().filter(|one| is_site(one, django)) {
        let module = makers.code.module(&sighting.path);
        let own = module.and_then(settings).map(|(settings, _)| settings);
        sighting.settings = own.or(sighting.settings.take());
        let is_one_of_two = sighting.framework.has_both_interfaces();
        if has_choice && sighting.kind != interface && is_one_of_two {
            sighting.add(Sign::OtherInterface, other_interface(interface));
        }
    }
    let migrated = manage.iter();
    let migrated = migrated.filter(|manage| has_database(makers, django, manage));
    sightings.extend(migrated.map(|manage| migration(makers, django, manage)));
    if let Some(manage) = manage.first() {
        sightings.extend(workers(makers, django, manage));
    }
}

/// Whether its settings name a database, as far as they are known: without one, a migration only fails.
fn has_database(makers: &Makers<'_>, django: Framework, manage: &Manage) -> bool {
    let settings = manage.settings.as_ref();
    let known = settings.and_then(|settings| makers.code.locate(&manage.path, settings));
    let (Some(setting), Some(_)) = (&django.migrates_with, known) else {
        return true;
    };
    let mut files = makers.code.runnable().iter();
    files.any(|path| makers.code.mentions(path, &[setting.as_str()]))
}

/// Workers that Django applications bring as commands of `manage.py`.
fn workers(makers: &Makers<'_>, django: Framework, manage: &Manage) -> Vec<Sighting> {
    let all = Frameworks::embedded().all();
    let managed = all.filter_map(|framework| Some((framework, framework.django.clone()?)));
    let installed = managed.filter(|(_, worker)| {
        let mut files = makers.code.runnable().iter();
        makers.closure.contains(&worker.distribution)
            && files.any(|path| makers.code.mentions(path, &[&worker.application]))
    });
    let found = installed.map(|(framework, worker)| Candidate {
        kind: Kind::Worker,
        framework,
        target: Target::Command(worker.command.clone()),
        confidence: vec![Evidence::new(
            Sign::Usual,
            format!("`{}` is installed", worker.application),
        )],
        ..migration(makers, django, manage)
    });
    found.collect()
}

/// Whether it is an application of Django, or one around it.
fn is_site(sighting: &Sighting, django: Framework) -> bool {
    sighting.framework == django || sighting.framework.contains(django)
}

fn other_interface(interface: Kind) -> &'static str {
    match interface {
        Kind::Asgi => "an ASGI server is installed, and this is the WSGI application",
        _ => "no ASGI server is installed, and this is the ASGI application",
    }
}

fn interface(makers: &Makers<'_>) -> Kind {
    let servers = Servers::embedded().servers_for(Interface::Asgi);
    let asgi = servers
        .iter()
        .any(|(name, _)| makers.closure.contains(name));
    if asgi { Kind::Asgi } else { Kind::Wsgi }
}

/// Below `manage.py`, module names start at its folder: that is where Django runs.
fn adopt(makers: &Makers<'_>, candidate: &mut Sighting, manage: &Manage, django: Framework) {
    let root = parent(&manage.path);
    // Settings that are not found from there say that it is started from elsewhere.
    let settings = manage.settings.as_deref();
    let is_root = settings.is_none_or(|name| makers.code.locate_below(root, name).is_some());
    let is_below = root.len() > candidate.root.len() && candidate.path.starts_with(root) && is_root;
    if is_below {
        let inner = candidate.path[root.len()..].trim_start_matches('/');
        let name = inner.trim_end_matches(".py").replace('/', ".");
        name.trim_end_matches(".__init__")
            .clone_into(&mut candidate.module);
        root.clone_into(&mut candidate.root);
    }
    if is_site(candidate, django) {
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
    let (settings, span) = settings_package::named(module)?;
    Some((settings.to_owned(), span))
}

fn migration(makers: &Makers<'_>, django: Framework, manage: &Manage) -> Sighting {
    let made = Made {
        kind: Kind::Migration,
        framework: django,
        through: Vec::new(),
    };
    let mut step = objects::sighting(
        makers.code,
        &manage.path,
        Target::Module,
        &made,
        &manage.span,
        Evidence::new(Sign::Usual, "`manage.py migrate`"),
    );
    let root = parent(&manage.path);
    root.clone_into(&mut step.root);
    "manage".clone_into(&mut step.module);
    step.settings.clone_from(&manage.settings);
    step.files = vec![join(root, "manage.py")];
    step
}
