//! What of the source could not be read.

use super::Application;
use crate::application::STREAMLIT;
use crate::diagnostic::Diagnostic;
use crate::project::source_tree::join;
use crate::rules;

impl Application<'_> {
    /// What of the source could not be read, of all that was looked at.
    pub(crate) fn unread(&self) -> Vec<Diagnostic> {
        let found = |path: &str| {
            let problem = format!("`{path}` is nested too deeply to be read");
            Diagnostic::new(rules::UNREAD_SOURCE, problem)
                .with_note("what it imports, serves or reads is not known: the image is made as if it were empty")
                .with_help("move what was generated into a data file, or split the longest expression")
        };
        let deep = self.code.unread().map(found);
        deep.chain(self.unread_settings()).collect()
    }

    /// Streamlit's own file, which it refuses as well where it is no TOML.
    fn unread_settings(&self) -> Option<Diagnostic> {
        let path = join(self.code.project(), STREAMLIT);
        let file = self.code.text(&path).filter(|_| self.has("streamlit"))?;
        let error = toml::from_str::<toml::Table>(file.text()).err()?;
        let place = file.place(error.span().unwrap_or(0..0), error.message());
        Some(
            Diagnostic::new(rules::UNREAD_SOURCE, format!("`{path}` cannot be read"))
                .at(place)
                .with_note("a port that it names is not known")
                .with_help("correct that line: Streamlit does not start with it"),
        )
    }
}
