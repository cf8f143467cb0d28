//! Every name under which dfgen says something: of an error, of a finding, of a fault in an existing Dockerfile.
//!
//! A leaf of the house: whoever has something to say names its rule here. To add one, write its line into the list
//! below and its page, `NAME.md`, into the folder of its family: a line of summary, an empty line, what it means and
//! what to do. (Rules for what is left out of an image are rows of the catalog, and so are their pages.)

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// How much something weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; changes nothing.
    Note,
    /// The output is made, but somebody should look.
    Warning,
    /// dfgen could not do its work.
    Error,
}

/// What a change takes, and so when there is time for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// A line, and nothing that runs is changed: today.
    Easy,
    /// A new lock, or a feature that somebody has to know to be unused: this week.
    Medium,
    /// The project is taken apart in another way: next.
    Architectural,
}

/// What a rule is about, in the order in which people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// dfgen cannot do its work.
    Error,
    /// Worth a look before an image is built; a profile may silence it.
    Finding,
    /// What `init` does not carry over from an existing Dockerfile.
    Fault,
    /// Left out of every image.
    Trimming,
    /// Left out of an image when its profile asks for that.
    Part,
    /// Made for every image.
    Content,
    /// How every image runs.
    Running,
    /// What surrounds images: settings, machines, habits.
    Topic,
}

/// A rule, by its name.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    name: &'static str,
    family: Family,
    severity: Severity,
    page: &'static str,
}

impl Rule {
    const fn error(name: &'static str, page: &'static str) -> Self {
        Self {
            name,
            family: Family::Error,
            severity: Severity::Error,
            page,
        }
    }

    const fn warning(name: &'static str, page: &'static str) -> Self {
        Self {
            name,
            family: Family::Finding,
            severity: Severity::Warning,
            page,
        }
    }

    const fn note(name: &'static str, page: &'static str) -> Self {
        Self {
            name,
            family: Family::Finding,
            severity: Severity::Note,
            page,
        }
    }

    const fn fault(name: &'static str, page: &'static str) -> Self {
        Self {
            name,
            family: Family::Fault,
            severity: Severity::Warning,
            page,
        }
    }

    const fn slight(name: &'static str, page: &'static str) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::fault(name, page)
        }
    }

    const fn grave(name: &'static str, page: &'static str) -> Self {
        Self {
            severity: Severity::Error,
            ..Self::fault(name, page)
        }
    }

    /// Its name, in kebab-case; it never changes.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is about.
    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// How much it weighs, where the one who says it does not say otherwise.
    pub(crate) fn severity(&self) -> Severity {
        self.severity
    }

    /// What there is to know about it, in one line.
    pub fn summary(&self) -> &'static str {
        self.page
            .split_once("\n\n")
            .map_or(self.page, |(summary, _)| summary)
    }

    /// The rest of its page, in lines that fit a terminal.
    pub fn text(&self) -> &'static str {
        self.page.split_once("\n\n").map_or("", |(_, text)| text)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! rules {
    ($($folder:literal { $($constructor:ident $rule:ident = $name:literal;)* })*) => {
        $($(
            #[doc = concat!("`", $name, "`.")]
            pub const $rule: &Rule = &Rule::$constructor($name, include_str!(concat!($folder, "/", $name, ".md")));
        )*)*

        /// All of them, by family, then by name.
        pub(crate) const ALL: &[&Rule] = &[$($($rule),*),*];
    };
}

