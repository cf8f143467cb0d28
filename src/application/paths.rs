//! Paths that source names, as they are in the image: below `/app`, which is the working folder and has the source.
//!
//! Followed are names, `Path`, `os.path`, what is taken from `__file__`, fields of settings and what a variable has by
//! default. Of several values that something may have, from assignments, callers or `return`, the one is taken that is
//! known; of two that are known, none.

mod fields;
mod given;

use super::code::{Code, Origin};
use super::constants::At;
use super::python::{Call, Function, Module, Scope, Value};
use super::settings;
use super::variables::{UNKNOWN, Variable};
use crate::catalog::{Variables, Writes};

/// How many names a path may be passed through.
const DEEPEST: usize = 32;

/// The longest path that is followed.
const LONGEST: usize = 4096;

/// Where the source is.
const APP: &str = "/app";

/// How the home of whoever runs it is written.
const HOME: &str = "~";

/// The folder that a path is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// The application's, which is the working folder too.
    App,
    /// The home of whoever runs it.
    Home,
    /// The one of the system.
    System,
}

/// A path, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// Relative to the working folder, or absolute; [`UNKNOWN`] stands for what only running it tells.
    pub(super) text: String,
    /// Whether it is taken from where the source is.
    pub(super) of_source: bool,
    /// The environment variables that give it or a part of it, each with what it is without.
    pub(super) variables: Vec<(String, String)>,
}

impl Path {
    fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            of_source: false,
            variables: Vec::new(),
        }
    }

    fn map(self, change: impl FnOnce(&str) -> String) -> Self {
        Self {
            text: change(&self.text),
            ..self
        }
    }

    /// The folder around it.
    fn parent(self) -> Self {
        self.map(|text| match text.trim_end_matches('/').rsplit_once('/') {
            Some(("", _)) => "/".to_owned(),
            Some((before, _)) => before.to_owned(),
            None if text.starts_with('/') => text.to_owned(),
            None if text == "." => "..".to_owned(),
            None => ".".to_owned(),
        })
    }

    /// What follows it, as Python joins paths: an absolute one takes its place.
    fn join(self, part: Option<Self>) -> Self {
        let part = part.unwrap_or_else(|| Self::new(UNKNOWN));
        if part.text.starts_with('/') {
            return part;
        }
        let text = format!("{}/{}", self.text.trim_end_matches('/'), part.text);
        self.with(part, text)
    }

    fn with(self, other: Self, text: String) -> Self {
        Self {
            text,
            of_source: self.of_source || other.of_source,
            variables: [self.variables, other.variables].concat(),
        }
    }

    /// Its folders and its file below `/app`, up to what is not known, and whether something is not; `None` where it is
    /// elsewhere.
    pub(super) fn below_app(&self) -> Option<(Vec<&str>, bool)> {
        let (root, parts, is_cut) = self.placed()?;
        (root == Root::App).then_some((parts, is_cut))
    }

    /// The same below whichever folder it is in; `None` where that is not known.
    pub(super) fn placed(&self) -> Option<(Root, Vec<&str>, bool)> {
        let (mut root, inside) = match (self.text.strip_prefix(APP), self.text.strip_prefix(HOME)) {
            (Some(rest), _) if rest.is_empty() || rest.starts_with('/') => (Root::App, rest),
            (_, Some(rest)) if rest.is_empty() || rest.starts_with('/') => (Root::Home, rest),
            // Somebody's home.
            (_, Some(_)) => return None,
            _ if self.text.starts_with('/') => (Root::System, self.text.as_str()),
            _ => (Root::App, self.text.as_str()),
        };
        let mut parts = Vec::new();
        for part in inside.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.pop().is_some() || root == Root::System => {}
                // Above the application's folder is the root of the system.
                ".." if root == Root::App => root = Root::System,
                ".." => return None,
                part if part.contains(UNKNOWN) => return Some((root, parts, true)),
                part => parts.push(part),
            }
        }
        let folder = APP.trim_start_matches('/');
        if root == Root::System && parts.first() == Some(&folder) {
            parts.remove(0);
            root = Root::App;
        }
        Some((root, parts, false))
    }

    /// The name of a file in the working folder of which a part is known: `out_*.wav`.
    pub(super) fn pattern(&self) -> Option<String> {
        let name = self.text.trim_start_matches("./");
        let known = name.chars().filter(|letter| letter.is_alphanumeric());
        let is_name = !name.contains('/') && name.contains(UNKNOWN) && known.count() > 2;
        is_name.then(|| name.replace(UNKNOWN, "*"))
    }
}

