//! Routers, includes and routes, read from the source of every framework that dfgen knows.

use super::graph::{Graph, Include, Made, Node, Owner, Route};
use super::protection;
use crate::application::code::Origin;
use crate::application::constants::{self, At};
use crate::application::find::made::Makers;
use crate::application::python::{Assign, Call, Function, Module, Scope, Value};
use crate::catalog::Frameworks;

/// Reads all files that may matter.
pub(super) fn graph(makers: &Makers<'_>, files: &[String]) -> Graph {
    let mut graph = Graph::default();
    let words = super::words();
    for path in files {
        if !super::may_matter(makers, path, &words) {
            continue;
        }
        if let Some(module) = makers.code.module(path) {
            let mut reader = Reader {
                makers,
                path,
                module,
                mounts: mounts(module),
                graph: &mut graph,
            };
            reader.read();
        }
    }
    django_root(makers, &mut graph);
    graph
}

/// Only the URL configuration that the settings name is served; all of them when none does.
fn django_root(makers: &Makers<'_>, graph: &mut Graph) {
    let files = makers.code.runnable().iter().copied();
    let settings = files.filter(|path| makers.code.mentions(path, &["ROOT_URLCONF"]));
    let mut roots = Vec::new();
    for path in settings {
        let module = makers.code.module(path);
        let assign = module.and_then(|module| module.assigned(&Scope::Module, "ROOT_URLCONF"));
        let name = assign.and_then(|assign| assign.value.as_str());
        roots.extend(
            name.and_then(|name| makers.code.locate(path, name))
                .map(|found| found.path),
        );
    }
    let owners = graph.routes.iter().filter_map(|route| match &route.owner {
        Owner::Node(node) if node.name == "urlpatterns" => Some(node.clone()),
        _ => None,
    });
    let others: Vec<Node> = owners.filter(|node| !roots.contains(&node.path)).collect();
    if !roots.is_empty() {
        let routers = others
            .into_iter()
            .map(|node| (node, Made::Router(Some(String::new()))));
        graph.made.extend(routers);
    }
}

/// The calls that put one application below a path of another.
fn mounts(module: &Module) -> Vec<&Call> {
    let calls = module.calls.iter().map(|site| &site.call);
    calls
        .filter(|call| call.callee.rsplit('.').next() == Some("Mount"))
        .collect()
}

struct Reader<'r, 'a> {
    makers: &'r Makers<'a>,
    path: &'r str,
    module: &'r Module,
    mounts: Vec<&'r Call>,
    graph: &'r mut Graph,
}

