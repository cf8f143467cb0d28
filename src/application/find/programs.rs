//! Modules that are run themselves or named to a tool: Streamlit pages, gRPC servers, `BentoML`
//! services, RQ, Dramatiq, arq and SAQ workers, Celery's beat, packages with `__main__.py`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::judge::{Evidence, Sighting, Sign};
use super::made::{Made, Makers};
use super::objects;
use crate::application::candidate::{Health, Port, Target};
use crate::application::code::Origin;
use crate::application::constants::{self, At};
use crate::application::python::{CallSite, Class, Module, Scope, Value};
use crate::application::{Framework, Kind};
use crate::catalog::Frameworks;
use crate::project::source_tree::join;

/// Everything of this kind in the project. `found` holds what the other finders found.
pub(super) fn find(makers: &Makers<'_>, found: &[Sighting]) -> Vec<Sighting> {
    let mut all = streamlit(makers);
    all.extend(each_file(makers, "grpcio", grpc));
    all.extend(each_file(makers, "bentoml", bentoml));
    all.extend(each_file(makers, "arq", arq));
    all.extend(each_file(makers, "saq", saq));
    all.extend(ray(makers));
    all.extend(rq(makers));
    all.extend(dramatiq(makers));
    all.extend(beat(makers, found));
    all.extend(main_modules(makers));
    all
}

/// A file that may hold a program of a library.
struct File<'m, 'a> {
    makers: &'m Makers<'a>,
    framework: Framework,
    path: &'m str,
    module: &'m Module,
}

impl<'m> File<'m, '_> {
    /// The calls that resolve to something outside the project.
    fn outside_calls(&self) -> impl Iterator<Item = (String, &'m CallSite)> {
        let (makers, path) = (self.makers, self.path);
        self.module.calls.iter().filter_map(move |site| {
            match makers.code.resolve(path, &site.call.callee) {
                Origin::Outside(qualified) => Some((qualified, site)),
                Origin::Inside { .. } => None,
            }
        })
    }

    /// Whether one of these is what the library marks its own with.
    fn is_marked(&self, decorators: &[Value]) -> bool {
        decorators.iter().any(|decorator| {
            let callee = decorator.as_call().map(|call| call.callee.as_str());
            let name = callee.or(decorator.as_name()).unwrap_or_default();
            match self.makers.code.resolve(self.path, name) {
                Origin::Outside(qualified) => self.framework.is_decorator(&qualified),
                Origin::Inside { .. } => false,
            }
        })
    }

    /// Whether running it runs more than importing it.
    fn is_run(&self) -> bool {
        self.module.main_guard.is_some() || self.path.ends_with("__main__.py")
    }

    fn sighting(
        &self,
        kind: Kind,
        target: Target,
        span: &Range<usize>,
        seen: Evidence,
    ) -> Sighting {
        let made = Made {
            kind,
            framework: self.framework,
            through: Vec::new(),
        };
        objects::sighting(self.makers.code, self.path, target, &made, span, seen)
    }
}

/// Asks `find` about each file that uses an installed library.
fn each_file(
    makers: &Makers<'_>,
    library: &str,
    find: impl Fn(&File<'_, '_>) -> Option<Sighting>,
) -> Vec<Sighting> {
    let Some(framework) = makers.installed(library) else {
        return Vec::new();
    };
    let found = files_with(makers, framework)
        .into_iter()
        .filter_map(|path| {
            find(&File {
                makers,
                framework,
                path,
                module: makers.code.module(path)?,
            })
        });
    found.collect()
}

fn files_with<'a>(makers: &Makers<'a>, framework: Framework) -> Vec<&'a str> {
    let files = makers.code.runnable().iter().copied();
    files
        .filter(|path| makers.code.mentions(path, &[&framework.word]))
        .collect()
}

