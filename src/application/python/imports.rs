//! Import statements, and the guards that `try` and `with` put around them.

use std::ops::Range;
use std::sync::Arc;

use ruff_python_ast::{self as ast, ExceptHandler, Expr, Stmt};

use super::value::{self, dotted};
use super::{Binding, Call, Guard, Import, Module, Scope};

/// Where an import stands.
pub(super) struct Around<'a> {
    pub(super) scope: &'a Scope,
    pub(super) guards: &'a Arc<[Guard]>,
}

impl Around<'_> {
    fn import(&self, level: u32, module: &str, names: Vec<String>, span: Range<usize>) -> Import {
        Import {
            level,
            module: module.to_owned(),
            names,
            scope: self.scope.clone(),
            guards: Arc::clone(self.guards),
            is_lazy: false,
            span,
        }
    }
}

/// `import a.b, c as d`.
pub(super) fn plain(module: &mut Module, node: &ast::StmtImport, around: &Around) {
    for alias in &node.names {
        let name = alias.name.as_str();
        let mut import = around.import(0, name, Vec::new(), alias.range.into());
        import.is_lazy = node.is_lazy;
        module.imports.push(import);
        let first = name.split('.').next().unwrap_or(name);
        let (bound, target) = match &alias.asname {
            Some(asname) => (asname.as_str(), name),
            None => (first, first),
        };
        module.bind(around.scope, bound, 0, target, None);
    }
}

/// `from .a import b as c`.
pub(super) fn from(module: &mut Module, node: &ast::StmtImportFrom, around: &Around) {
    let from = node.module.as_ref().map_or("", |name| name.as_str());
    let names = node.names.iter().map(|alias| alias.name.to_string());
    let mut import = around.import(node.level, from, names.collect(), node.range.into());
    import.is_lazy = node.is_lazy;
    module.imports.push(import);
    for alias in &node.names {
        let bound = alias.asname.as_ref().unwrap_or(&alias.name);
        let name = Some(alias.name.as_str());
        module.bind(around.scope, bound.as_str(), node.level, from, name);
    }
}

/// `importlib.import_module("a.b")` and `__import__("a.b")`, when the name is written out.
pub(super) fn dynamic(module: &mut Module, call: &Call, around: &Around) {
    let last = call.callee.rsplit('.').next().unwrap_or_default();
    let name = call.arguments.first().and_then(|first| first.as_str());
    if let ("import_module" | "__import__", Some(name)) = (last, name) {
        let relative = name.len() - name.trim_start_matches('.').len();
        if relative == 0 && !name.is_empty() {
            let import = around.import(0, name, Vec::new(), call.span.clone());
            module.imports.push(import);
        }
    }
}

impl Module {
    fn bind(&mut self, scope: &Scope, bound: &str, level: u32, module: &str, name: Option<&str>) {
        let binding = Binding {
            level,
            module: module.to_owned(),
            name: name.map(str::to_owned),
            is_local: matches!(scope, Scope::Function(_)),
        };
        if let Scope::Function(function) = scope {
            let key = (function.clone(), bound.to_owned());
            self.local.entry(key).or_insert_with(|| binding.clone());
        }
        let known = self.bindings.get(bound);
        if known.is_none_or(|known| known.is_local && !binding.is_local) {
            self.bindings.insert(bound.to_owned(), binding);
        }
    }
}

/// Whether some handler of this `try` lets the program go on after a failed import.
pub(super) fn catches_import_error(node: &ast::StmtTry) -> bool {
    node.handlers.iter().any(|handler| {
        let ExceptHandler::ExceptHandler(handler) = handler;
        handles_import_error(handler.type_.as_deref()) && !ends_badly(&handler.body)
    })
}

/// Whether some handler of this `try` ends the program's way with words of its own after a failed import. One for any
/// exception says so only where nothing but imports can fail.
pub(super) fn explains_import_error(node: &ast::StmtTry) -> bool {
    let imports_alone = node
        .body
        .iter()
        .all(|statement| matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)));
    node.handlers.iter().any(|handler| {
        let ExceptHandler::ExceptHandler(handler) = handler;
        let is_raise = |statement: &Stmt| match statement {
            Stmt::Raise(raised) => raised.exc.is_some(),
            _ => ends_badly(std::slice::from_ref(statement)),
        };
        let catches = match handler.type_.as_deref() {
            Some(one) if imports_alone => handles_import_error(Some(one)),
            Some(one) => is_import_error(one),
            None => imports_alone,
        };
        catches && handler.body.iter().any(is_raise)
    })
}

/// `ImportError`, or the narrower one, alone or among others.
fn is_import_error(exception: &Expr) -> bool {
    if let Expr::Tuple(tuple) = exception {
        return tuple.elts.iter().any(is_import_error);
    }
    let name = dotted(exception).unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    ["ImportError", "ModuleNotFoundError"].contains(&last)
}

/// Whether a handler for this exception is entered when an import fails.
pub(super) fn handles_import_error(exception: Option<&Expr>) -> bool {
    let Some(exception) = exception else {
        return true;
    };
    if let Expr::Tuple(tuple) = exception {
        return tuple.elts.iter().any(|one| handles_import_error(Some(one)));
    }
    let name = dotted(exception).unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    [
        "ImportError",
        "ModuleNotFoundError",
        "Exception",
        "BaseException",
    ]
    .contains(&last)
}

fn ends_badly(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Raise(_) => true,
        Stmt::Expr(expression) => match &*expression.value {
            Expr::Call(call) => {
                let callee = value::call(call).callee;
                ["exit", "quit", "sys.exit", "os._exit", "pytest.skip"].contains(&callee.as_str())
            }
            _ => false,
        },
        _ => false,
    })
}

/// `with contextlib.suppress(ImportError)`.
/// Whether errors in it are passed over: `with suppress(KeyError):`.
pub(super) fn suppresses(node: &ast::StmtWith) -> bool {
    let mut items = node.items.iter();
    items.any(|item| {
        let call = item.context_expr.as_call_expr();
        call.is_some_and(|call| value::call(call).callee.ends_with("suppress"))
    })
}

pub(super) fn suppresses_import_error(node: &ast::StmtWith) -> bool {
    node.items.iter().any(|item| match &item.context_expr {
        Expr::Call(call) => {
            let callee = value::call(call).callee;
            callee.ends_with("suppress")
                && call
                    .arguments
                    .args
                    .iter()
                    .any(|one| handles_import_error(Some(one)))
        }
        _ => false,
    })
}

/// Whether some statement of a body imports something.
pub(super) fn any(body: &[Stmt]) -> bool {
    body.iter()
        .any(|statement| matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)))
}

/// The modules that the statements of a `try` body import, and the names that they set.
pub(super) fn imported_and_set(body: &[Stmt]) -> (Vec<String>, Vec<String>) {
    let (mut imported, mut set) = (Vec::new(), Vec::new());
    for statement in body {
        match statement {
            Stmt::Import(node) => {
                imported.extend(node.names.iter().map(|alias| alias.name.to_string()));
            }
            Stmt::ImportFrom(node) if node.level == 0 => {
                imported.extend(node.module.as_ref().map(ToString::to_string));
            }
            Stmt::Assign(node) => set.extend(node.targets.iter().filter_map(dotted)),
            Stmt::AnnAssign(node) => set.extend(dotted(&node.target)),
            _ => {}
        }
    }
    (imported, set)
}
