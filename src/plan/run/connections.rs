//! How an application is told where its backing services and its database are.
//!
//! Each variable that the source reads and that holds an address gets one that is true in the compose file. Where the
//! source has no address of its own for what it needs, the service is part of the compose file; where it has a SQLite
//! file, that lies in a volume.

mod address;
mod sqlite;

use std::collections::{BTreeMap, BTreeSet};

use address::{host_and_port, is_elsewhere, without_path};

use crate::application::variables::{Unset, Variable};
use crate::catalog::{AddressPart, Service, ServiceKind};
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Result};
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::plan::run::services::{self, Wished};
use crate::plan::{Decision, EnvValue, NeededService, ServiceEnv, VolumePlan};
use crate::profile::{EnvName, Line, Origin};
use crate::rules;

/// What compose tells the application, and what it runs for that.
pub(crate) struct Connections {
    /// Sorted by name.
    pub(crate) env: Vec<ServiceEnv>,
    pub(crate) services: Vec<Decision<NeededService>>,
    pub(crate) volume: Option<Decision<VolumePlan>>,
    pub(crate) findings: Vec<Diagnostic>,
}

/// Decides. Errors: a service that the catalog does not know.
pub(crate) fn connections(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    variables: &[Variable],
) -> Result<Connections> {
    let wished = services::wished(subject, closure)?;
    let search = Search {
        subject,
        closure,
        application,
        kinds: wished.iter().map(|one| one.kind).collect(),
        are_said: services::are_said(subject.profile),
    };
    let told = search.told(variables);
    let there = wished.into_iter().filter_map(|wished| {
        let because = if search.are_said {
            subject.profile.services.origin.to_string()
        } else {
            told.needed.get(&wished.kind)?.clone()
        };
        Some((wished, because))
    });
    let there: Vec<(Wished, String)> = there.collect();
    let untold = there.iter().filter(|(wished, _)| !told.has(wished.kind));
    let untold = untold.map(|(wished, _)| search.untold(wished.kind));
    let open = there.iter();
    let open = open.filter_map(|(wished, _)| search.open_password(wished.kind));
    let findings = untold.chain(open).collect();
    let env = told.env.into_iter().filter_map(|(name, (_, value))| {
        let name: EnvName = name.parse().ok()?;
        Some(ServiceEnv { name, value })
    });
    let services = there.into_iter().map(|(wished, because)| {
        let name = wished.kind.as_str().to_owned();
        let needed = NeededService {
            name,
            image: wished.image,
            is_pinned: wished.is_pinned,
        };
        Decision::new(needed, because)
    });
    Ok(Connections {
        env: env.collect(),
        services: services.collect(),
        volume: told.volume,
        findings,
    })
}

/// What variables are set to, by name, each with the service that it tells of.
type Told = BTreeMap<String, (Option<ServiceKind>, EnvValue)>;

/// What variables say.
#[derive(Default)]
struct Telling {
    env: Told,
    /// The services that the source has no address for, each with why.
    needed: BTreeMap<ServiceKind, String>,
    /// Those whose address the profile itself sets.
    set: BTreeSet<ServiceKind>,
    volume: Option<Decision<VolumePlan>>,
}

impl Telling {
    /// Whether the application is told where a service is.
    fn has(&self, kind: ServiceKind) -> bool {
        let mut told = self.env.values();
        self.set.contains(&kind) || told.any(|(told, _)| *told == Some(kind))
    }
}

/// What a variable holds.
enum Held {
    /// Part of the address of a service.
    Address {
        kind: ServiceKind,
        part: AddressPart,
    },
    /// A SQLite file, and where that lies in the volume.
    Sqlite { value: Line },
}

struct Search<'s> {
    subject: &'s Subject<'s>,
    closure: &'s Closure<'s>,
    application: &'s Application<'s>,
    /// The services that may be meant.
    kinds: Vec<ServiceKind>,
    /// Whether the profile says them.
    are_said: bool,
}

