//! The closures of one project, each made once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::distribution::BestWheels;
use super::{Closure, Selected, Selection, Via};
use crate::diagnostic::{Diagnostics, Result};
use crate::lock::{Answers, PackageId};
use crate::project::Project;
use crate::target::Target;

/// Closures of a project by selection and target. Images of one project ask for the same again and again: which
/// extras bring the ML stack, what is needed without them, which Python has most wheels.
#[derive(Debug, Default)]
pub(crate) struct Closures {
    known: RefCell<Vec<Known>>,
    targets: RefCell<Vec<(Target, Rc<Answers>, Arc<BestWheels>)>>,
}

/// What an extra or a group changes in a closure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// The packages that come in.
    pub(crate) added: BTreeSet<PackageId>,
    /// Those that another one takes the place of.
    pub(crate) removed: BTreeSet<PackageId>,
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
        let (answers, wheels) = self.of_target(project, target);
        let closure = Closure::select_by(project, selection, target, &answers, wheels);
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

    /// What a list of a member's requirements changes in a closure that has the member. Errors: as
    /// [`Closure::select`], for both together.
    pub(crate) fn change(
        &self,
        closure: &Closure<'_>,
        member: PackageId,
        via: &Via,
    ) -> Result<Change> {
        let (answers, _) = self.of_target(closure.project, closure.target());
        if let Some(added) = closure.growth(member, via, &answers) {
            return Ok(Change {
                added,
                removed: BTreeSet::new(),
            });
        }
        let mut selection = closure.selection().clone();
        match via {
            Via::Project => {}
            Via::Extra(extra) => selection.extras.add(extra),
            Via::Group(group) => selection.groups.add(group),
        }
        let whole = self.select(closure.project, &selection, closure.target())?;
        let ids = |one: &Closure<'_>| -> BTreeSet<PackageId> {
            one.packages().map(|(id, _, _)| id).collect()
        };
        let (before, after) = (ids(closure), ids(&whole));
        Ok(Change {
            added: after.difference(&before).copied().collect(),
            removed: before.difference(&after).copied().collect(),
        })
    }

    /// What the lock's markers say on a target, and which wheels fit it.
    pub(super) fn of_target(
        &self,
        project: &Project,
        target: &Target,
    ) -> (Rc<Answers>, Arc<BestWheels>) {
        let mut known = self.targets.borrow_mut();
        if let Some((_, answers, wheels)) = known.iter().find(|(one, _, _)| one == target) {
            return (Rc::clone(answers), Arc::clone(wheels));
        }
        let answers = Rc::new(Answers::new(target.marker_environment()));
        let wheels = Arc::new(BestWheels::new(&project.lock, target));
        known.push((target.clone(), Rc::clone(&answers), Arc::clone(&wheels)));
        (answers, wheels)
    }
}
