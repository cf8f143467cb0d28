//! First-party modules reached from the entries, each by its most harmful chain.
//!
//! Modules are visited in the order of harm: first all that are imported at start, then those that
//! only a branch, a call or a guarded import reaches. So the first visit of a module is its worst.

mod calls;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use super::environment::Environment;
use super::references::{self, Reference};
use super::{Entry, Start, Step, When};
use crate::application::code::{Code, Located};
use crate::application::python::{Guard, Import, Module, Scope, Truth};
use crate::diagnostic::Place;
use crate::project::source_tree::{has_extension, join, parent};
use calls::Runs;

/// Order in which modules are visited.
const ORDER: [When; 5] = [
    When::AtStart,
    When::InBranch,
    When::AtCall,
    When::Explained,
    When::Guarded,
];

/// What was reached.
pub(super) struct Walk<'w, 'a> {
    code: &'w Code<'a>,
    environment: &'w Environment<'w>,
    reached: BTreeMap<String, Reached>,
    waiting: [VecDeque<(String, Reached)>; 5],
    outside: Vec<Outside>,
    /// Functions that run while modules are imported: file and name, each with when.
    run: BTreeMap<(String, String), When>,
    /// The guards that were asked about last, in which file, and the answer: the statements of a block share them.
    asked: Option<(String, Arc<[Guard]>, Option<When>)>,
}

/// How a file was reached.
#[derive(Debug, Clone)]
struct Reached {
    when: When,
    /// `None` for an entry.
    via: Option<Via>,
    start: Start,
}

/// The importing file and the place of the import in it.
type Via = (String, Range<usize>);

