//! Splits the shell text of `RUN`, `CMD` and entrypoint scripts into simple commands.
//!
//! It understands what decides where a command begins and ends: quotes, continuations, comments,
//! operators, redirections, substitutions, and the words of `if`, `for` and `case`. It runs nothing and
//! expands nothing. Crates that split words (shlex, shell-words) know no operators, and the one well-kept
//! shell parser under a free licence, brush-parser, brings 25 crates for this one question.

use std::ops::Range;

/// One simple command: a program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// The program and its arguments, without quotes; variables are left as written.
    pub(crate) words: Vec<String>,
    /// Assignments before the program.
    pub(crate) assignments: Vec<String>,
    /// What stands before it.
    pub(crate) after: Joint,
    /// Where it is in its file.
    pub(crate) span: Range<usize>,
}

/// What joins a command to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joint {
    /// It is the first, or runs whatever became of the one before.
    Sequence,
    /// It runs if the one before succeeded.
    And,
    /// It runs if the one before failed.
    Or,
    /// It reads what the one before writes.
    Pipe,
}

/// Words that open or close a compound command and may stand before a simple one.
const KEYWORDS: [&str; 13] = [
    "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "!", "{", "}", "time",
];

/// Programs that run the program named after them.
const WRAPPERS: [&str; 5] = ["exec", "sudo", "command", "nohup", "env"];

impl Command {
    /// The program's name without its folder; empty when there is none.
    pub(crate) fn program(&self) -> &str {
        let program = self.words.first().map_or("", String::as_str);
        program.rsplit('/').next().unwrap_or(program)
    }

    /// Whether an argument is exactly this.
    pub(crate) fn has(&self, argument: &str) -> bool {
        self.words.iter().skip(1).any(|word| word == argument)
    }

    /// The values of an option, given as `--name value` or `--name=value`.
    pub(crate) fn values<'c>(&'c self, option: &'c str) -> impl Iterator<Item = &'c str> {
        let next = self
            .words
            .iter()
            .skip(1)
            .map(String::as_str)
            .chain(std::iter::once(""));
        self.words.iter().zip(next).filter_map(move |(word, next)| {
            let rest = word.strip_prefix(option)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None if rest.is_empty() => Some(next),
                None => None,
            }
        })
    }
}

/// The commands of a text that begins at `offset` of its file. `escape` is the character that continues
/// a line, a backslash everywhere but in a Dockerfile that says otherwise.
pub(crate) fn split(text: &str, offset: usize, escape: char) -> Vec<Command> {
    let mut splitter = Splitter {
        text,
        offset,
        escape,
        at: 0,
        word: None,
        redirects: false,
        found: Vec::new(),
        current: Draft::default(),
    };
    splitter.run();
    splitter.found
}

/// The text with continued lines joined, as a shell would get it from Docker.
pub(super) fn unfolded(text: &str, escape: char) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if let Some(part) = line.trim_end().strip_suffix(escape) {
            out.push_str(part);
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[derive(Default)]
struct Draft {
    words: Vec<String>,
    after: Option<Joint>,
    start: Option<usize>,
    end: usize,
}

struct Splitter<'t> {
    text: &'t str,
    offset: usize,
    escape: char,
    at: usize,
    word: Option<String>,
    redirects: bool,
    found: Vec<Command>,
    current: Draft,
}

