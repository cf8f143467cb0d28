//! The parser's instructions as dfgen's own: variables put in, shell text split into commands.

use std::ops::Range;

use parse_dockerfile::{
    Command as RawCommand, Dockerfile, Flag, HealthcheckArguments, Instruction as Raw,
    JsonOrStringArray, Source, UnescapedString,
};

use super::span::{of_command, of_instruction};
use super::{Instruction, Kind, Stage, Words};
use crate::diagnostic::SourceFile;
use crate::existing::expand::{PLATFORM_PORT, Variables, pairs};
use crate::existing::shell::{self, Command};
use crate::existing::{Placed, gaps};

/// The stages of a Dockerfile that was parsed; `bodies` are the heredocs that the parser did not see, with where
/// their instruction begins.
pub(super) fn stages(
    file: &SourceFile,
    parsed: &Dockerfile<'_>,
    escape: char,
    bodies: Vec<(usize, Range<usize>)>,
) -> Vec<Stage> {
    let mut reader = Reader {
        file,
        escape,
        bodies,
        global: global(parsed, escape),
        stages: Vec::new(),
        ends: Vec::new(),
    };
    for stage in parsed.stages() {
        reader.read(&stage);
    }
    reader.stages
}

/// What stands before the first `FROM`, with its default.
fn global(parsed: &Dockerfile<'_>, escape: char) -> Variables {
    let mut global = Variables::default();
    let arguments = parsed.global_args();
    for (name, value) in arguments.flat_map(|arg| pairs(&arg.arguments.value, escape)) {
        if let Some(value) = value {
            let value = global.expand(&value);
            global.set(&name, value);
        }
    }
    global
}

struct Reader<'f> {
    file: &'f SourceFile,
    escape: char,
    bodies: Vec<(usize, Range<usize>)>,
    global: Variables,
    stages: Vec<Stage>,
    /// The variables at the end of each stage.
    ends: Vec<Variables>,
}