impl Search<'_> {
    /// What the variables of the source are set to. What the profile sets itself is left as it is.
    fn told(&self, variables: &[Variable]) -> Telling {
        let env = &self.subject.profile.env;
        let is_user = |origin: &Origin| origin.of_container_file().is_none();
        let own = env.iter().filter(|(_, said)| is_user(&said.origin));
        let own: Vec<&str> = own.map(|(name, _)| name.as_ref()).collect();
        let is_set = |name: &str| own.contains(&name);
        let mut telling = Telling::default();
        for variable in variables {
            match self.held(variable) {
                Some(Held::Address { kind, .. }) if is_set(&variable.name) => {
                    telling.set.insert(kind);
                }
                Some(Held::Address { kind, part }) => {
                    let row = self.subject.inputs.catalog.services().service(kind);
                    let reason = is_needed(variable, row, part).map(|why| because(variable, why));
                    let given = || services::given(self.subject, &variable.name, kind);
                    let given = given().filter(|_| is_place(part));
                    let run = || services::is_run(self.subject, kind).filter(|_| is_place(part));
                    let reason = reason.or_else(|| Some(because(variable, &given.or_else(run)?)));
                    telling.needed.extend(reason.map(|reason| (kind, reason)));
                    let value = self.value(variable, kind, part);
                    telling
                        .env
                        .insert(variable.name.clone(), (Some(kind), value));
                }
                Some(Held::Sqlite { .. }) if is_set(&variable.name) || self.is_kept(variable) => {}
                Some(Held::Sqlite { value }) => {
                    let why = because(variable, "stands for a file");
                    let volume = || Decision::new(sqlite::volume(), why);
                    telling.volume.get_or_insert_with(volume);
                    let value = EnvValue::Default(value);
                    telling.env.insert(variable.name.clone(), (None, value));
                }
                None => {}
            }
        }
        if self.are_said {
            self.mentioned(&mut telling.env);
            telling.env.retain(|name, _| !is_set(name));
        } else {
            let is_there = |kind: &ServiceKind| telling.needed.contains_key(kind);
            telling
                .env
                .retain(|_, (kind, _)| kind.as_ref().is_none_or(is_there));
        }
        telling
    }

    /// Whether the project's own container has it in a folder that is kept.
    fn is_kept(&self, variable: &Variable) -> bool {
        let mut env = self.subject.profile.env.iter();
        env.any(|(name, said)| {
            let value: &str = said.value.as_ref();
            name.as_ref() == variable.name && (value.starts_with('/') || value.contains(":////"))
        })
    }

    /// What a variable holds, if it holds an address. What the profile says goes before a file that the source has.
    fn held(&self, variable: &Variable) -> Option<Held> {
        if variable.name.split('_').any(|word| word == "TEST") {
            return None;
        }
        let file = || sqlite::file(variable).map(|value| Held::Sqlite { value });
        let service = || self.service(variable);
        if self.are_said {
            service().or_else(file)
        } else {
            file().or_else(service)
        }
    }

    fn service(&self, variable: &Variable) -> Option<Held> {
        let catalog = self.subject.inputs.catalog.services();
        let of = |fits: &dyn Fn(&Service) -> bool| {
            let mut kinds = self.kinds.iter().copied();
            kinds.find(|kind| fits(catalog.service(*kind)))
        };
        let address = |kind: ServiceKind, part| Some(Held::Address { kind, part });
        if let Some((part, engine)) = &variable.part {
            let kind = match engine {
                Some(engine) => of(&|row| row.is_engine(engine)),
                None => self
                    .kinds
                    .iter()
                    .copied()
                    .find(|kind| !catalog.service(*kind).schemes().is_empty()),
            };
            return address(kind?, *part);
        }
        if let Some(joined) = &variable.joined
            && let Some(kind) = self.joined_to(variable, joined.scheme.as_deref())
        {
            return address(kind, joined.part);
        }
        if let Unset::Text(text) = &variable.unset
            && let Some((scheme, rest)) = text.split_once("://")
        {
            if is_elsewhere(rest) {
                return None;
            }
            let family = scheme.split('+').next().unwrap_or(scheme);
            if let Some(kind) = of(&|row| row.schemes().iter().any(|own| own == family)) {
                return address(kind, AddressPart::Url);
            }
        }
        if let Some((_, port, _)) = host_and_port(&variable.unset)
            && let Some(kind) = of(&|row| row.port() == port)
        {
            return address(kind, AddressPart::Host);
        }
        let typed = of(&|row| variable.types.iter().any(|name| row.types().contains(name)));
        if let Some(kind) = typed {
            return address(kind, AddressPart::Url);
        }
        self.by_name(variable)
    }

    /// The service to whose address a variable is joined: by what that begins with, else by a word of its name.
    fn joined_to(&self, variable: &Variable, scheme: Option<&str>) -> Option<ServiceKind> {
        let catalog = self.subject.inputs.catalog.services();
        let family = scheme.map(|scheme| scheme.split('+').next().unwrap_or(scheme));
        let is_plain = family.is_none_or(|family| matches!(family, "http" | "https"));
        // `f"{REDIS_PREFIX}:{key}"` is no address.
        let is_named = family.is_some()
            || catalog
                .part_of(&variable.name)
                .is_some_and(|(_, part)| is_place(part));
        let fits = |kind: &&ServiceKind| {
            let row = catalog.service(**kind);
            let by_scheme = family.is_some_and(|one| row.schemes().iter().any(|own| own == one));
            let mut words = variable.name.split('_');
            by_scheme || is_plain && is_named && words.any(|word| row.names().contains(word))
        };
        let mut fitting = self.kinds.iter().filter(fits);
        let first = fitting.next()?;
        fitting.next().is_none().then_some(*first)
    }

    /// What its name says that a variable holds.
    fn by_name(&self, variable: &Variable) -> Option<Held> {
        let catalog = self.subject.inputs.catalog.services();
        let address = |kind: ServiceKind, part| Some(Held::Address { kind, part });
        // A name that fits several of them tells none: `DATABASE_URL` beside drivers of two databases.
        let only = |fits: &dyn Fn(&Service) -> bool| {
            let fitting = self
                .kinds
                .iter()
                .filter(|kind| fits(catalog.service(**kind)));
            let fitting: Vec<ServiceKind> = fitting.copied().collect();
            <[ServiceKind; 1]>::try_from(fitting)
                .ok()
                .map(|[kind]| kind)
        };
        if let Some(kind) = only(&|row| row.variables().contains(&variable.name)) {
            return address(kind, AddressPart::Url);
        }
        let (before, part) = catalog.part_of(&variable.name)?;
        let name = before.rsplit('_').next()?;
        let kind = only(&|row| row.names().contains(name))?;
        // A service without databases by name, as Redis: what the source takes by itself is right.
        let row = catalog.service(kind);
        let is_own = part == AddressPart::Database && row.variable_of(part).is_none();
        if is_own && variable.unset != Unset::Required {
            return None;
        }
        address(kind, part)
    }

    /// Adds variables that libraries read by themselves, and those whose usual names the source holds in another way.
    fn mentioned(&self, env: &mut Told) {
        let catalog = self.subject.inputs.catalog.services();
        for kind in &self.kinds {
            let row = catalog.service(*kind);
            let mut readers = row.readers().iter();
            let read = readers.find(|(library, _)| self.application.has(library));
            let mut names: Vec<String> = read
                .map(|(_, variable)| variable.clone())
                .into_iter()
                .collect();
            if !env.values().any(|(told, _)| *told == Some(*kind)) {
                let whole = row.names().iter().flat_map(|name| catalog.url_names(name));
                let whole = row.variables().iter().cloned().chain(whole);
                names.extend(whole.filter(|name| self.application.mentions(&[name])));
            }
            for name in names {
                let value = EnvValue::Connection(line(&self.url(row, None)));
                env.entry(name).or_insert((Some(*kind), value));
            }
        }
    }

    /// What a variable is set to.
    fn value(&self, variable: &Variable, kind: ServiceKind, part: AddressPart) -> EnvValue {
        let row = self.subject.inputs.catalog.services().service(kind);
        match part {
            AddressPart::Url => {
                let said = match &variable.unset {
                    Unset::Text(text) => text.split_once("://").map(|(scheme, _)| scheme),
                    _ => None,
                };
                let url = self.url(row, said);
                let is_base = variable.joined.as_ref().is_some_and(|one| one.is_base);
                EnvValue::Connection(line(if is_base { without_path(&url) } else { &url }))
            }
            AddressPart::Host => {
                let whole = host_and_port(&variable.unset).filter(|_| variable.joined.is_none());
                let rest = whole.map(|(_, _, rest)| format!(":{}{rest}", row.port()));
                let host = kind.as_str().to_owned();
                EnvValue::Default(line(&(host + &rest.unwrap_or_default())))
            }
            AddressPart::Port => EnvValue::Default(line(&row.port().to_string())),
            AddressPart::User | AddressPart::Password | AddressPart::Database => {
                let own = row.variable_of(part);
                let value = own.map(|own| (own, default_of(row, own)));
                match value {
                    Some((own, value)) if own == variable.name => EnvValue::Default(line(&value)),
                    Some((own, value)) => {
                        EnvValue::Connection(line(&format!("${{{own}:-{value}}}")))
                    }
                    // Redis has databases by number, and nobody has to log in.
                    None => EnvValue::Default(line(if part == AddressPart::Database {
                        "0"
                    } else {
                        ""
                    })),
                }
            }
        }
    }

    /// The address as a URL; `said` is what the source's own begins with.
    fn url(&self, row: &Service, said: Option<&str>) -> String {
        let mut url = row.connect().to_owned();
        for name in row.environment().keys().chain(row.secrets()) {
            let value = default_of(row, name);
            url = url.replace(&format!("${{{name}}}"), &format!("${{{name}:-{value}}}"));
        }
        let family = |scheme: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
            let first = scheme.split('+').next();
            scheme.chars().all(plain) && row.schemes().iter().any(|own| first == Some(own.as_str()))
        };
        let said = said.filter(|scheme| family(scheme)).map(str::to_owned);
        match (said.or_else(|| self.driver(row)), url.split_once("://")) {
            (Some(scheme), Some((_, rest))) => format!("{scheme}://{rest}"),
            _ => url,
        }
    }

    /// How a URL names the locked driver, where what reads it wants that.
    fn driver(&self, row: &Service) -> Option<String> {
        let catalog = self.subject.inputs.catalog.services();
        let names = || {
            self.closure
                .installed()
                .map(|(_, package, _)| &package.name)
        };
        let consumer = names().find_map(|name: &PackageName| catalog.consumer(name))?;
        let words: Vec<&str> = consumer.asynchronous().iter().map(String::as_str).collect();
        let waits = !self.application.mentions(&words);
        let drivers = names().filter_map(|name| {
            let driver = catalog.driver(name)?;
            let scheme = driver.scheme()?;
            let family = scheme.split('+').next()?;
            let fits = row.schemes().iter().any(|own| own == family);
            fits.then_some((scheme, driver.works(!waits)))
        });
        let drivers: Vec<(&str, bool)> = drivers.collect();
        let fitting = drivers.iter().find(|(_, works)| *works);
        fitting
            .or(drivers.first())
            .map(|(scheme, _)| (*scheme).to_owned())
    }

    /// A service that nothing is told about.
    fn untold(&self, kind: ServiceKind) -> Diagnostic {
        let name = &self.subject.profile.name;
        let port = self.subject.inputs.catalog.services().service(kind).port();
        let kind = kind.as_str();
        let problem = format!("nothing tells the image `{name}` where `{kind}` is");
        Diagnostic::new(rules::UNCONNECTED_SERVICE, problem)
            .with_note("no variable was found in the source that holds its address")
            .with_help(format!(
                "set the variable that the application reads it from, in .env: here it is `{kind}`, port {port}"
            ))
    }

    /// A password that stands in a file.
    fn open_password(&self, kind: ServiceKind) -> Option<Diagnostic> {
        let row = self.subject.inputs.catalog.services().service(kind);
        let first = row.secrets().first()?;
        let kind = kind.as_str();
        let problem = format!(
            "unless the environment of compose has one, the password of `{kind}` stands in compose.yaml"
        );
        Some(
            Diagnostic::new(rules::OPEN_PASSWORD, problem)
                .with_note(if self.subject.profile.development.value {
                    "only this machine can reach it: its port is published here, for development"
                } else {
                    "only the services of that file can reach it: none of its ports is published"
                })
                .with_help(format!(
                    "where it holds something of value, set `{first}` before its first start"
                )),
        )
    }
}

