//! Modules that are run themselves or named to a tool: Streamlit pages, gRPC servers, `BentoML`
//! services, RQ, Dramatiq and arq workers, Celery's beat, packages with `__main__.py`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::made::{Made, Makers};
use super::{objects, serving};
use crate::application::candidate::{Candidate, Confidence, Health, Port, Target};
use crate::application::code::Origin;
use crate::application::constants::{self, At};
use crate::application::frameworks::{Framework, Kind, has};
use crate::application::python::{CallSite, Class, Module, Scope, Value};
use crate::project::source_tree::join;

/// Names that Streamlit's own documentation and templates give the page to start with.
const STREAMLIT_NAMES: [&str; 6] = [
    "streamlit_app.py",
    "app.py",
    "main.py",
    "Home.py",
    "home.py",
    "dashboard.py",
];

/// Everything of this kind in the project. `found` holds what the other finders found.
pub(super) fn find(makers: &Makers<'_>, found: &[Candidate]) -> Vec<Candidate> {
    let mut all = streamlit(makers);
    all.extend(each_file(makers, "grpc", &["grpcio", "grpclib"], grpc));
    all.extend(each_file(makers, "bentoml", &["bentoml"], bentoml));
    all.extend(each_file(makers, "arq", &["arq"], arq));
    all.extend(rq(makers));
    all.extend(dramatiq(makers));
    all.extend(beat(makers, found));
    all.extend(main_modules(makers));
    all
}

/// Asks `find` about each file that holds the word, when one of the distributions is installed.
fn each_file(
    makers: &Makers<'_>,
    word: &str,
    distributions: &[&str],
    find: impl Fn(&Makers<'_>, &str, &Module) -> Option<Candidate>,
) -> Vec<Candidate> {
    let files = files_with(makers, word, distributions);
    let found = files
        .into_iter()
        .filter_map(|path| find(makers, path, makers.code.module(path)?));
    found.collect()
}

fn files_with<'a>(makers: &Makers<'a>, word: &str, distributions: &[&str]) -> Vec<&'a str> {
    if !distributions.iter().any(|name| has(makers.closure, name)) {
        return Vec::new();
    }
    let files = makers.code.runnable().iter().copied();
    files
        .filter(|path| makers.code.mentions(path, &[word]))
        .collect()
}

fn candidate(
    makers: &Makers<'_>,
    path: &str,
    kind: Kind,
    framework: Framework,
    target: Target,
    span: &Range<usize>,
) -> Candidate {
    let made = Made {
        kind,
        framework,
        through: Vec::new(),
    };
    objects::candidate(makers.code, path, target, &made, span)
}

/// The calls of a module that resolve to something outside the project.
fn outside_calls<'m>(
    makers: &'m Makers<'_>,
    path: &'m str,
    module: &'m Module,
) -> impl Iterator<Item = (String, &'m CallSite)> {
    module.calls.iter().filter_map(
        move |site| match makers.code.resolve(path, &site.call.callee) {
            Origin::Outside(qualified) => Some((qualified, site)),
            Origin::Inside { .. } => None,
        },
    )
}

fn streamlit(makers: &Makers<'_>) -> Vec<Candidate> {
    let files = files_with(makers, "streamlit", &["streamlit"]);
    let imported: BTreeSet<String> = files
        .iter()
        .flat_map(|path| imports_of(makers, path))
        .collect();
    let mut pages = Vec::new();
    for path in files.into_iter().filter(|path| !imported.contains(*path)) {
        let in_pages = path
            .split('/')
            .rev()
            .skip(1)
            .any(|folder| folder == "pages");
        let Some(module) = makers.code.module(path).filter(|_| !in_pages) else {
            continue;
        };
        pages.extend(streamlit_page(makers, path, module));
    }
    let port = streamlit_port(makers);
    for page in &mut pages {
        page.port.clone_from(&port);
    }
    pages
}

pub(super) fn imports_of(makers: &Makers<'_>, path: &str) -> Vec<String> {
    let imports = makers
        .code
        .module(path)
        .map(|module| module.imports.as_slice());
    let located = imports.unwrap_or_default().iter().flat_map(|import| {
        let package = makers.code.imported(path, import.level, &import.module);
        let package = package.map(|located| located.path);
        let submodules = import.names.iter().filter_map({
            let package = package.clone();
            move |name| makers.code.submodule(package.as_deref()?, name)
        });
        submodules.collect::<Vec<_>>().into_iter().chain(package)
    });
    located.collect()
}

