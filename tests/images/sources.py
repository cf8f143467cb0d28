"""A project whose dependencies come from everywhere, and a server for those that come over HTTP.

Usage: sources.py FOLDER    writes the project to FOLDER/project, prints the server's port, serves until its input ends
"""
import base64
import functools
import hashlib
import http.server
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

PROJECT = """\
[project]
name = "everywhere"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "by-git", "by-index", "by-member", "by-path", "by-url", "by-wheel", "docopt==0.6.2", "setuptools<80", "six>=1.17", "wheel",
]

[project.optional-dependencies]
new = ["idna>=3.10"]
old = ["idna<3.10"]

[tool.uv]
conflicts = [[{{ extra = "new" }}, {{ extra = "old" }}]]
no-build-isolation-package = ["docopt"]
build-constraint-dependencies = ["hatchling<2"]

[tool.uv.extra-build-dependencies]
by-member = [{{ requirement = "idna", match-runtime = true }}]
by-git = [{{ requirement = "six", match-runtime = true }}]

[[tool.uv.dependency-metadata]]
name = "docopt"
version = "0.6.2"

[tool.uv.sources]
by-git = {{ git = "{server}/by-git.git", branch = "main" }}
by-index = {{ index = "second" }}
by-member = {{ workspace = true }}
by-path = {{ path = "libs/by-path" }}
by-url = {{ url = "{server}/files/by_url-1.0-py3-none-any.whl" }}
by-wheel = {{ path = "vendor/by_wheel-1.0-py3-none-any.whl" }}

[tool.uv.workspace]
members = ["packages/*"]

[[tool.uv.index]]
name = "second"
url = "{server}/index"
explicit = true
"""

PACKAGE = """\
[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.11"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""

MODULES = ["by_git", "by_index", "by_member", "by_path", "by_url", "by_wheel"]
MAIN = f"import docopt, idna, six, {', '.join(MODULES)}\n" + "".join(f"print({module}.FROM)\n" for module in MODULES)
MAIN += "print('idna', idna.__version__)\n"
MAIN += "import importlib.metadata\nprint('by-path', importlib.metadata.version('by-path'))\n"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


# Built, it holds the version of what it was built with.
HOOK = """\
import importlib.metadata

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        with open("{module}/__init__.py", "a") as file:
            file.write("FROM += ', built with {other} " + importlib.metadata.version("{other}") + "'\\n")
"""


def package(folder, name, built_with=None):
    module = name.replace("-", "_")
    write(folder / "pyproject.toml", PACKAGE.format(name=name))
    write(folder / module / "__init__.py", f"FROM = {name!r}\n")
    if built_with:
        write(folder / "hatch_build.py", HOOK.format(module=module, other=built_with))
        with (folder / "pyproject.toml").open("a") as manifest:
            manifest.write("\n[tool.hatch.build.hooks.custom]\n")


def versioned_by_git(manifest):
    text = manifest.read_text().replace('version = "1.0"', 'dynamic = ["version"]').replace('["hatchling"]', '["hatchling", "hatch-vcs"]')
    manifest.write_text(text + '\n[tool.hatch.version]\nsource = "vcs"\n')


def wheel(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-1.0.dist-info"
    files = {
        f"{module}/__init__.py": f"FROM = {name!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(text)}\n"
    with zipfile.ZipFile(folder / f"{module}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(path), text)


def repository(folder, name):
    work = folder / "work"
    package(work, name, built_with="six")
    identity = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"}
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "1"], ["clone", "-q", "--bare", ".", f"../{name}.git"]):
        subprocess.run(["git", *words], cwd=work, check=True, env={**os.environ, **identity})
    # What a server of plain files needs.
    subprocess.run(["git", "update-server-info"], cwd=folder / f"{name}.git", check=True)


SETTINGS = """\
[profile.job]
extends = "worker"
command = ["python", "main.py"]
copy = ["main.py"]
extras = ["old"]
layers = { common = ["six"] }
"""


def main(folder):
    files, project = folder / "served", folder / "project"
    wheel(files / "files", "by-url")
    wheel(files / "index/by-index", "by-index")
    repository(files, "by-git")
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=files))
    write(project / "pyproject.toml", PROJECT.format(server=f"http://127.0.0.1:{server.server_port}"))
    write(project / "dfgen.toml", SETTINGS)
    write(project / "main.py", MAIN)
    package(project / "libs/by-path", "by-path")
    versioned_by_git(project / "libs/by-path/pyproject.toml")
    package(project / "packages/by-member", "by-member", built_with="idna")
    wheel(project / "vendor", "by-wheel")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
