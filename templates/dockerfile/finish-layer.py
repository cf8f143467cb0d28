#!/usr/local/bin/python3
"""Turns what was installed into one layer of the image: the folder /layer.

Usage: finish-layer [PATTERN]...    files that match a pattern are not needed to run, and are left out
"""
import csv
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

VENV, APP, LAYER = Path("/opt/venv"), Path("/app"), Path("/layer")
SITE = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def needed(file):
    # Packages that use lazy_loader read their own type stubs when they run.
    source = file.with_suffix(".py")
    return file.suffix == ".pyi" and source.exists() and b"attach_stub" in source.read_bytes()


def compile_bytecode(path):
    # Hash-based, in a fixed order, one process for each package: the same bytes in every build.
    command = [sys.executable, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", path]
    # Exit code 1 means that a file is not valid Python, as some templates are not. It is shown, and left alone.
    if subprocess.run(command, env={"PYTHONHASHSEED": "0"}).returncode not in (0, 1):
        sys.exit(f"finish-layer: compiling {path} failed")


for pattern in sys.argv[1:]:
    for file in list(SITE.rglob(pattern)):
        if file.is_file() and not needed(file):
            file.unlink()

# RECORD is a package's list of its files: keep it true.
for record in SITE.glob("*.dist-info/RECORD"):
    with record.open(newline="") as lines:
        rows = [row for row in csv.reader(lines) if (SITE / row[0]).exists()]
    with record.open("w", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)

with ThreadPoolExecutor(os.cpu_count()) as pool:
    list(pool.map(compile_bytecode, [*SITE.glob("*"), *APP.glob("*")]))

# The empty environment is part of the base, and the lock file is uv's own.
for name in ["pyvenv.cfg", "bin/python", "bin/python3", ".lock"]:
    (VENV / name).unlink(missing_ok=True)
(LAYER / "opt/venv").mkdir(parents=True)
for part in VENV.iterdir():
    shutil.move(part, LAYER / "opt/venv")
if APP.exists():
    shutil.move(APP, LAYER)

# One date and plain permissions on everything, so that every build gives the same bytes.
for path in [LAYER, *LAYER.rglob("*")]:
    if not path.is_symlink():
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    os.utime(path, (315619200, 315619200), follow_symlinks=False)  # 1980-01-02: zip files know no earlier day
