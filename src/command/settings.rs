//! The settings of a server in a file of Python: `bind = "0.0.0.0:8060"` of gunicorn.

/// What a file of settings says about the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    /// The port, where it is said in so many words.
    pub(super) port: Option<u16>,
    /// Whether it is a socket in a file.
    pub(super) is_file: bool,
}

/// What the settings bind; `None` where they leave that to others.
pub(super) fn bound(settings: &str) -> Option<Bound> {
    let mut lines = settings.lines();
    let value = lines.find_map(|line| {
        let rest = line.strip_prefix("bind")?.trim_start();
        rest.strip_prefix('=').filter(|rest| !rest.starts_with('='))
    })?;
    let text = value.split(['"', '\'']).nth(1);
    let port = text.and_then(|text| text.rsplit_once(':')?.1.parse().ok());
    Some(Bound {
        is_file: text.is_some_and(|text| text.starts_with("unix:")),
        port: port.filter(|port| *port != 0),
    })
}

#[cfg(test)]
mod tests {
    use super::bound;

    #[test]
    fn settings_of_gunicorn_that_bind() {
        let port = |text| bound(text).map(|bound| bound.port);
        assert_eq!(
            port("workers = 2\nbind = \"0.0.0.0:8060\"\n"),
            Some(Some(8060))
        );
        assert_eq!(port("bind = f\"0.0.0.0:{PORT}\"\n"), Some(None));
        assert_eq!(port("bind = 'unix:/run/a.sock'\n"), Some(None));
        assert_eq!(port("workers = 2\n"), None);
    }
}
