//! What an address says, by its text.

use crate::application::variables::{UNKNOWN, Unset};

/// The host and the port in what stands for a variable, with what comes behind: `localhost:6379/0`.
pub(super) fn host_and_port(unset: &Unset) -> Option<(&str, u16, &str)> {
    let Unset::Text(text) = unset else {
        return None;
    };
    let (host, rest) = text.split_once(':')?;
    let end = rest.find('/').unwrap_or(rest.len());
    let port = rest[..end].parse().ok()?;
    let is_host = !host.is_empty() && !host.contains(['/', ' ', '@']);
    is_host.then_some((host, port, &rest[end..]))
}

/// A URL without its path: whoever takes it so puts one behind.
pub(super) fn without_path(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/');
    end.map_or(url, |end| &url[..start + end])
}

/// Whether what comes after the scheme of a URL names a host of the internet: the source knows where that is.
pub(super) fn is_elsewhere(rest: &str) -> bool {
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let is_address = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    host.contains('.') && !is_address && !host.contains(UNKNOWN) && !host.ends_with(".internal")
}
