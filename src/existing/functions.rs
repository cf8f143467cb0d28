//! The commands of a shell script, its functions put in where they are called.
//!
//! A function that is never called runs nothing, and so says nothing about what a script starts.

use std::ops::Range;

use super::shell::{self, Command};

/// How deep functions that call functions are followed.
const DEPTH: usize = 5;

/// The commands that a script runs, in their order; each points at where it is written.
pub(super) fn commands(text: &str, offset: usize) -> Vec<Command> {
    let functions = functions(text);
    let mut main = text.as_bytes().to_vec();
    for function in &functions {
        for byte in &mut main[function.whole.clone()] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    let main = String::from_utf8_lossy(&main);
    let bodies: Vec<(&str, Vec<Command>)> = functions
        .iter()
        .map(|one| {
            let body = &text[one.body.clone()];
            (one.name, shell::split(body, offset + one.body.start, '\\'))
        })
        .collect();
    let main = shell::split(&main, offset, '\\');
    main.iter()
        .flat_map(|command| called(command, &bodies, DEPTH))
        .collect()
}

/// A command, or what the function that it calls runs.
fn called(command: &Command, bodies: &[(&str, Vec<Command>)], depth: usize) -> Vec<Command> {
    let first = command.words.first().map_or("", String::as_str);
    let Some((_, body)) = bodies.iter().find(|(name, _)| *name == first && depth > 0) else {
        return vec![command.clone()];
    };
    let arguments = &command.words[1..];
    let body = body.iter().map(|one| Command {
        words: given(&one.words, arguments),
        ..one.clone()
    });
    body.filter(|one| !one.words.is_empty())
        .flat_map(|one| called(&one, bodies, depth - 1))
        .collect()
}

/// The words of a function's body with what it is given.
fn given(words: &[String], arguments: &[String]) -> Vec<String> {
    let put = |word: &String| match word.as_str() {
        "$@" | "$*" | "${@}" | "${*}" => arguments.to_vec(),
        other => {
            let number = other.strip_prefix('$').unwrap_or_default();
            let number = number.trim_matches(['{', '}']).parse::<usize>().ok();
            let argument = number.and_then(|number| arguments.get(number.checked_sub(1)?));
            vec![argument.unwrap_or(word).clone()]
        }
    };
    words.iter().flat_map(put).collect()
}

/// A function of a script.
struct Function<'t> {
    name: &'t str,
    /// All of it.
    whole: Range<usize>,
    /// What is between its braces.
    body: Range<usize>,
}

fn functions(text: &str) -> Vec<Function<'_>> {
    let mut found: Vec<Function<'_>> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let here = start;
        start += line.len();
        let inside = found.last().is_some_and(|last| here < last.whole.end);
        if let Some(name) = named(line).filter(|_| !inside)
            && let Some(open) = text[here..].find('{').map(|at| here + at + 1)
        {
            let end = end_of(text, here, open);
            found.push(Function {
                name,
                whole: here..(end + 1).min(text.len()),
                body: open..end,
            });
        }
    }
    found
}

/// The name in `run() {`, `run ()` and `function run {`.
fn named(line: &str) -> Option<&str> {
    let line = line.trim();
    let (name, rest) = match line.strip_prefix("function ") {
        Some(rest) => rest.split_at(rest.find([' ', '(', '{']).unwrap_or(rest.len())),
        None => line.split_at(line.find(['(', ' '])?),
    };
    let rest: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    let is_function = line.starts_with("function ") || rest.starts_with("()");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
    let is_name = !name.is_empty() && name.chars().all(plain);
    let opens = matches!(
        rest.trim_start_matches("()").chars().next(),
        None | Some('{' | '#')
    );
    (is_function && is_name && opens).then_some(name)
}

/// Where the brace stands that closes a body: on the same line, else alone and no deeper than its function.
fn end_of(text: &str, line: usize, open: usize) -> usize {
    let rest_of_line = text[open..].split('\n').next().unwrap_or_default();
    if let Some(at) = rest_of_line
        .rfind('}')
        .filter(|_| !rest_of_line.trim().is_empty())
    {
        return open + at;
    }
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(text[line..].split('\n').next().unwrap_or_default());
    let mut at = open;
    for line in text[open..].split_inclusive('\n') {
        let closes = line.trim_start().starts_with('}') && depth(line) <= own;
        if closes {
            return at + depth(line);
        }
        at += line.len();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let commands = commands(text, 0);
        commands.iter().map(|one| one.words.join(" ")).collect()
    }

    #[test]
    fn a_function_runs_where_it_is_called() {
        let text = "log() { echo \"$1\"; }\nrun() {\n  log start\n  exec shop serve\n}\nnever()\n{\n  rm -rf x\n}\nrun\n";
        assert_eq!(lines(text), ["echo start", "shop serve"]);
        let around = "function keep {\n  while true; do \"$@\"; done\n}\nkeep python main.py\n";
        assert_eq!(lines(around), ["true", "python main.py"]);
    }

    #[test]
    fn one_that_calls_itself_ends() {
        assert_eq!(lines("a() {\n  a\n}\na\n"), ["a"]);
        assert!(lines("a() {").is_empty());
    }

    #[test]
    fn commands_point_at_where_they_are_written() {
        let text = "run() {\n  exec shop\n}\nrun\n";
        let span = commands(text, 0)[0].span.clone();
        assert_eq!(&text[span], "exec shop");
    }
}