fn streamlit_page(makers: &Makers<'_>, path: &str, module: &Module) -> Option<Candidate> {
    let calls: Vec<_> = outside_calls(makers, path, module)
        .filter(|(qualified, _)| qualified.starts_with("streamlit."))
        .collect();
    let at_load = calls.iter().any(|(_, site)| site.scope == Scope::Module);
    let is_page = at_load || (module.main_guard.is_some() && !calls.is_empty());
    let (_, first) = calls.first().filter(|_| is_page)?;
    let mut page = candidate(
        makers,
        path,
        Kind::Server,
        Framework::Streamlit,
        Target::Module,
        &first.call.span,
    );
    let name = path.rsplit('/').next().unwrap_or(path);
    let starts = calls.iter().any(|(qualified, _)| {
        ["streamlit.set_page_config", "streamlit.navigation"].contains(&qualified.as_str())
    });
    page.confidence = if starts || STREAMLIT_NAMES.contains(&name) {
        Confidence::Likely("a Streamlit page that nothing imports".to_owned())
    } else {
        Confidence::Possible(
            "it calls Streamlit, and nothing says that it is the first page".to_owned(),
        )
    };
    Some(page)
}

/// `[server] port` of `.streamlit/config.toml`.
fn streamlit_port(makers: &Makers<'_>) -> Option<Port> {
    let path = join(makers.code.project(), ".streamlit/config.toml");
    let file = makers.code.text(&path)?;
    let table: toml::Table = toml::from_str(file.text()).ok()?;
    let number = table.get("server")?.get("port")?.as_integer()?;
    Some(Port {
        number: u16::try_from(number).ok()?,
        variable: None,
        place: file.place_of("port", "the port is named here"),
    })
}

fn grpc(makers: &Makers<'_>, path: &str, module: &Module) -> Option<Candidate> {
    let servers = ["grpc.server", "grpc.aio.server", "grpclib.server.Server"];
    let mut calls = outside_calls(makers, path, module);
    let (_, site) = calls.find(|(qualified, _)| servers.contains(&qualified.as_str()))?;
    let mut server = candidate(
        makers,
        path,
        Kind::Server,
        Framework::Grpc,
        Target::Module,
        &site.call.span,
    );
    server.confidence = if module.main_guard.is_some() || path.ends_with("__main__.py") {
        Confidence::Likely("it starts a gRPC server when run".to_owned())
    } else {
        Confidence::Possible("it makes a gRPC server, and something else has to run it".to_owned())
    };
    server.port = module
        .calls
        .iter()
        .find_map(|site| grpc_port(makers, path, site));
    server.health = module
        .calls
        .iter()
        .find(|site| site.call.callee.ends_with("add_HealthServicer_to_server"))
        .map(|site| Health {
            route: "grpc.health.v1.Health".to_owned(),
            place: makers
                .code
                .place(path, &site.call.span, "the health service"),
        });
    Some(server)
}

fn grpc_port(makers: &Makers<'_>, path: &str, site: &CallSite) -> Option<Port> {
    let (_, method) = site.call.method()?;
    let at = At {
        code: makers.code,
        path,
        scope: &site.scope,
    };
    let number = match method {
        "add_insecure_port" | "add_secure_port" => {
            let address = constants::text(at, site.call.arguments.first()?)?;
            Value::Str(address.rsplit(':').next()?.to_owned())
        }
        _ => return None,
    };
    serving::port(at, Some(&number), &site.call.span)
}

fn bentoml(makers: &Makers<'_>, path: &str, module: &Module) -> Option<Candidate> {
    let service = module.classes.iter().find(|class| {
        class.decorators.iter().any(|decorator| {
            let callee = decorator.as_call().map(|call| call.callee.as_str());
            let name = callee.or(decorator.as_name()).unwrap_or_default();
            makers.code.resolve(path, name) == Origin::Outside("bentoml.service".to_owned())
        })
    })?;
    let target = Target::Object(service.name.clone());
    Some(candidate(
        makers,
        path,
        Kind::Server,
        Framework::BentoMl,
        target,
        &service.span,
    ))
}

fn arq(makers: &Makers<'_>, path: &str, module: &Module) -> Option<Candidate> {
    let is_settings = |class: &&Class| {
        let scope = Scope::Class(class.name.clone());
        let set = |name| module.assigned(&scope, name).is_some();
        set("functions") || set("cron_jobs") && set("redis_settings")
    };
    let class = module.classes.iter().find(is_settings)?;
    let target = Target::Object(class.name.clone());
    let mut worker = candidate(
        makers,
        path,
        Kind::Worker,
        Framework::Arq,
        target,
        &class.span,
    );
    worker.confidence = Confidence::Likely("a class of arq worker settings".to_owned());
    Some(worker)
}