fn streamlit(makers: &Makers<'_>) -> Vec<Sighting> {
    let Some(framework) = makers.installed("streamlit") else {
        return Vec::new();
    };
    let files = files_with(makers, framework).into_iter();
    let imported: BTreeSet<String> = files
        .flat_map(|path| makers.code.imports_of(path))
        .collect();
    let mut pages = each_file(makers, "streamlit", |file| {
        let mut folders = file.path.split('/').rev().skip(1);
        let in_pages = folders.any(|folder| folder == "pages");
        if in_pages || imported.contains(file.path) {
            return None;
        }
        streamlit_page(file)
    });
    let port = streamlit_port(makers);
    for page in &mut pages {
        page.port.clone_from(&port);
    }
    pages
}

fn streamlit_page(file: &File<'_, '_>) -> Option<Sighting> {
    let calls: Vec<_> = file
        .outside_calls()
        .filter(|(qualified, _)| qualified.starts_with("streamlit."))
        .collect();
    let at_load = calls.iter().any(|(_, site)| site.scope == Scope::Module);
    let is_page = at_load || (file.module.main_guard.is_some() && !calls.is_empty());
    let (_, first) = calls.first().filter(|_| is_page)?;
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    let framework = file.framework;
    let starts = calls
        .iter()
        .any(|(qualified, _)| framework.file_calls.contains(qualified));
    let seen = if starts || framework.file_names.iter().any(|usual| usual == name) {
        Evidence::new(Sign::Usual, "a Streamlit page that nothing imports")
    } else {
        Evidence::new(
            Sign::Aside,
            "it calls Streamlit, and nothing says that it is the first page",
        )
    };
    Some(file.sighting(Kind::Server, Target::Module, &first.call.span, seen))
}

/// `[server] port` of [`STREAMLIT`](super::STREAMLIT). That the file cannot be read is told by the plan.
fn streamlit_port(makers: &Makers<'_>) -> Option<Port> {
    let path = join(makers.code.project(), super::STREAMLIT);
    let file = makers.code.text(&path)?;
    let table: toml::Table = toml::from_str(file.text()).ok()?;
    let number = table.get("server")?.get("port")?.as_integer()?;
    Some(Port {
        number: u16::try_from(number).ok()?,
        variable: None,
        place: file.place_of("port", "the port is named here"),
    })
}

fn grpc(file: &File<'_, '_>) -> Option<Sighting> {
    let mut calls = file.outside_calls();
    let (_, site) = calls.find(|(qualified, _)| file.framework.file_calls.contains(qualified))?;
    let seen = if file.is_run() {
        Evidence::new(Sign::Usual, "it starts a gRPC server when run")
    } else {
        Evidence::new(
            Sign::Aside,
            "it makes a gRPC server, and something else has to run it",
        )
    };
    let mut server = file.sighting(Kind::Server, Target::Module, &site.call.span, seen);
    let (makers, path) = (file.makers, file.path);
    let mut sites = file.module.calls.iter();
    server.port = sites.find_map(|site| grpc_port(makers, path, site));
    let mut sites = file.module.calls.iter();
    server.health = sites
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
    constants::port(at, Some(&number), &site.call.span)
}

/// Programs that come to a call that only the one to start makes, wherever in the project that stands; of several that
/// import each other the outermost.
fn ray(makers: &Makers<'_>) -> Vec<Sighting> {
    let starts = each_file(makers, "ray", |file| {
        let mut calls = file.outside_calls();
        let is_start = |qualified: &String| file.framework.file_calls.contains(qualified);
        let (_, site) = calls.find(|(qualified, _)| is_start(qualified))?;
        let seen = Evidence::new(Sign::Usual, "it starts Ray Serve when run");
        Some(file.sighting(Kind::Server, Target::Module, &site.call.span, seen))
    });
    let (Some(framework), Some(first)) = (makers.installed("ray"), starts.first()) else {
        return Vec::new();
    };
    let calling: BTreeSet<&str> = starts.iter().map(|one| one.path.as_str()).collect();
    let run = makers.code.runnable().iter().copied().filter(|path| {
        let module = makers.code.module(path);
        let is_run = module.is_some_and(|module| module.main_guard.is_some());
        is_run || path.ends_with("__main__.py") || starts_at_import(makers, path, framework)
    });
    let reached = run.map(|path| (path, makers.code.reached(path)));
    let programs: Vec<_> = reached
        .filter(|(_, files)| calling.iter().any(|path| files.contains(*path)))
        .collect();
    let outermost = programs.iter().filter(|(path, _)| {
        let mut others = programs.iter().filter(|(other, _)| other != path);
        !others.any(|(_, files)| files.contains(*path))
    });
    let sightings = outermost.map(|(path, _)| {
        let own = starts.iter().find(|one| one.path == *path);
        let span = makers
            .code
            .module(path)
            .and_then(|module| module.main_guard.clone());
        own.cloned().unwrap_or_else(|| {
            let made = Made {
                kind: Kind::Server,
                framework,
                through: Vec::new(),
            };
            let reason = format!(
                "it comes to the start of Ray Serve in {}",
                first.place.location()
            );
            let seen = Evidence::new(Sign::Usual, reason);
            let span = span.unwrap_or(0..0);
            objects::sighting(makers.code, path, Target::Module, &made, &span, seen)
        })
    });
    sightings.collect()
}

