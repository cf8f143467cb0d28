//! A front end that is built to a folder of the machine: no step can keep what lies outside of the project.

use super::{FrontEnd, lines, list, of_script, text};
use crate::diagnostic::Diagnostic;
use crate::plan::inputs::Subject;
use crate::project::source_tree::join;
use crate::rules;

/// What the script `build` writes there.
pub(super) fn written(end: &FrontEnd<'_>) -> Option<String> {
    let script = end.script()?;
    let mut all = of_script(&script).into_iter();
    all.find(|path| path.starts_with('/'))
}

/// The finding, with what to change and the lines that build it then.
pub(super) fn finding(subject: &Subject<'_>, end: &FrontEnd<'_>, path: &str) -> Diagnostic {
    let name = &subject.profile.name;
    let first = path.trim_start_matches('/').split('/').next();
    let folder = first.unwrap_or("dist");
    let problem = format!(
        "`{}` builds `{path}`, and `{name}` has nothing from there",
        join(&end.folder, "package.json")
    );
    let place = end.file.place_of("\"build\"", "this builds it");
    let keep = list(&[join(&end.folder, folder)]);
    let lines = lines(subject, end, end.build(), &keep);
    let kept = text(&join(&end.folder, folder));
    Diagnostic::new(rules::FRONT_END, problem)
        .at(place)
        .with_note("what a step keeps for the image lies in the project's folder")
        .with_help(format!(
            "write `{folder}` in place of `/{folder}` there, {kept} where the source names `/{folder}`, and to dfgen.toml\n{lines}"
        ))
}
