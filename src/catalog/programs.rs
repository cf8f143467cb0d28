//! The programs of all tables: those of `servers.toml`, and those that libraries of `frameworks.toml` bring.

use super::command_line::Program;
use super::frameworks::Frameworks;
use super::servers::Servers;

/// The program that this word of a command starts, of whatever table.
pub(crate) fn program(word: &str) -> Option<Program> {
    all().find(|program| program.cli.is_started_by(word))
}

fn all() -> impl Iterator<Item = Program> {
    let servers = Servers::embedded().programs();
    servers.chain(Frameworks::embedded().programs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_starts_two_programs() {
        let mut words: Vec<&String> = all().flat_map(|program| &program.cli.programs).collect();
        let count = words.len();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
