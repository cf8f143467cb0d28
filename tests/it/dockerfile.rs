//! A rendered Dockerfile read back, by a parser that shares nothing with the templates.

use parse_dockerfile::{Command, CopyInstruction, HealthcheckArguments, Instruction, Source};

/// What a Dockerfile says.
pub(crate) struct Dockerfile {
    /// The keyword of each instruction; behind `FROM`, the stage's name.
    pub(crate) instructions: Vec<String>,
    /// The stages in order.
    pub(crate) stages: Vec<Stage>,
    /// The arguments of `CMD`.
    pub(crate) command: Vec<String>,
    /// The arguments of the health check's command; empty without one.
    pub(crate) health: Vec<String>,
    /// The last `USER`.
    pub(crate) user: String,
    /// Names and values of the last stage's variables.
    pub(crate) env: Vec<(String, String)>,
    /// Names and values of the labels.
    pub(crate) labels: Vec<(String, String)>,
}

/// One stage.
pub(crate) struct Stage {
    pub(crate) name: String,
    /// The image or stage that it starts from.
    pub(crate) from: String,
    /// The stages that it copies or mounts from.
    pub(crate) uses: Vec<String>,
}

impl Dockerfile {
    pub(crate) fn parse(text: &str) -> Self {
        // An empty list ends an inherited entry point; this parser wants a word in it.
        let text = &text.replace("ENTRYPOINT []", "ENTRYPOINT [\"\"]");
        let parsed = parse_dockerfile::parse(text)
            .unwrap_or_else(|error| panic!("{error} in the Dockerfile:\n{text}"));
        let mut file = Self {
            instructions: Vec::new(),
            stages: Vec::new(),
            command: Vec::new(),
            health: Vec::new(),
            user: String::new(),
            env: Vec::new(),
            labels: Vec::new(),
        };
        for instruction in &parsed.instructions {
            file.add(text, instruction);
        }
        file
    }

    fn add(&mut self, text: &str, instruction: &Instruction<'_>) {
        let debug = format!("{instruction:?}");
        let (keyword, _) = debug.split_once('(').expect("a variant of an enum");
        self.instructions.push(keyword.to_uppercase());
        match instruction {
            Instruction::From(from) => {
                let name = from.as_.as_ref().map(|(_, name)| name.value.to_string());
                let name = name.expect("every stage has a name");
                self.instructions.push(name.clone());
                self.env.clear();
                self.stages.push(Stage {
                    name,
                    from: from.image.value.to_string(),
                    uses: Vec::new(),
                });
            }
            Instruction::Copy(copy) => self.uses(copy_from(copy)),
            Instruction::Run(run) => {
                for option in &run.options {
                    let value = option.value.as_ref().map_or("", |value| &value.value);
                    let from = value.split(',').find_map(|part| part.strip_prefix("from="));
                    self.uses(from.map(str::to_owned));
                }
            }
            Instruction::Cmd(cmd) => self.command = exec(&cmd.arguments),
            Instruction::Healthcheck(check) => match &check.arguments {
                HealthcheckArguments::Cmd { arguments, .. } => self.health = exec(arguments),
                _ => panic!("a health check with a command"),
            },
            Instruction::User(user) => self.user = user.arguments.value.to_string(),
            Instruction::Env(env) => self.env.extend(pairs(&text[env.arguments.span.clone()])),
            Instruction::Label(label) => {
                self.labels
                    .extend(pairs(&text[label.arguments.span.clone()]));
            }
            _ => {}
        }
    }

    fn uses(&mut self, stage: Option<String>) {
        let last = self.stages.last_mut().expect("FROM comes first");
        last.uses.extend(stage);
    }
}

fn copy_from(copy: &CopyInstruction<'_>) -> Option<String> {
    assert!(
        !copy
            .src
            .iter()
            .any(|source| matches!(source, Source::HereDoc(document) if document.expand)),
        "variables in a file that is written"
    );
    let from = copy.options.iter().find(|flag| flag.name.value == "from")?;
    from.value.as_ref().map(|value| value.value.to_string())
}

fn exec(command: &Command<'_>) -> Vec<String> {
    match command {
        Command::Exec(words) => {
            let words = words.value.iter();
            words.map(|word| word.value.to_string()).collect()
        }
        other => panic!("not an exec form: {other:?}"),
    }
}

/// `NAME=value` pairs as BuildKit reads them: lines joined, words split outside of quotes, quotes and
/// escapes taken away.
///
/// Source: <https://docs.docker.com/reference/dockerfile/#env>
fn pairs(arguments: &str) -> Vec<(String, String)> {
    let joined = arguments.replace("\\\n", "");
    let mut pairs = Vec::new();
    let mut rest = joined.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').expect("a name and its value");
        let (value, after) = value(after);
        pairs.push((name.to_owned(), value));
        rest = after.trim_start();
    }
    pairs
}

fn value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut quoted = false;
    let mut chars = text.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' => {
                let (_, next) = chars.next().expect("something is escaped");
                if quoted && !matches!(next, '"' | '\\' | '$') {
                    value.push('\\');
                }
                value.push(next);
            }
            // The two variables that the templates themselves ask for.
            '$' if text[index..].starts_with("$PATH") => value.push('$'),
            '$' => panic!("a variable would be put in: {text}"),
            '\'' if !quoted => panic!("a single quote outside of quotes: {text}"),
            c if c.is_whitespace() && !quoted => return (value, &text[index..]),
            c => value.push(c),
        }
    }
    assert!(!quoted, "a quote is left open: {text}");
    (value, "")
}
