//! What one Python file says, as far as dfgen needs it: imports, assignments, calls, functions.
//!
//! [`Module::parse`] reads text once with Ruff's parser and keeps this small summary. Nothing else
//! in dfgen sees the parser's own tree, whose shape changes between its releases. A file with a
//! syntax error is summarised as far as it can be read; one that is nested deeper than any Python reads is
//! [`unread`](Module::unread). Neither takes more stack than a thread has, or more time than grows with the
//! text. Nothing is resolved here: a name is what
//! the file wrote, and [`Module::binding`] says which import brought it in.

mod condition;
mod depth;
mod formatted;
mod imports;
mod index;
mod lower;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use index::Index;

pub(crate) use condition::{Guard, Truth};
pub(crate) use value::{Call, UNPACKED, Value};

/// The summary of one file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Module {
    /// Every import, dynamic ones with a literal name included, in the order of the text.
    pub(crate) imports: Vec<Import>,
    /// Every assignment to a name or dotted name.
    pub(crate) assigns: Vec<Assign>,
    /// Every `object["key"] = value`.
    pub(crate) items: Vec<Item>,
    /// Every name with a type.
    pub(crate) annotated: Vec<Annotated>,
    /// Every call, nested ones after the call around them.
    pub(crate) calls: Vec<CallSite>,
    /// Every `base / "a" / "b"`, the whole of it only.
    pub(crate) joins: Vec<Join>,
    /// Every function and method.
    pub(crate) functions: Vec<Function>,
    /// Every class.
    pub(crate) classes: Vec<Class>,
    /// Blocks that run only under a condition, or whose errors are caught.
    pub(crate) guarded: Vec<Range<usize>>,
    /// Where `if __name__ == "__main__":` stands.
    pub(crate) main_guard: Option<Range<usize>>,
    /// Whether the file is nested too deeply to be read: then nothing of it is here.
    pub(crate) unread: bool,
    bindings: BTreeMap<String, Binding>,
    /// What each function imports itself: its name and the name bound.
    local: BTreeMap<(String, String), Binding>,
    index: Index,
}

/// Which code runs a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// The import of the module.
    Module,
    /// `if __name__ == "__main__":`.
    Main,
    /// The body of a class, which the import of the module runs too.
    Class(String),
    /// A call of a function: the name of the innermost one.
    Function(String),
}

/// One module or some names that a file imports.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Import {
    /// Leading dots: 0 for an absolute import.
    pub(crate) level: u32,
    /// The dotted name after the dots; empty in `from . import x`.
    pub(crate) module: String,
    /// The names after `import` in `from … import …`; empty for `import x`.
    pub(crate) names: Vec<String>,
    /// Which code runs it.
    pub(crate) scope: Scope,
    /// What must hold for it to run or to fail loudly, outermost first.
    pub(crate) guards: Arc<[Guard]>,
    /// Whether it is done at the first use of the name (PEP 810).
    pub(crate) is_lazy: bool,
    /// Where it is.
    pub(crate) span: Range<usize>,
}

/// `target = value`, also `target: T = value` and `with value as target`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assign {
    /// The dotted name on the left.
    pub(crate) target: String,
    /// What is assigned.
    pub(crate) value: Value,
    /// Which code runs it.
    pub(crate) scope: Scope,
    /// Where the target and value are.
    pub(crate) span: Range<usize>,
}

/// `object["key"] = value`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// The dotted name of the object.
    pub(crate) object: String,
    /// The key.
    pub(crate) key: String,
    /// What is assigned.
    pub(crate) value: Value,
    /// Which code runs it.
    pub(crate) scope: Scope,
    /// Where the target and value are.
    pub(crate) span: Range<usize>,
}

/// `target: annotation`, with or without a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Annotated {
    /// The dotted name on the left.
    pub(crate) target: String,
    /// Its type, as a value.
    pub(crate) annotation: Value,
    /// Which code runs it.
    pub(crate) scope: Scope,
    /// Where the target is.
    pub(crate) span: Range<usize>,
}

