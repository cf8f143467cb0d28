//! The project's own ignore files: `.gitignore` of every folder, of those around the project too, and `.dockerignore`.
//!
//! What one user ignores everywhere (`core.excludesFile`) is not read. What one checkout alone ignores
//! (`.git/info/exclude`) is left out, and never written to a generated file: no other checkout has either. All kinds
//! of files become the same rules, anchored at the project's folder.
//!
//! Sources: <https://git-scm.com/docs/gitignore>, <https://docs.docker.com/build/concepts/context/#dockerignore-files>.

use super::join;
use crate::ignore_pattern::{IgnorePattern, IgnoreSet, prefixes};

/// One file of patterns.
#[derive(Debug, Clone)]
pub struct IgnoreFile {
    /// Its path, relative to the project's folder.
    pub path: String,
    /// Its lines, in order.
    pub rules: Vec<IgnoreRule>,
    /// Whether a checkout by somebody else has it, too.
    pub is_shared: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreRule {
    /// What it is about.
    pub pattern: IgnorePattern,
    /// Whether it takes back what an earlier one ignores.
    pub takes_back: bool,
    /// Whether it is about folders alone.
    pub folders_only: bool,
}

impl IgnoreFile {
    /// A `.gitignore` in this folder.
    pub(super) fn of_git(folder: &str, text: &str, is_shared: bool) -> Self {
        Self {
            path: join(folder, ".gitignore"),
            rules: text
                .lines()
                .flat_map(|line| git_rules("", folder, line))
                .collect(),
            is_shared,
        }
    }

    /// What this checkout alone ignores: `.git/info/exclude`. `project` is the project's folder in the repository.
    pub(super) fn of_checkout(project: &str, text: &str) -> Self {
        Self {
            path: ".git/info/exclude".to_owned(),
            rules: text
                .lines()
                .flat_map(|line| git_rules(project, "", line))
                .collect(),
            is_shared: false,
        }
    }

    /// A `.gitignore` around the project: `project` is the project's folder, seen from it.
    pub(super) fn around(project: &str, text: &str) -> Self {
        let up: String = project.split('/').map(|_| "../").collect();
        Self {
            path: format!("{up}.gitignore"),
            rules: text
                .lines()
                .flat_map(|line| git_rules(project, "", line))
                .collect(),
            is_shared: true,
        }
    }

    /// A `.dockerignore` in this folder. A list of what is sent (`*`, then `!` lines) says what another Dockerfile
    /// needs: only what it leaves out after that is read.
    pub(super) fn of_docker(folder: &str, text: &str) -> Self {
        let rules: Vec<IgnoreRule> = text
            .lines()
            .filter_map(|line| docker_rule(folder, line))
            .collect();
        let takes_all = |rule: &IgnoreRule| {
            let all = ["*", "**", "**/*"].map(IgnorePattern::parse);
            all.into_iter()
                .flatten()
                .any(|all| rule.pattern == all || rule.pattern == all.below(folder))
        };
        let is_list = rules.iter().any(takes_all);
        let read = |rule: &IgnoreRule| !is_list || !rule.takes_back && !takes_all(rule);
        Self {
            path: join(folder, ".dockerignore"),
            rules: rules.into_iter().filter(read).collect(),
            is_shared: true,
        }
    }
}

/// A line of Git's, as seen from the folder `from`; `folder` is where its file lies.
fn git_rules(from: &str, folder: &str, line: &str) -> Vec<IgnoreRule> {
    let line = without_trailing_spaces(line.trim_end_matches('\r'));
    let (takes_back, line) = match line.strip_prefix('!') {
        Some(line) => (true, line),
        None => (false, line),
    };
    if line.is_empty() || line.starts_with('#') && !takes_back {
        return Vec::new();
    }
    let (folders_only, inner) = match line.strip_suffix('/') {
        Some(inner) => (true, inner),
        None => (false, line),
    };
    let Some(pattern) = IgnorePattern::parse(inner) else {
        return Vec::new();
    };
    let pattern = if inner.contains('/') {
        pattern
    } else {
        pattern.anywhere()
    };
    let seen = if from.is_empty() {
        vec![pattern.below(folder)]
    } else {
        pattern.seen_from(from)
    };
    let rule = |pattern| IgnoreRule {
        pattern,
        takes_back,
        folders_only,
    };
    seen.into_iter().map(rule).collect()
}

/// Git keeps a space at the end of a line that has a backslash before it.
fn without_trailing_spaces(line: &str) -> &str {
    let cut = line.trim_end_matches([' ', '\t']);
    if cut.ends_with('\\') && cut.len() < line.len() {
        &line[..=cut.len()]
    } else {
        cut
    }
}

fn docker_rule(folder: &str, line: &str) -> Option<IgnoreRule> {
    if line.starts_with('#') {
        return None;
    }
    let line = line.trim();
    let (takes_back, line) = match line.strip_prefix('!') {
        Some(line) => (true, line.trim()),
        None => (false, line),
    };
    let line = line.strip_prefix("./").unwrap_or(line);
    Some(IgnoreRule {
        pattern: IgnorePattern::parse(line)?.below(folder),
        takes_back,
        folders_only: false,
    })
}

/// The rules of several files, in order: of those that match, the last decides.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<IgnoreRule>,
    patterns: IgnoreSet,
}

