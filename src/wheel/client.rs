//! Asks servers for files and parts of them.
//!
//! Redirects are followed here, not in the library: each server on the way gets its own login and no other's. What goes
//! wrong is told in words of dfgen; those of the library may hold a URL with a login.

use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};
use url::Url;

use super::login::Logins;
use super::{Environment, Trouble};

/// From one address to the next, so many times.
const REDIRECTS: usize = 10;

/// A server that is asked too often, or has a bad moment, is asked again so many times.
const AGAIN: usize = 2;

/// And it is waited for so long at most, in seconds.
const LONGEST_WAIT: u64 = 5;

/// To connect takes no longer, in seconds, whatever the patience.
const CONNECT: u64 = 10;

/// Asks servers, from several threads at once.
pub(super) struct Client {
    environment: Environment,
    logins: Logins,
    plain: OnceLock<Result<Agent, Trouble>>,
    encrypted: OnceLock<Result<Agent, Trouble>>,
    patience: u64,
    requests: AtomicU64,
    bytes: AtomicU64,
}

/// A part of a file.
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    /// Where it starts, and how large the whole file is.
    pub(super) start: u64,
    pub(super) whole: u64,
    /// Where it came from in the end.
    pub(super) url: Url,
}

/// What is asked for.
pub(super) enum Wish {
    /// These bytes.
    Range(Range<u64>),
    /// So many from the end.
    Last(u64),
}

