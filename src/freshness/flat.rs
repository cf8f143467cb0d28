//! Extras that ask for other extras of the same package, written out.

use pep508_rs::{ExtraOperator, MarkerExpression, MarkerTree, MarkerValueExtra};

use super::requirement::{PythonRange, Requirement};
use super::workspace::Scope;
use crate::names::{ExtraName, PackageName};

/// Requirements without those on the package itself, which stand for what they ask for.
pub(super) fn flat(name: &PackageName, asked: &[(&Scope, Requirement)]) -> Vec<Requirement> {
    let on_itself = |one: &Requirement| {
        let extras = one.extras.iter().cloned();
        let marker = one.marker.clone();
        extras
            .map(move |extra| (extra, marker.clone()))
            .collect::<Vec<_>>()
    };
    let (own, mut flat): (Vec<_>, Vec<_>) = {
        let all = asked.iter().map(|(_, one)| one.clone());
        all.partition(|one| one.name == *name)
    };
    let mut queue: Vec<_> = own.iter().flat_map(on_itself).collect();
    let mut seen = Vec::new();
    while let Some((extra, marker)) = queue.pop() {
        if seen.contains(&(extra.clone(), marker.clone())) {
            continue;
        }
        let scope = Scope::Extra(extra.clone());
        for (_, one) in asked.iter().filter(|(own, _)| **own == scope) {
            let mut reached = one.clone();
            reached.marker = one
                .marker
                .clone()
                .simplify_extras(std::slice::from_ref(&extra));
            reached.marker.and(marker.clone());
            if reached.name == *name {
                queue.extend(on_itself(&reached));
            } else {
                flat.push(reached);
            }
        }
        seen.push((extra, marker));
    }
    flat
}

/// The requirements with those on the package itself in force wherever their extra is.
pub(super) fn unconditional<'s>(
    name: &PackageName,
    mut asked: Vec<(&'s Scope, Requirement)>,
    python: &PythonRange,
) -> Vec<(&'s Scope, Requirement)> {
    for (scope, one) in &mut asked {
        if let Scope::Extra(extra) = scope
            && one.name == *name
        {
            one.marker = python.within(of_extra(extra));
        }
    }
    asked
}

/// The marker of what stands in an extra without a condition of its own.
fn of_extra(extra: &ExtraName) -> MarkerTree {
    MarkerTree::expression(MarkerExpression::Extra {
        operator: ExtraOperator::Equal,
        name: MarkerValueExtra::Extra(extra.clone()),
    })
}
