//! Where an instruction of a Dockerfile stands in its text.

use std::ops::Range;

use parse_dockerfile::{Command, HealthcheckArguments, Instruction};

/// The arguments of a command.
pub(super) fn of_command(command: &Command<'_>) -> Range<usize> {
    match command {
        Command::Exec(words) => words.span.clone(),
        Command::Shell(text) => text.span.clone(),
        _ => 0..0,
    }
}

/// The whole instruction, from its keyword to its last argument.
pub(super) fn of_instruction(raw: &Instruction<'_>) -> Range<usize> {
    match raw {
        Instruction::Run(raw) => raw.run.span.start..of_command(&raw.arguments).end,
        Instruction::Copy(raw) => raw.copy.span.start..raw.dest.span.end,
        Instruction::Add(raw) => raw.add.span.start..raw.dest.span.end,
        Instruction::Env(raw) => raw.env.span.start..raw.arguments.span.end,
        Instruction::Arg(raw) => raw.arg.span.start..raw.arguments.span.end,
        Instruction::Expose(raw) => {
            raw.expose.span.start
                ..raw
                    .arguments
                    .last()
                    .map_or(raw.expose.span.end, |last| last.span.end)
        }
        Instruction::Healthcheck(raw) => match &raw.arguments {
            HealthcheckArguments::Cmd { arguments, .. } => {
                raw.healthcheck.span.start..of_command(arguments).end
            }
            _ => raw.healthcheck.span.clone(),
        },
        Instruction::Cmd(raw) => raw.cmd.span.start..of_command(&raw.arguments).end,
        Instruction::Entrypoint(raw) => raw.entrypoint.span.start..of_command(&raw.arguments).end,
        Instruction::User(raw) => raw.user.span.start..raw.arguments.span.end,
        Instruction::Workdir(raw) => raw.workdir.span.start..raw.arguments.span.end,
        Instruction::Stopsignal(raw) => raw.stopsignal.span.start..raw.arguments.span.end,
        Instruction::Onbuild(raw) => raw.onbuild.span.start..of_instruction(&raw.instruction).end,
        Instruction::From(raw) => raw.from.span.clone(),
        Instruction::Label(raw) => raw.label.span.clone(),
        Instruction::Maintainer(raw) => raw.maintainer.span.clone(),
        Instruction::Shell(raw) => raw.shell.span.clone(),
        Instruction::Volume(raw) => raw.volume.span.clone(),
        _ => 0..0,
    }
}
