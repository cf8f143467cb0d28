//! From the parser's tree to the summary: one walk over the statements, keeping track of the code
//! that runs them (the scope) and of what stands around them (the guards).

use std::collections::BTreeMap;
use std::sync::Arc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, AnyNodeRef, ExceptHandler, Expr, PySourceType, Stmt};
use ruff_text_size::Ranged;

use super::condition::{self, Condition, Guard};
use super::imports::{self, Around};
use super::index::Index;
use super::value::{self, Value, dotted};
use super::{Annotated, Assign, CallSite, Class, Function, Item, Join, Module, Scope, depth};

/// Bytes of stack for one node inside another, in a build without optimizations: 1,500 are enough for every test of it.
const STACK_OF_NODE: usize = 4 * 1024;

/// Bytes of stack beside that.
const STACK: usize = 256 * 1024;

/// How many tests of an `if` and its `elif`s are kept apart; the others are taken to be unknown.
const MOST_TESTS: usize = 64;

/// Reads a file. The parser itself takes stack as it needs it; so do the walk over its tree and the end of it.
pub(super) fn module(text: &str) -> Module {
    if depth::foretold(text) > depth::DEEPEST {
        return Module {
            unread: true,
            ..Module::default()
        };
    }
    let parsed = ruff_python_parser::parse_unchecked_source(text, PySourceType::Python);
    let depth = depth::of(AnyNodeRef::from(parsed.syntax()));
    let stack = STACK + depth * STACK_OF_NODE;
    stacker::maybe_grow(stack, stack, move || {
        let mut lower = Lower::default();
        lower.block(parsed.suite());
        lower.module.index = Index::of(&lower.module);
        lower.module
    })
}

#[derive(Default)]
struct Lower {
    module: Module,
    scopes: Vec<Scope>,
    guards: Arc<[Guard]>,
    /// Names that tell whether modules could be imported, and those modules.
    flags: BTreeMap<String, Arc<[String]>>,
}

impl Lower {
    fn scope(&self) -> Scope {
        self.scopes.last().cloned().unwrap_or(Scope::Module)
    }

    fn block(&mut self, body: &[Stmt]) {
        for statement in body {
            self.visit_stmt(statement);
        }
    }

    fn scoped(&mut self, scope: Scope, body: &[Stmt]) {
        self.scopes.push(scope);
        self.block(body);
        self.scopes.pop();
    }

    fn guarded(&mut self, guard: Option<Guard>, body: &[Stmt]) {
        let Some(guard) = guard else {
            return self.block(body);
        };
        let guards = self.guards.iter().cloned().chain([guard]).collect();
        let around = std::mem::replace(&mut self.guards, guards);
        self.block(body);
        self.guards = around;
    }

    fn under(&mut self, condition: Condition, body: &[Stmt]) {
        self.open(body);
        self.guarded(Some(Guard::If(Arc::new(condition))), body);
    }

    fn import(&mut self, add: impl FnOnce(&mut Module, &Around)) {
        let scope = self.scope();
        let around = Around {
            scope: &scope,
            guards: &self.guards,
        };
        add(&mut self.module, &around);
    }

    fn assign(&mut self, target: &Expr, value: &Expr) {
        self.set_flag(target, value);
        let start = usize::from(ruff_text_size::Ranged::start(target));
        let end = usize::from(ruff_text_size::Ranged::end(value));
        if let Some((object, key)) = value::item(target) {
            self.module.items.push(Item {
                object,
                key,
                value: value::of(value),
                scope: self.scope(),
                span: start..end,
            });
        }
        let Some(target_name) = dotted(target) else {
            return;
        };
        let assign = Assign {
            target: target_name,
            value: value::of(value),
            scope: self.scope(),
            span: start..end,
        };
        self.module.assigns.push(assign);
    }

    /// `HAS_TORCH = find_spec("torch") is not None`.
    fn set_flag(&mut self, target: &Expr, value: &Expr) {
        let read = condition::read(value, &|_| None);
        if let (Some(name), Condition::Available(modules)) = (dotted(target), read) {
            self.flags.insert(name, modules);
        }
    }

    fn condition(&self, test: &Expr) -> Condition {
        condition::read(test, &|name| self.flags.get(name).cloned())
    }