impl Reader<'_> {
    fn read(&mut self, stage: &parse_dockerfile::Stage<'_, '_>) {
        let image = self.global.expand(&stage.from.image.value);
        let parent = self
            .stages
            .iter()
            .position(|known| known.name.as_deref() == Some(&image.to_lowercase()));
        let mut variables = parent
            .map(|parent| self.ends[parent].clone())
            .unwrap_or_default();
        let mut instructions = Vec::new();
        for raw in stage.instructions {
            if let Some(kind) = self.kind(raw, &mut variables) {
                instructions.push(Instruction {
                    kind,
                    place: self.file.place(of_instruction(raw), ""),
                });
            }
        }
        self.stages.push(Stage {
            name: stage
                .from
                .as_
                .as_ref()
                .map(|(_, name)| name.value.to_lowercase()),
            from: Placed::new(
                image,
                self.file
                    .place(stage.from.from.span.start..stage.from.image.span.end, ""),
            ),
            instructions,
        });
        self.ends.push(variables);
    }

    fn kind(&self, raw: &Raw<'_>, variables: &mut Variables) -> Option<Kind> {
        let expand = |text: &UnescapedString<'_>| variables.expand(&text.value);
        Some(match raw {
            Raw::Run(run) => Kind::Run(self.run(run), flags(&run.options, "mount")),
            Raw::Copy(copy) => copied(&copy.options, &copy.src, &copy.dest, variables),
            Raw::Add(add) => copied(&add.options, &add.src, &add.dest, variables),
            Raw::Env(env) => Kind::Env(self.env(&env.arguments.value, variables)),
            Raw::Arg(arg) => Kind::Arg(self.arg(&arg.arguments.value, variables)),
            Raw::Expose(expose) => Kind::Expose(
                expose
                    .arguments
                    .iter()
                    .flat_map(|port| words(&expand(port)))
                    .collect(),
            ),
            Raw::Healthcheck(check) => Kind::Healthcheck(match &check.arguments {
                HealthcheckArguments::Cmd { arguments, .. } => {
                    Some((options(&check.options), self.words(arguments, variables)))
                }
                _ => None,
            }),
            Raw::Cmd(cmd) => Kind::Cmd(self.words(&cmd.arguments, variables)),
            Raw::Entrypoint(entrypoint) => {
                Kind::Entrypoint(self.words(&entrypoint.arguments, variables))
            }
            Raw::User(user) => Kind::User(expand(&user.arguments)),
            Raw::Workdir(folder) => Kind::Workdir(expand(&folder.arguments)),
            Raw::Volume(volume) => Kind::Volume(match &volume.arguments {
                JsonOrStringArray::Json(items) => items.value.iter().map(expand).collect(),
                JsonOrStringArray::String(items) => items.iter().map(expand).collect(),
            }),
            Raw::Stopsignal(signal) => Kind::StopSignal(expand(&signal.arguments)),
            Raw::Onbuild(onbuild) => {
                Kind::OnBuild(Box::new(self.kind(&onbuild.instruction, variables)?))
            }
            Raw::From(_) => return None,
            _ => Kind::Other,
        })
    }

    fn env(&self, text: &str, variables: &mut Variables) -> Vec<(String, String)> {
        let before = variables.clone();
        let pairs = pairs(text, self.escape).into_iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| (name, before.expand(&value.unwrap_or_default())))
            .collect();
        for (name, value) in &pairs {
            variables.set(name, value.clone());
        }
        pairs
    }

    fn arg(&self, text: &str, variables: &mut Variables) -> Vec<(String, Option<String>)> {
        let pairs = pairs(text, self.escape).into_iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| (name, value.map(|value| variables.expand(&value))))
            .collect();
        for (name, value) in &pairs {
            let value = value
                .clone()
                .or_else(|| self.global.get(name).map(str::to_owned));
            // `ENV` wins over `ARG`.
            if let (Some(value), None) = (value, variables.get(name)) {
                variables.set(name, value);
            }
        }
        pairs
    }

    /// The commands of a `RUN`: of its heredocs, where it has some.
    fn run(&self, run: &parse_dockerfile::RunInstruction<'_>) -> Vec<Command> {
        let mut commands = match &run.arguments {
            RawCommand::Exec(words) => {
                let words: Vec<String> = words
                    .value
                    .iter()
                    .map(|word| word.value.to_string())
                    .collect();
                exec(words, run.run.span.start..of_command(&run.arguments).end)
            }
            RawCommand::Shell(text) => shell::split(text.value, text.span.start, self.escape),
            _ => Vec::new(),
        };
        // The lines of `RUN <<EOF` are for the shell; those of `RUN python3 <<EOF` are not.
        let last = commands.last();
        let for_shell = last.is_none_or(|command| command.program().ends_with("sh"));
        let start = run.run.span.start;
        for (_, body) in self
            .bodies
            .iter()
            .filter(|(of, _)| *of == start && for_shell)
        {
            commands.extend(shell::split(
                &self.file.text()[body.clone()],
                body.start,
                '\\',
            ));
        }
        for document in run.here_docs.iter().filter(|_| for_shell) {
            commands.extend(shell::split(&document.value, document.span.start, '\\'));
        }
        commands
    }

    fn words(&self, command: &RawCommand<'_>, variables: &Variables) -> Words {
        match command {
            RawCommand::Exec(words) => Words::Exec(
                words
                    .value
                    .iter()
                    .map(|word| word.value.to_string())
                    .collect(),
            ),
            RawCommand::Shell(text) => {
                let joined = shell::unfolded(text.value, self.escape);
                if gaps::is_empty_list(joined.trim()) {
                    return Words::Exec(Vec::new());
                }
                Words::Shell(variables.leaving(PLATFORM_PORT).expand(joined.trim()))
            }
            _ => Words::Exec(Vec::new()),
        }
    }
}

/// `["sh", "-c", "text"]` runs the commands of the text.
fn exec(words: Vec<String>, span: Range<usize>) -> Vec<Command> {
    match words.as_slice() {
        [shell, flag, text]
            if flag.starts_with('-') && flag.ends_with('c') && shell.ends_with("sh") =>
        {
            let mut commands = shell::split(text, 0, '\\');
            for command in &mut commands {
                command.span = span.clone();
            }
            commands
        }
        _ => vec![Command {
            words,
            assignments: Vec::new(),
            after: shell::Joint::Sequence,
            span,
        }],
    }
}

fn copied(
    flags: &[Flag<'_>],
    sources: &[Source<'_>],
    target: &UnescapedString<'_>,
    variables: &Variables,
) -> Kind {
    let flag = |name: &str| {
        self::flags(flags, name)
            .into_iter()
            .next()
            .map(|value| variables.expand(&value))
    };
    let paths = sources.iter().filter_map(|source| match source {
        Source::Path(path) => Some(variables.expand(&path.value)),
        _ => None,
    });
    Kind::Copy {
        from: flag("from"),
        chown: flag("chown"),
        sources: paths.collect(),
        target: variables.expand(&target.value),
    }
}

fn flags(flags: &[Flag<'_>], name: &str) -> Vec<String> {
    let named = flags.iter().filter(|flag| flag.name.value == name);
    named
        .filter_map(|flag| Some(flag.value.as_ref()?.value.to_string()))
        .collect()
}

fn options(flags: &[Flag<'_>]) -> Vec<(String, String)> {
    let pair = |flag: &Flag<'_>| {
        Some((
            flag.name.value.to_string(),
            flag.value.as_ref()?.value.to_string(),
        ))
    };
    flags.iter().filter_map(pair).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