impl Splitter<'_> {
    fn run(&mut self) {
        while let Some(c) = self.peek() {
            if c == self.escape && self.continues() {
                self.skip_continuation();
            } else {
                self.step(c);
            }
        }
        self.end_command(Joint::Sequence);
    }

    fn step(&mut self, c: char) {
        match c {
            ' ' | '\t' | '\r' => self.separate(),
            '&' if self.rest().starts_with("&&") => self.operator(2, Joint::And),
            '&' if self.rest().starts_with("&>") => self.redirect(),
            '\n' | ';' | '(' | ')' | '&' => self.operator(1, Joint::Sequence),
            '|' if self.rest().starts_with("||") => self.operator(2, Joint::Or),
            '|' => self.operator(1, Joint::Pipe),
            '<' | '>' => self.redirect(),
            '#' if self.word.is_none() => self.skip_line(),
            '\'' | '"' => self.quoted(c),
            '\\' => self.escaped(),
            '$' | '`' => self.substitution(c),
            _ => self.push(c),
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn separate(&mut self) {
        self.at += 1;
        self.end_word();
    }

    fn push(&mut self, c: char) {
        self.begin();
        self.word.get_or_insert_default().push(c);
        self.at += c.len_utf8();
        self.current.end = self.at;
    }

    fn begin(&mut self) {
        self.current.start.get_or_insert(self.at);
    }

    /// The escape at the end of a line, blanks after it forgiven, as Docker does.
    fn continues(&self) -> bool {
        let after = self.rest()[self.escape.len_utf8()..].trim_start_matches([' ', '\t', '\r']);
        after.starts_with('\n') || after.is_empty()
    }

    /// Docker also drops comment lines and empty lines that follow.
    fn skip_continuation(&mut self) {
        self.skip_line();
        self.at = (self.at + 1).min(self.text.len());
        while let Some((line, _)) = self.rest().split_once('\n') {
            if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
                return;
            }
            let length = line.len() + 1;
            self.end_word();
            self.at += length;
        }
    }

    /// To the end of the line; its break still ends the command.
    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn operator(&mut self, length: usize, joint: Joint) {
        self.at += length;
        self.end_command(joint);
    }

    fn redirect(&mut self) {
        // `2>`: the number is no argument.
        if self
            .word
            .as_ref()
            .is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        {
            self.word = None;
        }
        self.end_word();
        let length = self
            .rest()
            .find(|c| !matches!(c, '<' | '>' | '&' | '-'))
            .unwrap_or(self.rest().len());
        self.at += length.max(1);
        self.redirects = true;
    }

    fn quoted(&mut self, quote: char) {
        self.begin();
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                c if c == quote => break,
                '\\' if quote == '"' => text.extend(self.unescaped()),
                c => text.push(c),
            }
        }
        self.word.get_or_insert_default().push_str(&text);
        self.current.end = self.at;
    }

    /// What an escape inside double quotes stands for; a continued line for nothing.
    fn unescaped(&mut self) -> Option<String> {
        let c = self.peek()?;
        match c {
            '\n' => {
                self.at += 1;
                None
            }
            '"' | '\\' | '$' | '`' => {
                self.at += 1;
                Some(c.to_string())
            }
            _ => Some("\\".to_owned()),
        }
    }

    fn escaped(&mut self) {
        self.begin();
        self.at += 1;
        match self.peek() {
            Some('\n') => self.at += 1,
            Some(c) => self.push(c),
            None => {}
        }
    }

    /// `$(..)`, `${..}` and backticks are one piece of a word, whatever is in them.
    fn substitution(&mut self, c: char) {
        let length = match (c, self.rest()[1..].chars().next()) {
            ('$', Some('(')) => nested(self.rest(), '(', ')'),
            ('$', Some('{')) => nested(self.rest(), '{', '}'),
            ('`', _) => self.rest()[1..]
                .find('`')
                .map_or(self.rest().len(), |end| end + 2),
            _ => 1,
        };
        self.begin();
        let piece = self.rest()[..length].to_owned();
        self.word.get_or_insert_default().push_str(&piece);
        self.at += length;
        self.current.end = self.at;
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else {
            return;
        };
        if std::mem::take(&mut self.redirects) {
            return;
        }
        if self.current.words.is_empty() && KEYWORDS.contains(&word.as_str()) {
            self.current.start = None;
        } else {
            self.current.words.push(word);
        }
    }

    fn end_command(&mut self, next: Joint) {
        self.end_word();
        self.redirects = false;
        let draft = std::mem::take(&mut self.current);
        let after = draft.after.unwrap_or(Joint::Sequence);
        let start = draft.start.unwrap_or(0);
        let is_empty = draft.words.is_empty();
        if let Some(command) = command(
            draft.words,
            after,
            self.offset + start..self.offset + draft.end,
        ) {
            self.found.push(command);
        }
        // A line break after an operator changes nothing: `a &&` and `b` on the next line.
        self.current.after = Some(if is_empty && next == Joint::Sequence {
            after
        } else {
            next
        });
    }
}

