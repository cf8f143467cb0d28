#!/usr/bin/env python3
"""Measures what each trimming rule saves in some packages: the rows of src/catalog/data/savings.toml.

Usage: trim.py UV DOCKERFILE [PACKAGE...]

Each package's newest wheel for Linux is unpacked, alone, and the rules are applied to it with the program that
DOCKERFILE, one that dfgen wrote, does it with. Prints rows; what saves less than 100 kB is not worth a row.
"""
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "src/catalog/data"
WORTH = 100_000


def program(dockerfile):
    """The functions of finish-layer."""
    text = re.search(r"<<'EOF' /usr/local/bin/finish-layer\n(.*?)^EOF$", dockerfile.read_text(), re.M | re.S)[1]
    functions = {}
    exec(text.split("\nfor pattern in sys.argv")[0], functions)
    return functions


def size(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())


def measure(uv, functions, rules, package):
    """The version, and bytes by rule."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        command = [uv, "pip", "install", "--quiet", "--no-cache", "--no-deps", "--only-binary", ":all:", "--target", site]
        command += ["--python-platform", "x86_64-manylinux_2_28", "--python-version", "3.13", package]
        subprocess.run(command, check=True)
        (metadata,) = [path for path in site.glob("*.dist-info") if path.is_dir()]
        saves = {}
        for name, rule in rules.items():
            for path in [path for pattern in rule.get("paths", []) for path in site.glob(pattern)]:
                saves[name] = saves.get(name, 0) + size(path)
                functions["remove"](path)
        before = size(site)
        for path in site.rglob("*.so*"):
            if path.is_file() and not path.is_symlink():
                functions["strip"](path)
        saves["debug-symbols"] = before - size(site)
        return metadata.name.removesuffix(".dist-info").split("-")[1], saves


def main(uv, dockerfile, *packages):
    rules = tomllib.loads((DATA / "trim.toml").read_text())["rule"]
    known = tomllib.loads((DATA / "savings.toml").read_text())["package"]
    functions = program(Path(dockerfile))
    for package in sorted(packages or known):
        version, saves = measure(uv, functions, rules, package)
        worth = {name: saved for name, saved in sorted(saves.items()) if saved >= WORTH}
        if worth:
            row = ", ".join(f"{name} = {saved:_}" for name, saved in worth.items())
            print(f'[package.{package}]\nbytes = {{ {row} }}\n# measured: {version}\n', flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
