//! A Dockerfile as stages of instructions, variables put in, shell text split into commands.
//!
//! The parser is taiki-e's; this file gives its result the shape that the rest asks for.

use std::ops::Range;

use parse_dockerfile::{
    Command as RawCommand, Flag, HealthcheckArguments, Instruction as Raw, JsonOrStringArray,
    Source, UnescapedString,
};

use super::Placed;
use super::expand::{Variables, pairs};
use super::gaps::{self, Readable};
use super::shell::{self, Command};
use crate::diagnostic::{Diagnostic, Place, Result, SourceFile};
use crate::rules;

/// A Dockerfile that was read.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    /// Its text.
    pub file: SourceFile,
    /// Its stages, in order; there is at least one.
    pub(crate) stages: Vec<Stage>,
}

/// One stage.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    /// Its name after `AS`, in lower case as Docker compares it.
    pub(crate) name: Option<String>,
    /// The image or stage after `FROM`, `ARG` defaults put in.
    pub(crate) from: Placed<String>,
    /// What it does, in order.
    pub(crate) instructions: Vec<Instruction>,
}

/// One instruction.
#[derive(Debug, Clone)]
pub(crate) struct Instruction {
    /// What it says.
    pub(crate) kind: Kind,
    /// Where it is.
    pub(crate) place: Place,
}

/// What an instruction says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `RUN`: its commands, and what `--mount` brings in.
    Run(Vec<Command>, Vec<String>),
    /// `COPY` and `ADD`: `--from`, `--chown`, sources, destination.
    Copy {
        /// The stage or image that files come from; the build context when there is none.
        from: Option<String>,
        /// Who owns them then.
        chown: Option<String>,
        /// What is copied; empty for text in the Dockerfile itself.
        sources: Vec<String>,
        /// Where to.
        target: String,
    },
    /// `ENV`.
    Env(Vec<(String, String)>),
    /// `ARG`.
    Arg(Vec<(String, Option<String>)>),
    /// `EXPOSE`.
    Expose(Vec<String>),
    /// `HEALTHCHECK`: options and command; `None` for `NONE`.
    Healthcheck(Option<(Vec<(String, String)>, Words)>),
    /// `CMD`.
    Cmd(Words),
    /// `ENTRYPOINT`.
    Entrypoint(Words),
    /// `USER`.
    User(String),
    /// `WORKDIR`.
    Workdir(String),
    /// `VOLUME`.
    Volume(Vec<String>),
    /// `STOPSIGNAL`.
    StopSignal(String),
    /// `ONBUILD`: what a build on this image would do.
    OnBuild(Box<Kind>),
    /// `LABEL`, `SHELL` and `MAINTAINER`, which say nothing that is asked for.
    Other,
}

/// A command in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Words {
    /// `["program", "argument"]`.
    Exec(Vec<String>),
    /// Text for a shell.
    Shell(String),
}

impl Dockerfile {
    /// Reads a Dockerfile. Errors: what Docker would not read either.
    pub fn parse(file: SourceFile) -> Result<Self> {
        let escape = escape(file.text());
        let Readable { text, bodies } = gaps::readable(file.text(), escape);
        let parsed = parse_dockerfile::parse(&text).map_err(|error| invalid(&file, &error))?;
        let mut global = Variables::default();
        for (name, value) in parsed
            .global_args()
            .flat_map(|arg| pairs(&arg.arguments.value, escape))
        {
            if let Some(value) = value {
                let value = global.expand(&value);
                global.set(&name, value);
            }
        }
        let mut reader = Reader {
            file: &file,
            escape,
            bodies,
            global,
            stages: Vec::new(),
            ends: Vec::new(),
        };
        for stage in parsed.stages() {
            reader.read(&stage);
        }
        let stages = reader.stages;
        Ok(Self { file, stages })
    }

    /// The number of the stage that a name or number means.
    pub(crate) fn stage(&self, name: &str) -> Option<usize> {
        let named = self
            .stages
            .iter()
            .position(|stage| stage.name.as_deref() == Some(&name.to_lowercase()));
        named.or_else(|| {
            name.parse()
                .ok()
                .filter(|number| *number < self.stages.len())
        })
    }
}

/// The character that continues a line: of the directive `# escape=`, which stands before everything else.
fn escape(text: &str) -> char {
    let text = text.trim_start_matches('\u{feff}');
    let directives = text
        .lines()
        .map_while(|line| line.trim().strip_prefix('#')?.split_once('='));
    let mut named = directives.filter(|(name, _)| name.trim().eq_ignore_ascii_case("escape"));
    named
        .next()
        .and_then(|(_, value)| value.trim().chars().next())
        .unwrap_or('\\')
}

