//! What setuptools packages where nothing says it.

use std::path::Path;

use super::Pyproject;
use crate::disk;

impl Pyproject {
    /// Whether whatever folder lies beside the manifest is taken for a package: setuptools, where nothing says what to package.
    ///
    /// Source: <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#flat-layout>
    pub(crate) fn packages_any_folder(&self, root: &Path) -> bool {
        let is_setuptools = |backend: &str| backend.starts_with("setuptools");
        if !self.build_backend().is_some_and(is_setuptools) || root.join("src").is_dir() {
            return false;
        }
        let table = self.file.text().parse::<toml::Table>().ok();
        let settings = table
            .as_ref()
            .and_then(|table| table.get("tool")?.get("setuptools"));
        let keys = ["packages", "py-modules", "package-dir"];
        let is_said = settings.is_some_and(|said| keys.iter().any(|key| said.get(key).is_some()));
        let older = ["setup.py", "setup.cfg"].iter();
        let mut older = older.filter_map(|name| disk::read_to_string(root.join(name)).ok());
        !is_said && !older.any(|text| text.contains("packages") || text.contains("py_modules"))
    }
}