impl Rules {
    pub(super) fn new(files: &[IgnoreFile]) -> Self {
        let rules: Vec<IgnoreRule> = files.iter().flat_map(|file| file.rules.clone()).collect();
        Self {
            patterns: rules.iter().map(|rule| &rule.pattern).collect(),
            rules,
        }
    }

    /// Whether Git ignores this very path; `None` when no rule is about it.
    pub(super) fn git_verdict(&self, path: &str, is_folder: bool) -> Option<bool> {
        let matching = self.patterns.matching(path).into_iter().rev();
        let mut rules = matching.map(|at| &self.rules[at]);
        let rule = rules.find(|rule| is_folder || !rule.folders_only)?;
        Some(!rule.takes_back)
    }

    /// The path or folder around it that Docker ignores a path by.
    pub(super) fn docker_hit<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.rules.is_empty() {
            return None;
        }
        let hits = prefixes(path).filter_map(|prefix| {
            let last = self.patterns.matching(prefix).into_iter().next_back()?;
            Some((last, prefix))
        });
        let (last, hit) = hits.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
        (!self.rules[last].takes_back).then_some(hit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(text: &str, path: &str, is_folder: bool) -> bool {
        let rules = Rules::new(&[IgnoreFile::of_git("", text, true)]);
        rules.git_verdict(path, is_folder) == Some(true)
    }

    #[test]
    fn lines_are_read_as_git_reads_them() {
        assert!(ignored("*.log\r\n", "a/b.log", false));
        assert!(ignored("dist/\n", "a/dist", true) && !ignored("dist/\n", "a/dist", false));
        assert!(ignored("/dist\n", "dist", true) && !ignored("/dist\n", "a/dist", true));
        assert!(ignored("a/b\n", "a/b", false) && !ignored("a/b\n", "x/a/b", false));
        assert!(!ignored("*.log\n!a.log\n", "a.log", false));
        assert!(ignored("\\#x\n\\!y\n", "#x", false) && ignored("\\!y\n", "!y", false));
        assert!(!ignored("# x\n", "# x", false));
        assert!(ignored("x\\ \n", "x ", false) && ignored("y  \n", "y", false));
    }

    #[test]
    fn a_list_of_what_is_sent_leaves_out_only_what_follows() {
        let hit = |text: &str, path: &str| {
            let rules = Rules::new(&[IgnoreFile::of_docker("", text)]);
            rules.docker_hit(path).map(str::to_owned)
        };
        assert_eq!(hit("*\n!app\n**/*.key\n", "app/a.py"), None);
        assert_eq!(
            hit("docs\n!docs/README.md\n", "docs/a.md").as_deref(),
            Some("docs")
        );
        assert_eq!(hit("docs\n!docs/README.md\n", "docs/README.md"), None);
    }
}
