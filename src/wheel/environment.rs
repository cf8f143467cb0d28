//! What the environment says: logins, proxies, folders. Read in one place, and never shown.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Variables of the environment, as they were when the program was started.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Of this process.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self(variables.collect())
    }

    /// The first of these variables that says something.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        let values = names.iter().filter_map(|name| self.0.get(*name));
        values.map(String::as_str).find(|value| !value.is_empty())
    }

    pub(super) fn home(&self) -> Option<PathBuf> {
        self.first(&["HOME", "USERPROFILE"]).map(PathBuf::from)
    }

    /// The folder that programs keep theirs in, as uv looks for it.
    fn caches(&self) -> Option<PathBuf> {
        let said = self.first(&["XDG_CACHE_HOME"]).map(PathBuf::from);
        let said = said.filter(|folder| folder.is_absolute());
        if cfg!(windows) {
            return said.or_else(|| self.first(&["LOCALAPPDATA"]).map(PathBuf::from));
        }
        said.or_else(|| Some(self.home()?.join(".cache")))
    }

    /// Where what was found in wheels is kept. `None` where nothing says where this user's folders are.
    pub(super) fn own_cache(&self) -> Option<PathBuf> {
        Some(self.caches()?.join("dfgen"))
    }

    /// Where uv keeps wheels.
    pub(super) fn uv_cache(&self) -> Option<PathBuf> {
        let said = self.first(&["UV_CACHE_DIR"]).map(PathBuf::from);
        let usual = || {
            let folder = self.caches()?.join("uv");
            Some(if cfg!(windows) {
                folder.join("cache")
            } else {
                folder
            })
        };
        said.or_else(usual)
    }

    /// How long a server may be silent, in seconds: uv's own variable, and uv's own default.
    pub(super) fn patience(&self) -> u64 {
        let said = self.first(&["UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT", "HTTP_TIMEOUT"]);
        said.and_then(|text| text.trim().parse().ok())
            .filter(|seconds| *seconds > 0)
            .unwrap_or(30)
    }
}
