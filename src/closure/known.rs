//! The closures of one project, each made once.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::{Closure, Selected, Selection};
use crate::diagnostic::{Diagnostics, Result};
use crate::lock::Answers;
use crate::project::Project;
use crate::target::Target;

/// Closures of a project by selection and target. Images of one project ask for the same again and again: which
/// extras bring the ML stack, what is needed without them, which Python has most wheels.
#[derive(Debug, Default)]
pub(crate) struct Closures {
    known: RefCell<Vec<Known>>,
    answers: RefCell<Vec<(Target, Rc<Answers>)>>,
}

#[derive(Debug)]
struct Known {
    selection: Selection,
    target: Target,
    selected: std::result::Result<Arc<Selected>, Diagnostics>,
}

impl Closures {
    /// As [`Closure::select`], from what was made before where that was for the same selection and target. `project`
    /// is the same in every call.
    pub(crate) fn select<'p>(
        &self,
        project: &'p Project,
        selection: &Selection,
        target: &Target,
    ) -> Result<Closure<'p>> {
        let is_same = |one: &&Known| one.selection == *selection && one.target == *target;
        if let Some(known) = self.known.borrow().iter().find(is_same) {
            let selected = known.selected.clone()?;
            return Ok(Closure::of(project, selected));
        }
        let closure = Closure::select_by(project, selection, target, &self.answers(target));
        self.known.borrow_mut().push(Known {
            selection: selection.clone(),
            target: target.clone(),
            selected: match &closure {
                Ok(closure) => Ok(Arc::clone(&closure.selected)),
                Err(problems) => Err(problems.clone()),
            },
        });
        closure
    }

    /// What the lock's markers say on a target.
    fn answers(&self, target: &Target) -> Rc<Answers> {
        let mut known = self.answers.borrow_mut();
        if let Some((_, answers)) = known.iter().find(|(one, _)| one == target) {
            return Rc::clone(answers);
        }
        let answers = Rc::new(Answers::new(target.marker_environment()));
        known.push((target.clone(), Rc::clone(&answers)));
        answers
    }
}
