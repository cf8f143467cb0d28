//! Everything that container files say, piece by piece: what `init` has to account for.
//!
//! One piece is an instruction, a command of a `RUN`, a variable of an `ENV`, a key of a compose service, or a line of a
//! start script. Nothing is judged here.

use super::compose::{ComposeService, Said};
use super::dockerfile::{Instruction, Kind};
use super::image::Image;
use super::shell::{self, Command};
use crate::diagnostic::{Place, SourceFile};

/// One thing that a container file says.
#[derive(Debug, Clone)]
pub(crate) struct Item<'e> {
    /// Where.
    pub(crate) place: Place,
    /// What, in one line.
    pub(crate) what: String,
    /// What kind of thing it is.
    pub(crate) kind: ItemKind<'e>,
    /// Whether it is of a stage that only builds.
    pub(crate) is_of_build: bool,
}

/// What kind of thing it is.
#[derive(Debug, Clone)]
pub(crate) enum ItemKind<'e> {
    /// What a stage begins from.
    From(&'e str),
    /// A stage that starts something and is no part of what is read.
    Stage,
    /// An instruction other than `RUN` and `ENV`.
    Instruction(&'e Kind),
    /// A variable.
    Variable(&'e str, &'e str),
    /// What a `RUN` mounts.
    Mount(&'e str),
    /// A command of a `RUN`, and the one behind it.
    Command(&'e Command, Option<&'e Command>),
    /// A key of a compose service.
    Key(&'e ComposeService, &'e Said),
    /// A line of a start script.
    Line(Command),
}

/// What a Dockerfile says about an image, in the order of its lines.
pub(crate) fn of_image(image: &Image) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    for (index, from) in image.stages_from.iter().enumerate() {
        items.push(Item {
            place: from.place.clone(),
            what: format!("FROM {}", from.value),
            kind: ItemKind::From(&from.value),
            is_of_build: index >= image.own_stages,
        });
    }
    for stage in &image.other_stages {
        items.push(Item {
            place: stage.place.clone(),
            what: format!("stage `{}`", stage.value),
            kind: ItemKind::Stage,
            is_of_build: false,
        });
    }
    for instruction in &image.instructions {
        of_instruction(&image.file, instruction, false, &mut items);
    }
    for instruction in &image.build_instructions {
        of_instruction(&image.file, instruction, true, &mut items);
    }
    items.sort_by_key(|item| item.place.line());
    items
}

fn of_instruction<'e>(
    file: &SourceFile,
    instruction: &'e Instruction,
    is_of_build: bool,
    items: &mut Vec<Item<'e>>,
) {
    let before = items.len();
    let mut push = |place: Place, what: String, kind: ItemKind<'e>| {
        items.push(Item {
            place,
            what,
            kind,
            is_of_build,
        });
    };
    match &instruction.kind {
        Kind::Run(commands, mounts) => {
            for mount in mounts {
                let place = instruction.place.narrowed(mount);
                push(place, format!("--mount={mount}"), ItemKind::Mount(mount));
            }
            for (index, command) in commands.iter().enumerate() {
                let place = file.place(command.span.clone(), "");
                let kind = ItemKind::Command(command, commands.get(index + 1));
                push(place, command.words.join(" "), kind);
            }
        }
        Kind::Env(pairs) => {
            for (name, value) in pairs {
                let place = instruction.place.within(name);
                push(
                    place,
                    format!("{name}={value}"),
                    ItemKind::Variable(name, value),
                );
            }
        }
        _ => {}
    }
    if items.len() == before {
        let place = match &instruction.kind {
            Kind::Other => instruction.place.whole_lines(),
            _ => instruction.place.clone(),
        };
        items.push(Item {
            what: one_line(place.text()),
            place,
            kind: ItemKind::Instruction(&instruction.kind),
            is_of_build,
        });
    }
}

/// What a compose file says about a service.
pub(crate) fn of_service(service: &ComposeService) -> Vec<Item<'_>> {
    let keys = service.keys.iter().map(|said| Item {
        place: said.place.clone(),
        what: format!("{}: {}", service.name, said.value.key),
        kind: ItemKind::Key(service, &said.value),
        is_of_build: false,
    });
    keys.collect()
}

/// What a start script says, its functions read where they stand.
pub(crate) fn of_script<'e>(file: &SourceFile) -> Vec<Item<'e>> {
    let text = file.text();
    let first = text.starts_with("#!").then(|| text.find('\n'));
    let start = first.map_or(0, |end| end.map_or(text.len(), |end| end + 1));
    let commands = shell::split(&text[start..], start, '\\').into_iter();
    let items = commands.map(|command| Item {
        place: file.place(command.span.clone(), ""),
        what: command.words.join(" "),
        kind: ItemKind::Line(command),
        is_of_build: false,
    });
    items.collect()
}

/// A text in one line, short enough to be told.
fn one_line(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| *word != "\\");
    words.collect::<Vec<_>>().join(" ")
}
