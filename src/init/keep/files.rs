//! Files and folders that are copied beside the application.

use super::{Keeper, list};
use crate::catalog::Dockerfiles;
use crate::diagnostic::Place;
use crate::existing::is_for_developers;
use crate::plan::AppForm;
use crate::profile::ContextPath;
use crate::project::source_tree::{has_extension, join};

impl Keeper<'_, '_, '_> {
    pub(super) fn files(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        let mut kept: Vec<(String, Place)> = Vec::new();
        for copied in &run.image.copied {
            let source = self.below_root(&copied.value.source);
            if self.is_followed(&source) {
                let why = "its steps are taken one by one: an image starts its program itself";
                self.drop(&copied.place, &source, why);
            } else if !kept.iter().any(|(known, _)| *known == source)
                && self.is_data(&source, &copied.place)
            {
                kept.push((source, copied.place.clone()));
            }
        }
        self.of_command(&mut kept);
        if let Some((_, place)) = kept.first() {
            let place = place.clone();
            self.add(&["copy"], list(kept.iter().map(|(path, _)| path)), &place);
        }
    }

    /// Files of the project that the kept command names: `-c config/gunicorn.conf.py`.
    fn of_command(&self, kept: &mut Vec<(String, Place)>) {
        let start = self.run.and_then(|run| run.start());
        let (Some(words), Some(start)) = (&self.said, start) else {
            return;
        };
        for word in words.iter().skip(1) {
            let value = match word.split_once('=') {
                Some((option, value)) if option.starts_with('-') => value,
                _ => word,
            };
            let path = self.below_root(value.trim_start_matches("./"));
            let is_new = kept.iter().all(|(known, _)| *known != path);
            if is_new
                && self.survey.inputs.tree.has_file(&path)
                && path.parse::<ContextPath>().is_ok()
                && !self.is_planned(&path)
            {
                kept.push((path, start.place.clone()));
            }
        }
    }

    /// A path of the build context, which is the root or the member's folder.
    pub(super) fn below_root(&self, source: &str) -> String {
        let tree = &self.survey.inputs.tree;
        let is_there = |path: &str| tree.has_file(path) || tree.has_folder(path);
        let members = self.survey.inputs.project.members.iter();
        let own = self.service.profile.member.as_ref();
        let mut folders = members
            .filter(|member| own.is_some_and(|own| member.pyproject.name() == Some(&own.value)));
        match folders.next().map(|member| join(&member.path, source)) {
            Some(below) if !is_there(source) && is_there(&below) => below,
            _ => source.to_owned(),
        }
    }

    /// Whether a path is data that dfgen would not copy by itself. Tells why not.
    fn is_data(&mut self, path: &str, place: &Place) -> bool {
        let tree = &self.survey.inputs.tree;
        let name = path.rsplit('/').next().unwrap_or(path);
        let known = Dockerfiles::embedded();
        // `uv.lock*` is copied where it is there.
        let name = name.trim_end_matches('*');
        if path == "."
            || is_for_developers(path)
            || known.no_data().contains(name)
            || known.no_data_prefixes().begin(name)
            || name.starts_with('.')
        {
            return false;
        }
        if path.contains(['*', '?', '[', '$']) {
            self.leave(
                place,
                path,
                "a pattern: name the files in `copy` if the application reads them",
            );
            return false;
        }
        let is_file = tree.has_file(path);
        if !is_file && !tree.has_folder(path) || path.parse::<ContextPath>().is_err() {
            self.leave(place, path, "is not in the project's folder");
            return false;
        }
        if is_file && has_extension(name, "sh") {
            return false;
        }
        !self.is_planned(path) && !self.is_code(path)
    }

    /// Whether it is a script that is read for what it starts, or a list of packages that is installed, or a folder of
    /// such files alone.
    fn is_followed(&self, path: &str) -> bool {
        let through = self.run.into_iter().flat_map(|run| &run.through);
        let mut files: Vec<String> = through
            .map(|one| one.file.path().display().to_string())
            .collect();
        files.extend(
            self.run
                .into_iter()
                .flat_map(|run| run.image.package_lists(&self.survey.inputs.tree))
                .map(|(path, _)| path),
        );
        let mut below = self.survey.inputs.tree.below(path).peekable();
        let is_folder = below.peek().is_some_and(|file| *file != path);
        files.iter().any(|file| file == path)
            || is_folder && below.all(|file| files.iter().any(|known| known == file))
    }

    fn is_planned(&self, path: &str) -> bool {
        let inside = |folder: &str| {
            folder == "."
                || path == folder
                || path
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let Some(plan) = &self.plan else {
            return false;
        };
        plan.app.files.iter().any(|file| inside(file.path.as_ref()))
    }

    /// Modules and packages go in with the application, in whatever form it does.
    fn is_code(&self, path: &str) -> bool {
        let tree = &self.survey.inputs.tree;
        let has_python =
            tree.below(path).any(|file| has_extension(file, "py")) || has_extension(path, "py");
        let is_package = self
            .plan
            .as_ref()
            .is_none_or(|plan| plan.app.form.value == AppForm::Package);
        has_python && (is_package || path == "src" || tree.has_file(&join(path, "__init__.py")))
    }
}
