"""A project with a library that needs another, and a Debian mirror of its own whose index of files knows which package has that.

Usage: debian.py FOLDER    writes the project to FOLDER/project, prints the mirror's port, serves until its input ends

The suites of the mirror: `whole`; `torn`, whose index is not the one that its Release file promises, as while a mirror is
copied; `bare`, which has no index of files.
"""
import base64
import functools
import hashlib
import http.server
import struct
import sys
import threading
import zipfile
from pathlib import Path

LIBRARY = "libodd.so.7"
PROJECT = """\
[project]
name = "odd-job"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["odd"]

[tool.uv.sources]
odd = { path = "vendor/odd-1.0-py3-none-any.whl" }
"""
SETTINGS = """\
[profile.worker]
command = ["python", "main.py"]
copy = ["main.py"]
python = "3.13"
scan = true

[profile.worker.instructions]
base = ["RUN rm -rf /etc/apt/sources.list.d/* && echo 'deb [trusted=yes] http://127.0.0.1:PORT SUITE main' >/etc/apt/sources.list"]
"""


def elf(needed):
    """A shared library for this machine that holds nothing and needs another."""
    machine = Path(sys.executable).open("rb").read(20)[18:]
    strings = b"\0" + needed.encode() + b"\0"
    dynamic = struct.pack("<6Q", 1, 1, 5, 64 + 2 * 56 + 48, 0, 0)  # NEEDED, STRTAB, the end
    size = 64 + 2 * 56 + len(dynamic) + len(strings)
    header = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0" + machine + struct.pack("<IQQQIHHHHHH", 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    loaded = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, size, size, 4096)
    about = struct.pack("<IIQQQQQQ", 2, 4, 176, 176, 176, len(dynamic), len(dynamic), 8)
    return header + loaded + about + dynamic + strings


def wheel(folder):
    folder.mkdir(parents=True)
    files = {
        "odd/__init__.py": b"",
        "odd/core.so": elf(LIBRARY),
        "odd-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n",
        "odd-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digest = {path: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=") for path, data in files.items()}
    record = "".join(f"{path},sha256={digest[path]},{len(data)}\n" for path, data in files.items()) + "odd-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(folder / "odd-1.0-py3-none-any.whl", "w") as archive:
        for path, data in {**files, "odd-1.0.dist-info/RECORD": record.encode()}.items():
            archive.writestr(zipfile.ZipInfo(path), data)


def mirror(folder):
    for suite in ["whole", "torn", "bare"]:
        files = {}
        for architecture, triplet in {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}.items():
            files[f"main/binary-{architecture}/Packages"] = ""
            if suite != "bare":
                files[f"main/Contents-{architecture}"] = f"usr/lib/{triplet}/{LIBRARY}    libs/libodd7,oldlibs/libodd7-compat\n"
        release = f"Origin: here\nSuite: {suite}\nCodename: {suite}\nArchitectures: amd64 arm64\nComponents: main\nSHA256:\n"
        for path, text in files.items():
            release += f" {hashlib.sha256(text.encode()).hexdigest()} {len(text)} {path}\n"
            if suite == "torn" and "Contents" in path:
                text += "usr/bin/new    utils/new\n"
            file = folder / "dists" / suite / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (folder / "dists" / suite / "Release").write_text(release)


def main(folder):
    project = folder / "project"
    wheel(project / "vendor")
    mirror(folder / "mirror")
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder / "mirror"))
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "dfgen.toml").write_text(SETTINGS.replace("PORT", str(server.server_port)))
    (project / "main.py").write_text("import odd\n")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