/// One worker for all queues that the project names.
fn rq(makers: &Makers<'_>) -> Option<Candidate> {
    let mut worker: Option<Candidate> = None;
    let mut queues: BTreeSet<String> = BTreeSet::new();
    for path in files_with(makers, "rq", &["rq"]) {
        let Some(module) = makers.code.module(path) else {
            continue;
        };
        for (qualified, site) in outside_calls(makers, path, module) {
            let is_worker = qualified == "rq.Worker" && module.main_guard.is_some();
            if !is_worker && qualified != "rq.Queue" {
                continue;
            }
            if qualified == "rq.Queue" {
                let name = site.call.argument("name", 0).and_then(Value::as_str);
                queues.insert(name.unwrap_or("default").to_owned());
            }
            let target = if is_worker {
                Target::Module
            } else {
                Target::Command("rq worker".to_owned())
            };
            let found = candidate(
                makers,
                path,
                Kind::Worker,
                Framework::Rq,
                target,
                &site.call.span,
            );
            if is_worker || worker.is_none() {
                worker = Some(found);
            }
        }
    }
    let mut worker = worker?;
    worker.confidence = Confidence::Likely("the project puts jobs on RQ queues".to_owned());
    worker.extra = queues.into_iter().collect();
    Some(worker)
}

/// One worker for all modules that hold actors.
fn dramatiq(makers: &Makers<'_>) -> Option<Candidate> {
    let mut workers = each_file(makers, "dramatiq", &["dramatiq"], |makers, path, module| {
        let actor = module.functions.iter().find(|function| {
            function.decorators.iter().any(|decorator| {
                let callee = decorator.as_call().map(|call| call.callee.as_str());
                let name = callee.or(decorator.as_name()).unwrap_or_default();
                makers.code.resolve(path, name) == Origin::Outside("dramatiq.actor".to_owned())
            })
        })?;
        Some(candidate(
            makers,
            path,
            Kind::Worker,
            Framework::Dramatiq,
            Target::Module,
            &actor.span,
        ))
    })
    .into_iter();
    let mut worker = workers.next()?;
    worker.confidence = Confidence::Likely("the module holds Dramatiq actors".to_owned());
    worker.extra = workers.map(|other| other.module).collect();
    Some(worker)
}

/// Celery's beat for each Celery application, when the project sets a schedule.
fn beat(makers: &Makers<'_>, found: &[Candidate]) -> Vec<Candidate> {
    let celery = found
        .iter()
        .filter(|one| one.framework == Framework::Celery);
    let celery: Vec<&Candidate> = celery.collect();
    let database = [
        "django-celery-beat",
        "celery-redbeat",
        "celery-sqlalchemy-scheduler",
    ];
    let scheduler = database.into_iter().find(|name| has(makers.closure, name));
    let schedule = if celery.is_empty() {
        None
    } else {
        schedule(makers)
    };
    let reason = match (&schedule, scheduler) {
        (Some(place), _) => format!("a schedule is set at {}", place.location()),
        (None, Some(name)) => format!("{name} is installed"),
        (None, None) => return Vec::new(),
    };
    let beats = celery.into_iter().map(|worker| Candidate {
        kind: Kind::Beat,
        confidence: Confidence::Likely(reason.clone()),
        place: schedule.clone().unwrap_or_else(|| worker.place.clone()),
        ..worker.clone()
    });
    beats.collect()
}

fn schedule(makers: &Makers<'_>) -> Option<crate::diagnostic::Place> {
    let words = ["beat_schedule", "BEAT_SCHEDULE", "add_periodic_task"];
    let files = makers.code.runnable().iter().copied();
    let mut files = files.filter(|path| makers.code.mentions(path, &words));
    files.find_map(|path| {
        let module = makers.code.module(path)?;
        let assign = module.assigns.iter().find(|assign| {
            let last = assign.target.rsplit('.').next().unwrap_or_default();
            last.to_ascii_lowercase().ends_with("beat_schedule")
        });
        let call = module.calls.iter().find(|site| {
            site.call.callee.ends_with("add_periodic_task")
                || site.call.keyword("beat_schedule").is_some()
        });
        let span = assign.map(|assign| assign.span.clone());
        let span = span.or_else(|| call.map(|site| site.call.span.clone()))?;
        Some(makers.code.place(path, &span, "the schedule"))
    })
}

/// Packages that `python -m package` runs.
fn main_modules(makers: &Makers<'_>) -> Vec<Candidate> {
    let files = makers.code.runnable().iter().copied();
    let mains = files
        .filter(|path| path.ends_with("/__main__.py"))
        .map(|path| {
            let mut main = candidate(
                makers,
                path,
                Kind::Script,
                Framework::Python,
                Target::Module,
                &(0..0),
            );
            main.module = main.module.trim_end_matches(".__main__").to_owned();
            main.confidence = Confidence::Possible(format!("`python -m {}` runs it", main.module));
            main
        });
    mains.collect()
}