/// A call and the code that makes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CallSite {
    /// The call.
    pub(crate) call: Call,
    /// Which code runs it.
    pub(crate) scope: Scope,
    /// What must hold for it to run, outermost first.
    pub(crate) guards: Arc<[Guard]>,
}

/// Strings put behind a path with `/`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Join {
    /// What comes behind the base: `a/b`.
    pub(crate) text: String,
    /// Where it is.
    pub(crate) span: Range<usize>,
}

/// A function or method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The scope around it.
    pub(crate) scope: Scope,
    /// Its decorators.
    pub(crate) decorators: Vec<Value>,
    /// Its parameters.
    pub(crate) parameters: Vec<String>,
    /// How many arguments a caller must give.
    pub(crate) required: usize,
    /// Parameters with a default.
    pub(crate) defaults: Vec<(String, Value)>,
    /// The types of its parameters.
    pub(crate) types: Vec<Value>,
    /// The annotated type of the result, and what `return` statements return.
    pub(crate) returns: Vec<Value>,
    /// Where its name is.
    pub(crate) span: Range<usize>,
}

/// A class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Class {
    /// Its name.
    pub(crate) name: String,
    /// Its decorators.
    pub(crate) decorators: Vec<Value>,
    /// Its base classes.
    pub(crate) bases: Vec<Value>,
    /// What its head says beside them: `class Settings(BaseSettings, env_prefix="SHOP_")`.
    pub(crate) keywords: Vec<(String, Value)>,
    /// Where its name is.
    pub(crate) span: Range<usize>,
}

/// What an import bound to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    /// Leading dots of the import.
    pub(crate) level: u32,
    /// The module imported, without dots in front.
    pub(crate) module: String,
    /// The name taken from that module, if one was.
    pub(crate) name: Option<String>,
    /// Whether only functions import it, and the module does not.
    pub(crate) is_local: bool,
}

impl Module {
    /// Reads a file. Never fails: what cannot be read is not in the summary.
    pub(crate) fn parse(text: &str) -> Self {
        lower::module(text)
    }

