#!/usr/bin/env python3
"""Seconds and peak memory of dfgen on inputs made to take long, about 1 MB each: work grows with the input, not with its square."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = REPOSITORY / "tests/it/fixtures/small_api"


def lines(text, bytes_in_all=1_000_000):
    """`text` with numbers put in, as often as the size allows."""
    made = []
    size = 0
    while size < bytes_in_all:
        made.append(text.replace("N", str(len(made))))
        size += len(made[-1])
    return "".join(made)


def source(text):
    def write(folder):
        main = folder / "main.py"
        main.write_text(main.read_text() + "\n" + text)

    return write


def file(name, text):
    def write(folder):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write


def chain_of_packages(folder):
    """A lock in which each package needs the next, 10,000 deep."""
    lock = folder / "uv.lock"
    wheel = '{ url = "https://files/pN-1-py3-none-any.whl", hash = "sha256:00", size = 1 }'
    packages = (
        '[[package]]\nname = "pN"\nversion = "1"\nsource = { registry = "https://index.example/simple" }\n'
        f"dependencies = [{{ name = \"pM\" }}]\nwheels = [{wheel}]\n\n"
    )
    chain = "".join(packages.replace("N", str(n)).replace("M", str(n + 1)) for n in range(10_000))
    last = packages.replace("N", "10000").replace('dependencies = [{ name = "pM" }]\n', "")
    text = lock.read_text().replace('{ name = "uvicorn" },\n]', '{ name = "uvicorn" },\n    { name = "p0" },\n]')
    text = text.replace('dependencies = [{ name = "fastapi" }, { name = "uvicorn" }]', 'dependencies = [{ name = "fastapi" }, { name = "p0" }, { name = "uvicorn" }]')
    lock.write_text(text + "\n" + chain + last)
    manifest = folder / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace('"uvicorn"]', '"uvicorn", "p0"]'))


def groups(folder):
    """Dependency groups that include the next twice: 2 to the power of 2,000 ways."""
    manifest = folder / "pyproject.toml"
    text = "".join(f'g{n} = [{{ include-group = "g{n + 1}" }}, {{ include-group = "g{n + 1}" }}]\n' for n in range(2000))
    manifest.write_text(manifest.read_text() + text + "g2000 = []\n")


def deep_folders(folder):
    path = folder
    for n in range(900):
        path = path / "d"
    # Longer than a path may be: made step by step.
    here = os.open(folder, os.O_RDONLY)
    for _ in range(900):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("a.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def many_files(folder):
    for n in range(200):
        (folder / f"pkg{n}").mkdir()
        for m in range(100):
            (folder / f"pkg{n}" / f"m{m}.py").write_text(f"from pkg{n} import m{(m + 1) % 100}\n")


def many_links(folder):
    (folder / "data").mkdir()
    for n in range(1000):
        (folder / f"link{n}").symlink_to("data")


INPUTS = {
    "nothing added": lambda folder: None,
    "50,000 assignments": source(lines("aN = bN\n")),
    "from imports": source(lines("from mN import aN\n")),
    "elif": source("if a == 0:\n    pass\n" + lines("elif a == N:\n    pass\n")),
    "routes": source(lines("@app.get('/N')\ndef fN(): return N\n\n")),
    "calls in calls, 5,000": source("x = " + "f(" * 5000 + ")" * 5000 + "\n"),
    "brackets, 100,000": source("x = " + "(" * 100_000 + ")" * 100_000 + "\n"),
    "f-strings in f-strings, 100,000": source("x = " + 'f"{' * 100_000 + "\n"),
    "os.environ": source("import os\n" + lines("vN = os.environ['V_N']\n")),
    "strings joined": source("x = " + lines("'aN' + ") + "''\n"),
    "one name bound to itself": source("a = 'x'\n" + lines("a = a + 'N'\n")),
    "Dockerfile: ENV doubled": file("Dockerfile", "FROM python:3.13\nENV A=xxxxxxxx\n" + "ENV A=${A}${A}\n" * 60_000),
    "Dockerfile: RUN": file("Dockerfile", "FROM python:3.13\n" + lines("RUN pip install aN && rm -rf /tmp/N\n")),
    "Dockerfile: stages": file("Dockerfile", "FROM python:3.13 AS s0\n" + lines("FROM sN AS tN\nCOPY --from=tN /a /b\n", 300_000)),
    "compose services": file("compose.yaml", "services:\n" + lines("  sN:\n    build: .\n    command: uvicorn main:app --port N\n")),
    "compose: anchors doubled": file("compose.yaml", "a: &a0 [x, x]\n" + "".join(f"b{n}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(64))),
    ".gitignore with stars": file(".gitignore", lines("*a*a*a*a*a*bN\n")),
    ".dockerignore": file(".dockerignore", lines("**/a*N\n!**/bN\n")),
    "groups in groups": groups,
    "10,000 packages in a chain": chain_of_packages,
    "900 folders deep": deep_folders,
    "20,000 modules": many_files,
    "1,000 links to a folder": many_links,
    "entrypoint with functions": file("entrypoint.sh", "#!/bin/sh\n" + lines("fN() { echo N; }\nfN\n")),
}


def measured(command):
    """Seconds, peak memory in MB, exit code."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if b"panicked" in said:
        print(said.decode(errors="replace"), file=sys.stderr)
    return seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dfgen", default=REPOSITORY / "target/release/dfgen", type=Path, help="default: %(default)s")
    parser.add_argument("--only", help="inputs whose name holds this")
    options = parser.parse_args()
    print(f"{'seconds':>8} {'MB':>6} {'exit':>4}  command, input")
    for name, write in INPUTS.items():
        if options.only and options.only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="dfgen-limits-") as work:
            folder = Path(work) / "project"
            shutil.copytree(PROJECT, folder)
            write(folder)
            for words in (["render", "--stdout"], ["init", "--stdout"], ["why", "fastapi"], ["audit"]):
                seconds, peak, code = measured([options.dfgen, "--project", folder, *words])
                print(f"{seconds:8.2f} {peak:6.0f} {code:4}  {words[0]}, {name}", flush=True)
            subprocess.run(["rm", "-rf", work], check=False)
            Path(work).mkdir(exist_ok=True)


if __name__ == "__main__":
    main()