impl<'r> Reader<'r, '_> {
    fn read(&mut self) {
        for assign in &self.module.assigns {
            self.made(assign);
        }
        for class in &self.module.classes {
            self.controller(&class.name);
        }
        for function in &self.module.functions {
            self.decorated(function);
        }
        for site in &self.module.calls {
            self.called(&site.call, &site.scope);
        }
    }

    fn text(&self, scope: &Scope, value: &Value) -> Option<String> {
        constants::text(
            At {
                code: self.makers.code,
                path: self.path,
                scope,
            },
            value,
        )
    }

    /// The prefix that an argument gives: empty when there is none, `None` when it is unknown.
    fn prefix(&self, scope: &Scope, value: Option<&Value>) -> Option<String> {
        value.map_or(Some(String::new()), |value| self.text(scope, value))
    }

    fn node(&self, scope: &Scope, name: &str) -> Node {
        let function = match scope {
            Scope::Function(function) => Some(function.clone()),
            _ => None,
        };
        Node {
            path: self.path.to_owned(),
            function,
            name: name.to_owned(),
        }
    }

    /// What a name in this scope stands for: a local, something of a module, or unknown.
    fn owner(&self, scope: &Scope, name: &str) -> Owner {
        // aiohttp's `app.router` and Django's `router.urls` stand for the thing before the dot.
        let before = [".router", ".urls"]
            .into_iter()
            .find_map(|end| name.strip_suffix(end));
        match (self.exact_owner(scope, name), before) {
            (Owner::Anyone, Some(before)) => self.exact_owner(scope, before),
            (owner, _) => owner,
        }
    }

    fn exact_owner(&self, scope: &Scope, name: &str) -> Owner {
        if matches!(scope, Scope::Function(_)) && self.module.assigned(scope, name).is_some() {
            return Owner::Node(self.node(scope, name));
        }
        match self.makers.code.resolve(self.path, name) {
            Origin::Inside { path, name } if self.is_global(&path, &name) => Owner::Node(Node {
                path,
                function: None,
                name,
            }),
            _ => Owner::Anyone,
        }
    }

    fn is_global(&self, path: &str, name: &str) -> bool {
        self.makers
            .code
            .module(path)
            .is_some_and(|module| module.defines(name))
    }

    fn made(&mut self, assign: &Assign) {
        let node = self.node(&assign.scope, &assign.target);
        let made = match &assign.value {
            Value::Call(call) => self.made_by(assign, call),
            // Lists of Starlette or Django routes stand for themselves until something mounts them.
            Value::List(_) | Value::Joined(_) => None,
            _ => return,
        };
        let Some(made) = made else {
            return;
        };
        if assign.value.as_call().is_some_and(protection::demands) {
            self.graph.protected.insert(node.clone());
        }
        self.graph.made.entry(node).or_insert(made);
    }

    fn made_by(&mut self, assign: &Assign, call: &Call) -> Option<Made> {
        if self
            .makers
            .made(self.path, &assign.scope, &assign.value)
            .is_some()
        {
            self.passed(assign, call);
            return Some(Made::Application);
        }
        let last = call.callee.rsplit('.').next()?;
        let mut routers = Frameworks::embedded().routers().iter();
        let (_, keyword) = routers.find(|(name, _)| last.ends_with(name.as_str()))?;
        Some(Made::Router(
            self.prefix(&assign.scope, call.keyword(keyword)),
        ))
    }

    /// `create_app(router=api)`, where that function includes its parameter `router`.
    fn passed(&mut self, assign: &Assign, call: &Call) {
        let Origin::Inside { path, name } = self.makers.code.resolve(self.path, &call.callee)
        else {
            return;
        };
        let module = self.makers.code.module(&path);
        let inner = Scope::Function(name);
        for site in module
            .into_iter()
            .flat_map(|module| module.calls_in(&inner))
        {
            let taken = site.call.arguments.first().and_then(Value::as_name);
            let given = taken.and_then(|parameter| call.keyword(parameter)?.as_name());
            let known = site
                .call
                .method()
                .and_then(|(_, method)| Frameworks::embedded().includes().get(method));
            let (Some(given), Some(keyword)) = (given, known) else {
                continue;
            };
            let at = At {
                code: self.makers.code,
                path: &path,
                scope: &inner,
            };
            let prefix = site.call.keyword(keyword);
            let include = Include {
                parent: Owner::Node(self.node(&assign.scope, &assign.target)),
                prefix: prefix.map_or(Some(String::new()), |value| constants::text(at, value)),
                replaces: false,
                is_protected: false,
            };
            self.include(&assign.scope, given, include);
        }
    }

    /// A Litestar controller is a router made by a class with a `path`.
    fn controller(&mut self, class: &str) {
        let scope = Scope::Class(class.to_owned());
        if let Some(assign) = self.module.assigned(&scope, "path") {
            let prefix = self.text(&scope, &assign.value);
            let node = self.node(&Scope::Module, class);
            self.graph.made.insert(node, Made::Router(prefix));
        }
    }

    fn decorated(&mut self, function: &'r Function) {
        if let Some(receiver) = protection::asked_before(function) {
            self.protect(&function.scope, receiver);
        }
        for call in function.decorators.iter().filter_map(Value::as_call) {
            let Some((receiver, method)) = call.method() else {
                self.bare_handler(function, call);
                continue;
            };
            let answers = protection::allows_get(call) && !protection::wants(function);
            if Frameworks::embedded().declares(method) && answers {
                let owner = self.owner(&function.scope, receiver);
                self.route(owner, &function.scope, call, protection::of(function));
            }
        }
    }

    /// Litestar's `@get("/health")`: the function itself is what gets included.
    fn bare_handler(&mut self, function: &'r Function, call: &'r Call) {
        let resolved = self.makers.code.resolve(self.path, &call.callee);
        let is_get = matches!(resolved, Origin::Outside(name) if name.starts_with("litestar") && name.ends_with("get"));
        if !is_get {
            return;
        }
        let owner = match &function.scope {
            Scope::Class(class) => Owner::Node(self.node(&Scope::Module, class)),
            _ => Owner::Node(self.node(&Scope::Module, &function.name)),
        };
        if let Owner::Node(node) = &owner {
            self.graph
                .made
                .entry(node.clone())
                .or_insert(Made::Router(Some(String::new())));
        }
        if !protection::wants(function) {
            self.route(owner, &Scope::Module, call, protection::of(function));
        }
    }

    /// All routes of what has this name.
    fn protect(&mut self, scope: &Scope, name: &str) {
        if let Owner::Node(node) = self.owner(scope, name) {
            self.graph.protected.insert(node);
        }
    }

    fn route(&mut self, owner: Owner, scope: &Scope, call: &Call, is_protected: bool) {
        let argument = call.arguments.first();
        let argument = argument
            .or_else(|| call.keyword("path"))
            .or_else(|| call.keyword("rule"));
        if let Some(path) = self.prefix(scope, argument) {
            self.declare(owner, path, call, is_protected);
        }
    }

    /// The path among the arguments of `add_route(…)`. Before it or behind it may stand a name (Pyramid, Flask), a
    /// method (aiohttp) or the handler (Sanic): of several texts it is the one that begins as a path does.
    fn added(&mut self, owner: Owner, scope: &Scope, call: &Call) {
        let named = ["path", "pattern", "rule", "uri"];
        let named = named.into_iter().filter_map(|name| call.keyword(name));
        let values = call.arguments.iter().take(2).chain(named);
        let texts: Vec<Option<String>> = values.map(|value| self.text(scope, value)).collect();
        let is_path = |text: &&String| text.starts_with('/');
        let path = texts.iter().flatten().find(is_path);
        let alone = match texts.iter().flatten().count() {
            1 => texts[0].as_ref(),
            _ => None,
        };
        if let Some(path) = path.or(alone).cloned() {
            self.declare(owner, path, call, false);
        }
    }

    fn declare(&mut self, owner: Owner, path: String, call: &Call, is_protected: bool) {
        self.graph.routes.push(Route {
            owner,
            path,
            file: self.path.to_owned(),
            span: call.span.clone(),
            is_protected: is_protected || protection::demands(call),
        });
    }

    fn called(&mut self, call: &'r Call, scope: &Scope) {
        let last = call.callee.rsplit('.').next().unwrap_or_default();
        match (call.method(), last) {
            (Some((receiver, method)), _) if is_declaring_call(method) => {
                let owner = self.owner(scope, receiver);
                self.added(owner, scope, call);
            }
            (Some(("web", "get")), _) | (_, "Route" | "path" | "re_path" | "url") => {
                self.listed(call, scope);
            }
            _ => {}
        }
        if let Some(receiver) = protection::added(call) {
            self.protect(scope, receiver);
        }
        self.included(call, scope);
        for handlers in [call.keyword("route_handlers"), call.keyword("routes")]
            .into_iter()
            .flatten()
        {
            self.handlers(call, scope, handlers);
        }
    }

    /// `Route("/health", …)` and Django's `path("health/", …)`: a member of the list around it.
    fn listed(&mut self, call: &'r Call, scope: &Scope) {
        let owner = self.list_around(call, scope);
        let Some(text) = call
            .arguments
            .first()
            .and_then(|value| self.text(scope, value))
        else {
            return;
        };
        let text = text.trim_start_matches('^').trim_end_matches('$');
        let text = super::join_paths(&self.mounts_around(call, scope), text);
        let included = call.arguments.get(1).and_then(Value::as_call);
        let included = included.filter(|inner| inner.callee.rsplit('.').next() == Some("include"));
        if let Some(inner) = included {
            self.django_include(owner, &text, inner, call);
            return;
        }
        self.declare(owner, text, call, false);
    }

    /// The list at module level that the call is a part of, with the prefixes of mounts in between.
    fn list_around(&self, call: &Call, scope: &Scope) -> Owner {
        let mut assigns = self
            .module
            .assigns
            .iter()
            .filter(|assign| assign.scope == *scope);
        let around = assigns.find(|assign| {
            assign.span.start <= call.span.start && call.span.end <= assign.span.end
        });
        around.map_or(Owner::Anyone, |assign| {
            Owner::Node(self.node(scope, &assign.target))
        })
    }

    /// The paths of all `Mount(…)` calls that the call is written in, outermost first.
    fn mounts_around(&self, call: &Call, scope: &Scope) -> String {
        let mounts = self.mounts.iter().filter(|mount| {
            let (outer, inner) = (&mount.span, &call.span);
            outer.start < inner.start && inner.end < outer.end
        });
        let prefixes = mounts.filter_map(|mount| self.text(scope, mount.argument("path", 0)?));
        prefixes.fold(String::new(), |whole, prefix| {
            super::join_paths(&whole, &prefix)
        })
    }

    /// `path("api/", include("shop.urls"))`; what another distribution includes is a route itself.
    fn django_include(&mut self, parent: Owner, prefix: &str, inner: &Call, call: &Call) {
        let Some(argument) = inner.arguments.first() else {
            return;
        };
        let named = argument.flatten().into_iter().find_map(Value::as_str);
        let located = named.and_then(|name| self.makers.code.locate(self.path, name));
        let child = match (located, argument) {
            (Some(located), _) => Some(Node {
                path: located.path,
                function: None,
                name: "urlpatterns".to_owned(),
            }),
            (None, Value::Name(name)) => match self.owner(&Scope::Module, name) {
                Owner::Node(node) => Some(node),
                Owner::Anyone => None,
            },
            (None, _) => None,
        };
        if let Some(child) = child {
            let include = Include {
                parent,
                prefix: Some(prefix.to_owned()),
                replaces: false,
                is_protected: false,
            };
            self.graph.includes.entry(child).or_default().push(include);
        } else if named.is_some_and(|name| name.starts_with("health_check")) {
            self.declare(parent, prefix.to_owned(), call, false);
        }
    }

    fn included(&mut self, call: &'r Call, scope: &Scope) {
        let Some((receiver, method)) = call.method().or(Some(("", call.callee.as_str()))) else {
            return;
        };
        let (child, prefix) = match method {
            "mount" | "Mount" | "add_subapp" => {
                let app = call.argument("app", 1).or_else(|| call.keyword("routes"));
                (app, self.prefix(scope, call.argument("path", 0)))
            }
            _ => match Frameworks::embedded().includes().get(method) {
                Some(keyword) => (
                    call.arguments.first(),
                    self.prefix(scope, call.keyword(keyword)),
                ),
                _ => return,
            },
        };
        let parent = if receiver.is_empty() {
            self.list_around(call, scope)
        } else {
            self.owner(scope, receiver)
        };
        let replaces = method == "register_blueprint" && call.keyword("url_prefix").is_some();
        for name in child
            .into_iter()
            .flat_map(Value::flatten)
            .filter_map(Value::as_name)
        {
            self.include(
                scope,
                name,
                Include {
                    parent: parent.clone(),
                    prefix: prefix.clone(),
                    replaces,
                    is_protected: protection::demands(call),
                },
            );
        }
    }

    fn include(&mut self, scope: &Scope, name: &str, include: Include) {
        if let Owner::Node(child) = self.owner(scope, name) {
            let itself = Owner::Node(child.clone()) == include.parent;
            if !itself {
                self.graph.includes.entry(child).or_default().push(include);
            }
        }
    }

    /// `Litestar(route_handlers=[…])`, `Router(path=…, route_handlers=[…])`, `Starlette(routes=…)`.
    fn handlers(&mut self, call: &'r Call, scope: &Scope, handlers: &'r Value) {
        let last = call.callee.rsplit('.').next().unwrap_or_default();
        let prefix = if last == "Mount" {
            self.prefix(scope, call.argument("path", 0))
        } else {
            Some(String::new())
        };
        let parent = self.list_around(call, scope);
        for name in handlers.flatten().into_iter().filter_map(Value::as_name) {
            self.include(
                scope,
                name,
                Include {
                    parent: parent.clone(),
                    prefix: prefix.clone(),
                    replaces: false,
                    is_protected: protection::demands(call),
                },
            );
        }
    }
}

/// Calls such as `app.add_api_route("/health", …)`, whose names cannot be anything else.
fn is_declaring_call(method: &str) -> bool {
    method.starts_with("add_") && Frameworks::embedded().declares(method)
}
