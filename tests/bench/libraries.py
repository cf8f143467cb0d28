"""Makes src/catalog/data/libraries.toml: which Debian package brings a shared library, for the common ones.

    tests/bench/libraries.py [MIRROR] > libraries.toml

Reads Debian's own indexes of packages and files. A package is common where sixty others depend on it, where the
catalog names it, or where a program needs it that wheels bring. A library counts where both amd64 and arm64 have it
in a folder that every program looks in. Needs the network, about 120 MB; not part of `cargo test`.
"""

import collections
import datetime
import gzip
import lzma
import pathlib
import re
import sys
import tomllib
import urllib.request

MIRROR = (sys.argv[1] if len(sys.argv) > 1 else "https://deb.debian.org/debian").rstrip("/")
MACHINES = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
COMMON = 60
# Wheels bring these programs, and not what they need.
IN_WHEELS = ["chromium", "firefox-esr", "libqt5gui5", "libqt5gui5t64", "libqt5multimedia5", "libqt6gui6", "libqt6multimedia6", "libsdl2-2.0-0", "libvtk9.1", "libvtk9.3"]
CATALOG = pathlib.Path(__file__).parents[2] / "src/catalog/data/packages.toml"
HEAD = """\
# The Debian package that brings a shared library, for the common ones: Debian's own index of files knows the rest.
# Made by tests/bench/libraries.py, by release; see src/catalog/mod.rs.
#
#   packages.<Debian package>   the libraries that it brings, by the names that programs ask for
"""


def fetch(path):
    with urllib.request.urlopen(f"{MIRROR}/dists/{path}") as answer:
        return answer.read()


def requirements(release):
    """What each package depends on."""
    text = lzma.decompress(fetch(f"{release}/main/binary-amd64/Packages.xz")).decode()
    found = {}
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if re.match(r"(Package|Depends|Pre-Depends): ", line))
        if "Package" in fields:
            needs = ", ".join(value for key, value in fields.items() if key != "Package")
            found[fields["Package"]] = {re.match(r"[^ (:|]*", need.strip())[0] for need in needs.split(",")}
    return found


def libraries(release, architecture):
    """The packages that have a file with a library's name where every program looks."""
    folders = {folder.format(MACHINES[architecture]) for folder in ["lib", "usr/lib", "lib/{}", "usr/lib/{}"]}
    found = collections.defaultdict(set)
    for line in gzip.decompress(fetch(f"{release}/main/Contents-{architecture}.gz")).decode().splitlines():
        path, _, packages = line.rpartition(" ")
        folder, _, name = path.strip().rpartition("/")
        if folder in folders and re.fullmatch(r"lib[\w.+-]+\.so(\.[0-9]+)*", name):
            for package in packages.split(","):
                found[package.split("/")[-1]].add(name)
    return found


def asked_for(names):
    """Of a library's names those that programs may ask for: `libz.so.1` of `libz.so.1` and `libz.so.1.3.1`."""
    whole = {name for name in names if name.partition(".so.")[2].count(".") > 1}
    return sorted(name for name in names if name not in whole or not any(name.startswith(f"{other}.") for other in names))


def known(release):
    """The Debian packages that the catalog installs."""
    for row in tomllib.loads(CATALOG.read_text())["package"].values():
        for need in [row, *row.get("optional", [])]:
            for key in ["runtime", "compiled-runtime", "apt"]:
                listed = need.get(key, [])
                yield from listed if isinstance(listed, list) else listed[release]


def table(release):
    needs = requirements(release)
    count = collections.Counter(need for listed in needs.values() for need in listed)
    wanted = set(known(release)) | {package for package, times in count.items() if times >= COMMON}
    wanted |= {need for program in IN_WHEELS for need in needs.get(program, ())}
    both = [libraries(release, architecture) for architecture in MACHINES]
    brought = {package: asked_for(both[0][package] & both[1][package]) for package in wanted if not package.endswith("-dev")}
    # A library that several packages have belongs to the one that most others depend on.
    owner = {}
    for package in sorted(brought, key=lambda package: (count[package], package)):
        owner.update(dict.fromkeys(brought[package], package))
    return {package: own for package, names in sorted(brought.items()) if (own := [name for name in names if owner[name] == package])}


def key(name):
    return name if re.fullmatch(r"[\w-]+", name) else f'"{name}"'


print(HEAD)
for release in ["bookworm", "trixie"]:
    print(f"[release.{release}]")
    print(f'source = "https://deb.debian.org/debian/dists/{release}/main: Contents-amd64.gz and Contents-arm64.gz"')
    print(f"date = {datetime.date.today()}")
    for package, names in table(release).items():
        print(f"packages.{key(package)} = [" + ", ".join(f'"{name}"' for name in names) + "]")
    print(end="\n" if release == "bookworm" else "")
