//! Paths that source names, as they are in the image: below `/app`, which is the working folder and has the source.
//!
//! Followed are names, `Path`, `os.path`, what is taken from `__file__`, fields of settings and what a variable has by
//! default. What a caller gives, and what is assigned twice, is not known; what callers leave out is what it is by default.

use super::code::{Code, Origin};
use super::constants::At;
use super::python::{Call, Function, Scope, Value};
use super::settings;
use super::variables::{UNKNOWN, Variable};
use crate::catalog::{Variables, Writes};

/// How many names a path may be passed through.
const DEEPEST: usize = 12;

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
            Some((before, _)) => before.to_owned(),
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
        let (root, inside) = match (self.text.strip_prefix(APP), self.text.strip_prefix(HOME)) {
            (Some(rest), _) if rest.starts_with('/') => (Root::App, rest),
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
                ".." => {
                    parts.pop()?;
                }
                part if part.contains(UNKNOWN) => return Some((root, parts, true)),
                part => parts.push(part),
            }
        }
        Some((root, parts, false))
    }
}

/// What finds paths.
#[derive(Clone, Copy)]
pub(super) struct Paths<'a> {
    pub(super) code: &'a Code<'a>,
    /// The environment variables that the source reads.
    pub(super) variables: &'a [Variable],
}

impl Paths<'_> {
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

    /// `os.getenv("DATA") or "data"`. Of any other choice nothing is known.
    fn either(&self, at: At<'_>, values: &[Value], left: usize) -> Option<Path> {
        let [Value::Call(call), otherwise] = values else {
            return None;
        };
        let name = variable(call).filter(|_| call.argument("default", 1).is_none())?;
        Some(of_variable(name, self.value(at, otherwise, left)?))
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
        if name.starts_with("self.") {
            let mut assigned = module.assigns_anywhere(name);
            let only = assigned.next().filter(|_| assigned.next().is_none())?;
            let scope = &only.scope;
            return self.value(At { scope, ..at }, &only.value, left);
        }
        let functions = match at.scope {
            Scope::Function(function) => Some(module.functions_named(function)),
            _ => None,
        };
        let mut functions = functions.into_iter().flatten();
        let taking = |one: &&Function| one.parameters.iter().any(|parameter| parameter == first);
        if let Some(function) = functions.find(taking) {
            return self.by_default(at, function, name, left);
        }
        if *at.scope != Scope::Module && module.assigned(at.scope, first).is_some() {
            let mut assigned = module.assigns_to(at.scope, name);
            let only = assigned.next().filter(|_| assigned.next().is_none())?;
            return self.value(at, &only.value, left);
        }
        match at.code.resolve_in(at.path, at.scope, name) {
            Origin::Inside { path, name } => self.in_module(&path, &name, left),
            Origin::Outside(_) => None,
        }
    }

    /// A parameter that the callers leave out is what it is by default.
    fn by_default(&self, at: At<'_>, function: &Function, name: &str, left: usize) -> Option<Path> {
        let mut defaults = function.defaults.iter();
        let (_, default) = defaults.find(|(parameter, _)| parameter == name)?;
        let mut parameters = function.parameters.iter();
        let index = parameters.position(|parameter| parameter == name)?;
        let words = [function.name.as_str()];
        let files = self.code.runnable().iter();
        let calling = files.filter(|path| self.code.mentions(path, &words));
        let modules = calling.filter_map(|path| self.code.module(path));
        let calls = modules.flat_map(|module| &module.calls);
        let calls = calls.map(|site| &site.call);
        let is_it = |call: &&Call| call.callee.rsplit('.').next() == Some(words[0]);
        let is_given = |call: &Call| call.keyword(name).is_some() || call.arguments.len() > index;
        let mut calls = calls.filter(is_it).peekable();
        calls.peek()?;
        if calls.any(is_given) {
            return None;
        }
        let scope = &Scope::Module;
        self.value(At { scope, ..at }, default, left)
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
        let mut assigned = module.assigns_to(at.scope, name);
        if let Some(only) = assigned.next() {
            assigned.next().is_none().then_some(())?;
            return self.value(at, &only.value, left);
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

    /// The class of this project that a call makes an instance of, and its file.
    fn class_of(&self, at: At<'_>, call: &Call, left: usize) -> Option<(String, String)> {
        let left = left.checked_sub(1)?;
        let Origin::Inside { path, name } = at.code.resolve(at.path, &call.callee) else {
            return None;
        };
        let module = self.code.module(&path)?;
        if module.class(&name).is_some() {
            return Some((path, name));
        }
        let returned = module.function(&name)?.returns.iter();
        let there = At {
            path: &path,
            scope: &Scope::Module,
            ..at
        };
        let mut made = returned.filter_map(Value::as_call);
        made.find_map(|call| self.class_of(there, call, left))
    }

    /// A field of a class, which may be one of settings: then a variable sets it.
    fn field(&self, at: At<'_>, class: &str, field: &str, left: usize) -> Option<Path> {
        let module = self.code.module(at.path)?;
        let scope = Scope::Class(class.to_owned());
        let mut assigned = module.assigns_to(&scope, field);
        let Some(first) = assigned.next() else {
            return self.inherited(at, class, field, left);
        };
        let only = Some(first).filter(|_| assigned.next().is_none())?;
        let inside = At {
            scope: &scope,
            ..at
        };
        let path = self.value(inside, &only.value, left)?;
        let place = at.code.place(at.path, &only.span, "");
        let is_it = |variable: &&Variable| variable.place.is_on_line_of(&place);
        Some(match self.variables.iter().find(is_it) {
            Some(variable) => of_variable(&variable.name, path),
            None => path,
        })
    }

    /// The same field of the first base that has it.
    fn inherited(&self, at: At<'_>, class: &str, field: &str, left: usize) -> Option<Path> {
        let left = left.checked_sub(1)?;
        let module = self.code.module(at.path)?;
        let bases = module.class(class)?.bases.iter();
        let mut bases = bases.filter_map(Value::as_name);
        bases.find_map(|base| {
            // Most lie in the same file, and need not be looked for.
            if module.class(base).is_some() {
                return self.field(at, base, field, left);
            }
            match at.code.resolve(at.path, base) {
                Origin::Inside { path, name } => {
                    self.field(At { path: &path, ..at }, &name, field, left)
                }
                Origin::Outside(_) => None,
            }
        })
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
        let Origin::Outside(name) = at.code.resolve_in(at.path, at.scope, &call.callee) else {
            return self.rooted(at, call, left);
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
            "pydantic.Field" => self.value(at, call.argument("default", 0)?, left),
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