/// Whether the import of a file makes the call.
fn starts_at_import(makers: &Makers<'_>, path: &str, framework: Framework) -> bool {
    let calls = makers.code.module(path).map(|module| &module.calls);
    let mut calls = calls
        .into_iter()
        .flatten()
        .filter(|site| site.scope == Scope::Module);
    calls.any(|site| match makers.code.resolve(path, &site.call.callee) {
        Origin::Outside(qualified) => framework.file_calls.contains(&qualified),
        Origin::Inside { .. } => false,
    })
}

fn bentoml(file: &File<'_, '_>) -> Option<Sighting> {
    let mut classes = file.module.classes.iter();
    let service = classes.find(|class| file.is_marked(&class.decorators))?;
    let target = Target::Object(service.name.clone());
    let seen = Evidence::new(Sign::Usual, "a class that is a BentoML service");
    Some(file.sighting(Kind::Server, target, &service.span, seen))
}

fn arq(file: &File<'_, '_>) -> Option<Sighting> {
    let is_settings = |class: &&Class| {
        let scope = Scope::Class(class.name.clone());
        let set = |name| file.module.assigned(&scope, name).is_some();
        set("functions") || set("cron_jobs") && set("redis_settings")
    };
    let class = file.module.classes.iter().find(is_settings)?;
    let target = Target::Object(class.name.clone());
    let seen = Evidence::new(Sign::Usual, "a class of arq worker settings");
    Some(file.sighting(Kind::Worker, target, &class.span, seen))
}

/// One worker for all queues that the project names.
fn rq(makers: &Makers<'_>) -> Option<Sighting> {
    let mut queues: BTreeSet<String> = BTreeSet::new();
    let mut workers = each_file(makers, "rq", |file| {
        let mut worker = None;
        for (qualified, site) in file.outside_calls() {
            let seen = Evidence::new(Sign::Usual, "the project puts jobs on RQ queues");
            let span = &site.call.span;
            if qualified == "rq.Worker" && file.module.main_guard.is_some() {
                worker = Some(file.sighting(Kind::Worker, Target::Module, span, seen));
            } else if qualified == "rq.Queue" && worker.is_none() {
                let target = Target::Command("rq worker".to_owned());
                worker = Some(file.sighting(Kind::Worker, target, span, seen));
            }
        }
        worker
    });
    for path in files_with(makers, makers.installed("rq")?) {
        queues.extend(rq_queues(makers, path));
    }
    let own = workers.iter().rposition(|one| one.target == Target::Module);
    let mut worker = if workers.is_empty() {
        return None;
    } else {
        workers.swap_remove(own.unwrap_or(0))
    };
    worker.extra = match rq_settings(makers) {
        Some(settings) if worker.target != Target::Module => vec!["-c".to_owned(), settings],
        _ => queues.into_iter().collect(),
    };
    Some(worker)
}

