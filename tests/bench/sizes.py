#!/usr/bin/env python3
"""Measures what wheels come to in an image: the rows of packages in src/catalog/data/sizes.toml.

Usage: sizes.py UV DFGEN_PY LOCK PACKAGE...

Run it with the Python that images have. Each package's wheel for x86-64, in the version of LOCK, is installed alone by UV,
trimmed and compiled by DFGEN_PY, the program beside rendered Dockerfiles, and packed as a layer is. Prints rows.

       sizes.py --ratios [SIZES_TOML]

Prints what 1000 bytes of a wheel came to, by kind: between the median of the rows and all of them together.
"""
import importlib.util
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zlib
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "src/catalog/data"
TRIM = tomllib.loads((DATA / "trim.toml").read_text())
UNUSED = [path for rule in TRIM["rule"].values() for path in rule.get("paths", [])]
KEYS = ["files", "bytecode", "pull", "bytecode-pull"]


class Packed:
    """Counts what is written to it, compressed as layers are."""

    def __init__(self):
        self.packer, self.size = zlib.compressobj(6, zlib.DEFLATED, 31), 0

    def write(self, data):
        self.size += len(self.packer.compress(data))
        return len(data)

    def end(self):
        return self.size + len(self.packer.flush())


def packed(site):
    """The size of a folder as a layer."""
    out = Packed()
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as layer:
        for path in sorted(site.rglob("*")):
            name = "opt/venv/lib/python3/site-packages/" + str(path.relative_to(site))
            entry = layer.gettarinfo(str(path), arcname=name)
            entry.uid = entry.gid = entry.mtime = 0
            with open(path if entry.isfile() else os.devnull, "rb") as file:
                layer.addfile(entry, file if entry.isfile() else None)
    return out.end()


def size(site, suffix=""):
    files = site.rglob("*" + suffix)
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())


def program(path, root):
    """The functions of the build's program, on an environment below a folder."""
    spec = importlib.util.spec_from_file_location("dfgen", path)
    functions = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(functions)
    for name in ["VENV", "SITE", "APP", "LAYER", "CUT", "CUTS"]:
        setattr(functions, name, root / str(getattr(functions, name)).lstrip("/"))
    functions.SITE.mkdir(parents=True)
    return functions


def fitting(wheels):
    """The wheel that an image for x86-64 and this Python takes."""
    python = f"cp3{sys.version_info.minor}"

    def rank(wheel):
        *_, interpreter, abi, platform = wheel["url"].rsplit("/", 1)[1].removesuffix(".whl").split("-")
        here = platform == "any" or "manylinux" in platform and "x86_64" in platform
        fits = python == interpreter and abi in (python, "none") or "abi3" in abi or "py3" in interpreter.split(".")
        return (here and fits, interpreter == python, platform != "any")

    return max(wheels, key=rank, default=None)


def measure(uv, path, name, version):
    with tempfile.TemporaryDirectory() as folder:
        functions = program(path, Path(folder).resolve())
        site = functions.SITE
        command = [uv, "pip", "install", "--quiet", "--no-cache", "--no-deps", "--only-binary", ":all:", "--target", site]
        command += ["--python", sys.executable, "--python-platform", "x86_64-manylinux_2_40", f"{name}=={version}"]
        subprocess.run(command, check=True, env={**os.environ, "UV_NO_INSTALLER_METADATA": "1"})
        functions.leave_out(UNUSED + TRIM["tests"].get(name, {}).get("folders", []))
        functions.mend_records(functions.strip_all())
        files, pull = size(site), packed(site)
        functions.compile_all(os.scandir(str(site)), "/", "/")
        return [files, size(site, ".pyc"), pull, max(0, packed(site) - pull)]


def rows(uv, path, lock, *names):
    locked = {package["name"]: package for package in tomllib.loads(Path(lock).read_text())["package"]}
    for name in sorted(names):
        package = locked[name]
        lines = [f"[package.{name}]", f"wheel = {fitting(package['wheels'])['size']:_}"]
        values = zip(KEYS, measure(uv, path, name, package["version"]))
        lines += [f"{key} = {value:_}" for key, value in values]
        print("\n".join([*lines, f"# measured: {package['version']}"]), end="\n\n", flush=True)


def ratios(path=DATA / "sizes.toml"):
    # A row does not say whether its wheel has libraries: one with much less bytecode than files has.
    packages = tomllib.loads(Path(path).read_text())["package"].values()
    pure = [row for row in packages if row["bytecode"] * 3 > row["files"]]
    for kind, chosen in {"pure": pure, "other": [row for row in packages if row not in pure]}.items():
        wheels = sum(row["wheel"] for row in chosen)
        print(f"{kind}: {len(chosen)} wheels")
        for key in KEYS:
            middle = statistics.median(row[key] / row["wheel"] for row in chosen)
            whole = sum(row[key] for row in chosen) / wheels
            print(f"    {key} = {round(500 * (middle + whole))}    # {1000 * middle:.0f} in the middle, {1000 * whole:.0f} of all")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ratios"]:
        ratios(*sys.argv[2:])
    else:
        rows(*sys.argv[1:])
