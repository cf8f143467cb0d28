//! From a plan to the text of files.
//!
//! Last stage of the pipeline. A template sees one view made for it and nothing else; it words what
//! Rust decided. Whatever comes from a user is data: every value passes the filter of the place that
//! it is written to, so that none can become an instruction.

mod compose;
mod dockerfile;
mod dockerignore;
mod filters;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use serde::Serialize;
use tera::Tera;

use crate::plan::Plan;

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path relative to the project's folder, with `/` between parts.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// The files of a plan: for each image a Dockerfile and its `.dockerignore`, and one compose file.
pub fn render(plan: &Plan) -> Vec<File> {
    let folder = plan.output.as_ref();
    let mut files = Vec::new();
    for image in &plan.images {
        let path = format!("{folder}/{}.Dockerfile", image.name);
        files.push(File {
            text: dockerignore::render(image),
            path: format!("{path}.dockerignore"),
        });
        files.push(File {
            text: dockerfile::render(image, folder),
            path,
        });
    }
    files.push(File {
        path: format!("{folder}/compose.yaml"),
        text: compose::render(plan),
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// Every file of `templates/`.
const TEMPLATES: [(&str, &str); 14] = templates![
    "compose.tera",
    "dockerfile/app.tera",
    "dockerfile/base.tera",
    "dockerfile/build.tera",
    "dockerfile/deps.tera",
    "dockerfile/finish-layer.tera",
    "dockerfile/header.tera",
    "dockerfile/lock.tera",
    "dockerfile/mounts.tera",
    "dockerfile/runtime.tera",
    "dockerfile/rust.tera",
    "dockerfile/split-recipe.tera",
    "dockerfile/uv.tera",
    "dockerignore.tera",
];

static TERA: LazyLock<Tera> = LazyLock::new(|| {
    let mut tera = Tera::default();
    tera.add_raw_templates(TEMPLATES)
        .expect("the templates are valid: every test renders them");
    tera.autoescape_on(Vec::new());
    filters::register(&mut tera);
    tera
});

/// The text of a template for a view.
fn text(template: &str, view: &impl Serialize) -> String {
    let context = tera::Context::from_serialize(view).expect("a view is a struct");
    TERA.render(template, &context)
        .unwrap_or_else(|error| unreachable!("{template} asks for what its view has: {error:?}"))
}
