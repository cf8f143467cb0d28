//! Why something that is started is not in the image, and what brings it there.

use crate::diagnostic::Diagnostic;
use crate::plan::inputs::Subject;
use crate::plan::source::paths::printable;
use crate::plan::source::siblings::Siblings;
use crate::plan::{Decision, ImagePlan};
use crate::profile::Line;
use crate::project::source_tree::{IgnoreFileOf, Left, join, parent};
use crate::rules;

/// Something that is started and not there.
pub(super) struct Absent {
    /// What the command calls it.
    name: String,
    /// Where it lies in the project; else what it is called.
    pub(super) path: String,
    why: String,
    helps: Vec<String>,
}

impl Absent {
    /// A file that the project does not have.
    pub(super) fn nowhere(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            path: name.to_owned(),
            why: "the project's folder has no such file".to_owned(),
            helps: vec![
                "correct the command, or bring the file into the project's folder, tracked by Git"
                    .to_owned(),
            ],
        }
    }

    /// What lies at a path of the project. `is_copied` is what a line of the ignore file keeps out all the same, and not
    /// `is_built` what a built package lacks.
    pub(super) fn explained(
        (subject, siblings): (&Subject<'_>, &Siblings),
        name: &str,
        path: &str,
        is_copied: bool,
        is_built: bool,
    ) -> Self {
        let profile = &subject.profile.name;
        let ignored = of_ignored(subject, path);
        let copied = match &ignored {
            Some(_) => subject.inputs.tree.outermost_left(path).to_owned(),
            None => to_copy(subject, path),
        };
        let copy =
            format!("take it along, in dfgen.toml:\n[profile.{profile}]\ncopy = [{copied:?}]");
        let (why, helps) = match ignored {
            Some((why, help)) => (why, vec![help, copy]),
            None => match of_member(subject, siblings, path) {
                Some((why, help)) => (why, vec![help]),
                None => (of_place(subject, path, is_copied, is_built), vec![copy]),
            },
        };
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            why,
            helps,
        }
    }

    /// The error.
    pub(super) fn problem(
        &self,
        subject: &Subject<'_>,
        image: &ImagePlan,
        command: &Decision<Vec<Line>>,
    ) -> Diagnostic {
        let words: Vec<&str> = command.value.iter().map(AsRef::as_ref).collect();
        let what = format!(
            "`{}` starts `{}`, and the image would not have it",
            image.name,
            printable(&self.name)
        );
        let profile = subject.profile;
        let said = profile.command.as_ref().map(|said| &said.origin);
        let origins = said
            .into_iter()
            .chain([&profile.processes.origin, &profile.migrate.origin]);
        let mut places = origins
            .filter(|origin| origin.to_string() == command.because)
            .filter_map(|origin| origin.place_of(&self.name, "not in the image"));
        let problem = Diagnostic::new(rules::ABSENT_MODULE, what)
            .at_some(places.next())
            .with_note(format!("`{}`: {}", words.join(" "), command.because))
            .with_note(self.why.clone());
        self.helps.iter().fold(problem, Diagnostic::with_help)
    }
}

/// What names a path in an ignore file, or its own name.
fn of_ignored(subject: &Subject<'_>, path: &str) -> Option<(String, String)> {
    let tree = &subject.inputs.tree;
    let (_, left) = tree.left().find(|(left, _)| *left == path)?;
    let shown = printable(path);
    let file = |of: IgnoreFileOf| {
        let mut files = tree.ignore_files().iter().rev();
        let found = files.find(|file| {
            let mut rules = file.rules.iter();
            file.of == of && rules.any(|rule| !rule.takes_back && rule.pattern.hits(path))
        });
        found.map_or(String::new(), |file| {
            format!(", by {}", printable(&file.path))
        })
    };
    Some(match left {
        Left::Ignored => (
            format!(
                "`{shown}` is ignored{}: no clean checkout has it",
                file(IgnoreFileOf::Git)
            ),
            format!("have Git track it: `git add --force {shown}`"),
        ),
        Left::Unsent => (
            format!("`{shown}` is left out{}", file(IgnoreFileOf::Docker)),
            format!("add to the end of .dockerignore\n!{shown}"),
        ),
        Left::Unwanted(_) => (
            format!("`{shown}` is called as what no image gets"),
            "rename it".to_owned(),
        ),
    })
}

/// What another member of the workspace has, and what makes that part of the image.
fn of_member(subject: &Subject<'_>, siblings: &Siblings, path: &str) -> Option<(String, String)> {
    let mut members = subject.inputs.project.members.iter();
    let is_around = |folder: &str| path.starts_with(&format!("{folder}/"));
    let member = members.find(|member| member.path != subject.folder && is_around(&member.path))?;
    let name = member.pyproject.name()?;
    let why = format!(
        "`{}` is of the member `{name}`, which the image does not have",
        printable(path)
    );
    Some((why, siblings.help(subject, name)?))
}

/// What its place says.
fn of_place(subject: &Subject<'_>, path: &str, is_copied: bool, is_built: bool) -> String {
    let (tree, folder) = (&subject.inputs.tree, subject.folder);
    let shown = printable(path);
    let is_below = |folder: &str| path.starts_with(&format!("{folder}/"));
    let output = subject.inputs.config.output.value.as_ref();
    let nested = tree.nested_projects(folder);
    if let Some(other) = nested.iter().find(|other| is_below(other)) {
        format!(
            "`{shown}` is of another project: `{}` has a pyproject.toml of its own",
            printable(other)
        )
    } else if is_below(output) {
        format!(
            "`{shown}` lies among the generated files, in `{}`",
            printable(output)
        )
    } else if !folder.is_empty() && !is_below(folder) {
        format!(
            "`{shown}` lies outside `{}`, the folder of the project that the image runs",
            printable(folder)
        )
    } else if is_copied {
        format!(
            "`{shown}` is kept out by the ignore file of the image: it is called as tests, rubbish or secrets are"
        )
    } else if is_built {
        format!("`{shown}` is not among the files that the image takes")
    } else {
        format!("the built package does not hold `{shown}`")
    }
}

/// What to copy so that a file is there with what it needs: its outermost package, in the folder of generated files the
/// folder in there.
fn to_copy(subject: &Subject<'_>, path: &str) -> String {
    let output = subject.inputs.config.output.value.as_ref();
    let roots = [output, subject.folder];
    let root = roots
        .iter()
        .find(|root| path.starts_with(&format!("{root}/")));
    let root = root.copied().unwrap_or_default();
    let below = path
        .strip_prefix(root)
        .unwrap_or(path)
        .trim_start_matches('/');
    match below.split_once('/') {
        Some((first, _)) => join(root, first),
        None if parent(path) == root => path.to_owned(),
        None => below.to_owned(),
    }
}
