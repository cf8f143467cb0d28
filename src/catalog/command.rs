//! Command templates: an exec-form command with places for what only a project knows.
//!
//! `["uvicorn", "{app}", "--port", "{port}"]` is checked when it is read, so that filling it cannot
//! fail. Each token stays one token whatever is filled in.

use serde::Deserialize;

/// A place in a command template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Placeholder {
    /// `{app}`: the application, `shop.api:app`.
    App,
    /// `{file}`: the path of a script.
    File,
    /// `{host}`: the address to listen on.
    Host,
    /// `{port}`: the port to listen on.
    Port,
}

impl Placeholder {
    const ALL: [Self; 4] = [Self::App, Self::File, Self::Host, Self::Port];

    fn written(self) -> &'static str {
        match self {
            Self::App => "{app}",
            Self::File => "{file}",
            Self::Host => "{host}",
            Self::Port => "{port}",
        }
    }
}

/// One word with places in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Template(String);

impl Template {
    /// The word with each place filled in by `value`.
    pub(crate) fn fill(&self, value: impl Fn(Placeholder) -> String) -> String {
        let mut word = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, place, after)) = next_place(rest) {
            word.push_str(before);
            word.push_str(&value(place));
            rest = after;
        }
        word + rest
    }
}

fn next_place(text: &str) -> Option<(&str, Placeholder, &str)> {
    let (before, from_brace) = text.split_at(text.find('{')?);
    Placeholder::ALL.into_iter().find_map(|place| {
        let after = from_brace.strip_prefix(place.written())?;
        Some((before, place, after))
    })
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let template = Self(text);
        if template.fill(|_| String::new()).contains(['{', '}']) {
            let known = Placeholder::ALL.map(Placeholder::written).join(", ");
            return Err(format!(
                "`{}` has a place that is none of {known}",
                template.0
            ));
        }
        Ok(template)
    }
}

/// A command in exec form, with places in its words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Template>")]
pub(crate) struct CommandTemplate(Vec<Template>);

impl CommandTemplate {
    /// The command with each place filled in by `value`.
    pub(crate) fn fill(&self, value: impl Fn(Placeholder) -> String) -> Vec<String> {
        self.0.iter().map(|word| word.fill(&value)).collect()
    }
}

impl TryFrom<Vec<Template>> for CommandTemplate {
    type Error = &'static str;

    fn try_from(words: Vec<Template>) -> Result<Self, &'static str> {
        if words.is_empty() {
            return Err("a command has at least one word");
        }
        Ok(Self(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Result<Template, String> {
        Template::try_from(text.to_owned())
    }

    #[test]
    fn a_value_is_never_read_as_a_place() {
        let bind = template("{host}:{port}").unwrap();
        let filled = bind.fill(|place| match place {
            Placeholder::Host => "{port}".to_owned(),
            _ => "80".to_owned(),
        });
        assert_eq!(filled, "{port}:80");
    }

    #[test]
    fn an_unknown_place_is_refused() {
        assert!(template("{module}").is_err());
        assert!(template("{app").is_err());
        assert!(CommandTemplate::try_from(Vec::new()).is_err());
    }
}