/// What finds paths.
#[derive(Clone, Copy)]
pub(super) struct Paths<'a> {
    code: &'a Code<'a>,
    /// The environment variables that the source reads.
    variables: &'a [Variable],
    /// Which of several paths that callers give is taken; none where they have to be one.
    caller: Option<usize>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(code: &'a Code<'a>, variables: &'a [Variable]) -> Self {
        Self {
            code,
            variables,
            caller: None,
        }
    }
}

impl Paths<'_> {
    /// Every path that a value may be, as callers of the functions around it give several.
    pub(super) fn all_of(&self, find: impl Fn(Self) -> Option<Path>) -> Vec<Path> {
        let mut all: Vec<Path> = Vec::new();
        for caller in 0..given::MOST {
            let caller = Some(caller);
            match find(Self { caller, ..*self }) {
                Some(path) if all.iter().all(|one| one.text != path.text) => all.push(path),
                _ => break,
            }
        }
        all
    }

    /// The path that a value is.
    pub(super) fn of(&self, at: At<'_>, value: &Value) -> Option<Path> {
        self.value(at, value, DEEPEST)
    }

    /// The path that a method is called on.
    pub(super) fn of_object(&self, at: At<'_>, call: &Call) -> Option<Path> {
        let (object, _) = call.method()?;
        self.object(at, call, object, DEEPEST)
    }

    fn value(&self, at: At<'_>, value: &Value, left: usize) -> Option<Path> {
        let left = left.checked_sub(1)?;
        let found = match value {
            Value::Str(text) => Some(Path::new(text)),
            Value::Joined(parts) => self.joined(at, parts, left),
            Value::Name(name) => self.named(at, name, left),
            Value::Call(call) => self.called(at, call, left),
            Value::Either(values) => self.either(at, values, left),
            _ => None,
        };
        found.filter(|path| path.text.len() <= LONGEST)
    }

    fn joined(&self, at: At<'_>, parts: &[Value], left: usize) -> Option<Path> {
        let (first, rest) = parts.split_first()?;
        let mut whole = self.value(at, first, left)?;
        for part in rest {
            let part = self.value(at, part, left);
            let part = part.unwrap_or_else(|| Path::new(UNKNOWN));
            let text = whole.text.clone() + &part.text;
            whole = whole.with(part, text);
        }
        Some(whole)
    }

    /// `os.getenv("DATA") or "data"`; of any other choice the only path that is known.
    fn either(&self, at: At<'_>, values: &[Value], left: usize) -> Option<Path> {
        if let [Value::Call(call), otherwise] = values
            && let Some(name) = variable(call).filter(|_| call.argument("default", 1).is_none())
        {
            return Some(of_variable(name, self.value(at, otherwise, left)?));
        }
        self.only(values.iter().map(|value| (at, value)), left)
    }

    fn named(&self, at: At<'_>, name: &str, left: usize) -> Option<Path> {
        if name == "__file__" {
            return self.file(at.path);
        }
        let left = left.checked_sub(1)?;
        if let Some(inner) = name.strip_suffix(".parent") {
            return self.named(at, inner, left).map(Path::parent);
        }
        match name.rsplit_once('.') {
            Some((_, "root_path")) => {
                return Some(self.file(settings::flask(self.code)?)?.parent());
            }
            Some((_, "instance_path")) => return self.instance(),
            _ => {}
        }
        let module = at.code.module(at.path)?;
        let first = name.split('.').next().unwrap_or(name);
        if let Some(field) = name.strip_prefix("self.") {
            let mut assigned = module.assigns_anywhere(name).peekable();
            if assigned.peek().is_none() {
                let class = class_around(module, at.scope)?;
                return self.field(at, class, field, left);
            }
            return self.assigned(at, name, assigned, left);
        }
        let functions = match at.scope {
            Scope::Function(function) => Some(module.functions_named(function)),
            _ => None,
        };
        let mut functions = functions.into_iter().flatten();
        let taking = |one: &&Function| one.parameters.iter().any(|parameter| parameter == first);
        if let Some(function) = functions.find(taking) {
            return self.parameter(at, function, name, left);
        }
        if *at.scope != Scope::Module && module.assigned(at.scope, first).is_some() {
            let assigned = module.assigns_to(at.scope, name);
            return self.assigned(at, name, assigned, left);
        }
        match at.code.resolve_in(at.path, at.scope, name) {
            Origin::Inside { path, name } => self.in_module(&path, &name, left),
            Origin::Outside(_) => None,
        }
    }

    /// Where a Flask application keeps its data: beside its module or package.
    fn instance(&self) -> Option<Path> {
        let file = settings::flask(self.code)?;
        let folder = self.file(file)?.parent();
        let around = if file.ends_with("__init__.py") {
            folder.parent()
        } else {
            folder
        };
        Some(around.join(Some(Path::new("instance"))))
    }

    /// A file of the project, where it is in the image.
    fn file(&self, path: &str) -> Option<Path> {
        let folder = self.code.project();
        let below = path.strip_prefix(folder)?;
        let below = match folder {
            "" => below,
            _ => below.strip_prefix('/')?,
        };
        Some(Path {
            of_source: true,
            ..Path::new(format!("{APP}/{below}"))
        })
    }

    fn in_module(&self, path: &str, name: &str, left: usize) -> Option<Path> {
        let left = left.checked_sub(1)?;
        let at = At {
            code: self.code,
            path,
            scope: &Scope::Module,
        };
        let module = self.code.module(path)?;
        let mut assigned = module.assigns_to(at.scope, name).peekable();
        if assigned.peek().is_some() {
            return self.assigned(at, name, assigned, left);
        }
        if let Some(inner) = name.strip_suffix(".parent") {
            return self.in_module(path, inner, left).map(Path::parent);
        }
        let (first, field) = name.split_once('.')?;
        if module.class(first).is_some() {
            return self.field(at, first, field, left);
        }
        let made = module.assigned(at.scope, first)?;
        let (path, class) = self.class_of(at, made.value.as_call()?, left)?;
        self.field(At { path: &path, ..at }, &class, field, left)
    }

    fn called(&self, at: At<'_>, call: &Call, left: usize) -> Option<Path> {
        if let Some(name) = variable(call) {
            if name == "HOME" {
                return Some(Path::new(HOME));
            }
            let default = self.value(at, call.argument("default", 1)?, left)?;
            return Some(of_variable(name, default));
        }
        if let Some((object, method)) = call.method()
            && let Some(path) = self.method(at, call, object, method, left)
        {
            return Some(path);
        }
        let first = || self.value(at, call.arguments.first()?, left);
        let name = match at.code.resolve_in(at.path, at.scope, &call.callee) {
            Origin::Outside(name) => name,
            Origin::Inside { path, name } => {
                let there = At { path: &path, ..at };
                let returned = self.returned(there, &Scope::Module, &name, left);
                let rooted = || self.rooted(at, call, left);
                let read = || self.read(at, call, left);
                return returned.or_else(rooted).or_else(read);
            }
        };
        match name.as_str() {
            "pathlib.Path"
            | "pathlib.PosixPath"
            | "pathlib.PurePath"
            | "pathlib.PurePosixPath"
            | "anyio.Path"
            | "environ.Path"
            | "os.path.join" => match call.arguments.split_first() {
                Some((first, rest)) => {
                    let first = self.value(at, first, left)?;
                    Some(self.all(at, first, rest, left))
                }
                None => Some(Path::new(".")),
            },
            "os.path.dirname" => first().map(Path::parent),
            "os.path.abspath" | "os.path.realpath" | "os.path.normpath" | "os.path.expanduser"
            | "os.fspath" | "str" => first(),
            "pathlib.Path.home" => Some(Path::new(HOME)),
            "os.getcwd" | "pathlib.Path.cwd" => Some(Path::new(".")),
            "pydantic.Field" | "typer.Option" | "typer.Argument" | "dataclasses.field" => {
                self.described(at, call, left)
            }
            _ => {
                let folder = Writes::embedded().home(&name)?;
                Some(Path::new(format!("{HOME}/{folder}")).join(first()))
            }
        }
    }

    /// `ROOT_DIR("static")`: a path of django-environ is called to join it.
    fn rooted(&self, at: At<'_>, call: &Call, left: usize) -> Option<Path> {
        let is_plain = !call.callee.contains(['.', '(']) && !call.arguments.is_empty();
        let root = is_plain.then(|| self.named(at, &call.callee, left))??;
        let is_root = root.of_source && call.keywords.is_empty();
        is_root.then(|| self.all(at, root, &call.arguments, left))
    }

    fn all(&self, at: At<'_>, first: Path, rest: &[Value], left: usize) -> Path {
        let parts = rest.iter().map(|part| self.value(at, part, left));
        parts.fold(first, Path::join)
    }

    /// What a method of a path gives.
    fn method(
        &self,
        at: At<'_>,
        call: &Call,
        object: &str,
        method: &str,
        left: usize,
    ) -> Option<Path> {
        let path = |object: &str| self.object(at, call, object, left);
        if object == "self" {
            let class = class_around(at.code.module(at.path)?, at.scope)?;
            return self.returned(at, &Scope::Class(class.to_owned()), method, left);
        }
        match method {
            "__truediv__" | "joinpath" | "path" => {
                Some(self.all(at, path(object)?, &call.arguments, left))
            }
            "__get__" | "resolve" | "absolute" | "expanduser" | "as_posix" => path(object),
            "__getitem__" | "get" if settings::is_config(object) => {
                let name = call.arguments.first()?.as_str()?;
                let left = left.checked_sub(1)?;
                settings::only(self.code, name, |at, value| self.value(at, value, left))
            }
            "__getitem__" => {
                let Some(Value::Int(steps)) = call.arguments.first() else {
                    return None;
                };
                let steps = usize::try_from(*steps).ok().filter(|steps| *steps < 16)?;
                let path = path(object.strip_suffix(".parents")?)?;
                Some((0..=steps).fold(path, |path, _| path.parent()))
            }
            // django-environ goes up so: `environ.Path(__file__) - 3`.
            "__sub__" => {
                let Some(Value::Int(steps)) = call.arguments.first() else {
                    return None;
                };
                let steps = usize::try_from(*steps).ok().filter(|steps| *steps < 16)?;
                Some((0..steps).fold(path(object)?, |path, _| path.parent()))
            }
            "with_name" => {
                let name = self.value(at, call.arguments.first()?, left);
                Some(path(object)?.parent().join(name))
            }
            _ => None,
        }
    }

    /// The path that stands before the name of a method: a name, or what a call gives.
    fn object(&self, at: At<'_>, call: &Call, object: &str, left: usize) -> Option<Path> {
        let left = left.checked_sub(1)?;
        let Some(attributes) = object.strip_prefix("()") else {
            return self.named(at, object, left);
        };
        let mut path = self.called(at, call.receiver.as_deref()?, left)?;
        for attribute in attributes.split('.').filter(|name| !name.is_empty()) {
            if attribute != "parent" {
                return None;
            }
            path = path.parent();
        }
        Some(path)
    }
}

/// The class that the function of this scope is a method of.
fn class_around<'m>(module: &'m Module, scope: &Scope) -> Option<&'m str> {
    let Scope::Function(function) = scope else {
        return None;
    };
    let mut classes = module
        .functions_named(function)
        .filter_map(|one| match &one.scope {
            Scope::Class(class) => Some(class.as_str()),
            _ => None,
        });
    classes.next().filter(|_| classes.next().is_none())
}

/// The variable that a call reads.
fn variable(call: &Call) -> Option<&str> {
    Variables::embedded().call(&call.callee)?;
    call.arguments.first()?.as_str()
}

fn of_variable(name: &str, default: Path) -> Path {
    let variable = (name.to_owned(), default.text.clone());
    Path {
        variables: [default.variables, vec![variable]].concat(),
        ..default
    }
}
