//! What of the project's folder is sent to Docker.

use serde::Serialize;

use crate::ignore_pattern::IgnorePattern;
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

pub(super) fn render(context: &ContextPlan) -> String {
    let view = DockerignoreView {
        everything: context.everything,
        paths: context.copied.iter().map(|path| taken(path)).collect(),
        sections: context.sections.iter().map(section).collect(),
    };
    super::text("dockerignore.tera", &view)
}

fn section(section: &ContextSection) -> SectionView {
    let line = |line: &ContextLine| match line {
        ContextLine::Out(pattern) => pattern.to_string(),
        ContextLine::In(path) => taken(path),
    };
    SectionView {
        comment: section.comment.clone(),
        lines: section.lines.iter().map(line).collect(),
    }
}

/// A `!` line. It names one path: letters that Docker would read as a pattern are escaped.
fn taken(path: &str) -> String {
    format!("!{}", IgnorePattern::exact(path))
}
