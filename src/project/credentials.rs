//! Passwords and tokens in a project's files: refused, wherever they stand.
//!
//! What a manifest, a lock or a setting says is copied into builds, into the metadata of packages and
//! into images, and all of these files are in version control. So no file with a secret is worked with:
//! what is read further on is known to hold none.

use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile};
use crate::rules;
use crate::secret::{Found, Owner, SecretKind, Url};

/// The names whose values look like secrets and are none, as the settings say: `not-secret`.
#[derive(Debug, Default)]
pub(crate) struct NotSecret(Vec<String>);

impl NotSecret {
    /// What `dfgen.toml`, a manifest and what they extend say; a text that cannot be read says nothing.
    pub(crate) fn said<'f>(files: impl IntoIterator<Item = &'f SourceFile>) -> Self {
        let names = files.into_iter().flat_map(|file| Self::names(file.text()));
        Self(names.collect())
    }

    fn names(text: &str) -> Vec<String> {
        let table = text
            .contains("not-secret")
            .then(|| text.parse::<toml::Table>().ok());
        let table = table.flatten().unwrap_or_default();
        let own = |table: &toml::Table| table.get("not-secret")?.as_array().cloned();
        let tool = || own(table.get("tool")?.get("dfgen")?.as_table()?);
        let names = own(&table).or_else(tool).unwrap_or_default();
        let names = names.iter().filter_map(toml::Value::as_str);
        names.map(str::to_owned).collect()
    }

    fn has(&self, found: &Found) -> bool {
        match &found.kind {
            SecretKind::Named(name) | SecretKind::Parameter(name) => {
                self.0.iter().any(|said| said.eq_ignore_ascii_case(name))
            }
            SecretKind::Password | SecretKind::User | SecretKind::Token(_) => false,
        }
    }
}

/// Errors: `credentials-in-file`, one for each secret of a file: a lock repeats its URLs.
pub(crate) fn refuse<'f>(
    files: impl IntoIterator<Item = &'f SourceFile>,
    open: &NotSecret,
) -> Result<()> {
    let mut problems = Vec::new();
    for file in files {
        let theirs = file
            .secrets()
            .iter()
            .filter(|found| !is_theirs(found) && !open.has(found));
        let mut kept: Vec<(&Found, usize)> = Vec::new();
        for found in theirs {
            let text = |found: &Found| &file.text()[found.span.clone()];
            let same = |known: &Found| known.place == found.place || text(known) == text(found);
            match kept.iter_mut().find(|(known, _)| same(known)) {
                Some((known, more)) => *more += usize::from(known.place != found.place),
                None => kept.push((found, 0)),
            }
        }
        let holders = kept
            .into_iter()
            .map(|(found, more)| Holder { file, found, more });
        problems.extend(holders.map(|holder| holder.problem()));
    }
    Diagnostics::check(problems)
}

/// Whether it is a value of another program's, such as a password for its own tests: nothing here reads
/// it. A token is valid everywhere.
fn is_theirs(found: &Found) -> bool {
    !found.is_given && !matches!(found.kind, SecretKind::Token(_))
}

/// The variables by which uv is told who asks an index.
///
/// Source: <https://docs.astral.sh/uv/concepts/indexes/#providing-credentials-directly>
pub(crate) fn variables(index: &str) -> [String; 2] {
    let index = index
        .to_uppercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    ["USERNAME", "PASSWORD"].map(|part| format!("UV_INDEX_{index}_{part}"))
}

/// A value with a secret in it.
struct Holder<'f> {
    file: &'f SourceFile,
    found: &'f Found,
    /// In how many places it stands besides.
    more: usize,
}

