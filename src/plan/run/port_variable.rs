//! A port that a platform says in a variable, as Cloud Run, Heroku, Railway and Spaces do.
//!
//! A command is a list, so no shell puts the variable in: the image's own Python does, and becomes the server.

use crate::diagnostic::{Diagnostic, Result};
use crate::plan::{Decision, inputs::Subject};
use crate::profile::{EnvName, Line, Profile};
use crate::rules;

/// What stands in a command for the port.
pub(crate) fn word(profile: &Profile, number: u16) -> String {
    match variable(profile) {
        Some(variable) => format!("${}", variable.as_ref()),
        None => number.to_string(),
    }
}

/// The variable that the profile says.
pub(crate) fn variable(profile: &Profile) -> Option<&EnvName> {
    profile.port.as_ref()?.value.variable.as_ref()
}

/// A command and what goes with it.
pub(crate) type Command = (Decision<Vec<Line>>, Vec<(EnvName, Decision<Line>)>);

/// The same, with the variable where the port would be. Errors: a command with a variable that nothing puts in.
pub(crate) fn put_in(subject: &Subject<'_>, (command, env): Command) -> Result<Command> {
    let Some(variable) = variable(subject.profile) else {
        refuse_unfilled(subject)?;
        return Ok((command, env));
    };
    let stands = Stands(variable.as_ref());
    let (told, env): (Vec<_>, Vec<_>) = env
        .into_iter()
        .partition(|(_, said)| stands.is_in(said.value.as_ref()));
    let words = &command.value;
    let is_needed = !told.is_empty() || words.iter().any(|word| stands.is_in(word.as_ref()));
    let told = told
        .iter()
        .map(|(name, said)| (name.as_ref(), said.value.as_ref()));
    let words = if is_needed {
        stands.program(words, told)
    } else {
        words.clone()
    };
    let number = subject
        .profile
        .port
        .as_ref()
        .map_or(0, |port| port.value.number);
    let default = number.to_string().parse().expect("a number is a line");
    let default = (
        variable.clone(),
        Decision::new(default, "a platform sets another"),
    );
    let env = env.into_iter().chain([default]).collect();
    Ok((Decision::new(words, command.because), env))
}

/// A variable in a text, as `$NAME` or `${NAME}`.
struct Stands<'n>(&'n str);

impl Stands<'_> {
    fn spellings(&self) -> [String; 2] {
        [format!("${{{}}}", self.0), format!("${}", self.0)]
    }

    fn is_in(&self, text: &str) -> bool {
        self.spellings()
            .iter()
            .any(|spelling| text.contains(spelling))
    }

    /// A text as an expression of Python's.
    fn expression(&self, text: &str) -> String {
        let [braced, plain] = self.spellings();
        let text = text.replace(&braced, &plain);
        let parts: Vec<String> = text.split(&plain).map(literal).collect();
        let whole = parts.join(&format!(" + e[{}] + ", literal(self.0)));
        let whole = whole.replace("\"\" + ", "");
        whole.strip_suffix(" + \"\"").unwrap_or(&whole).to_owned()
    }

    /// Python that sets what is told by variables, and then becomes the program.
    fn program<'t>(
        &self,
        words: &[Line],
        told: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Vec<Line> {
        let sets = told
            .map(|(name, value)| format!("e[{}] = {}; ", literal(name), self.expression(value)));
        let sets: String = sets.collect();
        let list: Vec<String> = words
            .iter()
            .map(|word| self.expression(word.as_ref()))
            .collect();
        let first = list.first().map_or("", String::as_str);
        let program = format!(
            "import os; e = os.environ; {sets}os.execvp({first}, [{}])",
            list.join(", ")
        );
        let words = ["python", "-IS", "-c", &program];
        let lines = words.map(|word| word.parse().expect("words of one line make one line"));
        lines.into()
    }
}

/// A text as Python has it. JSON's escapes are Python's.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Nothing replaces a variable in a list: the program would be given its name.
fn refuse_unfilled(subject: &Subject<'_>) -> Result<()> {
    let Some(command) = &subject.profile.command else {
        return Ok(());
    };
    let names = command.value.iter().find_map(|word| port_in(word.as_ref()));
    let Some(name) = names else {
        return Ok(());
    };
    let profile = &subject.profile.name;
    let problem = format!(
        "nothing puts `${name}` into the command of `{profile}`: it is a list, which no shell reads"
    );
    Err(Diagnostic::new(rules::INVALID_VALUE, problem)
        .at_some(command.origin.place_of(name, "the program would be given this name"))
        .with_help(format!(
            "say that the port comes from there, in [profile.{profile}] of dfgen.toml: `port = {{ env = \"{name}\", default = 8000 }}`"
        ))
        .into())
}

/// The name of a variable for a port in a word: `PORT` of `0.0.0.0:$PORT`.
fn port_in(word: &str) -> Option<&str> {
    let rest = word.split_once('$')?.1;
    let rest = rest.strip_prefix('{').unwrap_or(rest);
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
    name.ends_with("PORT").then_some(name)
}
