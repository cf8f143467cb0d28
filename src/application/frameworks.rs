//! The libraries that make something runnable, and the calls by which they are known.
//!
//! One row a library: adding one is adding a row (and a variant of [`Framework`]). Constructors
//! are the dotted names under which the libraries' own documentation imports them, and the module
//! that defines them.

use std::collections::BTreeSet;

use pep508_rs::PackageName;

/// What something is to be run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A web application for an ASGI server.
    Asgi,
    /// A web application for a WSGI server.
    Wsgi,
    /// A program that serves by itself: aiohttp, gRPC, Gradio, a script that listens.
    Server,
    /// A command that the package installs, or a module to run.
    Script,
    /// A process that takes jobs from a queue.
    Worker,
    /// A process that puts jobs on a queue at their time.
    Beat,
    /// A one-time step that brings the database up to date.
    Migration,
}

impl Kind {
    /// Whether it answers requests.
    pub fn serves(self) -> bool {
        matches!(self, Self::Asgi | Self::Wsgi | Self::Server)
    }
}

macro_rules! frameworks {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// A library that makes something runnable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is the library of its name")]
        pub enum Framework { $($variant),* }

        impl Framework {
            /// The name that its documentation writes.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

frameworks! {
    FastApi "FastAPI", Starlette "Starlette", Litestar "Litestar", Quart "Quart",
    Sanic "Sanic", BlackSheep "BlackSheep", SocketIo "python-socketio", Channels "Django Channels",
    Django "Django", Flask "Flask", Falcon "Falcon", Bottle "Bottle", Dash "Dash",
    Connexion "Connexion", Mcp "MCP",
    Aiohttp "aiohttp", Tornado "Tornado", Grpc "gRPC", Streamlit "Streamlit", Gradio "Gradio",
    BentoMl "BentoML",
    Celery "Celery", Rq "RQ", Dramatiq "Dramatiq", Arq "arq", Taskiq "Taskiq", Huey "Huey",
    Procrastinate "Procrastinate", FastStream "FastStream",
    Alembic "Alembic", FlaskMigrate "Flask-Migrate", Aerich "Aerich",
    Python "Python",
}

impl Framework {
    /// Whether its tool wants `module.name` and not `module:name`.
    pub fn joins_with_dot(self) -> bool {
        matches!(
            self,
            Self::Arq | Self::Huey | Self::Procrastinate | Self::Aerich
        )
    }

    /// Whether its tool takes the path of a file.
    pub fn runs_by_path(self) -> bool {
        matches!(self, Self::Streamlit | Self::Alembic)
    }
}

/// How one library is known in source.
#[derive(Debug)]
pub struct Row {
    /// The library.
    pub framework: Framework,
    /// What its applications are run as.
    pub kind: Kind,
    /// Distributions, one of which must be installed.
    pub distributions: &'static [&'static str],
    /// The module that is imported: files that do not hold this word are not parsed for it.
    pub module: &'static str,
    /// Calls that make an application, and classes that subclasses of are applications.
    pub constructors: &'static [&'static str],
}

macro_rules! row {
    ($framework:ident $kind:ident $module:literal [$($distribution:literal),*] [$($constructor:literal),*]) => {
        Row {
            framework: Framework::$framework,
            kind: Kind::$kind,
            module: $module,
            distributions: &[$($distribution),*],
            constructors: &[$($constructor),*],
        }
    };
}

