//! What the project's own program does before it serves: it is run where it serves everyone, else that is told.

use crate::application::{Candidate, Kind, Program};
use crate::diagnostic::Diagnostic;
use crate::plan::inputs::Subject;
use crate::profile::Line;
use crate::rules;

/// The program to run in place of a server of dfgen's choice: it does more than serve, on every address and on the
/// port that the image has.
pub(crate) fn program<'c>(subject: &Subject<'_>, candidate: &'c Candidate) -> Option<&'c Program> {
    let program = candidate.program.as_ref().filter(|one| one.is_everywhere)?;
    let own = candidate.port.as_ref()?;
    let said = subject.profile.port.as_ref();
    let is_moved = said.is_some_and(|said| said.value.number != own.number);
    let is_served = matches!(candidate.kind, Kind::Asgi | Kind::Wsgi);
    (is_served && !is_moved).then_some(program)
}

/// Told where the server is started with the application alone.
pub(crate) fn note(subject: &Subject<'_>, candidate: Option<&Candidate>) -> Option<Diagnostic> {
    let candidate = candidate?;
    let profile = subject.profile;
    let is_said = profile.command.is_some() || profile.development.value;
    let left = candidate.program.as_ref().filter(|_| !is_said)?;
    if program(subject, candidate).is_some() {
        return None;
    }
    let (_, place) = left.before.first()?;
    let calls = left.before.iter();
    let calls: Vec<String> = calls.map(|(call, _)| format!("`{call}`")).collect();
    let words = words_of(subject, &left.root, &left.path, &left.module);
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("{:?}", word.as_ref()))
        .collect();
    let name = &profile.name;
    let what = format!(
        "`{name}` starts `{}` without what {} does before: {}",
        candidate.import_string(),
        left.path,
        calls.join(", ")
    );
    Some(
        Diagnostic::new(rules::UNRUN_PREPARATION, what)
            .at(place.clone())
            .with_help("do it where the application itself starts, as in its lifespan or its factory: then every server does it")
            .with_help(format!(
                "or start the program, where it listens on 0.0.0.0 and reloads nothing: in dfgen.toml:\n[profile.{name}]\ncommand = [{}]",
                words.join(", ")
            )),
    )
}

/// The words that run a file. None is left out: names of modules and files have no line breaks, see `Code`.
pub(crate) fn words_of(subject: &Subject<'_>, root: &str, path: &str, module: &str) -> Vec<Line> {
    // Its neighbours are found from its own folder, as Python has it for what is run by its path.
    let words = if subject.inputs.tree.is_package(root) {
        let below = path.strip_prefix(subject.folder);
        vec!["python", below.unwrap_or(path).trim_start_matches('/')]
    } else {
        vec!["python", "-m", module]
    };
    words
        .into_iter()
        .filter_map(|word| word.parse().ok())
        .collect()
}
