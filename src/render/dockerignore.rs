//! What of the project's folder is sent to Docker.

use serde::Serialize;

use super::Placement;
use crate::plan::{ContextLine, ContextPlan, ContextSection};

#[derive(Serialize)]
struct DockerignoreView {
    /// Whether the whole folder is sent, less what stays out.
    everything: bool,
    paths: Vec<String>,
    sections: Vec<SectionView>,
}

#[derive(Serialize)]
struct SectionView {
    comment: String,
    lines: Vec<String>,
}

pub(super) fn render(context: &ContextPlan, placement: &Placement) -> String {
    let program = placement.program();
    let mut copied: Vec<&str> = context.copied.iter().map(String::as_str).collect();
    copied.extend(program.as_deref());
    copied.sort_unstable();
    copied.dedup();
    let mut sections: Vec<SectionView> = context.sections.iter().map(section).collect();
    // The folder of generated files may be one that the project ignores.
    let hidden = program.as_ref().filter(|path| is_out(context, path));
    sections.extend(hidden.map(|path| SectionView {
        comment: "The program of the build.".to_owned(),
        lines: vec![taken(path)],
    }));
    let view = DockerignoreView {
        everything: context.everything,
        paths: copied.into_iter().map(taken).collect(),
        sections,
    };
    super::text("dockerignore.jinja", &view)
}

fn is_out(context: &ContextPlan, path: &str) -> bool {
    let mut lines = context.sections.iter().flat_map(|section| &section.lines);
    lines.any(|line| matches!(line, ContextLine::Out(pattern) if pattern.hits(path)))
}

fn section(section: &ContextSection) -> SectionView {
    SectionView {
        comment: section.comment.clone(),
        lines: section.lines.iter().map(ToString::to_string).collect(),
    }
}

fn taken(path: &str) -> String {
    ContextLine::In(path.to_owned()).to_string()
}