/// Every library whose applications are objects made by a call.
pub static OBJECTS: &[Row] = &[
    row!(FastApi Asgi "fastapi" ["fastapi", "fastapi-slim"] ["fastapi.FastAPI", "fastapi.applications.FastAPI"]),
    row!(Litestar Asgi "litestar" ["litestar"] ["litestar.Litestar", "litestar.app.Litestar"]),
    row!(Starlette Asgi "starlette" ["starlette"] ["starlette.applications.Starlette"]),
    row!(Quart Asgi "quart" ["quart"] ["quart.Quart", "quart.app.Quart"]),
    row!(Sanic Server "sanic" ["sanic"] ["sanic.Sanic", "sanic.app.Sanic"]),
    row!(BlackSheep Asgi "blacksheep" ["blacksheep"] ["blacksheep.Application", "blacksheep.server.Application"]),
    row!(SocketIo Asgi "socketio" ["python-socketio"] ["socketio.ASGIApp"]),
    row!(SocketIo Wsgi "socketio" ["python-socketio"] ["socketio.WSGIApp"]),
    row!(Falcon Asgi "falcon" ["falcon"] ["falcon.asgi.App"]),
    row!(Falcon Wsgi "falcon" ["falcon"] ["falcon.App", "falcon.API"]),
    row!(Connexion Asgi "connexion" ["connexion"] ["connexion.AsyncApp", "connexion.FlaskApp", "connexion.App"]),
    row!(Flask Wsgi "flask" ["flask", "apiflask", "flask-openapi3"] ["flask.Flask", "flask.app.Flask", "apiflask.APIFlask", "flask_openapi3.OpenAPI"]),
    row!(Bottle Wsgi "bottle" ["bottle"] ["bottle.Bottle", "bottle.default_app"]),
    row!(Dash Wsgi "dash" ["dash"] ["dash.Dash"]),
    row!(Channels Asgi "channels" ["channels"] ["channels.routing.ProtocolTypeRouter"]),
    row!(Django Asgi "django" ["django"] ["django.core.asgi.get_asgi_application", "django.core.handlers.asgi.ASGIHandler"]),
    row!(Django Wsgi "django" ["django"] ["django.core.wsgi.get_wsgi_application", "django.core.handlers.wsgi.WSGIHandler"]),
    row!(Aiohttp Server "aiohttp" ["aiohttp"] ["aiohttp.web.Application", "aiohttp.web_app.Application"]),
    row!(Tornado Server "tornado" ["tornado"] ["tornado.web.Application"]),
    row!(Mcp Server "mcp" ["mcp", "fastmcp"] ["mcp.server.fastmcp.FastMCP", "mcp.server.FastMCP", "fastmcp.FastMCP"]),
    row!(BentoMl Server "bentoml" ["bentoml"] ["bentoml.Service", "bentoml.legacy.Service"]),
    row!(Gradio Server "gradio" ["gradio"] ["gradio.Blocks", "gradio.Interface", "gradio.ChatInterface", "gradio.TabbedInterface"]),
    row!(Celery Worker "celery" ["celery"] ["celery.Celery", "celery.app.Celery", "celery.app.base.Celery"]),
    row!(Huey Worker "huey" ["huey"] ["huey.RedisHuey", "huey.SqliteHuey", "huey.PriorityRedisHuey", "huey.RedisExpireHuey", "huey.FileHuey", "huey.Huey"]),
    row!(Procrastinate Worker "procrastinate" ["procrastinate"] ["procrastinate.App"]),
    row!(FastStream Worker "faststream" ["faststream"] ["faststream.FastStream", "faststream.app.FastStream"]),
    row!(Taskiq Beat "taskiq" ["taskiq"] ["taskiq.TaskiqScheduler", "taskiq.scheduler.scheduler.TaskiqScheduler"]),
];

/// A library of programs that listen to a chat, and so need no port.
#[derive(Debug)]
pub struct Bot {
    /// The distribution.
    pub distribution: &'static str,
    /// The module that is imported.
    pub module: &'static str,
    /// Whose chat it is.
    pub service: &'static str,
}

macro_rules! bot {
    ($distribution:literal $module:literal $service:literal) => {
        Bot {
            distribution: $distribution,
            module: $module,
            service: $service,
        }
    };
}

/// Libraries for bots, by their own documentation on PyPI.
pub static BOTS: &[Bot] = &[
    bot!("python-telegram-bot" "telegram" "Telegram"),
    bot!("pytelegrambotapi" "telebot" "Telegram"),
    bot!("aiogram" "aiogram" "Telegram"),
    bot!("telethon" "telethon" "Telegram"),
    bot!("pyrogram" "pyrogram" "Telegram"),
    bot!("discord-py" "discord" "Discord"),
    bot!("py-cord" "discord" "Discord"),
    bot!("disnake" "disnake" "Discord"),
    bot!("nextcord" "nextcord" "Discord"),
    bot!("hikari" "hikari" "Discord"),
    bot!("interactions-py" "interactions" "Discord"),
    bot!("discord-py-interactions" "interactions" "Discord"),
    bot!("slack-bolt" "slack_bolt" "Slack"),
    bot!("matrix-nio" "nio" "Matrix"),
    bot!("mautrix" "mautrix" "Matrix"),
    bot!("twitchio" "twitchio" "Twitch"),
    bot!("praw" "praw" "Reddit"),
];

impl Row {
    /// Whether the library is installed.
    pub fn is_installed(&self, closure: &BTreeSet<PackageName>) -> bool {
        self.distributions.iter().any(|name| has(closure, name))
    }

    /// Whether a call of `qualified` makes an application of this library.
    pub fn is_made_by(&self, qualified: &str) -> bool {
        self.constructors.contains(&qualified)
            || (self.framework == Framework::BentoMl && qualified == "bentoml.service")
    }
}

/// Whether the closure holds the distribution of this name.
pub fn has(closure: &BTreeSet<PackageName>, name: &str) -> bool {
    closure.iter().any(|package| package.as_ref() == name)
}

/// Brokers of Taskiq end in this word, and live in many distributions.
pub fn is_taskiq_broker(qualified: &str) -> bool {
    let (module, class) = qualified.rsplit_once('.').unwrap_or(("", qualified));
    module.contains("taskiq") && class.ends_with("Broker")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constructor_lies_in_a_module_whose_word_is_searched_for() {
        for row in OBJECTS {
            assert!(!row.distributions.is_empty());
            for constructor in row.constructors {
                let found = constructor.contains(row.module)
                    || constructor.contains(row.distributions[0])
                    || row
                        .distributions
                        .iter()
                        .any(|name| constructor.starts_with(&name.replace('-', "_")));
                assert!(found, "{constructor}");
            }
        }
    }
}
