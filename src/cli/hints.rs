//! What to type in place of arguments that other tools have.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// What people type, and what dfgen has for it.
const COMMANDS: [(&[&str], &str); 5] = [
    (&["lint", "judge"], "dfgen audit"),
    (&["check", "verify", "validate"], "dfgen render --check"),
    (
        &["build", "up", "run", "start"],
        "docker compose --file docker/compose.yaml up --build",
    ),
    (
        &["generate", "gen", "write", "update", "sync"],
        "dfgen render",
    ),
    (&["show", "tree", "list"], "dfgen closure"),
];

/// The same error with a line that helps, and without one that misleads: clap knows which name is near, not what was
/// meant.
pub(super) fn with_hint(mut error: Error) -> Error {
    let typed = |kind| match error.get(kind) {
        Some(ContextValue::String(typed)) => Some(typed.clone()),
        _ => None,
    };
    let hint = match error.kind() {
        ErrorKind::InvalidSubcommand => typed(ContextKind::InvalidSubcommand).and_then(|typed| {
            let mut rows = COMMANDS.iter();
            let row = rows.find(|(names, _)| names.contains(&typed.as_str()))?;
            Some(format!("what does that is `{}`", row.1))
        }),
        ErrorKind::UnknownArgument => {
            typed(ContextKind::InvalidArg).and_then(|typed| argument(&typed))
        }
        _ => None,
    };
    if let Some(hint) = hint {
        for near in [
            ContextKind::SuggestedArg,
            ContextKind::SuggestedSubcommand,
            ContextKind::Suggested,
        ] {
            error.remove(near);
        }
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![hint.into()]),
        );
    }
    error
}

fn argument(typed: &str) -> Option<String> {
    match typed {
        "--json" => Some("JSON is `--format json`; of `dfgen render` with `--check`".to_owned()),
        "--dry-run" | "-n" | "--diff" => {
            Some("`dfgen render --check` writes nothing and shows the difference".to_owned())
        }
        "--yes" | "-y" => Some("dfgen asks nothing but in `dfgen init`".to_owned()),
        option if option.starts_with('-') => None,
        name => Some(format!("one profile alone is `--profile {name}`")),
    }
}
