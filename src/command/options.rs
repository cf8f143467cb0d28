//! The options of a command, and what they mean in its program.

use std::iter::once;

use crate::catalog::{CommandLine, Servers};

/// Where a command listens, and the words that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listens {
    Port(u16, String),
    /// A socket in a file: no port.
    Socket,
}

/// The options of a command, each with what follows `=` or the next word.
pub(super) struct Options<'w> {
    pairs: Vec<(&'w str, &'w str)>,
    /// What they mean; usual options where the program is not known.
    meaning: &'static CommandLine,
    is_known: bool,
}

impl<'w> Options<'w> {
    pub(super) fn new(words: &'w [String], known: Option<&'static CommandLine>) -> Self {
        let next = words.iter().skip(1).map(String::as_str).chain(once(""));
        let pairs = words.iter().map(String::as_str).zip(next);
        let pairs = pairs
            .filter(|(word, _)| word.starts_with('-'))
            .map(|(word, next)| word.split_once('=').unwrap_or((word, next)));
        Self {
            pairs: pairs.collect(),
            meaning: known.unwrap_or_else(|| Servers::embedded().usual()),
            is_known: known.is_some(),
        }
    }

    /// The values of options among these.
    pub(super) fn values<'o>(
        &'o self,
        names: &'o [String],
    ) -> impl Iterator<Item = (&'w str, &'w str)> {
        let pairs = self.pairs.iter().copied();
        pairs.filter(|(option, _)| names.iter().any(|name| name == option))
    }

    /// Whether they say on which address.
    pub(super) fn says_host(&self) -> bool {
        self.values(&self.meaning.host)
            .any(|(_, value)| !value.is_empty())
    }

    /// Where they make it listen.
    pub(super) fn listens(&self) -> Option<Listens> {
        let mut is_socket = self.values(&self.meaning.socket).next().is_some();
        for (option, value) in self.values(&self.meaning.port) {
            if value.starts_with("unix:") || value.starts_with("fd://") {
                is_socket = true;
                continue;
            }
            let port = value.rsplit(':').next().and_then(|port| port.parse().ok());
            // A short option of a program that nobody knows may count anything.
            let is_sure = |port: &u16| self.is_known || option.starts_with("--") || *port >= 1024;
            if let Some(port) = port.filter(|port| *port != 0).filter(is_sure) {
                return Some(Listens::Port(port, format!("`{option}` of the command")));
            }
        }
        is_socket.then_some(Listens::Socket)
    }
}