    /// What an import bound to `name` in the module, else in one of its functions.
    pub(crate) fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(name)
    }

    /// What the function of this scope itself imports as `name`.
    pub(crate) fn local_binding(&self, scope: &Scope, name: &str) -> Option<&Binding> {
        match scope {
            Scope::Function(function) => self.local.get(&(function.clone(), name.to_owned())),
            _ => None,
        }
    }

    /// Whether `name` is a variable or parameter of the function of this scope.
    pub(crate) fn is_local(&self, scope: &Scope, name: &str) -> bool {
        let Scope::Function(function) = scope else {
            return false;
        };
        let mut around = self.functions_named(function);
        self.assigned(scope, name).is_some()
            || around.any(|one| one.parameters.iter().any(|parameter| parameter == name))
    }

    /// The last value that the given scope assigns to `target`.
    pub(crate) fn assigned(&self, scope: &Scope, target: &str) -> Option<&Assign> {
        self.assigns_to(scope, target).next_back()
    }

    /// Every assignment of the given scope to `target`.
    pub(crate) fn assigns_to(
        &self,
        scope: &Scope,
        target: &str,
    ) -> impl DoubleEndedIterator<Item = &Assign> {
        let positions = self.index.assigns(scope, target).iter();
        positions.map(|at| &self.assigns[*at])
    }

    /// Every assignment to `target`, of any scope, scope by scope.
    pub(crate) fn assigns_anywhere(&self, target: &str) -> impl Iterator<Item = &Assign> {
        let positions = self.index.assigns_anywhere(target);
        positions.map(|at| &self.assigns[at])
    }

    /// The function of this name at module level.
    pub(crate) fn function(&self, name: &str) -> Option<&Function> {
        let mut functions = self.functions_named(name);
        functions.find(|function| function.scope == Scope::Module)
    }

    /// Every function and method of this name.
    pub(crate) fn functions_named(&self, name: &str) -> impl Iterator<Item = &Function> {
        let positions = self.index.functions(name).iter();
        positions.map(|at| &self.functions[*at])
    }

    /// The functions and methods that a scope defines.
    pub(crate) fn functions_in(&self, scope: &Scope) -> impl Iterator<Item = &Function> {
        let positions = self.index.functions_in(scope).iter();
        positions.map(|at| &self.functions[*at])
    }

    /// The class of this name.
    pub(crate) fn class(&self, name: &str) -> Option<&Class> {
        self.index.class(name).map(|at| &self.classes[at])
    }

    /// What a scope imports.
    pub(crate) fn imports_in(&self, scope: &Scope) -> impl Iterator<Item = &Import> {
        let positions = self.index.imports_in(scope).iter();
        positions.map(|at| &self.imports[*at])
    }

    /// The calls that a scope makes.
    pub(crate) fn calls_in(&self, scope: &Scope) -> impl Iterator<Item = &CallSite> {
        let positions = self.index.calls_in(scope).iter();
        positions.map(|at| &self.calls[*at])
    }

    /// The calls of what has this name at its end.
    pub(crate) fn calls_of(&self, name: &str) -> impl Iterator<Item = &CallSite> {
        let positions = self.index.calls_of(name).iter();
        positions.map(|at| &self.calls[*at])
    }

    /// Whether the module itself, not an import, defines `name`.
    pub(crate) fn defines(&self, name: &str) -> bool {
        self.function(name).is_some()
            || self.class(name).is_some()
            || self.assigned(&Scope::Module, name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_of_the_newest_python_is_read() {
        let text = "type A[T] = list[T]\nmatch x:\n    case {'a': 1}:\n        import one\ntry:\n    import two\nexcept ValueError, TypeError:\n    pass\nname = t'{x}'\nif (n := 3) > 2:\n    pass\nasync def f[T: int](a, /, b=1, *, c): ...\nlazy import three\n";
        let module = Module::parse(text);
        let imports: Vec<&str> = module
            .imports
            .iter()
            .map(|one| one.module.as_str())
            .collect();
        assert_eq!(imports, ["one", "two", "three"]);
        assert!(module.imports[2].is_lazy && module.imports[1].guards.is_empty());
        assert_eq!(module.function("f").map(|one| one.required), Some(2));
    }

    #[test]
    fn what_comes_after_a_syntax_error_is_still_read() {
        let module = Module::parse("def broken(:\n    pass\n\nimport torch\napp = make()\n");
        assert_eq!(module.imports[0].module, "torch");
        assert!(module.assigned(&Scope::Module, "app").is_some());
    }

    #[test]
    fn a_sum_of_thousands_is_read() {
        let text = format!("x = 1{}\ny = f(2)\n", " + g(1)".repeat(3_000));
        let module = Module::parse(&text);
        assert_eq!(module.calls.len(), 3_001);
        assert_eq!(module.calls[3_000].call.callee, "f");
    }

    /// Reads it with as little stack as a thread has by default, and drops the summary there.
    fn read(text: String) -> (usize, usize, bool) {
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        let counted = thread.spawn(move || {
            let module = Module::parse(&text);
            (module.imports.len(), module.calls.len(), module.unread)
        });
        counted.unwrap().join().unwrap()
    }

    fn nested(times: usize, open: &str, inner: &str, close: &str) -> String {
        let (open, close) = (open.repeat(times), close.repeat(times));
        format!("x = {open}{inner}{close}\nimport last\n")
    }

    fn blocks(times: usize, line: &str) -> String {
        let lines = (0..times).map(|depth| format!("{}{line}\n", " ".repeat(depth)));
        let lines: String = lines.collect();
        format!("{lines}{}import last\n", " ".repeat(times))
    }

    #[test]
    fn nesting_takes_no_more_stack_than_a_thread_has() {
        for text in [
            nested(4_000, "(", "1", ")"),
            nested(4_000, "[", "1", "]"),
            nested(2_000, "f(", "1", ")"),
            nested(2_000, "{1: ", "1", "}"),
            nested(4_000, "not ", "1", ""),
            nested(4_000, "-", "1", ""),
            nested(4_000, "1 + ", "1", ""),
            nested(4_000, "1 ** ", "1", ""),
            nested(4_000, "", "a", ".b"),
            nested(2_000, "", "a", "()"),
            nested(2_000, "", "a", ".b(1)"),
            nested(2_000, "", "a", "[0]"),
            nested(2_000, "", "a", " / 'b'"),
            nested(2_000, "lambda: ", "1", ""),
            nested(2_000, "lambda a, b: ", "1", ""),
            nested(2_000, "1 if 1 else ", "1", ""),
            nested(2_000, "a or b and ", "1", ""),
            nested(1_000, "[a for a in ", "b", "]"),
            nested(1_000, "f'{", "1", "}'"),
            nested(4_000, "(yield ", "1", ")"),
            blocks(1_000, "if a:"),
            blocks(1_000, "def f(): "),
            blocks(1_000, "class A:"),
            blocks(1_000, "with f(): "),
            format!(
                "if a: pass\n{}import last\n",
                "elif f(): g()\n".repeat(5_000)
            ),
        ] {
            let start = &text[..30];
            let (imports, _, unread) = read(text.clone());
            assert_eq!((imports, unread), (1, false), "{start}");
        }
    }

    #[test]
    fn what_is_deeper_than_python_reads_is_not_read() {
        for text in [
            nested(100_000, "(", "1", ")"),
            nested(100_000, "not ", "1", ""),
            nested(100_000, "1 + ", "1", ""),
            nested(100_000, "", "a", ".b"),
            nested(100_000, "lambda: ", "1", ""),
            nested(100_000, "lambda a, b: ", "1", ""),
            nested(100_000, "f'{", "1", "}'"),
            "[".repeat(100_000),
        ] {
            let start = &text[..30];
            assert_eq!(read(text.clone()), (0, 0, true), "{start}");
        }
    }

    #[test]
    fn no_row_of_words_takes_more_stack_than_a_thread_has() {
        let words = [
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "f'",
            "'",
            "a",
            "-",
            "not ",
            "lambda ",
            "if a",
            " else ",
            ".b",
            "\n",
            "\n  ",
            "\n    ",
            "for a in b",
            "class A",
            "await ",
            "= ",
            "* ",
            "'t'",
        ];
        let mut seed: usize = 7;
        let mut next = move |below: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..60 {
            let few: Vec<&str> = (0..=next(4)).map(|_| words[next(words.len())]).collect();
            let soup: String = (0..9_000).map(|_| few[next(few.len())]).collect();
            read(soup);
        }
    }

    #[test]
    fn much_beside_each_other_is_not_deep() {
        let rows = "    (-1, 'a' + 'b', [f(1).g, lambda a, b: -a]),\n".repeat(20_000);
        let lines = "x = -1 + f(2)\n".repeat(20_000);
        let text = format!("rows = [\n{rows}]\n{lines}import last\n");
        assert_eq!(read(text), (1, 40_000, false));
    }

    #[test]
    fn a_summary_grows_with_the_text_and_not_with_its_square() {
        let size = |text: String| format!("{:?}", Module::parse(&text)).len();
        let many = |times: usize| {
            [
                nested(times, "", "a", ".b(1)"),
                nested(times, "f(", "1", ")"),
                nested(times, "", "a", " / 'b'"),
                format!("if a: pass\n{}", "elif a == f(): g()\n".repeat(times)),
                {
                    let tests = (0..times).map(|at| format!("elif HAS_{at}: g()\n"));
                    format!("if a: pass\n{}", tests.collect::<String>())
                },
            ]
        };
        for (one, two) in many(1_000).into_iter().zip(many(2_000)) {
            let start = two[..30].to_owned();
            let (one, two) = (size(one), size(two));
            assert!(two < 3 * one, "{start}: {one}, then {two}");
        }
    }

    #[test]
    fn text_that_is_no_python_is_an_empty_summary() {
        for text in [
            "",
            "\u{feff}",
            "{{ cookiecutter.name }}",
            "\u{fffd}\u{fffd}",
            "(((((((((",
        ] {
            assert!(Module::parse(text).imports.is_empty());
        }
    }
}
