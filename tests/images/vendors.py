"""A project with wheels whose licence lets nobody change their files, made up and from PyPI, and with one that may be changed.
Prints a port, serves until its input ends.

Usage: vendors.py FOLDER    writes the project to FOLDER/project, and FOLDER/project/expected.json: each wheel's files, by the
place in the image that they are installed to, with their hashes
"""
import base64
import functools
import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "program"))
sys.argv.insert(1, "no program")  # which it would test
from test_dfgen import DEBUG, elf

SITE = "/opt/venv/lib/python3.13/site-packages/"
PROJECT = """\
[project]
name = "vendors"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["anybodys-made-up", "nvidia-made-up", "nvidia-cuda-runtime-cu12==12.9.79"]

[[tool.uv.index]]
url = "vendor"
format = "flat"
"""
SETTINGS = """\
[profile.job]
extends = "worker"
command = ["python", "main.py"]
copy = ["main.py"]
python = "3.13"
"""
LIBRARY = elf({".text": b"code", ".debug_info": DEBUG, ".symtab": b"names", ".strtab": b"of symbols"})


def wheel(folder, name):
    module, folder_of_libraries = name.replace("-", "_"), name.split("-")[0]
    info, data = f"{module}-1.0.dist-info", f"{module}-1.0.data"
    files = {
        f"{folder_of_libraries}/made/lib/libmade.so.1": LIBRARY,
        f"{folder_of_libraries}/made/lib/libmade.a": b"static",
        f"{folder_of_libraries}/made/include/made.h": b"int made;\n",
        f"{folder_of_libraries}/made/table.bin": bytes(range(256)) * 40,
        f"{data}/data/lib/libdata.so": LIBRARY,
        f"{data}/scripts/made-{name}": LIBRARY,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: false\nTag: py3-none-manylinux_2_17_x86_64\nTag: py3-none-manylinux_2_17_aarch64\n",
        f"{info}/licenses/License.txt": b"Nobody may change this.\n",
    }
    digest = {path: base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=") for path, content in files.items()}
    record = "".join(f"{path},sha256={digest[path]},{len(content)}\n" for path, content in files.items()) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{module}-1.0-py3-none-manylinux_2_17_x86_64.manylinux_2_17_aarch64.whl", "w") as archive:
        for path, content in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(zipfile.ZipInfo(path), content)


def installed(path):
    """Where a file of a wheel is installed."""
    folder, _, rest = path.partition("/")
    if not folder.endswith(".data"):
        return SITE + path
    kind, _, rest = rest.partition("/")
    return {"data": "/opt/venv/", "scripts": "/opt/venv/bin/", "platlib": SITE, "purelib": SITE}[kind] + rest


def expected(path):
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith(("/", "/RECORD"))]
        return {installed(name): hashlib.sha256(archive.read(name)).hexdigest() for name in names}


def main(folder):
    project, fetched = folder / "project", folder / "fetched"
    (project / "vendor").mkdir(parents=True)
    for name in ["anybodys-made-up", "nvidia-made-up"]:
        wheel(project / "vendor", name)
    machine = {"x86_64": "x86_64", "aarch64": "aarch64"}[os.uname().machine]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", f"--platform=manylinux2014_{machine}"]
    subprocess.run([*command, "--dest", str(fetched), "nvidia-cuda-runtime-cu12==12.9.79"], check=True, stdout=sys.stderr)
    wheels = [*(project / "vendor").iterdir(), *fetched.iterdir()]
    (project / "expected.json").write_text(json.dumps({path.name.split("-")[0]: expected(path) for path in wheels}))
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "dfgen.toml").write_text(SETTINGS)
    (project / "main.py").write_text("print('well')\n")
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
