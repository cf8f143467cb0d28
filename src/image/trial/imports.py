"""Imports every top-level module of every distribution, each in a process of its own. Runs inside the image, with its Python.

Prints one line of JSON: how many modules there are, and of each that cannot be imported what it raised.
"""
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import all_suffixes
from importlib.metadata import distributions
from pathlib import PurePosixPath

SECONDS = int(sys.argv[1])
# A module that others import first (psycopg before psycopg_binary) is imported after them where it cannot be alone.
ONE = """
import importlib, json, os, sys
said = os.dup(1)
null = os.open(os.devnull, os.O_RDWR)
for end in (0, 1, 2): os.dup2(null, end)
name, *first = sys.argv[1:]
sys.argv = ["program"]
found = {}
for one in first:
    try: importlib.import_module(one)
    except BaseException: pass
try: importlib.import_module(name)
except SystemExit: pass
except BaseException as error:
    found = {"kind": type(error).__name__, "said": str(error)[:300], "lacks": None, "refuses": False}
    if isinstance(error, ImportError): found["lacks"] = error.name if isinstance(error, ModuleNotFoundError) else None
    else: found["refuses"] = type(error).__module__ != "builtins"
os.write(said, json.dumps(found).encode())
os._exit(0)
"""


def module(path):
    """The module that a file of a distribution is, and whether it is a package: a.b of a/b/__init__.py."""
    path = PurePosixPath(str(path))
    suffix = next((suffix for suffix in all_suffixes() if path.name.endswith(suffix)), None)
    if suffix is None or path.is_absolute() or "__pycache__" in path.parts:
        return None
    name = path.name[: -len(suffix)]
    parts = path.parts[:-1] if name == "__init__" else (*path.parts[:-1], name)
    return parts if parts and name != "__main__" and all(part.isidentifier() for part in parts) else None


def tops(files):
    """The modules that no other package of the distribution holds: `a`, and `google.x` where `google` is shared by many."""
    packages, alone = set(), set()
    for file in files:
        parts = module(file)
        if parts is not None:
            is_package = PurePosixPath(str(file)).name.startswith("__init__.")
            if is_package:
                packages.add(parts)
            elif len(parts) == 1:
                alone.add(parts)
    inner = lambda parts: any(parts[:length] in packages for length in range(1, len(parts)))
    return sorted(".".join(parts) for parts in packages | alone if not inner(parts))


def imported(name, *first):
    command = [sys.executable, "-B", "-c", ONE, name, *first]
    failed = {"lacks": None, "refuses": False}
    try:
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, cwd="/tmp")
    except subprocess.TimeoutExpired:
        return {"kind": "Timeout", "said": f"not imported within {SECONDS} s", **failed}
    if run.returncode:
        return {"kind": "Crash", "said": f"it ends Python: {run.returncode}", **failed}
    return json.loads(run.stdout)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def attempt(found, name, all_tops, all_needs):
    """What importing it alone raises, and after those that need its distribution."""
    failed = imported(name)
    own = normal(found)
    users = [user for user, needs in all_needs.items() if any(normal(re.match(r"[\w.-]*", need)[0]) == own for need in needs)]
    first = [top for user in users for top in all_tops[user]]
    return imported(name, *first) if failed and first else failed


def main():
    all_tops, all_needs = {}, {}
    for found in distributions():
        name = found.metadata["Name"]
        all_needs[name] = found.requires or []
        all_tops[name] = tops(found.files or [])
    asked = [(name, one) for name, names in all_tops.items() for one in names]
    with ThreadPoolExecutor(max(2, min(4, os.cpu_count() or 1))) as pool:
        answers = list(pool.map(lambda one: attempt(*one, all_tops, all_needs), asked))
    failed = [
        {"distribution": name, "module": one, "needs": all_needs[name], **answer}
        for (name, one), answer in zip(asked, answers)
        if answer
    ]
    print(json.dumps({"modules": len(asked), "failed": failed}))


main()