impl Holder<'_> {
    fn problem(&self) -> Diagnostic {
        let (noun, secret) = match &self.found.kind {
            SecretKind::Password => ("password", "a password".to_owned()),
            SecretKind::User => ("token", "a token in place of a user's name".to_owned()),
            SecretKind::Token(of) => ("token", format!("a token: {of} makes such ones")),
            SecretKind::Parameter(name) | SecretKind::Named(name) => {
                ("secret", format!("a secret, `{name}`"))
            }
        };
        let place = self.found.place.clone();
        let problem = Diagnostic::new(
            rules::CREDENTIALS_IN_FILE,
            format!("{} holds {secret}", self.name()),
        )
        .at(self
            .file
            .place(place, format!("whoever has the file has the {noun}")))
        .with_help(format!(
            "have the {noun} changed where it is valid: it is in version control"
        ));
        let problem = if self.more > 0 {
            problem.with_note(format!("it is in {} more places of this file", self.more))
        } else {
            problem
        };
        let not_secret = self.not_secret();
        self.instead()
            .into_iter()
            .chain(not_secret)
            .fold(problem, Diagnostic::with_help)
    }

    /// The keys, without those that lead to uv's or dfgen's own.
    fn keys(&self) -> Vec<&str> {
        let keys = self.found.keys.iter().map(String::as_str);
        let keys: Vec<&str> = keys.collect();
        match keys.as_slice() {
            ["tool", "uv" | "dfgen", rest @ ..] => rest.to_vec(),
            _ => keys,
        }
    }

    fn name(&self) -> String {
        match (self.found.owner, self.keys().as_slice()) {
            (_, []) => format!("`{}`", self.file.path().display()),
            (Owner::Uv, ["index", ..]) => format!("the URL of the index `{}`", self.index()),
            (Owner::Uv, ["sources", name, .., "git"]) => {
                format!("the URL of the Git source `{name}`")
            }
            (Owner::Uv, ["sources", name, ..]) => format!("the source of `{name}`"),
            _ => format!("`{}`", self.found.keys.join(".")),
        }
    }

    /// What to write in place of it.
    fn instead(&self) -> Vec<String> {
        let url = Url::around(self.file.text(), self.found.span.start);
        let keys = self.keys();
        let index_keys = ["index", "index-url", "extra-index-url", "default-index"];
        match (self.found.owner, &url) {
            (Owner::Dfgen, _) => vec![self.instead_in_settings(&keys)],
            (Owner::Uv, _) if names_settings(&keys) => vec![
                "take it out: a build is told nothing in confidence but the credentials of indexes, which it may read as UV_INDEX_<NAME>_PASSWORD".to_owned(),
            ],
            (Owner::Uv, Some(url)) if keys.iter().any(|key| index_keys.contains(key)) => {
                self.instead_in_index(url)
            }
            (_, Some(url)) if self.is_lock() => vec![
                format!("where the manifest says it, write the URL without it: `{}`", clean(url)),
                "write the lock again: `uv lock`".to_owned(),
            ],
            (_, Some(url)) => instead_in_url(url, keys.contains(&"git")),
            (_, None) if self.found.keys.is_empty() && !self.is_lock() => vec![
                "take it out: the text is in the metadata of the package, in every image that has it"
                    .to_owned(),
            ],
            (_, None) => vec!["take it out: what is built or run gets it from its environment".to_owned()],
        }
    }

    fn is_lock(&self) -> bool {
        let end = self.file.path().extension();
        self.found.keys.is_empty() && end.is_some_and(|end| end == "lock")
    }

    /// How to say that it is none; nothing asks to change a value that works.
    fn not_secret(&self) -> Option<String> {
        let (SecretKind::Named(name) | SecretKind::Parameter(name)) = &self.found.kind else {
            return None;
        };
        let place = match self.file.path().file_name() {
            Some(name) if name == "dfgen.toml" => "at the top of dfgen.toml",
            _ => "in dfgen.toml, or under `[tool.dfgen]`",
        };
        let is_word = name.chars().all(|c| c.is_ascii_graphic());
        is_word.then(|| format!("if it is no secret, say so {place}: `not-secret = [\"{name}\"]`"))
    }

    fn instead_in_settings(&self, keys: &[&str]) -> String {
        let name = match (&self.found.kind, keys.last()) {
            (SecretKind::Named(name), _) => name.clone(),
            (_, Some(name)) => (*name).to_owned(),
            (_, None) => "NAME".to_owned(),
        };
        if keys.contains(&"env") {
            return format!(
                "give it to the container and not to the image: `{name}=...` in the file .env, which compose reads, or `docker run --env {name}`"
            );
        }
        if keys.contains(&"instructions") {
            return "mount it where it is used: `RUN --mount=type=secret,id=NAME,env=NAME ...`, and build with `--secret id=NAME,env=NAME`".to_owned();
        }
        if keys.contains(&"base") {
            return "write the image's name alone, and log in before the build: `docker login`"
                .to_owned();
        }
        "take it out: a program reads it from its environment, which the file .env or `docker run --env` fills".to_owned()
    }

    fn instead_in_index(&self, url: &Url) -> Vec<String> {
        let name = self.index();
        let [user, secret] = variables(&name);
        vec![
            format!(
                "write the index without it\n[[tool.uv.index]]\nname = \"{name}\"\nurl = \"{}\"\nauthenticate = \"always\"",
                clean(url)
            ),
            format!("and give the new one in the environment: `export {user}=... {secret}=...`"),
        ]
    }

    /// The name of the index whose URL it is.
    fn index(&self) -> String {
        let table: toml::Table = self.file.text().parse().unwrap_or_default();
        let uv = table.get("tool").and_then(|tool| tool.get("uv"));
        let indexes = uv.map_or_else(|| table.get("index"), |uv| uv.get("index"));
        let indexes = indexes.and_then(toml::Value::as_array);
        let url = &self.file.text()[self.found.place.clone()];
        let is = |index: &&toml::Value| {
            let values = index.as_table().into_iter().flat_map(toml::Table::values);
            let mut texts = values.filter_map(toml::Value::as_str);
            texts.any(|text| text == url)
        };
        let found = indexes.into_iter().flatten().find(is);
        let name = found.and_then(|index| index.get("name")?.as_str());
        name.unwrap_or("private").to_owned()
    }
}

