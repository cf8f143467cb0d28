"""False alarms of the import check on large code bases, and how long it takes.

    tests/bench/imports.py DFGEN UV FOLDER [PROJECT..]

For each project of imports.toml: the sdist is fetched with pip into FOLDER, unpacked, given a manifest with
the requirements that its own metadata names, and locked with uv. Then dfgen plans an image of it. Each
alarm is printed with whether imports.toml knows it as true, and the time of the whole process is taken:
the best of five. Needs the network; not part of `cargo test`.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib

from pip._vendor.packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).parent
ALARM = re.compile(r"warning\[missing-import\]: `(.+?)` is imported .*?: it (.+)")
CHAIN = re.compile(r" = note: imported by (.+)")
OWN = ["gunicorn", "uvicorn"]  # so that any application has a server


def fetched(name: str, version: str, folder: pathlib.Path) -> pathlib.Path:
    """The sdist, fetched once."""
    stem = f"{name.replace('-', '_')}-{version}"
    archive = folder / f"{stem}.tar.gz"
    if not archive.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*pip, "--dest", str(folder), f"{name}=={version}"], check=True)
    project = folder / stem
    if not project.exists():
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    return project


def requirements(project: pathlib.Path, extras: list[str]) -> list[str]:
    """What the metadata of the sdist requires, extras asked for included."""
    text = (project / "PKG-INFO").read_text().split("\n\n")[0]
    found = []
    for line in text.splitlines():
        if not line.startswith("Requires-Dist: "):
            continue
        requirement = Requirement(line.removeprefix("Requires-Dist: "))
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in ["", *extras]):
            continue
        requirement.marker = None
        found.append(str(requirement))
    return found


def prepared(name: str, row: dict, uv: str, folder: pathlib.Path) -> pathlib.Path:
    """The project with a manifest and a lock of our own."""
    project = fetched(name, row["version"], folder)
    lock = project / "uv.lock"
    if lock.exists() and "measured" in lock.read_text():
        return project
    listed = [*requirements(project, row.get("extras", [])), *OWN]
    lines = "".join(f'    "{requirement}",\n' for requirement in listed)
    manifest = f'[project]\nname = "measured"\nversion = "1"\nrequires-python = ">=3.11, <3.13"\ndependencies = [\n{lines}]\n'
    for old in ("setup.py", "setup.cfg", "uv.lock"):
        (project / old).unlink(missing_ok=True)
    (project / "pyproject.toml").write_text(manifest)
    (project / "dfgen.toml").write_text(f'[profile.core-api]\nforbid = []\nmigrate = false\nentry = "{row["entry"]}"\n')
    subprocess.run([uv, "lock", "--quiet", "--project", str(project)], check=True)
    return project


def measured(dfgen: str, project: pathlib.Path) -> tuple[float, list[tuple[str, str, str]]]:
    """Seconds, and the alarms: import, effect, chain."""
    command = [dfgen, "--project", str(project), "render", "--profile", "core-api", "--stdout"]
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        run = subprocess.run(command, capture_output=True, text=True)
        best = min(best, time.perf_counter() - start)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)}\n{run.stderr}")
    alarms = [match.groups() for match in ALARM.finditer(run.stderr)]
    chains = CHAIN.findall(run.stderr)
    return best, [(*alarm, chain) for alarm, chain in zip(alarms, chains, strict=True)]


def main() -> None:
    dfgen, uv, folder, *only = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = tomllib.loads((ROOT / "imports.toml").read_text())["project"]
    totals = {"true": 0, "not known": 0}
    for name, row in rows.items():
        if only and name not in only:
            continue
        project = prepared(name, row, uv, folder)
        modules = sum(1 for _ in project.rglob("*.py"))
        seconds, alarms = measured(shutil.which(dfgen) or dfgen, project)
        print(f"{name} {row['version']}: {modules} modules, {seconds * 1000:.0f} ms, {len(alarms)} alarms")
        for imported, effect, chain in alarms:
            verdict = "true" if imported.split(".")[0] in row.get("true", []) else "not known"
            totals[verdict] += 1
            print(f"  {verdict}: {imported} {effect}\n      {chain}")
    print(totals)


main()