rules! {
    "errors" {
        error ABSENT_MODULE = "absent-module";
        error AMBIGUOUS_ENTRY = "ambiguous-entry";
        error AMBIGUOUS_ML = "ambiguous-ml";
        error BUG = "bug";
        error BUILD_NOT_ALLOWED = "build-not-allowed";
        error CATALOG_ROW = "catalog-row";
        error CONFLICTING_SELECTION = "conflicting-selection";
        error CREDENTIALS_IN_FILE = "credentials-in-file";
        error DUPLICATE_SERVICE = "duplicate-service";
        error EDITED_FILE = "edited-file";
        error EXTENDS_LOOP = "extends-loop";
        error FORBIDDEN_PACKAGE = "forbidden-package";
        error FOREIGN_FILE = "foreign-file";
        error IMAGE_LIMIT = "image-limit";
        error INVALID_CARGO_MANIFEST = "invalid-cargo-manifest";
        error INVALID_CATALOG = "invalid-catalog";
        error INVALID_COMPOSE = "invalid-compose";
        error INVALID_DOCKERFILE = "invalid-dockerfile";
        error INVALID_LOCK = "invalid-lock";
        error INVALID_MEMBER = "invalid-member";
        error INVALID_TOML = "invalid-toml";
        error INVALID_VALUE = "invalid-value";
        error LFS_POINTER = "lfs-pointer";
        error MERGE_CONFLICT = "merge-conflict";
        error MISSING_FILE = "missing-file";
        error MISSING_MEMBER = "missing-member";
        error NAMELESS_INDEX = "nameless-index";
        error NO_ANSWER = "no-answer";
        error NO_BASE_IMAGE = "no-base-image";
        error NO_CARGO_MANIFEST = "no-cargo-manifest";
        error NO_COMMAND = "no-command";
        error NO_CUDA_IMAGE = "no-cuda-image";
        error NO_DISTRIBUTION = "no-distribution";
        error NO_ENGINE = "no-engine";
        error NO_IMAGE = "no-image";
        error NO_LOCK = "no-lock";
        error NO_MANIFEST = "no-manifest";
        error NO_MEMBER = "no-member";
        error NO_PORT = "no-port";
        error NO_PYTHON = "no-python";
        error NO_REVISION = "no-revision";
        error NO_SERVER = "no-server";
        error NO_UV = "no-uv";
        error NO_WHEEL = "no-wheel";
        error OUTSIDE_CONTEXT = "outside-context";
        error POLICY = "policy";
        error REQUIRED_VERSION = "required-version";
        error SETTINGS_EXIST = "settings-exist";
        error SEVERAL_DOCKERFILES = "several-dockerfiles";
        error SHARED_SETTINGS = "shared-settings";
        error STALE_LOCK = "stale-lock";
        error TWO_CONFIGURATIONS = "two-configurations";
        error TWO_PYTHONS = "two-pythons";
        error UNFIT_BASE = "unfit-base";
        error UNFIT_PATH = "unfit-path";
        error UNFIT_PYTHON = "unfit-python";
        error UNKNOWN_CHECKSUM = "unknown-checksum";
        error UNKNOWN_EXTRA = "unknown-extra";
        error UNKNOWN_GROUP = "unknown-group";
        error UNKNOWN_KEY = "unknown-key";
        error UNKNOWN_MEMBER = "unknown-member";
        error UNKNOWN_PACKAGE = "unknown-package";
        error UNKNOWN_PROFILE = "unknown-profile";
        error UNKNOWN_RULE = "unknown-rule";
        error UNKNOWN_SERVICE = "unknown-service";
        error UNKNOWN_STAGE = "unknown-stage";
        error UNREADABLE_FILE = "unreadable-file";
        error UNREADABLE_FOLDER = "unreadable-folder";
        error UNREADABLE_IMAGE = "unreadable-image";
        error UNREADABLE_WHEEL = "unreadable-wheel";
        error UNSUPPORTED_ENVIRONMENT = "unsupported-environment";
        error UNSUPPORTED_LOCK = "unsupported-lock";
        error UNSUPPORTED_PYTHON = "unsupported-python";
        error UNUSABLE_PYTHON = "unusable-python";
        error UNWRITABLE_FILE = "unwritable-file";
        error UNWRITABLE_OUTPUT = "unwritable-output";
        error WHEEL_NOT_ALLOWED = "wheel-not-allowed";
        error WRONG_DIGEST = "wrong-digest";
    }
    "findings" {
        note BACKING_SERVICE = "backing-service";
        note CONTAINER_FILE = "container-file";
        warning CPU_WHEELS_IN_GPU_IMAGE = "cpu-wheels-in-gpu-image";
        warning CUDA_COMPILER = "cuda-compiler";
        warning CUDA_IN_CPU_IMAGE = "cuda-in-cpu-image";
        warning CUDA_TWICE = "cuda-twice";
        note DEVELOPMENT_DEFAULT = "development-default";
        warning DEVELOPMENT_TOOL = "development-tool";
        warning END_OF_LIFE_PYTHON = "end-of-life-python";
        warning FAILING_MIGRATIONS = "failing-migrations";
        warning FRONT_END = "front-end";
        warning GPU_WITHOUT_PLATFORM_WHEELS = "gpu-without-platform-wheels";
        note HEAVY_APPLICATION = "heavy-application";
        warning IGNORED_FILE = "ignored-file";
        warning LEFT_OUT_PROCESS = "left-out-process";
        note LEFT_OUT_VARIANT = "left-out-variant";
        note LOCAL_ADDRESS = "local-address";
        warning LOCAL_LISTENER = "local-listener";
        warning LOCAL_MIGRATIONS = "local-migrations";
        warning MISSING_FOLDER = "missing-folder";
        warning MISSING_IMPORT = "missing-import";
        warning MISSING_MIGRATIONS = "missing-migrations";
        warning MISSING_SERVER = "missing-server";
        warning NOT_COPIED = "not-copied";
        warning NOT_PACKAGED = "not-packaged";
        note NOT_TAKEN = "not-taken";
        note OPEN_PASSWORD = "open-password";
        note OPTIONAL_PACKAGE = "optional-package";
        warning ORPHANED_FILE = "orphaned-file";
        warning OTHER_PYTHON = "other-python";
        warning REPLACED_IMAGE = "replaced-image";
        note REQUIRED_VARIABLE = "required-variable";
        note SAME_APPLICATION = "same-application";
        warning SETTINGS_OUTSIDE = "settings-outside";
        warning SHIPPED_SECRET = "shipped-secret";
        warning STRAY_FILE = "stray-file";
        warning TWO_CUDA_MAJORS = "two-cuda-majors";
        warning UNCOLLECTED_FILES = "uncollected-files";
        note UNCONNECTED_SERVICE = "unconnected-service";
        warning UNEVEN_BASE = "uneven-base";
        warning UNINSTALLED_BROWSER = "uninstalled-browser";
        warning UNKNOWN_ENTRY = "unknown-entry";
        note UNPINNED_BUILD_REQUIREMENTS = "unpinned-build-requirements";
        warning UNREAD_SOURCE = "unread-source";
        warning UNRUN_COMMAND = "unrun-command";
        warning UNRUN_PREPARATION = "unrun-preparation";
        note UNSERVED_FILES = "unserved-files";
        note UNUSED_REQUIREMENT = "unused-requirement";
        warning WRITES_TO_IMAGE = "writes-to-image";
    }
    "faults" {
        fault COMPILERS_SHIPPED = "compilers-shipped";
        fault COPIES_EVERYTHING = "copies-everything";
        fault COPIES_SYSTEM_FOLDER = "copies-system-folder";
        fault CUDA_BASE = "cuda-base";
        fault DEBUG_ENVIRONMENT = "debug-environment";
        fault DEVELOPMENT_GROUP = "development-group";
        fault DEVELOPMENT_SERVER = "development-server";
        grave EDITABLE_WITHOUT_SOURCE = "editable-without-source";
        fault ENVIRONMENT_WITH_SOURCE = "environment-with-source";
        fault FOREIGN_CACHE = "foreign-cache";
        slight FULL_BASE = "full-base";
        fault HIDDEN_FAILURE = "hidden-failure";
        slight IGNORED_PIP_VARIABLE = "ignored-pip-variable";
        fault INSTALL_BESIDE_LOCK = "install-beside-lock";
        fault INSTALL_CACHE_LEFT = "install-cache-left";
        fault LATE_REMOVAL = "late-removal";
        fault LIBRARY_PATH = "library-path";
        fault MISSED_CACHE_MOUNT = "missed-cache-mount";
        fault MISSING_HEALTH_TOOL = "missing-health-tool";
        grave MOVED_ENVIRONMENT = "moved-environment";
        slight NAILED_PLATFORM = "nailed-platform";
        grave NEEDED_FILE_IGNORED = "needed-file-ignored";
        fault NO_BYTECODE = "no-bytecode";
        slight NO_CACHE_MOUNT = "no-cache-mount";
        fault NO_DOCKERIGNORE = "no-dockerignore";
        fault PACKAGE_LISTS_LEFT = "package-lists-left";
        slight RECOMMENDED_PACKAGES = "recommended-packages";
        fault RECURSIVE_CHOWN = "recursive-chown";
        fault ROOT_USER = "root-user";
        fault RUNNER_COMMAND = "runner-command";
        grave SECRET_IN_ENVIRONMENT = "secret-in-environment";
        fault SHELL_COMMAND = "shell-command";
        fault SHIPS_UV = "ships-uv";
        slight SINGLE_STAGE = "single-stage";
        fault SOURCE_BEFORE_DEPENDENCIES = "source-before-dependencies";
        fault TESTS_SHIPPED = "tests-shipped";
        fault UNLOCKED_INSTALL = "unlocked-install";
        fault UNNEEDED_LIBRARY = "unneeded-library";
        fault UNPINNED_BASE = "unpinned-base";
        fault UNPINNED_UV = "unpinned-uv";
        slight UNUSED_USER = "unused-user";
    }
}

/// The names of all findings, and of all faults.
pub(crate) fn findings_and_faults() -> impl Iterator<Item = &'static str> {
    let is_either = |rule: &&&Rule| matches!(rule.family, Family::Finding | Family::Fault);
    ALL.iter().filter(is_either).map(|rule| rule.name)
}

/// The names of all findings.
pub(crate) fn findings() -> impl Iterator<Item = &'static str> {
    let findings = ALL.iter().filter(|rule| rule.family == Family::Finding);
    findings.map(|rule| rule.name)
}

#[cfg(test)]
mod tests;
