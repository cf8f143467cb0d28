//! The extra or group of the project that has what is locked and not in an image, and the line that takes it.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::lock::{Dependency, Lock, PackageId};
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::profile::{Setting, Wanted};

/// What to write to have a locked package, where an extra or group of the project brings it: the one with the least.
pub(crate) fn way_to(subject: &Subject<'_>, name: &PackageName) -> Option<String> {
    let lock = &subject.inputs.project.lock;
    let member = lock.package(subject.member?);
    let profile = subject.profile;
    let extras = member.extras.iter().map(|(extra, needs)| {
        let key = key("extras", &profile.extras, extra);
        (needs, format!("the extra `{extra}`"), key)
    });
    let groups = member.groups.iter().map(|(group, needs)| {
        let key = key("groups", &profile.groups, group);
        (needs, format!("the group `{group}`"), key)
    });
    let all = extras.chain(groups).filter_map(|(needs, part, key)| {
        let brought = brought(lock, needs);
        let has = brought.iter().any(|id| lock.package(*id).name == *name);
        has.then_some((brought.len(), part, key))
    });
    let (_, part, key) = all.min_by_key(|(brought, _, _)| *brought)?;
    Some(format!(
        "`{name}` is locked, but not for this image: {part} has it, in dfgen.toml:\n[profile.{}]\n{key}",
        profile.name
    ))
}

/// The key with what the profile has anyway.
fn key<T: Display>(key: &str, said: &Setting<Vec<Wanted<T>>>, name: &T) -> String {
    let known = said.value.iter().map(ToString::to_string);
    let all = known.chain([name.to_string()]);
    let all: Vec<String> = all.map(|one| format!("{one:?}")).collect();
    format!("{key} = [{}]", all.join(", "))
}

/// All that these need in their turn.
fn brought(lock: &Lock, needs: &[Dependency]) -> BTreeSet<PackageId> {
    let mut brought = BTreeSet::new();
    let mut waiting: Vec<&Dependency> = needs.iter().collect();
    while let Some(need) = waiting.pop() {
        let package = lock.package(need.package);
        if brought.insert(need.package) {
            waiting.extend(&package.dependencies);
        }
        let extras = need.extras.iter();
        let asked = extras.filter_map(|extra| package.extras.get(extra));
        let asked = asked.flatten();
        waiting.extend(asked.filter(|one| !brought.contains(&one.package)));
    }
    brought
}
