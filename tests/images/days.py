"""A project that is built by a made-up backend, and the index that has the backend: in one version, and in a newer one as
soon as somebody asks for /raise. Prints its port, serves until its input ends.

Usage: days.py FOLDER    writes the project to FOLDER/project
"""
import base64
import hashlib
import http.server
import io
import json
import sys
import threading
import zipfile
from pathlib import Path

# The module that it builds tells what it was built with.
BACKEND = '''\
import zipfile

FILES = {
    "shop/__init__.py": "",
    "shop/__main__.py": "print('built with VERSION')\\n",
    "shop-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: shop\\nVersion: 1.0\\n",
    "shop-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: made up\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}


def build_wheel(folder, settings=None, metadata=None):
    files = {**FILES, "shop-1.0.dist-info/RECORD": "".join(f"{name},,\\n" for name in [*FILES, "shop-1.0.dist-info/RECORD"])}
    with zipfile.ZipFile(f"{folder}/shop-1.0-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return "shop-1.0-py3-none-any.whl"
'''
PROJECT = """\
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"

[build-system]
requires = ["made-backend"]
build-backend = "made_backend"

[tool.uv]
exclude-newer = "2026-03-01T00:00:00Z"

[[tool.uv.index]]
url = "http://127.0.0.1:{port}/simple"
default = true
"""
SETTINGS = """\
[profile.job]
extends = "worker"
command = ["python", "-m", "shop"]
python = "3.13"
"""
DAYS = {"1.0": "2026-01-01T00:00:00Z", "2.0": "2026-06-01T00:00:00Z"}


def wheel(version):
    info = f"made_backend-{version}.dist-info"
    files = {
        "made_backend.py": BACKEND.replace("VERSION", version),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: made-backend\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digest = {path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=") for path, text in files.items()}
    record = "".join(f"{path},sha256={digest[path]},{len(text)}\n" for path, text in files.items()) + f"{info}/RECORD,,\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            made.writestr(zipfile.ZipInfo(path), text)
    return archive.getvalue()


WHEELS = {f"made_backend-{version}-py3-none-any.whl": (wheel(version), day) for version, day in DAYS.items()}


class Index(http.server.BaseHTTPRequestHandler):
    raised = False

    def do_GET(self):
        kind, body = "application/octet-stream", b""
        if self.path == "/raise":
            Index.raised, body = True, b"raised"
        elif self.path == "/simple/made-backend/":
            names = [name for name in WHEELS if Index.raised or "-1.0-" in name]
            files = [
                {"filename": name, "url": f"/files/{name}", "hashes": {"sha256": hashlib.sha256(WHEELS[name][0]).hexdigest()}, "upload-time": WHEELS[name][1]}
                for name in names
            ]
            kind, body = "application/vnd.pypi.simple.v1+json", json.dumps({"meta": {"api-version": "1.1"}, "name": "made-backend", "files": files}).encode()
        elif self.path.startswith("/files/"):
            body = WHEELS[self.path.rpartition("/")[2]][0]
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def main(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    project = folder / "project"
    (project / "shop").mkdir(parents=True)
    for path, text in {
        "pyproject.toml": PROJECT.format(port=server.server_port),
        "dfgen.toml": SETTINGS,
        "shop/__init__.py": "",
        "shop/__main__.py": "",
    }.items():
        (project / path).write_text(text)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