impl Client {
    pub(super) fn new(environment: &Environment, indexes: &[(Option<String>, String)]) -> Self {
        Self {
            environment: environment.clone(),
            logins: Logins::new(environment, indexes),
            plain: OnceLock::new(),
            encrypted: OnceLock::new(),
            patience: environment.patience(),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// How often servers were asked, and what they sent of files.
    pub(super) fn asked(&self) -> (u64, u64) {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (of(&self.requests), of(&self.bytes))
    }

    /// A part of a file; shorter than wished where that ends.
    pub(super) fn part(&self, url: &Url, wish: &Wish) -> Result<Part, Trouble> {
        let (range, most) = match wish {
            Wish::Range(part) => {
                let last = part.end.saturating_sub(1);
                (
                    format!("bytes={}-{last}", part.start),
                    part.end.saturating_sub(part.start),
                )
            }
            Wish::Last(bytes) => (format!("bytes=-{bytes}"), *bytes),
        };
        let (mut answer, url) = self.ask(url, Some(&range))?;
        match answer.status().as_u16() {
            206 => (),
            200 | 501 => return Err(Trouble::NoRanges),
            416 => return Err(shorter(answer.headers())),
            status => return Err(Trouble::Status(status)),
        }
        let (sent, whole) = content_range(answer.headers()).ok_or(Trouble::NoRanges)?;
        if matches!(wish, Wish::Range(part) if part.start != sent.start) {
            return Err(Trouble::NoRanges);
        }
        let length = sent.end.saturating_sub(sent.start).min(most);
        let mut bytes = Vec::new();
        let body = answer.body_mut().as_reader();
        let read = body.take(length).read_to_end(&mut bytes);
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        read.map_err(|error| self.broken(&error))?;
        if (bytes.len() as u64) < length {
            return Err(Trouble::Truncated);
        }
        Ok(Part {
            bytes,
            start: sent.start,
            whole,
            url,
        })
    }

    /// All of a file, piece by piece.
    pub(super) fn whole(
        &self,
        url: &Url,
        mut take: impl FnMut(&[u8]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let (mut answer, _) = self.ask(url, None)?;
        match answer.status().as_u16() {
            200 => (),
            status => return Err(Trouble::Status(status)),
        }
        let said = answer.headers().get("content-length");
        let said: Option<u64> = said.and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = answer.body_mut().as_reader();
        let (mut piece, mut read) = (vec![0; 64 << 10], 0_u64);
        loop {
            let count = body.read(&mut piece).map_err(|error| self.broken(&error))?;
            if count == 0 {
                break;
            }
            read += count as u64;
            self.bytes.fetch_add(count as u64, Ordering::Relaxed);
            take(&piece[..count])?;
        }
        if said.is_some_and(|said| read < said) {
            return Err(Trouble::Truncated);
        }
        Ok(())
    }

    /// An answer that is no redirect, and from where it came.
    fn ask(&self, url: &Url, range: Option<&str>) -> Result<(Response<Body>, Url), Trouble> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.ask_until_served(&url, range)?;
            match answer.status().as_u16() {
                301 | 302 | 303 | 307 | 308 => {
                    let to = answer.headers().get("location");
                    let to = to.and_then(|to| url.join(to.to_str().ok()?).ok());
                    let to = to.filter(|to| ["http", "https"].contains(&to.scheme()));
                    let to = to.ok_or(Trouble::Redirects)?;
                    // Nobody who asked in secret is answered in the open.
                    if url.scheme() == "https" && to.scheme() == "http" {
                        return Err(Trouble::Redirects);
                    }
                    url = to;
                }
                status @ (401 | 403 | 407) => return Err(Trouble::NotAllowed(status)),
                429 => return Err(Trouble::TooMany),
                _ => return Ok((answer, url)),
            }
        }
        Err(Trouble::Redirects)
    }

    /// Asks again where the server says that it is busy.
    fn ask_until_served(&self, url: &Url, range: Option<&str>) -> Result<Response<Body>, Trouble> {
        let mut left = AGAIN;
        loop {
            let answer = self.ask_once(url, range);
            let wait = match &answer {
                Ok(answer) if matches!(answer.status().as_u16(), 429 | 502 | 503 | 504) => {
                    let said = answer.headers().get("retry-after");
                    let said = said.and_then(|value| value.to_str().ok()?.parse().ok());
                    said.unwrap_or(1).min(LONGEST_WAIT)
                }
                Err(Trouble::Unreachable(_)) => 1,
                _ => return answer,
            };
            if left == 0 {
                return answer;
            }
            left -= 1;
            std::thread::sleep(Duration::from_secs(wait));
        }
    }

    fn ask_once(&self, url: &Url, range: Option<&str>) -> Result<Response<Body>, Trouble> {
        let agent = self.agent(url)?;
        // A login goes into a header, and never into an address that somebody shows.
        let mut address = url.clone();
        let _ = address.set_username("");
        let _ = address.set_password(None);
        address.set_fragment(None);
        let mut request = agent
            .get(address.as_str())
            .header("accept-encoding", "identity");
        if let Some(range) = range {
            request = request.header("range", range);
        }
        if let Some(login) = self.logins.header(url) {
            request = request.header("authorization", login);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        request.call().map_err(|error| self.failed(error))
    }

    fn agent(&self, url: &Url) -> Result<&Agent, Trouble> {
        let (agent, proxies): (_, &[&'static str]) = match url.scheme() {
            "https" => {
                let names = &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
                (&self.encrypted, names)
            }
            _ => (
                &self.plain,
                &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
            ),
        };
        let agent = agent.get_or_init(|| self.new_agent(proxies, url.scheme() == "https"));
        agent.as_ref().map_err(Clone::clone)
    }

    fn new_agent(&self, proxies: &[&'static str], encrypts: bool) -> Result<Agent, Trouble> {
        let patience = Some(Duration::from_secs(self.patience));
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("dfgen/", env!("CARGO_PKG_VERSION")))
            .proxy(self.proxy(proxies)?)
            .max_idle_connections_per_host(16)
            .timeout_resolve(patience)
            .timeout_connect(Some(Duration::from_secs(CONNECT.min(self.patience))))
            .timeout_recv_response(patience)
            .timeout_per_read(patience);
        let config = if encrypts {
            config.tls_config(encryption()?)
        } else {
            config
        };
        Ok(config.build().new_agent())
    }

    fn proxy(&self, variables: &[&'static str]) -> Result<Option<Proxy>, Trouble> {
        let mut said = variables.iter().copied();
        let Some(variable) = said.find(|name| self.environment.first(&[name]).is_some()) else {
            return Ok(None);
        };
        let unfit = || Trouble::NoProxy(variable);
        let text = self.environment.first(&[variable]).unwrap_or_default();
        let text = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = Url::parse(&text).map_err(|_| unfit())?;
        let protocol = match url.scheme() {
            "http" => ureq::ProxyProtocol::Http,
            "https" => ureq::ProxyProtocol::Https,
            _ => return Err(unfit()),
        };
        let mut proxy = Proxy::builder(protocol)
            .host(url.host_str().ok_or_else(unfit)?)
            .port(url.port_or_known_default().unwrap_or(80));
        if let (user, Some(password)) = (url.username(), url.password()) {
            let plain = |text| percent_encoding::percent_decode_str(text).decode_utf8_lossy();
            proxy = proxy.username(&plain(user)).password(&plain(password));
        }
        let without = self
            .environment
            .first(&["NO_PROXY", "no_proxy"])
            .unwrap_or_default();
        for host in without
            .split(',')
            .map(str::trim)
            .filter(|host| !host.is_empty())
        {
            proxy = proxy.no_proxy(host);
        }
        proxy.build().map(Some).map_err(|_| unfit())
    }

    fn failed(&self, error: ureq::Error) -> Trouble {
        match error {
            ureq::Error::Timeout(_) => Trouble::Silent(self.patience),
            ureq::Error::HostNotFound => Trouble::Unreachable("nobody knows its name".to_owned()),
            ureq::Error::ConnectionFailed => Trouble::Unreachable("it does not answer".to_owned()),
            ureq::Error::Rustls(error) => {
                Trouble::Unreachable(format!("{error}; SSL_CERT_FILE names authorities to trust"))
            }
            ureq::Error::Io(error) => self.broken(&error),
            ureq::Error::Protocol(_) | ureq::Error::Http(_) => {
                Trouble::Unreachable("it speaks no HTTP".to_owned())
            }
            _ => Trouble::Unreachable("the connection is not made".to_owned()),
        }
    }

    /// What became of a connection.
    fn broken(&self, error: &std::io::Error) -> Trouble {
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Trouble::Silent(self.patience),
            ErrorKind::UnexpectedEof => Trouble::Truncated,
            ErrorKind::InvalidData if error.to_string().contains("certificate") => {
                let why =
                    "its certificate is not trusted; SSL_CERT_FILE names authorities to trust";
                Trouble::Unreachable(why.to_owned())
            }
            kind => match error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<ureq::Error>())
            {
                Some(ureq::Error::Timeout(_)) => Trouble::Silent(self.patience),
                _ => Trouble::Unreachable(kind.to_string()),
            },
        }
    }
}

/// Whom this machine trusts, or SSL_CERT_FILE.
fn encryption() -> Result<TlsConfig, Trouble> {
    let roots = rustls_native_certs::load_native_certs().certs;
    if roots.is_empty() {
        let why = "this machine trusts no authorities; SSL_CERT_FILE names a file of them";
        return Err(Trouble::Unreachable(why.to_owned()));
    }
    let roots = roots
        .iter()
        .map(|root| Certificate::from_der(root).to_owned());
    let roots: Vec<Certificate<'static>> = roots.collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(provider)
        .build())
}

/// `bytes 100-199/1000`: which, and of how many.
fn content_range(headers: &HeaderMap) -> Option<(Range<u64>, u64)> {
    let text = headers.get("content-range")?.to_str().ok()?;
    let (part, whole) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let whole = whole.parse().ok()?;
    (first <= last && last < whole).then(|| (first..last + 1, whole))
}

/// `bytes */1000`: there is less than was asked for.
fn shorter(headers: &HeaderMap) -> Trouble {
    let text = headers
        .get("content-range")
        .and_then(|value| value.to_str().ok());
    let found = text.and_then(|text| text.split('/').nth(1)?.trim().parse().ok());
    found.map_or(Trouble::Status(416), |found| Trouble::OtherSize {
        locked: 0,
        found,
    })
}
