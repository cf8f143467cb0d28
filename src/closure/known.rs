//! The closures of one project, each made once.

use std::cell::RefCell;
use std::sync::Arc;

use super::{Closure, Selected, Selection};
use crate::diagnostic::{Diagnostics, Result};
use crate::project::Project;
use crate::target::Target;

/// Closures of a project by selection and target. Images of one project ask for the same again and again: which
/// extras bring the ML stack, what is needed without them, which Python has most wheels.
#[derive(Debug, Default)]
pub(crate) struct Closures {
    known: RefCell<Vec<Known>>,
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
        let closure = Closure::select(project, selection, target);
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
}
