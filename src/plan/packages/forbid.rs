//! Packages that a profile forbids: the light image stays light, or says exactly what makes it heavy.

use crate::closure::{Closure, Via, Weight};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::lock::PackageId;
use crate::plan::inputs::Subject;
use crate::plan::packages::declared::Declared;
use crate::plan::packages::patterns::matches;
use crate::plan::packages::stack;
use crate::profile::PackagePattern;
use crate::rules;

/// Refuses a closure that holds what its profile forbids: one error for each way in, with the chain,
/// the price and the ways out.
pub(crate) fn refuse_forbidden(subject: &Subject<'_>, closure: &Closure<'_>) -> Result<()> {
    let has_models = stack::of_closure(&subject.inputs.catalog, closure).is_some();
    let patterns = subject.profile.forbid.value.iter();
    let patterns = patterns.filter(|pattern| has_models || **pattern != PackagePattern::Ml);
    let patterns: Vec<&PackagePattern> = patterns.collect();
    let is_forbidden = |id: PackageId| {
        let name = &closure.lock().package(id).name;
        let mut patterns = patterns.iter();
        patterns.any(|pattern| matches(subject, pattern, name))
    };
    let forbidden: Vec<PackageId> = closure
        .packages()
        .map(|(id, _, _)| id)
        .filter(|id| is_forbidden(*id))
        .collect();
    let first_on_their_way = forbidden.iter().filter(|id| {
        let chain = closure.shortest_chain(**id);
        let before = chain.iter().flat_map(|chain| chain.packages());
        before
            .filter(|step| step != *id)
            .all(|step| !is_forbidden(step))
    });
    let problems = first_on_their_way
        .map(|id| problem(subject, closure, *id))
        .collect();
    Diagnostics::check(problems)
}

fn problem(subject: &Subject<'_>, closure: &Closure<'_>, id: PackageId) -> Diagnostic {
    let package = closure.lock().package(id);
    let profile = subject.profile;
    let mut leaving = closure.only_needed_by(&[id]);
    leaving.push(id);
    let weight = closure.weight(leaving.iter().copied());
    let chain = closure.shortest_chain(id);
    let declared = chain
        .as_ref()
        .and_then(|chain| Declared::of_chain(subject, chain));
    let place = declared.as_ref().map(|one| one.place("comes in here"));
    let way_out = declared.map(|one| way_out(subject, closure, &one));
    let chain = chain.map_or_else(String::new, |chain| chain.to_string());
    // The patterns that do not mean this package.
    let others = profile.forbid.value.iter();
    let others = others.filter(|pattern| !matches(subject, pattern, &package.name));
    let others: Vec<String> = others.map(|pattern| format!("\"{pattern}\"")).collect();
    let count = match leaving.len() {
        0 | 1 => "alone".to_owned(),
        2 => "with the package that only it needs".to_owned(),
        more => format!("with the {} packages that only it needs", more - 1),
    };
    Diagnostic::new(rules::FORBIDDEN_PACKAGE, format!("`{}` is in the closure of `{}`, which forbids it", package.name, profile.name))
        .at_some(place)
        .with_note(format!("needed by {chain}"))
        .with_note(format!("it costs {weight} to download, {count}"))
        .with_help_some(way_out)
        .with_help(format!("or leave it out, with all that only it needs: `exclude = [\"{}\"]` in [profile.{}] of dfgen.toml", package.name, profile.name))
        .with_help(format!("or allow it there: `forbid = [{}]`", others.join(", ")))
}

/// What to do about the requirement that brings a package in.
fn way_out(subject: &Subject<'_>, closure: &Closure<'_>, declared: &Declared<'_>) -> String {
    let profile = &subject.profile.name;
    let name = &closure.lock().package(declared.package).name;
    match &declared.list {
        Via::Project => {
            let extra = if subject.inputs.catalog.ml().get(name).is_some() {
                "ml"
            } else {
                "EXTRA"
            };
            format!(
                "move `{name}` to an extra that this image does not take: `{}`, `{}`",
                declared.remove(&[name.as_ref()]),
                declared.add_to(&format!(" --optional {extra}"), &[&declared.text])
            )
        }
        Via::Extra(extra) => format!("take `{extra}` out of `extras` of the profile `{profile}`"),
        Via::Group(group) => format!("take `{group}` out of `groups` of the profile `{profile}`"),
    }
}

/// The compressed size of a closure.
pub(crate) fn download(closure: &Closure<'_>) -> Weight {
    closure.weight(closure.packages().map(|(id, _, _)| id))
}
