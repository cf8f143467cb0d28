//! A Dockerfile as stages of instructions, variables put in, shell text split into commands.
//!
//! The parser is taiki-e's; `reader` gives its result the shape that the rest asks for, which is here.

mod reader;
mod span;

use super::Placed;
use super::gaps;
use super::shell::Command;
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
        let readable = gaps::readable(file.text(), escape);
        let parsed =
            parse_dockerfile::parse(&readable.text).map_err(|error| invalid(&file, &error))?;
        let stages = reader::stages(&file, &parsed, escape, readable.bodies);
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
