//! How deep source is nested, before and after it is parsed.
//!
//! The parser's tree is as deep as the source is nested, and walking and dropping it takes as much stack.
//! [`foretold`] tells from the tokens what is deeper than dfgen follows; [`of`] measures a tree exactly, without
//! a step down, so that the stack can be made large enough.

use ruff_python_ast::AnyNodeRef;
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal};
use ruff_python_parser::Mode;

/// Source nested deeper than this is not read. `CPython` refuses 200 brackets and 100 indents inside each other
/// (`MAXLEVEL` and `MAXINDENT` in <https://github.com/python/cpython/blob/main/Parser/lexer/state.h>), and sums of
/// some thousands, by version.
pub(super) const DEEPEST: usize = 10_000;

/// How deep the tree of this source is, or more.
pub(super) fn foretold(text: &str) -> usize {
    let mut lexer = ruff_python_parser::lexer::lex(text, Mode::Module);
    let mut nesting = Nesting::default();
    loop {
        let token = lexer.next_token();
        if token == TokenKind::EndOfFile {
            return nesting.deepest;
        }
        nesting.see(token);
    }
}

/// What is open at a token. Operators count as well: the tree of a chain is as deep as the chain is long.
#[derive(Default)]
struct Nesting {
    indents: usize,
    open: Vec<Open>,
    /// Operators and the like outside of what is open.
    bare: usize,
    /// The sum of all of this.
    depth: usize,
    deepest: usize,
}

struct Open {
    what: What,
    /// Operators and the like directly inside.
    inside: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Bracket,
    /// A lambda whose parameters are being read: a comma does not end it.
    Parameters,
    Lambda,
}

impl Nesting {
    fn see(&mut self, token: TokenKind) {
        match token {
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline => return,
            TokenKind::Newline | TokenKind::Semi => self.end_statement(),
            TokenKind::Indent => self.indents += 1,
            TokenKind::Dedent => self.indents = self.indents.saturating_sub(1),
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => self.open(What::Bracket),
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => self.close(),
            TokenKind::Lambda => self.open(What::Parameters),
            TokenKind::Colon => self.colon(),
            TokenKind::Comma => self.comma(),
            _ => self.count(),
        }
        self.deepest = self.deepest.max(self.depth + self.indents);
    }

    fn open(&mut self, what: What) {
        self.open.push(Open { what, inside: 0 });
        self.depth += 1;
    }

    fn count(&mut self) {
        match self.open.last_mut() {
            Some(open) => open.inside += 1,
            None => self.bare += 1,
        }
        self.depth += 1;
    }

    fn forget(&mut self) {
        let counted = match self.open.last_mut() {
            Some(open) => &mut open.inside,
            None => &mut self.bare,
        };
        self.depth -= std::mem::take(counted);
    }

    fn pop(&mut self) -> Option<What> {
        self.forget();
        let open = self.open.pop()?;
        self.depth -= 1;
        Some(open.what)
    }

    /// What is closed may be called, or have an attribute: `f()()`.
    fn close(&mut self) {
        while let Some(what) = self.open.last().map(|open| open.what) {
            self.pop();
            if what == What::Bracket {
                break;
            }
        }
        self.count();
    }

    fn colon(&mut self) {
        match self.open.last_mut() {
            Some(open) if open.what == What::Parameters => open.what = What::Lambda,
            _ => self.count(),
        }
    }

    fn comma(&mut self) {
        while self
            .open
            .last()
            .is_some_and(|open| open.what == What::Lambda)
        {
            self.pop();
        }
        self.forget();
    }

    fn end_statement(&mut self) {
        self.open.clear();
        (self.bare, self.depth) = (0, 0);
    }
}

/// How deep a tree is: the most nodes inside each other.
pub(super) fn of(root: AnyNodeRef<'_>) -> usize {
    let mut deepest = 0;
    let mut waiting = vec![(root, 1)];
    let mut children = Children(Vec::new());
    while let Some((node, depth)) = waiting.pop() {
        deepest = deepest.max(depth);
        node.visit_source_order(&mut children);
        waiting.extend(children.0.drain(..).map(|child| (child, depth + 1)));
    }
    deepest
}

/// Collects the nodes directly below one.
struct Children<'a>(Vec<AnyNodeRef<'a>>);

impl<'a> SourceOrderVisitor<'a> for Children<'a> {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        self.0.push(node);
        TraversalSignal::Skip
    }
}
