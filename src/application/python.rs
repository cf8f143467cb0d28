//! What one Python file says, as far as dfgen needs it: imports, assignments, calls, functions.
//!
//! [`Module::parse`] reads text once with Ruff's parser and keeps this small summary. Nothing else
//! in dfgen sees the parser's own tree, whose shape changes between its releases. A file with a
//! syntax error is summarised as far as it can be read. Nothing is resolved here: a name is what
//! the file wrote, and [`Module::binding`] says which import brought it in.

mod condition;
mod imports;
mod lower;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;

pub use condition::{Condition, Guard, Truth};
pub use value::{Call, Value};

/// The summary of one file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Module {
    /// Every import, dynamic ones with a literal name included, in the order of the text.
    pub imports: Vec<Import>,
    /// Every assignment to a name or dotted name.
    pub assigns: Vec<Assign>,
    /// Every call, nested ones after the call around them.
    pub calls: Vec<CallSite>,
    /// Every `base / "a" / "b"`, the whole of it only.
    pub joins: Vec<Join>,
    /// Every function and method.
    pub functions: Vec<Function>,
    /// Every class.
    pub classes: Vec<Class>,
    /// Where `if __name__ == "__main__":` stands.
    pub main_guard: Option<Range<usize>>,
    bindings: BTreeMap<String, Binding>,
    /// What each function imports itself: its name and the name bound.
    local: BTreeMap<(String, String), Binding>,
}

/// Which code runs a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
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
pub struct Import {
    /// Leading dots: 0 for an absolute import.
    pub level: u32,
    /// The dotted name after the dots; empty in `from . import x`.
    pub module: String,
    /// The names after `import` in `from … import …`; empty for `import x`.
    pub names: Vec<String>,
    /// Which code runs it.
    pub scope: Scope,
    /// What must hold for it to run or to fail loudly, outermost first.
    pub guards: Vec<Guard>,
    /// Whether it is done at the first use of the name (PEP 810).
    pub is_lazy: bool,
    /// Where it is.
    pub span: Range<usize>,
}

/// `target = value`, also `target: T = value` and `with value as target`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assign {
    /// The dotted name on the left.
    pub target: String,
    /// What is assigned.
    pub value: Value,
    /// Which code runs it.
    pub scope: Scope,
    /// Where the target and value are.
    pub span: Range<usize>,
}

/// A call and the code that makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct CallSite {
    /// The call.
    pub call: Call,
    /// Which code runs it.
    pub scope: Scope,
    /// What must hold for it to run, outermost first.
    pub guards: Vec<Guard>,
}

/// Strings put behind a path with `/`.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// What comes behind the base: `a/b`.
    pub text: String,
    /// Where it is.
    pub span: Range<usize>,
}

/// A function or method.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The scope around it.
    pub scope: Scope,
    /// Its decorators.
    pub decorators: Vec<Value>,
    /// Its parameters.
    pub parameters: Vec<String>,
    /// How many arguments a caller must give.
    pub required: usize,
    /// Parameters with a default.
    pub defaults: Vec<(String, Value)>,
    /// The annotated type of the result, and what `return` statements return.
    pub returns: Vec<Value>,
    /// Where its name is.
    pub span: Range<usize>,
}

/// A class.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Its decorators.
    pub decorators: Vec<Value>,
    /// Its base classes.
    pub bases: Vec<Value>,
    /// Where its name is.
    pub span: Range<usize>,
}

/// What an import bound to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Leading dots of the import.
    pub level: u32,
    /// The module imported, without dots in front.
    pub module: String,
    /// The name taken from that module, if one was.
    pub name: Option<String>,
    /// Whether only functions import it, and the module does not.
    pub is_local: bool,
}

impl Module {
    /// Reads a file. Never fails: what cannot be read is not in the summary.
    pub fn parse(text: &str) -> Self {
        lower::module(text)
    }

    /// What an import bound to `name` in the module, else in one of its functions.
    pub fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(name)
    }

    /// What the function of this scope itself imports as `name`.
    pub fn local_binding(&self, scope: &Scope, name: &str) -> Option<&Binding> {
        match scope {
            Scope::Function(function) => self.local.get(&(function.clone(), name.to_owned())),
            _ => None,
        }
    }

    /// Whether `name` is a variable or parameter of the function of this scope.
    pub fn is_local(&self, scope: &Scope, name: &str) -> bool {
        let Scope::Function(function) = scope else {
            return false;
        };
        let mut around = self.functions.iter().filter(|one| one.name == *function);
        self.assigned(scope, name).is_some()
            || around.any(|one| one.parameters.iter().any(|parameter| parameter == name))
    }

    /// The last value that the given scope assigns to `target`.
    pub fn assigned(&self, scope: &Scope, target: &str) -> Option<&Assign> {
        let mut assigns = self.assigns.iter().rev();
        assigns.find(|assign| assign.target == target && assign.scope == *scope)
    }

    /// The function of this name at module level.
    pub fn function(&self, name: &str) -> Option<&Function> {
        let mut functions = self.functions.iter();
        functions.find(|function| function.name == name && function.scope == Scope::Module)
    }

    /// The class of this name.
    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }

    /// Whether the module itself, not an import, defines `name`.
    pub fn defines(&self, name: &str) -> bool {
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
        let read = std::thread::Builder::new().stack_size(64 << 20);
        let module = read.spawn(move || Module::parse(&text)).unwrap();
        let module = module.join().unwrap();
        assert_eq!(module.calls.len(), 3_001);
        assert_eq!(module.calls[3_000].call.callee, "f");
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
