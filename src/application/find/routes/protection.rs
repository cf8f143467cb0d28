//! What a route answers and to whom. Some are not for everybody: whoever is not known gets 401 or 403, from an application that works.

use crate::application::python::{Call, Function, Value};
use crate::catalog::Frameworks;

/// How deep a name is looked for in a value.
const DEEPEST: usize = 4;

/// Whether the route answers GET.
pub(super) fn allows_get(call: &Call) -> bool {
    call.keyword("methods").is_none_or(|methods| {
        let methods = methods.strings();
        methods.is_empty()
            || methods
                .iter()
                .any(|method| method.eq_ignore_ascii_case("get"))
    })
}

/// Whether something is demanded of a caller: `dependencies=[Depends(verify)]` is how FastAPI's routes, routers and
/// applications ask for a login, `guards=[..]` how Litestar's do, `middleware=[Middleware(Authentication)]` Starlette's.
pub(super) fn demands(call: &Call) -> bool {
    let lists = ["dependencies", "guards"].into_iter();
    let mut lists = lists.filter_map(|name| call.keyword(name));
    let is_given = |value: &Value| !matches!(value, Value::List(items) if items.is_empty());
    let is_asked = |value: &Value| names(value, DEEPEST).any(asks);
    lists.any(is_given) || call.keyword("middleware").is_some_and(is_asked)
}

/// Whether a handler answers nobody who says no more than the path: FastAPI takes what is typed as a plain value, and has
/// no default, from the query.
pub(super) fn wants(function: &Function) -> bool {
    if function.types.len() != function.parameters.len() {
        return false;
    }
    let plain = Frameworks::embedded().usual("query-types");
    let has_default = |name: &String| function.defaults.iter().any(|(known, _)| known == name);
    let mut typed = function.parameters.iter().zip(&function.types);
    typed.any(|(name, kind)| {
        let kind = kind.as_name().map(last);
        kind.is_some_and(|kind| plain.iter().any(|one| one == kind)) && !has_default(name)
    })
}

/// Whether a handler is only for those who are known, by its decorators or by what is given to it.
pub(super) fn of(function: &Function) -> bool {
    let given = function.defaults.iter().map(|(_, value)| value);
    let given = given.chain(&function.types).filter(|value| {
        let mut names = names(value, DEEPEST);
        names.any(|name| matches!(last(name), "Depends" | "Security"))
    });
    let mut asked = function.decorators.iter().chain(given);
    asked.any(|value| names(value, DEEPEST).any(asks))
}

/// What a function is asked for all routes of: `@app.before_request def require_login()`.
pub(super) fn asked_before(function: &Function) -> Option<&str> {
    if !asks(&function.name) {
        return None;
    }
    let mut decorators = function.decorators.iter().filter_map(|value| match value {
        Value::Call(call) => call.method(),
        Value::Name(name) => name.rsplit_once('.'),
        _ => None,
    });
    let hooks = [
        "before_request",
        "before_app_request",
        "middleware",
        "on_request",
    ];
    let found = decorators.find(|(_, method)| hooks.contains(method))?;
    Some(found.0)
}

/// What is protected by a call: `app.add_middleware(AuthenticationMiddleware)`.
pub(super) fn added(call: &Call) -> Option<&str> {
    let (receiver, method) = call.method()?;
    let added = call.argument("middleware_class", 0)?;
    (method == "add_middleware" && names(added, DEEPEST).any(asks)).then_some(receiver)
}

/// Whether a name says that somebody has to be known.
fn asks(name: &str) -> bool {
    let name = last(name).to_lowercase().replace('_', "");
    let mut words = Frameworks::embedded().usual("protection").iter();
    words.any(|word| name.contains(word.as_str()))
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The names in a value, those of its calls and their arguments.
fn names(value: &Value, left: usize) -> Box<dyn Iterator<Item = &str> + '_> {
    let Some(left) = left.checked_sub(1) else {
        return Box::new(std::iter::empty());
    };
    match value {
        Value::Name(name) => Box::new(std::iter::once(name.as_str())),
        Value::List(items) => Box::new(items.iter().flat_map(move |item| names(item, left))),
        Value::Call(call) => {
            let keywords = call.keywords.iter().map(|(_, value)| value);
            let given = call.arguments.iter().chain(keywords);
            let receiver = call.receiver.iter().map(|call| call.callee.as_str());
            Box::new(
                std::iter::once(call.callee.as_str())
                    .chain(receiver)
                    .chain(given.flat_map(move |item| names(item, left))),
            )
        }
        _ => Box::new(std::iter::empty()),
    }
}
