//! Credentials of package indexes: which the build asks for, and that none is written into a file.
//!
//! uv reads them from environment variables named for the index; the build gets those as secrets,
//! which no image layer and no history holds. Written into a URL they would be in version control
//! and in what dfgen writes, so a password there is refused.
//!
//! Source: <https://docs.astral.sh/uv/concepts/indexes/#providing-credentials-directly>

use super::inputs::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Result, SourceFile};
use crate::profile::EnvName;
use crate::project::Pyproject;
use crate::project::pyproject::IndexTable;
use crate::rules;

/// The variables of all indexes that ask for credentials. Errors: passwords in URLs; an index that
/// asks and has no name to ask by.
pub(super) fn secrets(subject: &Subject<'_>) -> Result<Vec<EnvName>> {
    let project = subject.inputs.project;
    let written = project.manifests().flat_map(|manifest| {
        passwords(manifest)
            .into_iter()
            .chain(git_passwords(manifest))
    });
    Diagnostics::check(written.collect())?;
    let indexes = || {
        project
            .manifests()
            .flat_map(|manifest| manifest.uv.index.iter().map(move |index| (manifest, index)))
    };
    let asking = || indexes().filter(|(_, index)| asks(index.authenticate.as_deref(), &index.url));
    let nameless = asking().filter(|(_, index)| index.name.is_none());
    Diagnostics::check(
        nameless
            .map(|(manifest, index)| no_name(manifest, index))
            .collect(),
    )?;
    let names = asking().filter_map(|(_, index)| index.name.as_deref());
    let mut found: Vec<EnvName> = names
        .flat_map(variables)
        .filter_map(|name| name.parse().ok())
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|name| seen.insert(name.clone()));
    Ok(found)
}

/// Whether the index of a URL wants to know who asks.
pub(super) fn asks(authenticate: Option<&str>, url: &str) -> bool {
    authenticate == Some("always") || user(url).is_some()
}

/// A URL without who asks: that is a secret's to say.
pub(super) fn without_user(url: &str) -> String {
    match user(url) {
        Some(user) => url.replacen(&format!("{user}@"), "", 1),
        None => url.to_owned(),
    }
}

fn variables(index: &str) -> [String; 2] {
    let index = index
        .to_uppercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    ["USERNAME", "PASSWORD"].map(|part| format!("UV_INDEX_{index}_{part}"))
}

/// `name:password` of `https://name:password@host/path`.
fn user(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    Some(user)
}

fn password(url: &str) -> Option<&str> {
    let (_, password) = user(url)?.split_once(':')?;
    (!password.is_empty() && !password.starts_with("${")).then_some(password)
}

/// Every URL of an index or of a page of links in a manifest: the tables, and the older keys.
fn passwords(manifest: &Pyproject) -> Vec<Diagnostic> {
    let table: toml::Table = manifest.file.text().parse().unwrap_or_default();
    let uv = table.get("tool").and_then(|tool| tool.get("uv"));
    let older = ["index-url", "extra-index-url", "find-links"]
        .into_iter()
        .filter_map(|key| uv?.get(key));
    let older = older.flat_map(|value| match value {
        toml::Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    });
    let older: Vec<String> = older
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    let tables = manifest
        .uv
        .index
        .iter()
        .map(|index| (index.url.as_str(), index.name.as_deref()));
    let all = tables.chain(older.iter().map(|url| (url.as_str(), None)));
    all.filter_map(|(url, name)| Some(in_url(manifest, url, name, password(url)?)))
        .collect()
}

/// Git sources whose URLs hold a password.
fn git_passwords(manifest: &Pyproject) -> Vec<Diagnostic> {
    let table: toml::Table = manifest.file.text().parse().unwrap_or_default();
    let uv = table.get("tool").and_then(|tool| tool.get("uv"));
    let sources = uv
        .and_then(|uv| uv.get("sources"))
        .and_then(toml::Value::as_table);
    let urls = sources.into_iter().flatten().flat_map(|(name, source)| {
        let sources = match source {
            toml::Value::Array(sources) => sources.as_slice(),
            one => std::slice::from_ref(one),
        };
        let urls = sources
            .iter()
            .filter_map(|source| source.get("git")?.as_str());
        urls.map(move |url| (name.as_str(), url))
    });
    urls.filter_map(|(name, url)| Some(in_git_url(manifest, name, url, password(url)?)))
        .collect()
}