/// The length of a text that begins with `$(` or `${`, up to the bracket that closes it.
fn nested(text: &str, open: char, close: char) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return at + c.len_utf8();
            }
        }
    }
    text.len()
}

fn command(words: Vec<String>, after: Joint, span: Range<usize>) -> Option<Command> {
    let mut words = words.into_iter().peekable();
    let mut assignments = Vec::new();
    while let Some(word) =
        words.next_if(|word| is_assignment(word) || WRAPPERS.contains(&word.as_str()))
    {
        if is_assignment(&word) {
            assignments.push(word);
        } else {
            while words.next_if(|word| word.starts_with('-')).is_some() {}
        }
    }
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then_some(Command {
        words,
        assignments,
        after,
        span,
    })
}

fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        split(text, 0, '\\')
            .into_iter()
            .map(|command| command.words.join(" "))
            .collect()
    }

    #[test]
    fn operators_part_commands() {
        let found = split(
            "apt-get update && apt-get install -y gcc || true; echo a | tee b",
            0,
            '\\',
        );
        let joints: Vec<_> = found
            .iter()
            .map(|command| (command.program().to_owned(), command.after))
            .collect();
        assert_eq!(
            joints,
            [
                ("apt-get".to_owned(), Joint::Sequence),
                ("apt-get".to_owned(), Joint::And),
                ("true".to_owned(), Joint::Or),
                ("echo".to_owned(), Joint::Sequence),
                ("tee".to_owned(), Joint::Pipe),
            ]
        );
    }

    #[test]
    fn continued_lines_are_one_command_and_comments_between_them_none() {
        let text = "apt-get install -y \\\n    # for psycopg2\n    libpq5 \\\n\n  # more\n  gettext \\\n  && rm -rf /x";
        assert_eq!(
            words(text),
            ["apt-get install -y libpq5 gettext", "rm -rf /x"]
        );
    }

    #[test]
    fn lines_of_a_heredoc_are_commands() {
        assert_eq!(
            words("set -e\n# a comment\napt-get update\nuv sync # all\n"),
            ["set -e", "apt-get update", "uv sync"]
        );
    }

    #[test]
    fn compound_commands_show_the_simple_ones_in_them() {
        let text = "if [ \"$A\" = 1 ]; then \\\n  pip install '.[ml]'; else uv sync; fi";
        assert_eq!(words(text), ["[ $A = 1 ]", "pip install .[ml]", "uv sync"]);
    }

    #[test]
    fn quotes_substitutions_and_redirections() {
        assert_eq!(
            words("echo \"a && b\" $(date; id) ${X:-y z} > /dev/null 2>&1"),
            ["echo a && b $(date; id) ${X:-y z}"]
        );
        assert_eq!(
            words("exec -a x env A=1 gunicorn app"),
            ["x env A=1 gunicorn app"]
        );
        assert_eq!(words("A=1 exec gunicorn app"), ["gunicorn app"]);
    }

    #[test]
    fn spans_point_at_the_command() {
        let text = "a && \\\n  uv sync --frozen\n";
        let found = split(text, 10, '\\');
        assert_eq!(
            &text[found[1].span.start - 10..found[1].span.end - 10],
            "uv sync --frozen"
        );
    }

    #[test]
    fn unclosed_text_is_no_panic() {
        for text in [
            "echo \"a", "echo $(a", "echo `a", "a \\", "\\", "<", "a ${", "é 'ü",
        ] {
            split(text, 0, '\\');
        }
    }
}
