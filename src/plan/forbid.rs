//! Packages that a profile forbids: the light image stays light, or says exactly what makes it heavy.

use super::inputs::Subject;
use super::selection::matches;
use crate::bytes::Bytes;
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::lock::PackageId;

/// Refuses a closure that holds what its profile forbids: one error for each way in, with the chain,
/// the price and the ways out.
pub(super) fn refuse_forbidden(subject: &Subject<'_>, closure: &Closure<'_>) -> Result<()> {
    let patterns = &subject.profile.forbid.value;
    let is_forbidden = |id: PackageId| {
        let name = &closure.lock().package(id).name;
        patterns
            .iter()
            .any(|pattern| matches(subject, pattern, name))
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
    let direct = chain.as_ref().and_then(|chain| chain.packages().next());
    let direct = direct.map(|id| &closure.lock().package(id).name);
    let span = direct.and_then(|name| subject.manifest.requirement_span(name));
    let place = span.map(|span| subject.manifest.file.place(span, "comes in here"));
    let chain = chain.map_or_else(String::new, |chain| chain.to_string());
    let direct = direct.map_or_else(|| package.name.to_string(), ToString::to_string);
    // The patterns that do not mean this package.
    let others = profile.forbid.value.iter();
    let others = others.filter(|pattern| !matches(subject, pattern, &package.name));
    let others: Vec<String> = others.map(|pattern| format!("\"{pattern}\"")).collect();
    let count = match leaving.len() {
        0 | 1 => "alone".to_owned(),
        2 => "with the package that only it needs".to_owned(),
        more => format!("with the {} packages that only it needs", more - 1),
    };
    Diagnostic::error("forbidden-package", format!("`{}` is in the closure of `{}`, which forbids it", package.name, profile.name))
        .at_some(place)
        .with_note(format!("needed by {chain}"))
        .with_note(format!("it costs {weight} to download, {count}"))
        .with_help(format!("move `{direct}` to an extra that only the ML image takes: `uv remove {direct}`, `uv add --optional ml {direct}`"))
        .with_help(format!("or leave it out, with all that only it needs: `exclude = [\"{}\"]` in [profile.{}] of dfgen.toml", package.name, profile.name))
        .with_help(format!("or allow it there: `forbid = [{}]`", others.join(", ")))
}

/// The compressed size of a closure: a lower bound where the lock gives no size.
pub(super) fn download(closure: &Closure<'_>) -> Bytes {
    closure
        .weight(closure.packages().map(|(id, _, _)| id))
        .bytes
}
