//! The built-in profiles: `profiles/*.toml`, part of the program.

use std::sync::LazyLock;

use super::keys::ProfileWire;
use crate::diagnostic::SourceFile;

/// One built-in profile.
pub(super) struct BuiltIn {
    pub(super) name: &'static str,
    /// Other names of it.
    pub(super) aliases: &'static [&'static str],
    pub(super) file: SourceFile,
    pub(super) wire: ProfileWire,
}

/// Every built-in profile, in the order in which they are listed.
pub(super) static ALL: LazyLock<Vec<BuiltIn>> = LazyLock::new(|| {
    vec![
        built_in(
            "core-api",
            &[],
            include_str!("../../profiles/core-api.toml"),
        ),
        built_in(
            "ml-inference-gpu",
            &["ml-inference"],
            include_str!("../../profiles/ml-inference-gpu.toml"),
        ),
        built_in(
            "ml-inference-cpu",
            &[],
            include_str!("../../profiles/ml-inference-cpu.toml"),
        ),
        built_in("worker", &[], include_str!("../../profiles/worker.toml")),
        built_in("dev", &[], include_str!("../../profiles/dev.toml")),
    ]
});

fn built_in(name: &'static str, aliases: &'static [&'static str], text: &str) -> BuiltIn {
    BuiltIn {
        name,
        aliases,
        file: SourceFile::new(format!("profiles/{name}.toml"), text),
        wire: toml::from_str(text).expect("built-in profiles are valid"),
    }
}

/// The built-in profile of a name or alias.
pub(super) fn find(name: &str) -> Option<&'static BuiltIn> {
    let known = |profile: &&BuiltIn| profile.name == name || profile.aliases.contains(&name);
    ALL.iter().find(known)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let mut known: Vec<String> = super::ALL
            .iter()
            .map(|profile| format!("{}.toml", profile.name))
            .collect();
        known.sort();
        assert_eq!(files, known);
    }
}
