//! From a plan to the text of files.
//!
//! Last stage of the pipeline. A template sees one view made for it and nothing else; it words what
//! Rust decided. Whatever comes from a user is data: every value passes the filter of the place that
//! it is written to, so that none can become an instruction.

mod bake;
mod compose;
mod dockerfile;
mod dockerignore;
mod filters;
mod program;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use crate::existing::checksum::sealed;
use crate::plan::{KeptImage, Plan};
use crate::profile::ContextPath;

pub use bake::NAME as BAKE;
pub use program::{NAME as PROGRAM, VERSION, made_by};

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name in the folder of generated files.
    pub name: String,
    /// Its whole text, the checksum at its end included.
    pub text: String,
}

impl File {
    /// With the checksum, which knows what dfgen would have chosen where others raised an image.
    fn new(name: String, text: &str, kept: &[KeptImage]) -> Self {
        let text = sealed(&name, text, |named| {
            // One image may start several stages.
            let of_use = kept.iter().find(|kept| kept.used == named.used);
            let same = || kept.iter().find(|kept| kept.image == named.image);
            let kept = of_use.or_else(same);
            kept.map_or(&named.image, |kept| &kept.chosen).clone()
        });
        Self { name, text }
    }
}

/// Where the files will lie, as they themselves have to say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// In this folder of the project, which is the build context.
    Below(ContextPath),
    /// In a folder elsewhere. A build is told of it as a second context.
    Outside {
        /// That folder, in full.
        folder: String,
        /// The project's folder, in full.
        context: String,
    },
}

impl Placement {
    /// The folder, from the project's.
    fn folder(&self) -> &str {
        match self {
            Self::Below(folder) => folder.as_ref(),
            Self::Outside { folder, .. } => folder,
        }
    }

    /// The project's folder, from that one: `docker` is answered by `..`.
    fn context(&self) -> String {
        match self {
            Self::Below(folder) => {
                let parts = folder.as_ref().split('/').filter(|part| *part != ".");
                let up: Vec<&str> = parts.map(|_| "..").collect();
                if up.is_empty() {
                    ".".to_owned()
                } else {
                    up.join("/")
                }
            }
            Self::Outside { context, .. } => context.clone(),
        }
    }

    /// The path of the program in the build context, if it is there.
    fn program(&self) -> Option<String> {
        let Self::Below(folder) = self else {
            return None;
        };
        Some(match folder.as_ref().trim_start_matches("./") {
            "." | "" => program::NAME.to_owned(),
            folder => format!("{folder}/{}", program::NAME),
        })
    }

    /// How a step mounts it: a list of comma-separated values, with quotes where a path needs them.
    fn program_mount(&self) -> String {
        let Some(path) = self.program() else {
            return format!("type=bind,from=dfgen,source={0},target=/{0}", program::NAME);
        };
        let source = format!("source={path}");
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@=".contains(c);
        let source = if source.chars().all(plain) {
            source
        } else {
            let quoted = source.replace('"', "\"\"").replace('\'', r"'\''");
            format!("'\"{quoted}\"'")
        };
        format!("type=bind,{source},target=/{}", program::NAME)
    }
}

/// The files of a plan: for each image a Dockerfile and its `.dockerignore`; for all of them the program that their
/// builds run, one compose file, and where it is asked for one that builds them.
pub fn render(plan: &Plan, placement: &Placement) -> Vec<File> {
    render_as(plan, placement, VERSION)
}

/// The same as another version of dfgen would.
fn render_as(plan: &Plan, placement: &Placement, version: &str) -> Vec<File> {
    let mut files = vec![program::file(plan, version)];
    for image in &plan.images {
        let name = format!("{}.Dockerfile", image.name);
        files.push(File::new(
            format!("{name}.dockerignore"),
            &dockerignore::render(&image.context, placement),
            &[],
        ));
        let text = dockerfile::render(image, placement);
        files.push(File::new(name, &text, &image.kept));
    }
    files.push(File::new(
        "compose.yaml".to_owned(),
        &compose::render(plan, placement),
        &plan.compose.kept,
    ));
    if let Some(bake) = &plan.bake {
        let text = bake::render(plan, bake, placement);
        files.push(File::new(BAKE.to_owned(), &text, &[]));
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// Every file of `templates/`.
const TEMPLATES: [(&str, &str); 19] = templates![
    "compose.jinja",
    "docker-bake.jinja",
    "dockerfile/app.jinja",
    "dockerfile/base.jinja",
    "dockerfile/build.jinja",
    "dockerfile/compile.jinja",
    "dockerfile/deps.jinja",
    "dockerfile/header.jinja",
    "dockerfile/lock.jinja",
    "dockerfile/mounts.jinja",
    "dockerfile/python.jinja",
    "dockerfile/runtime.jinja",
    "dockerfile/rust.jinja",
    "dockerfile/scan.jinja",
    "dockerfile/skeleton.jinja",
    "dockerfile/snapshot.jinja",
    "dockerfile/step.jinja",
    "dockerfile/uv.jinja",
    "dockerignore.jinja",
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    environment.set_syntax(syntax.build().expect("Jinja's own delimiters"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in TEMPLATES {
        environment
            .add_template(name, text)
            .expect("the templates are valid: every test renders them");
    }
    filters::register(&mut environment);
    environment
});

/// The text of a template for a view.
fn text(template: &str, view: &impl Serialize) -> String {
    let read = ENVIRONMENT.get_template(template);
    read.and_then(|template| template.render(Serde(view)))
        .unwrap_or_else(|error| unreachable!("{template} asks for what its view has: {error:?}"))
}