    fn function(&mut self, node: &ast::StmtFunctionDef) {
        for decorator in &node.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        let mut returns: Vec<Value> = node.returns.iter().map(|hint| value::of(hint)).collect();
        let mut found = Returns(Vec::new());
        node.body
            .iter()
            .for_each(|statement| found.visit_stmt(statement));
        returns.extend(found.0);
        let function = Function {
            name: node.name.to_string(),
            scope: self.scope(),
            decorators: decorators(&node.decorator_list),
            parameters: parameters(&node.parameters),
            required: required(&node.parameters),
            defaults: defaults(&node.parameters),
            types: types(&node.parameters),
            returns,
            span: node.name.range.into(),
        };
        self.module.functions.push(function);
        self.scoped(Scope::Function(node.name.to_string()), &node.body);
    }

    fn class(&mut self, node: &ast::StmtClassDef) {
        for decorator in &node.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        let bases = node
            .arguments
            .iter()
            .flat_map(|arguments| arguments.args.iter().map(value::of));
        let keywords = node.arguments.iter().flat_map(|head| &head.keywords);
        let keywords = keywords.filter_map(|keyword| {
            let name = keyword.arg.as_ref()?.to_string();
            Some((name, value::of(&keyword.value)))
        });
        let class = Class {
            keywords: keywords.collect(),
            name: node.name.to_string(),
            decorators: decorators(&node.decorator_list),
            bases: bases.collect(),
            span: node.name.range.into(),
        };
        self.module.classes.push(class);
        let in_function = matches!(self.scopes.last(), Some(Scope::Function(_)));
        if in_function {
            self.block(&node.body);
        } else {
            self.scoped(Scope::Class(node.name.to_string()), &node.body);
        }
    }

    fn annotated(&mut self, node: &ast::StmtAnnAssign) {
        if let Some(target) = dotted(&node.target) {
            self.module.annotated.push(Annotated {
                target,
                annotation: value::annotation(&node.annotation),
                scope: self.scope(),
                span: ruff_text_size::Ranged::range(&*node.target).into(),
            });
        }
    }

    fn branch(&mut self, node: &ast::StmtIf) {
        self.visit_expr(&node.test);
        if is_main_guard(&node.test) && self.scopes.is_empty() {
            self.module.main_guard.get_or_insert(node.range.into());
            self.scoped(Scope::Main, &node.body);
            return;
        }
        let first = self.condition(&node.test);
        self.under(first.clone(), &node.body);
        let mut failed = Failed::default();
        failed.add(first);
        for clause in &node.elif_else_clauses {
            let mut all = failed.conditions.clone();
            if let Some(test) = &clause.test {
                self.visit_expr(test);
                let condition = self.condition(test);
                all.push(condition.clone());
                failed.add(condition);
            }
            self.under(Condition::All(all), &clause.body);
        }
    }

    /// Keeps where a block lies that may not run to its end.
    fn open(&mut self, body: &[Stmt]) {
        if let (Some(first), Some(last)) = (body.first(), body.last()) {
            let range = first.range().cover(last.range());
            self.module.guarded.push(range.into());
        }
    }

    fn attempt(&mut self, node: &ast::StmtTry) {
        let (imported, set) = imports::imported_and_set(&node.body);
        let catches = imports::catches_import_error(node);
        let explains = imports::explains_import_error(node);
        let guard = if catches {
            Some(Guard::CatchesImportError)
        } else {
            explains.then_some(Guard::ExplainsImportError)
        };
        if !node.handlers.is_empty() {
            self.open(&node.body);
        }
        self.guarded(guard, &node.body);
        let imported: Arc<[String]> = imported.into();
        let available = Condition::Available(Arc::clone(&imported));
        for ExceptHandler::ExceptHandler(handler) in &node.handlers {
            let failed = imports::handles_import_error(handler.type_.as_deref());
            let is_fallback = failed && imports::any(&node.body);
            let condition = if is_fallback {
                negated(available.clone())
            } else {
                Condition::Unknown
            };
            self.under(condition, &handler.body);
            if catches && is_fallback {
                let (_, also_set) = imports::imported_and_set(&handler.body);
                let flags = set.iter().cloned().chain(also_set);
                self.flags
                    .extend(flags.map(|name| (name, Arc::clone(&imported))));
            }
        }
        let available = catches.then(|| Guard::If(Arc::new(available)));
        self.guarded(available, &node.orelse);
        self.block(&node.finalbody);
    }

    /// What stands between operators, without a step down for each of them: generated code has
    /// sums of thousands.
    fn operands(&mut self, last: &ast::ExprBinOp) {
        let mut operands = vec![&*last.right];
        let mut left = &*last.left;
        while let Some(before) = left.as_bin_op_expr() {
            if value::path_join(left).is_some() {
                break;
            }
            operands.push(&before.right);
            left = &before.left;
        }
        operands.push(left);
        for operand in operands.into_iter().rev() {
            self.visit_expr(operand);
        }
    }