/// A URL as it may be written; one with a token in its path has to be another one.
fn clean(url: &Url) -> String {
    url.without_secrets().to_string()
}

/// Whether it is a setting of a build.
fn names_settings(keys: &[&str]) -> bool {
    let settings = [
        "config-settings",
        "config-settings-package",
        "extra-build-variables",
    ];
    keys.first().is_some_and(|key| settings.contains(key))
}

/// Whoever fetches by a URL reads netrc: Git, and uv.
fn instead_in_url(url: &Url, git: bool) -> Vec<String> {
    let clean = clean(url);
    let plain = clean.strip_prefix("git+").unwrap_or(&clean);
    let path = plain.split_once("://").map_or(plain, |(_, rest)| rest);
    let host = path.split(['/', ':']).next().unwrap_or(path);
    let mut helps = vec![
        format!("write the URL without it: `{clean}`"),
        format!(
            "and give the new one in a file: `machine {host} login NAME password TOKEN` in ~/.netrc, and build with `--secret id=netrc,src=$HOME/.netrc`"
        ),
    ];
    if git {
        helps.push(format!(
            "or fetch it over SSH: `git = \"ssh://git@{path}\"`, and build with `--ssh default`"
        ));
    }
    helps
}

#[cfg(test)]
mod tests {
    use super::{NotSecret, refuse};
    use crate::diagnostic::SourceFile;

    fn drawn(path: &str, text: &str) -> String {
        let file = SourceFile::new(path, text);
        let problems = refuse([&file], &NotSecret::said([&file])).unwrap_err();
        let drawn = problems.to_string();
        assert!(!drawn.contains("s3cret"), "{drawn}");
        drawn
    }

    #[test]
    fn an_index_is_written_without() {
        insta::assert_snapshot!(drawn("pyproject.toml", "[[tool.uv.index]]\nname = \"acme\"\nurl = \"https://me:s3cret@pkgs.example/simple\"\n"), @r#"
        error[credentials-in-file]: the URL of the index `acme` holds a password
         --> pyproject.toml:3:8
          |
        3 | url = "https://me:****@pkgs.example/simple"
          |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ whoever has the file has the password
          |
          = help: have the password changed where it is valid: it is in version control
          = help: write the index without it
                  [[tool.uv.index]]
                  name = "acme"
                  url = "https://pkgs.example/simple"
                  authenticate = "always"
          = help: and give the new one in the environment: `export UV_INDEX_ACME_USERNAME=... UV_INDEX_ACME_PASSWORD=...`
        "#);
    }

    #[test]
    fn a_git_source_is_written_without() {
        insta::assert_snapshot!(drawn("pyproject.toml", "[tool.uv.sources]\nmodels = { git = \"https://oauth2:s3cret@git.example/acme/models.git\" }\nopen = { git = \"https://git.example/acme/open.git\" }\n"), @r#"
        error[credentials-in-file]: the URL of the Git source `models` holds a password
         --> pyproject.toml:2:19
          |
        2 | models = { git = "https://oauth2:****@git.example/acme/models.git" }
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ whoever has the file has the password
          |
          = help: have the password changed where it is valid: it is in version control
          = help: write the URL without it: `https://git.example/acme/models.git`
          = help: and give the new one in a file: `machine git.example login NAME password TOKEN` in ~/.netrc, and build with `--secret id=netrc,src=$HOME/.netrc`
          = help: or fetch it over SSH: `git = "ssh://git@git.example/acme/models.git"`, and build with `--ssh default`
        "#);
    }

    #[test]
    fn a_variable_of_an_image_is_given_when_it_runs() {
        insta::assert_snapshot!(drawn("dfgen.toml", "[profile.core-api.env]\nAPI_TOKEN = \"s3cret\"\nSECRET_KEY = \"dummy\"\n"), @r#"
        error[credentials-in-file]: `profile.core-api.env.API_TOKEN` holds a secret, `API_TOKEN`
         --> dfgen.toml:2:14
          |
        2 | API_TOKEN = "****"
          |              ^^^^ whoever has the file has the secret
          |
          = help: have the secret changed where it is valid: it is in version control
          = help: give it to the container and not to the image: `API_TOKEN=...` in the file .env, which compose reads, or `docker run --env API_TOKEN`
          = help: if it is no secret, say so at the top of dfgen.toml: `not-secret = ["API_TOKEN"]`
        "#);
    }

    #[test]
    fn what_another_program_reads_is_its_own() {
        let text = "# https://me:password@host.example\n[tool.pytest_env]\nDATABASE_URL = \"postgresql://u:p@localhost/test\"\n[tool.uv]\nindex-url = \"https://__token__:${TOKEN}@host/simple\"\n[project.scripts]\nreset-password = \"shop:reset\"\n";
        let open = NotSecret::default();
        refuse([&SourceFile::new("pyproject.toml", text)], &open).unwrap();
    }
}
