"""Prints each shared library that a distribution links and that comes neither from the base image nor from its own row.

Usage: owners.py JSON    {"base": [Debian packages], "optional": [patterns], "rows": {distribution: [Debian packages]}}
"""
import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from importlib.metadata import distributions
from pathlib import Path

given = json.loads(sys.argv[1])
base, rows = set(given["base"]), given["rows"]

needs, provides, owners = {}, {}, {}
for paragraph in Path("/var/lib/dpkg/status").read_text().split("\n\n"):
    fields = dict(re.findall(r"^(\S+): (.*)$", paragraph, flags=re.M))
    if fields:
        words = f"{fields.get('Depends', '')},{fields.get('Pre-Depends', '')}"
        needs[fields["Package"]] = set(re.findall(r"[a-z0-9][a-z0-9+.-]+(?=[ ,|:(]|$)", words))
        for virtual in re.findall(r"[a-z0-9][a-z0-9+.-]+(?=[ ,(]|$)", fields.get("Provides", "")):
            provides.setdefault(virtual, set()).add(fields["Package"])
for listed in Path("/var/lib/dpkg/info").glob("*.list"):
    for path in listed.read_text().splitlines():
        owners.setdefault(str(Path(path).resolve()), set()).add(listed.stem.split(":")[0])


def with_needs(packages):
    found, todo = set(), list(packages)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [*needs.get(name, ()), *provides.get(name, ())]
    return found


for distribution in distributions():
    name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()
    own = base | with_needs(rows.get(name, ()))
    for file in distribution.files or ():
        if any(fnmatch(str(file), part) for part in given["optional"]):
            continue
        path = distribution.locate_file(file)
        if not path.is_file() or path.open("rb").read(4) != b"\x7fELF":
            continue
        linked = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
        for library in re.findall(r"=> (/\S+)", linked):
            packages = owners.get(str(Path(library).resolve()), set())
            if packages and not packages & own:
                print(f"{name}: {file} links {Path(library).name} of {', '.join(sorted(packages))}")