/// An import of something outside the project.
#[derive(Debug, Clone)]
pub(super) struct Outside {
    pub(super) import: String,
    pub(super) names: Vec<String>,
    pub(super) when: When,
    pub(super) path: String,
    pub(super) span: Range<usize>,
}

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) fn new(
        code: &'w Code<'a>,
        environment: &'w Environment<'w>,
        entries: &[Entry],
    ) -> Self {
        let mut walk = Self {
            code,
            environment,
            reached: BTreeMap::new(),
            waiting: Default::default(),
            outside: Vec::new(),
            run: BTreeMap::new(),
            asked: None,
        };
        for entry in entries {
            walk.enter(entry);
        }
        while let Some((path, reached)) = walk.next() {
            walk.visit(&path, &reached);
        }
        walk.expect_missing();
        walk.outside.sort_by_key(|site| site.when);
        let mut told = BTreeSet::new();
        walk.outside
            .retain(|site| told.insert((site.path.clone(), site.span.start, site.import.clone())));
        walk
    }

    /// A file that once tries to import something and says what to do without it expects elsewhere that it may be
    /// missing: `self._check_crypto()` goes before.
    fn expect_missing(&mut self) {
        let first = |site: &Outside| {
            let top = super::environment::first(&site.import);
            (site.path.clone(), top.to_owned())
        };
        let tried = self.outside.iter().filter(|site| site.when > When::AtCall);
        let tried: BTreeSet<(String, String)> = tried.map(first).collect();
        for site in &mut self.outside {
            if site.when == When::AtCall && tried.contains(&first(site)) {
                site.when = When::Explained;
            }
        }
    }

    /// The imports of something outside, the worst first.
    pub(super) fn outside(&self) -> &[Outside] {
        &self.outside
    }

    /// The files reached, sorted.
    pub(super) fn files(&self) -> Vec<String> {
        let files = self.reached.keys().filter(|path| has_extension(path, "py"));
        files.cloned().collect()
    }

    /// The chain from an entry to an import in the file at `path`, which stands at `last`.
    pub(super) fn chain(&self, path: &str, last: Place) -> Vec<Step> {
        let mut steps = vec![Step {
            module: self.code.module_name(path).1,
            place: last,
        }];
        let mut at = path;
        while let Some((from, span)) = self
            .reached
            .get(at)
            .and_then(|reached| reached.via.as_ref())
        {
            let place = self.code.place(from, span, "imported here");
            steps.push(Step {
                module: self.code.module_name(from).1,
                place,
            });
            at = from;
        }
        steps.reverse();
        steps
    }

    fn next(&mut self) -> Option<(String, Reached)> {
        self.waiting.iter_mut().find_map(VecDeque::pop_front)
    }

    fn enter(&mut self, entry: &Entry) {
        let main = format!("{}.__main__", entry.module);
        let name =
            if entry.start == Start::Run && self.code.locate_below(&entry.root, &main).is_some() {
                main.as_str()
            } else {
                entry.module.as_str()
            };
        let located = self
            .code
            .locate_below(&entry.root, name)
            .or_else(|| self.code.locate(&join(&entry.root, "entry.py"), name));
        if let Some(located) = located {
            self.reach(&located, When::AtStart, None, entry.start);
            if !entry.function.is_empty() {
                self.run(Runs {
                    path: located.path,
                    name: entry.function.clone(),
                    when: When::AtStart,
                });
            }
        }
    }

    /// Puts a module and the packages around it on the list.
    fn reach(&mut self, located: &Located, when: When, via: Option<&Via>, start: Start) {
        let mut folder = parent(&located.path);
        let mut files = vec![(located.path.clone(), start)];
        while !folder.is_empty() && folder != located.root {
            let init = join(folder, "__init__.py");
            if self.code.tree().has_file(&init) && init != located.path {
                files.push((init, Start::Imported));
            }
            folder = parent(folder);
        }
        for (path, start) in files.into_iter().rev() {
            if !self.reached.contains_key(&path) && has_extension(&path, "py") {
                let itself = via.is_some_and(|(from, _)| *from == path);
                if !itself {
                    let reached = Reached {
                        when,
                        via: via.cloned(),
                        start,
                    };
                    let order = ORDER
                        .iter()
                        .position(|one| *one == when)
                        .unwrap_or_default();
                    self.waiting[order].push_back((path, reached));
                }
            }
        }
    }

    fn visit(&mut self, path: &str, reached: &Reached) {
        if self.reached.contains_key(path) {
            return;
        }
        self.reached.insert(path.to_owned(), reached.clone());
        let Some(module) = self.code.module(path) else {
            return;
        };
        for import in &module.imports {
            let scope = Self::in_scope(&import.scope, reached);
            if let Some(when) = scope.and_then(|when| self.when(path, import, when)) {
                self.follow(path, import, when.max(reached.when));
            }
        }
        self.calls_of_module(path, module, reached);
        let is_entry = reached.via.is_none();
        self.references(path, module, reached, is_entry);
    }

    /// When code in this scope of a reached file runs; `None` when it never does.
    fn in_scope(scope: &Scope, reached: &Reached) -> Option<When> {
        match scope {
            Scope::Module | Scope::Class(_) => Some(When::AtStart),
            Scope::Main if reached.start == Start::Run => Some(When::AtStart),
            Scope::Main => None,
            Scope::Function(_) => Some(When::AtCall),
        }
    }

    /// When an import runs, in code that runs at `scope`; `None` when it never does.
    fn when(&mut self, path: &str, import: &Import, scope: When) -> Option<When> {
        let guarded = self.guarded(path, &import.guards)?;
        let lazy = if import.is_lazy {
            When::AtCall
        } else {
            When::AtStart
        };
        let when = scope.max(lazy).max(guarded);
        let is_explained = import.guards.contains(&Guard::ExplainsImportError);
        Some(match when {
            When::AtCall if is_explained => When::Explained,
            other => other,
        })
    }

    /// What guards leave of a statement at module level; `None` when it never runs.
    fn guarded(&mut self, path: &str, guards: &Arc<[Guard]>) -> Option<When> {
        if let Some((file, same, answer)) = &self.asked
            && file == path
            && Arc::ptr_eq(same, guards)
        {
            return *answer;
        }
        let answer = self.guards_leave(path, guards);
        self.asked = Some((path.to_owned(), Arc::clone(guards), answer));
        answer
    }

    fn guards_leave(&self, path: &str, guards: &[Guard]) -> Option<When> {
        let mut when = When::AtStart;
        for guard in guards {
            let guarded = match guard {
                Guard::CatchesImportError => When::Guarded,
                // At start it ends the program all the same.
                Guard::ExplainsImportError => When::AtStart,
                Guard::If(condition) => {
                    let available = |name: &str| self.is_available(path, name);
                    match condition.truth(self.environment.python, &available) {
                        Truth::Yes => When::AtStart,
                        Truth::No => return None,
                        Truth::Checked => When::Guarded,
                        Truth::Depends => When::InBranch,
                    }
                }
            };
            when = when.max(guarded);
        }
        Some(when)
    }

    fn is_available(&self, path: &str, name: &str) -> bool {
        self.environment.has(name) || self.inside(path, 0, name).is_some()
    }

    /// The first-party module of this name. A bare folder gives way to an installed package, as it
    /// does in Python: <https://peps.python.org/pep-0420/#specification>.
    fn inside(&self, path: &str, level: u32, module: &str) -> Option<Located> {
        let located = self.code.imported(path, level, module)?;
        let is_folder = !has_extension(&located.path, "py");
        let elsewhere = level == 0 && is_folder && self.is_known_outside(module);
        (!elsewhere).then_some(located)
    }

    fn is_known_outside(&self, module: &str) -> bool {
        let top = super::environment::first(module);
        (self.environment.provides)(top).is_some()
            || self
                .environment
                .installed
                .iter()
                .any(|name| name.as_ref() == top.replace('_', "-"))
    }

    fn follow(&mut self, path: &str, import: &Import, when: When) {
        let via = (path.to_owned(), import.span.clone());
        let Some(located) = self.inside(path, import.level, &import.module) else {
            if import.level == 0 && !self.is_first_party(path, &import.module) {
                self.outside.push(Outside {
                    import: import.module.clone(),
                    names: import.names.clone(),
                    when,
                    path: path.to_owned(),
                    span: import.span.clone(),
                });
            }
            return;
        };
        self.reach(&located, when, Some(&via), Start::Imported);
        for name in &import.names {
            let defined = self
                .code
                .module(&located.path)
                .is_some_and(|module| module.defines(name));
            let submodule = self
                .code
                .submodule(&located.path, name)
                .filter(|_| !defined);
            if let Some(path) = submodule {
                let inner = Located {
                    path,
                    root: located.root.clone(),
                };
                self.reach(&inner, when, Some(&via), Start::Imported);
            }
        }
    }

    /// Whether a module that was not found belongs to a package of the project all the same: a
    /// compiled extension or a generated file.
    fn is_first_party(&self, path: &str, module: &str) -> bool {
        let top = super::environment::first(module);
        let located = self.inside(path, 0, top);
        located.is_some_and(|located| has_extension(&located.path, "py"))
    }

    /// Modules that strings name: settings, installed applications, URL configurations.
    fn references(&mut self, path: &str, module: &Module, reached: &Reached, is_entry: bool) {
        for reference in references::of(self.code, path, module, is_entry) {
            let Reference {
                name,
                scope,
                guards,
                span,
            } = reference;
            let scope = Self::in_scope(&scope, reached);
            let when = scope.and_then(|when| Some(when.max(self.guarded(path, &guards)?)));
            let Some(when) = when.map(|when| when.max(reached.when)) else {
                continue;
            };
            match references::located(self.code, path, &name) {
                Some(located) => {
                    self.reach(
                        &located,
                        when,
                        Some(&(path.to_owned(), span)),
                        Start::Imported,
                    );
                }
                None if references::is_import(&name) => self.outside.push(Outside {
                    import: name.trim_start_matches("app:").to_owned(),
                    names: Vec::new(),
                    when,
                    path: path.to_owned(),
                    span,
                }),
                None => {}
            }
        }
    }
}