    fn with(&mut self, node: &ast::StmtWith) {
        for item in &node.items {
            self.visit_expr(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                self.assign(target, &item.context_expr);
            }
        }
        if imports::suppresses(node) {
            self.open(&node.body);
        }
        let suppresses = imports::suppresses_import_error(node);
        self.guarded(suppresses.then_some(Guard::CatchesImportError), &node.body);
    }
}

impl<'a> Visitor<'a> for Lower {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(node) => {
                self.import(|module, around| imports::plain(module, node, around));
            }
            Stmt::ImportFrom(node) => {
                self.import(|module, around| imports::from(module, node, around));
            }
            Stmt::FunctionDef(node) => self.function(node),
            Stmt::ClassDef(node) => self.class(node),
            Stmt::If(node) => self.branch(node),
            Stmt::Try(node) => self.attempt(node),
            Stmt::With(node) => self.with(node),
            Stmt::Match(node) => {
                for case in &node.cases {
                    self.under(Condition::Unknown, &case.body);
                }
            }
            Stmt::Assign(node) => {
                node.targets
                    .iter()
                    .for_each(|target| self.assign(target, &node.value));
                self.visit_expr(&node.value);
            }
            Stmt::AnnAssign(node) => {
                self.annotated(node);
                if let Some(value) = &node.value {
                    self.assign(&node.target, value);
                    self.visit_expr(value);
                }
            }
            Stmt::AugAssign(node) => {
                self.assign(&node.target, &node.value);
                self.visit_expr(&node.value);
            }
            other => visitor::walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Some((base, text)) = value::path_join(expr) {
            let span = ruff_text_size::Ranged::range(expr).into();
            self.module.joins.push(Join { text, span });
            return self.visit_expr(base);
        }
        if let Expr::BinOp(last) = expr {
            return self.operands(last);
        }
        if let Expr::If(choice) = expr {
            let both = [choice.body.range(), choice.orelse.range()];
            self.module.guarded.extend(both.map(Into::into));
        }
        if let Expr::Call(node) = expr {
            let call = value::call(node);
            self.import(|module, around| imports::dynamic(module, &call, around));
            let scope = self.scope();
            let guards = Arc::clone(&self.guards);
            self.module.calls.push(CallSite {
                call,
                scope,
                guards,
            });
        }
        visitor::walk_expr(self, expr);
    }
}

/// Collects what a function returns, functions inside it left out.
struct Returns(Vec<Value>);

impl<'a> Visitor<'a> for Returns {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Return(node) => self
                .0
                .extend(node.value.iter().map(|value| value::of(value))),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            other => visitor::walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// The tests that failed when a later one is asked.
#[derive(Default)]
struct Failed {
    conditions: Vec<Condition>,
}

impl Failed {
    /// One that nothing is known of is as good as many.
    fn add(&mut self, test: Condition) {
        let room = self.conditions.len() < MOST_TESTS;
        let test = negated(if room { test } else { Condition::Unknown });
        if !self.conditions.contains(&test) {
            self.conditions.push(test);
        }
    }
}

fn negated(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn decorators(list: &[ast::Decorator]) -> Vec<Value> {
    list.iter()
        .map(|decorator| value::of(&decorator.expression))
        .collect()
}

fn parameters(parameters: &ast::Parameters) -> Vec<String> {
    let all = parameters.iter();
    all.map(|parameter| parameter.name().to_string()).collect()
}

fn required(parameters: &ast::Parameters) -> usize {
    let named = parameters.iter_non_variadic_params();
    named
        .filter(|parameter| parameter.default.is_none())
        .count()
}

fn defaults(parameters: &ast::Parameters) -> Vec<(String, Value)> {
    let named = parameters.iter_non_variadic_params();
    let with_default = named.filter_map(|parameter| {
        let default = parameter.default.as_ref()?;
        Some((parameter.parameter.name.to_string(), value::of(default)))
    });
    with_default.collect()
}

fn types(parameters: &ast::Parameters) -> Vec<Value> {
    let all = parameters.iter();
    let types = all.filter_map(|parameter| parameter.annotation());
    types.map(value::annotation).collect()
}

fn is_main_guard(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else {
        return false;
    };
    let sides = [&*compare.left, &compare.comparators[0]];
    sides
        .iter()
        .any(|side| dotted(side).is_some_and(|name| name == "__name__"))
        && sides
            .iter()
            .any(|side| value::of(side).as_str() == Some("__main__"))
}
