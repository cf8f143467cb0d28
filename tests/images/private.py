"""Packages on two hosts that ask who asks: a Git repository on each, and a wheel by URL. Prints its port, serves until its
input ends.

Usage: private.py FOLDER [HOST=USER:PASSWORD ...]    writes FOLDER/project; a host that is not named asks nobody
"""
import base64
import functools
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

from sources import package, wheel, write

PROJECT = """\
[project]
name = "private"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["by-url", "git-one", "git-two"]

[tool.uv.sources]
by-url = {{ url = "http://127.0.0.1:{port}/files/by_url-1.0-py3-none-any.whl" }}
git-one = {{ git = "http://127.0.0.1:{port}/git-one.git" }}
git-two = {{ git = "http://localhost:{port}/git-two.git", branch = "main" }}
"""

SETTINGS = """\
[profile.job]
extends = "worker"
command = ["python", "main.py"]
copy = ["main.py"]
"""

MAIN = "import by_url, git_one, git_two\nprint(by_url.FROM, git_one.FROM, git_two.FROM)\n"
IDENTITY = {f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def repository(folder, name):
    work = folder / f"{name}-work"
    package(work, name)
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "1"], ["clone", "-q", "--bare", ".", f"../{name}.git"]):
        subprocess.run(["git", *words], cwd=work, check=True, env={**os.environ, **IDENTITY})
    # What a server of plain files needs.
    subprocess.run(["git", "update-server-info"], cwd=folder / f"{name}.git", check=True)


class Files(http.server.SimpleHTTPRequestHandler):
    logins = {}

    def do_GET(self):
        host = self.headers["Host"].split(":")[0]
        login = self.logins.get(host)
        if login and self.headers["Authorization"] != "Basic " + base64.b64encode(login.encode()).decode():
            self.send_response(401)
            self.send_header("WWW-Authenticate", f'Basic realm="{host}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, *_):
        pass


def main(folder, logins):
    files, project = folder / "served", folder / "project"
    wheel(files / "files", "by-url")
    repository(files, "git-one")
    repository(files, "git-two")
    Files.logins = dict(login.split("=", 1) for login in logins)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=files))
    write(project / "pyproject.toml", PROJECT.format(port=server.server_port))
    write(project / "dfgen.toml", SETTINGS)
    write(project / "main.py", MAIN)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
