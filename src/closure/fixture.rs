//! A small shop for the tests of this stage: a web service with its models in an extra.

use crate::project::Project;
use crate::target::{Libc, Platform, Target};

/// Every kind of edge: extras of the project and of others, groups, markers, a circle.
pub(super) const SHOP: &str = r#"
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "click"
version = "8.3.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "colorama", marker = "sys_platform == 'win32'" }]
wheels = [{ url = "https://files/click-8.3.0-py3-none-any.whl", hash = "sha256:00", size = 100_000 }]

[[package]]
name = "colorama"
version = "0.4.6"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files/colorama-0.4.6-py2.py3-none-any.whl", hash = "sha256:00", size = 25_000 }]

[[package]]
name = "numpy"
version = "2.3.4"
source = { registry = "https://pypi.org/simple" }
wheels = [
    { url = "https://files/numpy-2.3.4-cp313-cp313-macosx_14_0_arm64.whl", hash = "sha256:00", size = 5_000_000 },
    { url = "https://files/numpy-2.3.4-cp313-cp313-manylinux_2_28_x86_64.whl", hash = "sha256:00", size = 16_600_000 },
]

[[package]]
name = "psycopg2"
version = "2.9.10"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files/psycopg2-2.9.10.tar.gz", hash = "sha256:00", size = 385_000 }

[[package]]
name = "pytest"
version = "8.4.2"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files/pytest-8.4.2-py3-none-any.whl", hash = "sha256:00", size = 365_000 }]

[[package]]
name = "sentence-transformers"
version = "5.1.1"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "numpy" }, { name = "torch" }, { name = "transformers" }]
wheels = [{ url = "https://files/sentence_transformers-5.1.1-py3-none-any.whl", hash = "sha256:00", size = 486_000 }]

[[package]]
name = "shop-api"
version = "1.0.0"
source = { editable = "." }
dependencies = [{ name = "click" }, { name = "sqlalchemy", extra = ["postgresql"] }]

[package.optional-dependencies]
ml = [
    { name = "sentence-transformers" },
    { name = "torch", marker = "platform_machine == 'x86_64'" },
]

[package.dev-dependencies]
dev = [{ name = "numpy" }, { name = "pytest" }]

[[package]]
name = "sqlalchemy"
version = "2.0.44"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files/sqlalchemy-2.0.44-py3-none-any.whl", hash = "sha256:00", size = 1_900_000 }]

[package.optional-dependencies]
postgresql = [{ name = "psycopg2" }]

[[package]]
name = "torch"
version = "2.9.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "triton", marker = "platform_machine == 'x86_64'" }]
wheels = [{ url = "https://files/torch-2.9.0-cp313-cp313-manylinux_2_28_x86_64.whl", hash = "sha256:00", size = 899_800_000 }]

[[package]]
name = "transformers"
version = "4.57.1"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "numpy" }]
wheels = [{ url = "https://files/transformers-4.57.1-py3-none-any.whl", hash = "sha256:00" }]

[package.optional-dependencies]
torch = [{ name = "torch" }]

[[package]]
name = "triton"
version = "3.5.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "transformers" }]
wheels = [{ url = "https://files/triton-3.5.0-cp313-cp313-manylinux_2_28_x86_64.whl", hash = "sha256:00", size = 170_400_000 }]
"#;

/// A project with this lock and the manifest that goes with it.
pub(super) fn project(lock: &str) -> Project {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[project]\nname = \"shop-api\"\nversion = \"1.0.0\"\n";
    std::fs::write(folder.path().join("pyproject.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("uv.lock"), lock).unwrap();
    Project::load(folder.path()).unwrap()
}

pub(super) fn target() -> Target {
    Target {
        platform: Platform::LinuxAmd64,
        libc: Libc::Glibc(2, 41),
        python: "3.13.9".parse().unwrap(),
    }
}