/// uv's builds have no other way to a private repository than SSH: an agent signs, and no layer can
/// hold its key.
fn in_git_url(manifest: &Pyproject, name: &str, url: &str, password: &str) -> Diagnostic {
    let clean = without_user(url);
    let host = clean
        .split_once("://")
        .map_or(clean.as_str(), |(_, rest)| rest);
    Diagnostic::new(
        rules::CREDENTIALS_IN_FILE,
        format!("the URL of the Git source `{name}` holds a password"),
    )
    .at(hidden(manifest, url, password))
    .with_help("have the password changed where it is valid: it is in version control")
    .with_help(format!(
        "fetch it over SSH: `git = \"ssh://git@{host}\"`, and build with `--ssh default`"
    ))
}

/// Where a URL stands. The line is shown without the password: logs are kept.
fn hidden(manifest: &Pyproject, url: &str, password: &str) -> Place {
    const HIDDEN: &str = "****";
    let file = SourceFile::new(
        manifest.file.path(),
        manifest.file.text().replace(password, HIDDEN),
    );
    file.place_of(
        &url.replace(password, HIDDEN),
        "whoever has the file has the password",
    )
}

fn in_url(manifest: &Pyproject, url: &str, name: Option<&str>, password: &str) -> Diagnostic {
    let clean = without_user(url);
    let place = hidden(manifest, url, password);
    let name = name.unwrap_or("private");
    let [user, secret] = variables(name);
    Diagnostic::new(rules::CREDENTIALS_IN_FILE, format!("the URL of the index `{name}` holds a password"))
        .at(place)
        .with_help("have the password changed where it is valid: it is in version control")
        .with_help(format!("write the index without it\n[[tool.uv.index]]\nname = \"{name}\"\nurl = \"{clean}\"\nauthenticate = \"always\""))
        .with_help(format!("and give the new one in the environment: `export {user}=... {secret}=...`"))
}

fn no_name(manifest: &Pyproject, index: &IndexTable) -> Diagnostic {
    let place: Place = manifest.file.place_of(&index.url, "asks for credentials");
    Diagnostic::new(
        rules::NAMELESS_INDEX,
        "an index that asks for credentials has no name",
    )
    .at(place)
    .with_note("uv reads them from UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD")
    .with_help("give it one: `name = \"private\"` in its [[tool.uv.index]]")
}

#[cfg(test)]
mod tests {
    use super::{asks, git_passwords, password, passwords, variables, without_user};
    use crate::diagnostic::{SourceFile, Style};
    use crate::project::Pyproject;

    #[test]
    fn who_asks_is_told_apart_from_where() {
        assert_eq!(
            password("https://me:s3cret@pkgs.example/simple"),
            Some("s3cret")
        );
        assert_eq!(password("https://me@pkgs.example/simple"), None);
        assert_eq!(password("https://me:${TOKEN}@pkgs.example/simple"), None);
        assert_eq!(password("https://pkgs.example/a@b:c"), None);
        assert_eq!(
            without_user("https://me:a@b@pkgs.example/s@x"),
            "https://pkgs.example/s@x"
        );
        assert!(asks(None, "https://me@pkgs.example/simple"));
        assert!(asks(Some("always"), "https://pkgs.example/simple"));
        assert!(!asks(Some("never"), "https://pkgs.example/simple"));
        assert_eq!(variables("acme-pypi.2")[0], "UV_INDEX_ACME_PYPI_2_USERNAME");
    }

    #[test]
    fn a_password_in_a_file_is_refused_and_not_repeated() {
        let text =
            "[[tool.uv.index]]\nname = \"acme\"\nurl = \"https://me:s3cret@pkgs.example/simple\"\n";
        let manifest = Pyproject::parse(SourceFile::new("pyproject.toml", text)).unwrap();
        let drawn: String = passwords(&manifest)
            .iter()
            .map(|problem| problem.draw(Style::Plain))
            .collect();
        assert!(!drawn.contains("s3cret"));
        insta::assert_snapshot!(drawn, @r#"
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
    fn a_token_in_a_git_source_is_refused_and_not_repeated() {
        let text = "[tool.uv.sources]\nmodels = { git = \"https://oauth2:s3cret@git.example/acme/models.git\" }\nopen = { git = \"https://git.example/acme/open.git\" }\n";
        let manifest = Pyproject::parse(SourceFile::new("pyproject.toml", text)).unwrap();
        let drawn: String = git_passwords(&manifest)
            .iter()
            .map(|problem| problem.draw(Style::Plain))
            .collect();
        assert!(!drawn.contains("s3cret"));
        insta::assert_snapshot!(drawn, @r#"
        error[credentials-in-file]: the URL of the Git source `models` holds a password
         --> pyproject.toml:2:19
          |
        2 | models = { git = "https://oauth2:****@git.example/acme/models.git" }
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ whoever has the file has the password
          |
          = help: have the password changed where it is valid: it is in version control
          = help: fetch it over SSH: `git = "ssh://git@git.example/acme/models.git"`, and build with `--ssh default`
        "#);
    }
}