/// Why a service has to be there: the source has no address that holds in a container.
fn is_needed(variable: &Variable, row: &Service, part: AddressPart) -> Option<&'static str> {
    if !is_place(part) {
        return None;
    }
    match &variable.unset {
        Unset::Required => Some("has no default"),
        Unset::Text(text) if is_near(text, row) => Some("has a default that no container reaches"),
        Unset::Text(_) | Unset::Nothing | Unset::Other => None,
    }
}

/// Whether a part says where a service is.
fn is_place(part: AddressPart) -> bool {
    matches!(part, AddressPart::Url | AddressPart::Host)
}

fn because(variable: &Variable, why: &str) -> String {
    format!("{} in {} {why}", variable.name, variable.place.location())
}

/// Whether a default is an address of the service that only the developer's machine reaches. One of another scheme,
/// such as `memory://`, does without the service.
fn is_near(text: &str, row: &Service) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return !is_elsewhere(text);
    };
    let family = scheme.split('+').next();
    row.schemes().iter().any(|own| family == Some(own)) && !is_elsewhere(rest)
}

/// What a variable of a service is set to where nobody says otherwise. Who reaches it is in the same file.
pub(crate) fn default_of(row: &Service, name: &str) -> String {
    let plain = row.environment().get(name);
    plain.map_or_else(|| "change-me".to_owned(), Clone::clone)
}

/// A line of words of the catalog, whose tests read every one, and of names.
fn line(text: &str) -> Line {
    text.parse().expect("it is one line")
}
