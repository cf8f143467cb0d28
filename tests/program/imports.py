"""Every module that can be imported before something is left out can be imported after: for packages with a rule for their tests.

    tests/program/imports.py UV PYTHON [--every] [--cut DFGEN_PY] [PACKAGE[==VERSION]...]

For each row [tests.NAME] of src/catalog/data/trim.toml, or each package that is named: the newest version, with
`--every` also the oldest of three years and the last of every minor between them, as far as they have wheels for this
Python, is installed with uv, with what it needs. Every module of it, and of what has a rule beside it, is imported in a process
of its own, forked from one that has imported the package alone: once as installed, once after the program has left out
what the rules say. Errors have to be the same. Prints a line for each, and what could not be left out.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = tomllib.loads((ROOT / "src/catalog/data/trim.toml").read_text())
DEEP = ["numpy", "scipy", "pandas", "scikit-learn", "torch", "matplotlib", "sympy", "networkx", "transformers"]

# Imports each module in a fork of a process that has imported the package; prints what it raises.
IMPORT = """
import importlib, json, os, signal, sys
top, *modules = json.load(sys.stdin)
try: importlib.import_module(top)
except BaseException: pass
found = {}
for start in range(0, len(modules)):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(120)
        null = os.open(os.devnull, os.O_RDWR)
        for end in (0, 1, 2): os.dup2(null, end)
        sys.argv = ["program"]
        try:
            importlib.import_module(modules[start]); said = "ok"
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write, said[:400].encode()); os._exit(0)
    os.close(write)
    said = b""
    while True:
        part = os.read(read, 4096)
        if not part: break
        said += part
    os.close(read); os.waitpid(child, 0)
    found[modules[start]] = said.decode(errors="replace") or "ended"
print(json.dumps(found))
"""


def modules(site, tops):
    """Modules of some packages, by top-level name; programs that run when they are imported are left out."""
    found = {}
    for top in tops:
        names = set()
        for path in (site / top).rglob("*"):
            if path.suffix not in (".py", ".so") or path.name in ("__main__.py", "conftest.py"):
                continue
            parts = [*path.relative_to(site).parts[:-1], path.name.split(".")[0]]
            if parts[-1] == "__init__":
                parts.pop()
            if all(part.isidentifier() for part in parts):
                names.add(".".join(parts))
        found[top] = sorted(names)
    return found


def imported(python, by_top):
    found = {}
    for top, names in by_top.items():
        run = subprocess.run([python, "-B", "-c", IMPORT], input=json.dumps([top, *names]), capture_output=True, text=True, cwd="/")
        found.update(json.loads(run.stdout.splitlines()[-1]) if run.stdout else {name: "nothing ran: " + run.stderr[-200:] for name in names})
    return found


def rules(distributions):
    """What the catalog leaves out beside these distributions."""
    tests = [folder for name in distributions if name in RULES["tests"] for folder in RULES["tests"][name]["folders"]]
    def beside(rule):
        return any(re.fullmatch(pattern.replace("*", ".*").replace("?", "."), name) for pattern in rule.get("unless", []) for name in distributions)
    files = [path for rule in RULES["rule"].values() if not beside(rule) for path in rule.get("paths", [])]
    return [*tests, *files]


def plain(error):
    """Addresses and folders differ from run to run."""
    return re.sub(r"0x[0-9a-f]+|/tmp/\S+", "", error)


def attempt(uv, python, dfgen, requirement):
    with tempfile.TemporaryDirectory(prefix="dfgen-imports-") as folder:
        venv = Path(folder) / "venv"
        subprocess.run([uv, "venv", "--quiet", "--python", python, venv], check=True)
        own = venv / "bin/python"
        install = [uv, "pip", "install", "--quiet", "--python", own, "--link-mode", "copy", "--only-binary", ":all:", requirement]
        done = subprocess.run(install, capture_output=True, text=True)
        if done.returncode:
            print(f"{requirement}: cannot be installed here", flush=True)
            return True
        (site,) = venv.glob("lib/python*/site-packages")
        names = [path.name.split("-")[0].replace("_", "-").lower() for path in site.glob("*.dist-info")]
        tops = {pattern.split("/")[0] for name in names if name in RULES["tests"] for pattern in RULES["tests"][name]["folders"]}
        listed = modules(site, sorted(top for top in tops if (site / top).is_dir()))
        before = imported(own, listed)
        program = f"""
import importlib.util as u, sys
from pathlib import Path
s = u.spec_from_file_location("dfgen", {str(dfgen)!r}); m = u.module_from_spec(s); s.loader.exec_module(m)
m.VENV, m.SITE, m.APP, m.CUT = Path({str(venv)!r}), Path({str(site)!r}), Path({folder!r}) / "app", Path({folder!r}) / "cut"
m.leave_out({rules(names)!r})
print(sum(path.stat().st_size for path in m.CUT.rglob("*") if path.is_file()))
"""
        started = time.monotonic()
        cut = subprocess.run([python, "-BIS", "-c", program], capture_output=True, text=True, check=True).stdout.splitlines()
        took = time.monotonic() - started
        cut_files = [path.relative_to(Path(folder) / "cut/files") for path in (Path(folder) / "cut/files").rglob("*")]
        gone = {".".join([*path.parts[:-1], path.name.split(".")[0]]).removesuffix(".__init__") for path in cut_files if path.suffix in (".py", ".so")}
        after = imported(own, {top: [name for name in names if name not in gone] for top, names in listed.items()})
        good = {name for name, said in before.items() if said == "ok" and name not in gone}
        lost = {name: after[name] for name in after if plain(after[name]) != plain(before[name])}
        print(f"{requirement}: {len(good)} of {len(after)} modules could be imported, {sum(said == 'ok' for said in after.values())} can; {int(cut[-1]):,} bytes left out in {took:.1f} s", flush=True)
        for line in cut[:-1]:
            print(f"    {line.removeprefix('dfgen.py: ')}", flush=True)
        for name, said in sorted(lost.items()):
            print(f"    LOST {name}: {said!r}, before {before[name]!r}", flush=True)
        return not lost


def versions(index, name, every):
    """The newest; of three years, also the oldest, and for some the newest of every minor."""
    request = urllib.request.Request(f"{index}/{name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    files = json.load(urllib.request.urlopen(request))["files"]
    dated = {}
    for file in files:
        version = file["filename"].split("-")[1] if file["filename"].endswith(".whl") else ""
        if re.fullmatch(r"\d+(\.\d+)*", version) and not file.get("yanked"):
            dated.setdefault(version, file.get("upload-time", ""))
    since = f"{int(max(dated.values())[:4]) - 3}{max(dated.values())[4:]}"
    recent = sorted((version for version, date in dated.items() if date >= since), key=lambda version: [int(part) for part in version.split(".")])
    if not every:
        return recent[-1:]
    minors = {tuple(version.split(".")[:2]): version for version in recent} if name in DEEP else {}
    return list(dict.fromkeys([recent[0], *minors.values(), recent[-1]]))


def main(uv, python, *words):
    every, dfgen = "--every" in words, ROOT / "src/render/program/dfgen.py"
    asked = [word for word in words if word != "--every"] or list(RULES["tests"])
    index = os.environ.get("UV_DEFAULT_INDEX", os.environ.get("UV_INDEX_URL", "https://pypi.org/simple")).rstrip("/")
    good = True
    for word in asked:
        for requirement in [word] if "==" in word else [f"{word}=={version}" for version in versions(index, word, every)]:
            good &= attempt(uv, python, dfgen, requirement)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