/// The module with the settings of RQ's workers: what they listen to, and where.
fn rq_settings(makers: &Makers<'_>) -> Option<String> {
    let framework = makers.installed("rq")?;
    let files = makers.code.runnable().iter().copied();
    let mut fitting = files.filter(|path| {
        let module = makers.code.module(path);
        let sets = |name: &String| {
            module.is_some_and(|module| module.assigned(&Scope::Module, name).is_some())
        };
        // The first says what it is for, and one of the others where that is.
        let mut names = framework.settings.iter();
        names.next().is_some_and(sets) && names.any(sets)
    });
    Some(makers.code.module_name(fitting.next()?).1)
}

/// SAQ's settings: a dictionary of its queue and functions.
fn saq(file: &File<'_, '_>) -> Option<Sighting> {
    let is_settings = |items: &[(Value, Value)]| {
        let mut names = file.framework.settings.iter();
        names.all(|name| items.iter().any(|(key, _)| key.as_str() == Some(name)))
    };
    let mut assigns = file.module.assigns.iter();
    let settings = assigns.find(|assign| match &assign.value {
        Value::Dict(items) => assign.scope == Scope::Module && is_settings(items),
        _ => false,
    })?;
    let target = Target::Object(settings.target.clone());
    let seen = Evidence::new(Sign::Usual, "settings of a SAQ worker");
    Some(file.sighting(Kind::Worker, target, &settings.span, seen))
}

/// The names of the queues that a file puts jobs on.
fn rq_queues(makers: &Makers<'_>, path: &str) -> Vec<String> {
    let calls = makers.code.module(path).map(|module| &module.calls);
    let queues = calls.into_iter().flatten().filter(|site| {
        makers.code.resolve(path, &site.call.callee) == Origin::Outside("rq.Queue".to_owned())
    });
    let names = queues.map(|site| {
        let name = site.call.argument("name", 0).and_then(Value::as_str);
        name.unwrap_or("default").to_owned()
    });
    names.collect()
}

/// One worker for all modules that hold actors.
fn dramatiq(makers: &Makers<'_>) -> Option<Sighting> {
    let workers = each_file(makers, "dramatiq", |file| {
        let mut functions = file.module.functions.iter();
        let actor = functions.find(|function| file.is_marked(&function.decorators))?;
        let seen = Evidence::new(Sign::Usual, "the module holds Dramatiq actors");
        Some(file.sighting(Kind::Worker, Target::Module, &actor.span, seen))
    });
    let mut workers = workers.into_iter();
    let mut worker = workers.next()?;
    worker.extra = workers.map(|other| other.module).collect();
    Some(worker)
}

/// Celery's beat for each Celery application, when the project sets a schedule.
fn beat(makers: &Makers<'_>, found: &[Sighting]) -> Vec<Sighting> {
    let Some(celery) = makers.installed("celery") else {
        return Vec::new();
    };
    let workers: Vec<_> = found.iter().filter(|one| one.framework == celery).collect();
    if workers.is_empty() {
        return Vec::new();
    }
    let mut schedulers = celery.schedulers.keys();
    let scheduler = schedulers.find(|name| makers.has(name));
    let schedule = schedule(makers);
    let reason = match (&schedule, scheduler) {
        (Some(place), _) => format!("a schedule is set at {}", place.location()),
        (None, Some(name)) => format!("{name} is installed"),
        (None, None) => return Vec::new(),
    };
    let beats = workers.into_iter().map(|worker| Sighting {
        kind: Kind::Beat,
        confidence: vec![Evidence::new(Sign::Usual, reason.clone())],
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
fn main_modules(makers: &Makers<'_>) -> Vec<Sighting> {
    let files = makers.code.runnable().iter().copied();
    let mains = files.filter(|path| path.ends_with("/__main__.py"));
    let made = Made {
        kind: Kind::Script,
        framework: Frameworks::embedded().plain(),
        through: Vec::new(),
    };
    let mains = mains.map(|path| {
        let (_, module) = makers.code.module_name(path);
        let module = module.trim_end_matches(".__main__");
        let seen = Evidence::new(Sign::Aside, format!("`python -m {module}` runs it"));
        let mut main = objects::sighting(makers.code, path, Target::Module, &made, &(0..0), seen);
        module.clone_into(&mut main.module);
        main
    });
    mains.collect()
}
