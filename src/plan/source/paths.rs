//! Paths of the project in generated files: those that a Dockerfile cannot name are told, never left out in silence.

use crate::diagnostic::Diagnostic;
use crate::profile::{ContextPath, ImagePath};
use crate::rules;
use crate::unseen::is_unseen;

/// A path of the build context. `what` says what lies there, as a subject: "the member `a`".
pub(crate) fn in_context(path: &str, what: &str) -> Result<ContextPath, Diagnostic> {
    path.parse()
        .map_err(|expected: String| unfit(path, what, &expected))
}

/// The place in the image of a folder of the application; empty for the whole of it.
pub(crate) fn in_app(folder: &str, what: &str) -> Result<ImagePath, Diagnostic> {
    let expected = "a folder of the image is letters, digits, `-`, `_` and `.`";
    let path = format!("/app/{folder}");
    path.parse()
        .map_err(|_: String| unfit(folder, what, expected))
}

pub(crate) fn unfit(path: &str, what: &str, expected: &str) -> Diagnostic {
    let path = path.replace(is_unseen, " ");
    Diagnostic::new(
        rules::UNFIT_PATH,
        format!("{what} lies in `{path}`, which the generated files cannot name"),
    )
    .with_note(expected)
    .with_help("rename the file or folder to letters, digits, `-`, `_` and `.`")
}

/// A path as messages show it.
pub(crate) fn printable(path: &str) -> String {
    path.replace(is_unseen, " ")
}
