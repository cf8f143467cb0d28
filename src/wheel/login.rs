//! Who asks a server: the logins that uv would use, each for its own server alone.
//!
//! A login is never shown, and has no form in which it could be.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::Environment;
use crate::project::credentials::variables;

/// A name and a password.
struct Login {
    user: String,
    password: String,
}

/// Everything that is known of logins.
pub(super) struct Logins {
    indexes: Vec<(Url, Login)>,
    machines: Vec<(Option<String>, Login)>,
}

impl Logins {
    /// Of indexes, by name and URL, and of the file of logins.
    pub(super) fn new(environment: &Environment, indexes: &[(Option<String>, String)]) -> Self {
        let said = indexes
            .iter()
            .map(|(name, url)| (name.clone(), url.clone()));
        let all = said.chain(indexes_of(environment));
        let indexes = all.filter_map(|(name, url)| {
            let url = Url::parse(&url).ok()?;
            let login = of_variables(environment, name.as_deref()).or_else(|| of_url(&url))?;
            Some((url, login))
        });
        Self {
            indexes: indexes.collect(),
            machines: netrc(environment),
        }
    }

    /// What is sent to the server of a URL to say who asks.
    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let own = of_url(url);
        let of_index = || {
            let here = self
                .indexes
                .iter()
                .filter(|(index, _)| is_same_server(index, url));
            let longest = here.max_by_key(|(index, _)| alike(index.path(), url.path()));
            longest.map(|(_, login)| login)
        };
        let of_machine = || {
            let host = url.host_str()?;
            let mut machines = self.machines.iter();
            let is_it = |(name, _): &&(Option<String>, Login)| {
                name.as_deref()
                    .is_none_or(|name| name.eq_ignore_ascii_case(host))
            };
            machines.find(is_it).map(|(_, login)| login)
        };
        let login = own.as_ref().or_else(of_index).or_else(of_machine)?;
        let pair = format!("{}:{}", login.user, login.password);
        Some(format!("Basic {}", STANDARD.encode(pair)))
    }
}

/// Whether a login for one may be sent to the other.
pub(super) fn is_same_server(one: &Url, other: &Url) -> bool {
    let of = |url: &Url| {
        let host = url.host_str().map(str::to_ascii_lowercase);
        (url.scheme().to_owned(), host, url.port_or_known_default())
    };
    of(one) == of(other)
}

/// How many folders two paths have in common.
fn alike(one: &str, other: &str) -> usize {
    let pairs = one.split('/').zip(other.split('/'));
    pairs.take_while(|(one, other)| one == other).count()
}

/// Indexes that the environment names, as `URL` or `NAME=URL`.
fn indexes_of(environment: &Environment) -> Vec<(Option<String>, String)> {
    let variables = [
        "UV_INDEX",
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "UV_EXTRA_INDEX_URL",
    ];
    let texts = variables
        .iter()
        .filter_map(|name| environment.first(&[name]));
    let words = texts.flat_map(str::split_whitespace);
    let index = |word: &str| match word.split_once('=') {
        Some((name, url)) if !name.contains([':', '/']) => (Some(name.to_owned()), url.to_owned()),
        _ => (None, word.to_owned()),
    };
    words.map(index).collect()
}

fn of_variables(environment: &Environment, name: Option<&str>) -> Option<Login> {
    let [user, password] = variables(name?);
    let (user, password) = (environment.first(&[&user]), environment.first(&[&password]));
    (user.is_some() || password.is_some()).then(|| Login {
        user: user.unwrap_or_default().to_owned(),
        password: password.unwrap_or_default().to_owned(),
    })
}

/// What a URL says itself; a name alone is no login.
fn of_url(url: &Url) -> Option<Login> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some(Login {
        user: decoded(url.username()),
        password: decoded(url.password()?),
    })
}

/// The file of logins that curl, Git and uv read.
fn netrc(environment: &Environment) -> Vec<(Option<String>, Login)> {
    let said = environment.first(&["NETRC"]).map(Into::into);
    let usual = || {
        Some(
            environment
                .home()?
                .join(if cfg!(windows) { "_netrc" } else { ".netrc" }),
        )
    };
    let text = said
        .or_else(usual)
        .and_then(|path| crate::disk::read_to_string(path).ok());
    text.map(|text| machines(&text)).unwrap_or_default()
}

fn machines(text: &str) -> Vec<(Option<String>, Login)> {
    let mut found: Vec<(Option<String>, Login)> = Vec::new();
    let mut words = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(str::split_whitespace);
    let empty = || Login {
        user: String::new(),
        password: String::new(),
    };
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .unwrap_or_default()
                .trim_matches('"')
                .to_owned()
        };
        match (word, found.last_mut()) {
            ("machine", _) => {
                let name = value();
                found.push((Some(name), empty()));
            }
            ("default", _) => found.push((None, empty())),
            ("login", Some((_, login))) => login.user = value(),
            ("password", Some((_, login))) => login.password = value(),
            ("account", _) => drop(value()),
            _ => (),
        }
    }
    // The entry for everybody counts after those by name, wherever it stands.
    found.sort_by_key(|(name, _)| name.is_none());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_goes_to_its_own_server_alone() {
        let indexes = [(None, "https://me:s3cret@index.example/simple".to_owned())];
        let logins = Logins::new(&Environment::default(), &indexes);
        let sent = |url: &str| logins.header(&Url::parse(url).unwrap());
        assert_eq!(
            sent("https://index.example/files/a.whl").unwrap(),
            "Basic bWU6czNjcmV0"
        );
        for other in [
            "http://index.example/a.whl",
            "https://index.example:8443/a.whl",
            "https://files.index.example/a.whl",
        ] {
            assert_eq!(sent(other), None, "{other}");
        }
        assert!(sent("https://a:b@files.example/a.whl").is_some());
        assert!(sent("https://a@files.example/a.whl").is_none());
    }

    #[test]
    fn the_file_of_logins_is_read_as_curl_does() {
        let text = "# machine not.example\ndefault login any password x\nmachine pkgs.example\n  login me\n  password s3cret account y\n";
        let names: Vec<_> = machines(text)
            .into_iter()
            .map(|(name, login)| (name, login.user, login.password))
            .collect();
        assert_eq!(
            names,
            [
                (
                    Some("pkgs.example".to_owned()),
                    "me".to_owned(),
                    "s3cret".to_owned()
                ),
                (None, "any".to_owned(), "x".to_owned())
            ]
        );
    }
}