fn invalid(file: &SourceFile, error: &parse_dockerfile::Error) -> Diagnostic {
    let starts = file.text().split_inclusive('\n').scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some(start..start + line.trim_end().len())
    });
    let line = starts
        .into_iter()
        .nth(error.line().saturating_sub(1))
        .unwrap_or(0..0);
    Diagnostic::new(
        rules::INVALID_DOCKERFILE,
        format!("`{}` cannot be read as a Dockerfile", file.path().display()),
    )
    .at(file.place(line, format!("{error:#}")))
    .with_help("`docker build --check` says the same; or leave this file out")
}

struct Reader<'f> {
    file: &'f SourceFile,
    escape: char,
    /// Heredocs that the parser did not see, with where their instruction begins.
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
                    place: self.file.place(span(raw), ""),
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
                exec(
                    words,
                    run.run.span.start..span_of_command(&run.arguments).end,
                )
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
                Words::Shell(variables.expand(joined.trim()))
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

fn span_of_command(command: &RawCommand<'_>) -> Range<usize> {
    match command {
        RawCommand::Exec(words) => words.span.clone(),
        RawCommand::Shell(text) => text.span.clone(),
        _ => 0..0,
    }
}

/// The whole instruction, from its keyword to its last argument.
fn span(raw: &Raw<'_>) -> Range<usize> {
    match raw {
        Raw::Run(raw) => raw.run.span.start..span_of_command(&raw.arguments).end,
        Raw::Copy(raw) => raw.copy.span.start..raw.dest.span.end,
        Raw::Add(raw) => raw.add.span.start..raw.dest.span.end,
        Raw::Env(raw) => raw.env.span.start..raw.arguments.span.end,
        Raw::Arg(raw) => raw.arg.span.start..raw.arguments.span.end,
        Raw::Expose(raw) => {
            raw.expose.span.start
                ..raw
                    .arguments
                    .last()
                    .map_or(raw.expose.span.end, |last| last.span.end)
        }
        Raw::Healthcheck(raw) => match &raw.arguments {
            HealthcheckArguments::Cmd { arguments, .. } => {
                raw.healthcheck.span.start..span_of_command(arguments).end
            }
            _ => raw.healthcheck.span.clone(),
        },
        Raw::Cmd(raw) => raw.cmd.span.start..span_of_command(&raw.arguments).end,
        Raw::Entrypoint(raw) => raw.entrypoint.span.start..span_of_command(&raw.arguments).end,
        Raw::User(raw) => raw.user.span.start..raw.arguments.span.end,
        Raw::Workdir(raw) => raw.workdir.span.start..raw.arguments.span.end,
        Raw::Stopsignal(raw) => raw.stopsignal.span.start..raw.arguments.span.end,
        Raw::Onbuild(raw) => raw.onbuild.span.start..span(&raw.instruction).end,
        Raw::From(raw) => raw.from.span.clone(),
        Raw::Label(raw) => raw.label.span.clone(),
        Raw::Maintainer(raw) => raw.maintainer.span.clone(),
        Raw::Shell(raw) => raw.shell.span.clone(),
        Raw::Volume(raw) => raw.volume.span.clone(),
        _ => 0..0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Dockerfile {
        Dockerfile::parse(SourceFile::new("Dockerfile", text)).unwrap()
    }

    fn kinds(text: &str) -> Vec<Kind> {
        parse(text)
            .stages
            .remove(0)
            .instructions
            .into_iter()
            .map(|one| one.kind)
            .collect()
    }

    #[test]
    fn arguments_before_from_are_put_in() {
        let read =
            parse("ARG V=3.12\nARG IMAGE=python:${V}-slim\nFROM ${IMAGE} AS Base\nFROM base\n");
        assert_eq!(read.stages[0].from.value, "python:3.12-slim");
        assert_eq!(read.stage("BASE"), Some(0));
        assert_eq!(read.stage("1"), Some(1));
        assert_eq!(read.stage("missing"), None);
    }

    #[test]
    fn variables_of_a_stage_go_on_into_the_next() {
        let read =
            parse("FROM a AS one\nARG PORT=80\nENV P=$PORT\nFROM one\nEXPOSE $P/tcp ${Q:-90}\n");
        assert_eq!(
            read.stages[1].instructions[0].kind,
            Kind::Expose(vec!["80/tcp".to_owned(), "90".to_owned()])
        );
    }

    #[test]
    fn copies_with_their_flags() {
        let kinds = kinds(
            "FROM a\nCOPY --from=build --chown=1:1 /a /b /c/\nADD https://x/y /z\nCOPY <<EOF /f\nCMD [\"x\"]\nEOF\n",
        );
        assert_eq!(
            kinds[0],
            Kind::Copy {
                from: Some("build".to_owned()),
                chown: Some("1:1".to_owned()),
                sources: vec!["/a".to_owned(), "/b".to_owned()],
                target: "/c/".to_owned(),
            }
        );
        assert_eq!(kinds.len(), 3);
    }

    #[test]
    fn heredocs_are_commands() {
        let kinds = kinds("FROM a\nRUN <<EOF\nset -e\nuv sync \\\n  --frozen\nEOF\n");
        let Kind::Run(commands, _) = &kinds[0] else {
            panic!("{kinds:?}")
        };
        let words: Vec<String> = commands
            .iter()
            .map(|command| command.words.join(" "))
            .collect();
        assert_eq!(words.last().map(String::as_str), Some("uv sync --frozen"));
    }

    #[test]
    fn both_forms_of_a_command_and_a_shell_in_exec_form() {
        assert_eq!(
            kinds("FROM a\nCMD [\"a\", \"b c\"]\n"),
            [Kind::Cmd(Words::Exec(vec![
                "a".to_owned(),
                "b c".to_owned()
            ]))]
        );
        assert_eq!(
            kinds("FROM a\nENV P=1\nENTRYPOINT a \\\n  --port $P\n")[1],
            Kind::Entrypoint(Words::Shell("a   --port 1".to_owned()))
        );
        let Kind::Run(commands, _) = &kinds("FROM a\nRUN [\"sh\", \"-c\", \"a && b\"]\n")[0] else {
            panic!()
        };
        assert_eq!(commands.len(), 2);
    }

    #[test]
    fn heredocs_inside_a_line_and_empty_lists() {
        let kinds = kinds(
            "FROM a\nRUN cat > x <<'EOF' && y\nFROM z\nEOF\nRUN bash <<EOF\nuv sync\nEOF\nENTRYPOINT []\n",
        );
        let Kind::Run(commands, _) = &kinds[0] else {
            panic!("{kinds:?}")
        };
        assert_eq!(commands.len(), 2);
        let Kind::Run(commands, _) = &kinds[1] else {
            panic!("{kinds:?}")
        };
        assert_eq!(commands[1].words, ["uv", "sync"]);
        assert_eq!(kinds[2], Kind::Entrypoint(Words::Exec(Vec::new())));
    }

    #[test]
    fn the_escape_can_be_another() {
        let kinds = kinds("# escape=`\nFROM a\nRUN a `\n  && b\n");
        let Kind::Run(commands, _) = &kinds[0] else {
            panic!()
        };
        assert_eq!(commands.len(), 2);
    }

    #[test]
    fn the_rest() {
        let kinds = kinds(
            "FROM a\nUSER 1000:1000\nWORKDIR /app\nVOLUME [\"/data\"]\nVOLUME /a /b\nSTOPSIGNAL SIGINT\nONBUILD RUN x\nHEALTHCHECK NONE\nHEALTHCHECK --interval=5s CMD curl -f http://x/y || exit 1\nLABEL a=b\n",
        );
        assert_eq!(kinds[0], Kind::User("1000:1000".to_owned()));
        assert_eq!(kinds[2], Kind::Volume(vec!["/data".to_owned()]));
        assert_eq!(
            kinds[3],
            Kind::Volume(vec!["/a".to_owned(), "/b".to_owned()])
        );
        assert!(matches!(&kinds[5], Kind::OnBuild(inner) if matches!(**inner, Kind::Run(..))));
        assert_eq!(kinds[6], Kind::Healthcheck(None));
        let Kind::Healthcheck(Some((options, _))) = &kinds[7] else {
            panic!()
        };
        assert_eq!(options[0], ("interval".to_owned(), "5s".to_owned()));
        assert_eq!(kinds[8], Kind::Other);
    }

    #[test]
    fn what_is_no_dockerfile_is_told_with_its_line() {
        let error =
            Dockerfile::parse(SourceFile::new("Dockerfile", "FROM a\nFRM b\n")).unwrap_err();
        insta::assert_snapshot!(error, @"
        error[invalid-dockerfile]: `Dockerfile` cannot be read as a Dockerfile
         --> Dockerfile:2:1
          |
        2 | FRM b
          | ^^^^^ unknown instruction 'FRM'
          |
          = help: `docker build --check` says the same; or leave this file out
        ");
        assert!(Dockerfile::parse(SourceFile::new("Dockerfile", "")).is_err());
    }
}
