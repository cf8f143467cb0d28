# Made by dfgen 0.1.0, which replaces it whole: `dfgen render` writes it again.
"""What the build stages of the Dockerfiles beside this file run. It serves every image of the project, and is in none.

    dfgen.py base --user ID         makes an empty environment, a user without rights, and bytecode of the standard library
    dfgen.py folder --user ID PATH  makes a folder that the user may write to
    dfgen.py date SECONDS           gives everything that was written since then one date
    dfgen.py split LAYER=NAMES...   splits the recipe, pylock.toml, into a pylock.LAYER.toml for each layer
    dfgen.py finish [PATTERNS]...   turns what was installed into one layer of the image: the folder /layer
    dfgen.py scan --profile NAME    ends the build where a package needs a shared library that nothing brings

`dfgen.py COMMAND --help` lists the options of a command. Needs Python 3.8 or newer, and nothing else. Run as `python3 -BIS`:
without the packages that it works on, and without bytecode of its own.
"""
import argparse
import base64
import csv
import hashlib
import mmap
import os
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import time
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path

VENV, APP, LAYER = Path("/opt/venv"), Path("/app"), Path("/layer")
SITE = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
DATE = 315619200  # 1980-01-02: zip files know no earlier day


# ---- The base: what building and running share


def base(user, since, bytecode):
    """Makes an empty environment, a user without rights, and bytecode of the standard library."""
    since = since or int(time.time())
    if bytecode:
        # Slim images come without bytecode for the standard library. With it, Python starts five times faster.
        compile_bytecode(sysconfig.get_path("stdlib"), "-x", "/site-packages/")
    # Two links and one file are all that an environment needs. uv and python3 -m venv add scripts to it.
    python = Path(shutil.which("python3"))
    (VENV / "bin").mkdir(parents=True)
    (VENV / "bin/python").symlink_to(python)
    (VENV / "bin/python3").symlink_to("python")
    (VENV / "pyvenv.cfg").write_text(f"home = {python.parent}\ninclude-system-site-packages = false\n")
    # No password, no shell, no rights. Its home is /tmp: a read-only container can still write there.
    with open("/etc/passwd", "a") as users, open("/etc/group", "a") as groups:
        users.write(f"app:x:{user}:{user}::/tmp:/usr/sbin/nologin\n")
        groups.write(f"app:x:{user}:\n")
    date(since)


def folder(user, path):
    """Makes a folder that the user owns. A new volume takes its owner from there."""
    since = int(time.time())
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, user, user)
    date(since)


def date(since):
    """Gives everything that was written since then one date, so that every build gives the same bytes."""
    root = os.lstat("/").st_dev
    for above, folders, files in os.walk("/"):
        for name in [*files, *folders, ""]:
            path = os.path.join(above, name)
            if os.lstat(path).st_mtime > since and (os.path.islink(path) or os.access(path, os.W_OK)):
                os.utime(path, (DATE, DATE), follow_symlinks=False)
        # What is mounted is no part of the image.
        folders[:] = [name for name in folders if os.lstat(os.path.join(above, name)).st_dev == root]


# ---- The recipe


def split(layers, members, unisolated, brought):
    """Splits the recipe by layer: a change of uv.lock that is not a layer's leaves its part of the recipe as it is."""
    header, *packages = re.split(r"^(?=\[\[packages\]\])", Path("pylock.toml").read_text(), flags=re.M)
    parts = {part: [] for part in [*layers, "app"]}
    if members:
        parts["members"] = []
    if unisolated:
        parts["isolated"] = []
    for package in packages:
        name = re.search(r'^name = "(.+)"$', package, flags=re.M)[1]
        # What has a path is part of this project.
        if re.search(r'\bpath = "|"file:', package):
            own = "members" if name in members else "app"
        else:
            own = next(layer for layer, names in layers.items() if any(fnmatch(name, fitting) for fitting in names))
        parts[own].append(package)
        for part, names in brought.items():
            if name in names:
                parts[part].append(package)
        if unisolated and own in layers and name not in unisolated:
            parts["isolated"].append(package)
    header = header.replace("packages = []", "")
    for part, packages in parts.items():
        blocks = [header, *(packages or ["packages = []"])]
        Path(f"pylock.{part}.toml").write_text("\n\n".join(block.strip() for block in blocks) + "\n")


# ---- A layer


def finish(unused, asked, as_built, symbols, bytecode):
    """Turns what was installed into one layer of the image."""
    for pattern in [*unused, *asked]:
        for path in list(SITE.glob(pattern)):
            remove(path)
    changed = {} if symbols else strip_all(as_built)
    mend_records(changed)
    if bytecode:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(compile_bytecode, [*SITE.glob("*"), *APP.glob("*")]))
    # The empty environment is part of the base, and the lock file is uv's own.
    for name in ["pyvenv.cfg", "bin/python", "bin/python3", ".lock"]:
        remove(VENV / name)
    (LAYER / "opt/venv").mkdir(parents=True)
    for part in VENV.iterdir():
        shutil.move(str(part), str(LAYER / "opt/venv"))
    if APP.exists():
        shutil.move(str(APP), str(LAYER))
    # One date and plain permissions on everything, so that every build gives the same bytes.
    for path in [LAYER, *LAYER.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (DATE, DATE), follow_symlinks=False)


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()


def compile_bytecode(path, *options):
    """Hash-based, in a fixed order, one process for each package: the same bytes in every build."""
    # The base's Python: the environment's would run what packages have in .pth files.
    command = [os.path.realpath(sys.executable), "-m", "compileall", "-q", "-f", *options]
    command += ["--invalidation-mode", "unchecked-hash", str(path)]
    # Exit code 1 means that a file is not valid Python, as some templates are not. It is shown, and left alone.
    if subprocess.run(command, env={"PYTHONHASHSEED": "0"}).returncode not in (0, 1):
        sys.exit(f"dfgen.py: compiling {path} failed")


def mend_records(changed):
    """RECORD is a package's list of its files: what is gone goes, what was changed gets its new hash and size."""
    for record in SITE.glob("*.dist-info/RECORD"):
        rows = [row for row in read_record(record) if (SITE / row[0]).exists()]
        rows = [[row[0], *changed.get(SITE / row[0], row[1:])] for row in rows]
        with record.open("w", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(rows)


def read_record(record):
    with record.open(newline="") as lines:
        return [row for row in csv.reader(lines) if row]


def owners():
    """Which package each file belongs to, from the packages' own lists."""
    records = SITE.glob("*.dist-info/RECORD")
    names = ((record, record.parent.name.split("-")[0].replace("_", "-").lower()) for record in records)
    return {os.path.normpath(SITE / row[0]): name for record, name in names for row in read_record(record)}


# ---- Debug symbols


def strip_all(as_built):
    """Cuts debug symbols out of every library but those of `as_built`: patterns of packages, and of paths below site-packages."""
    owner, changed = owners(), {}
    for path in SITE.rglob("*.so*"):
        names = owner.get(str(path), ""), path.relative_to(SITE).as_posix()
        if path.is_symlink() or not path.is_file() or any(fnmatch(name, fitting) for name in names for fitting in as_built):
            continue
        try:
            record = strip(path)
        except (IndexError, struct.error):
            print(f"dfgen.py: {path} is no whole library; it stays as it is")
            continue
        if record:
            changed[path] = record
    return changed


def strip(library):
    """Cuts out what only debuggers read. What is loaded keeps its bytes and addresses. Returns RECORD's hash and size."""
    with library.open("rb") as file:
        header = file.read(64)
        # Shared libraries for x86-64 and arm64 only: code for GPUs comes in such files too.
        if header[:6] != b"\x7fELF\2\1" or header[16:20] not in (b"\3\0\x3e\0", b"\3\0\xb7\0"):
            return None
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    def number(at, form="<Q"):
        return struct.unpack_from(form, data, at)[0]

    def table(at, row_size, count):
        return range(number(at), number(at) + number(row_size, "<H") * number(count, "<H"), number(row_size, "<H"))

    segments, sections, names = table(32, 54, 56), table(40, 58, 60), number(62, "<H")
    kept, cut = [(0, 64), (segments.start, segments.stop), (sections.start, sections.stop)], []
    kept += [(number(row + 8), number(row + 8) + number(row + 32)) for row in segments]
    for index, row in enumerate(sections):
        name = number(sections[names] + 24) + number(row, "<I")
        start, size = number(row + 24), number(row + 32)
        debug = data[name : name + 8].startswith((b".debug_", b".symtab\0", b".strtab\0"))
        if debug and not number(row + 8) & 2 and index != names:  # 2: loaded
            # Whole pages, so that the segments behind keep their places in them.
            page = max([64] + [number(part + 48) for part in segments if number(part + 8) >= start + size])
            cut.append((start, start + size // page * page))
            struct.pack_into("<I", data, row + 4, 0)  # an empty row: the others keep their numbers
            struct.pack_into("<QQ", data, row + 24, 0, 0)
        elif number(row + 4, "<I") != 8:  # 8 takes no room in the file
            kept.append((start, start + size))
    if not any(start < end for start, end in cut) or any(start < to and at < end for start, end in cut for at, to in kept):
        return None

    for place in [32, 40, *(row + 8 for row in segments), *(row + 24 for row in sections)]:
        struct.pack_into("<Q", data, place, number(place) - sum(end - start for start, end in cut if end <= number(place)))
    made, digest, at = library.with_name(library.name + ".stripped"), hashlib.sha256(), 0
    with made.open("wb") as file, memoryview(data) as bytes_of:
        for start, end in [*sorted(cut), (len(data), len(data))]:
            file.write(bytes_of[at:start])
            digest.update(bytes_of[at:start])
            at = end
    shutil.copymode(library, made)
    made.replace(library)
    return "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("="), library.stat().st_size


# ---- Missing libraries


def scan(profile, absent, optional, apt_build, apt_runtime, ignore):
    """Looks for shared libraries that a package needs and nothing brings. Where one is missing, the build ends here."""
    libraries, folders = missing([*absent, *ignore], optional)
    if libraries:
        packages, owner = debian_packages(libraries, folders), owners()
        lines = []
        for name, paths in sorted(libraries.items()):
            whose = sorted({owner.get(str(path), "no package") for path in paths})
            lines += [
                f"error: {name} is missing, which {', '.join(whose)} cannot load without",
                *[f"    needed by {os.path.relpath(path, SITE)}" for path in paths[:3]],
                *([f"    and by {len(paths) - 3} other files"] if len(paths) > 3 else []),
                f"    {packages[name]} of Debian brings it" if name in packages else "    no package of Debian is known to bring it",
            ]
        build = f"build = {toml(apt_build)}, " if apt_build else ""
        if packages:
            lines += [
                "help: to have it in the image, write to dfgen.toml and run `dfgen render`:",
                f"[profile.{profile}]",
                "apt = { " + build + "runtime = " + toml([*apt_runtime, *packages.values()]) + " }",
            ]
        lines += [
            "help: what is never loaded in this image may be missing; say so there:",
            f"[profile.{profile}]",
            "scan = { ignore = " + toml([*ignore, *libraries]) + " }",
        ]
        sys.exit("\n".join(lines))
    Path("/scanned").mkdir()


def missing(absent, optional):
    """Each library that is nowhere, with the files that need it; and where these files look, besides the places for everybody."""
    machine = Path(sys.executable).open("rb").read(20)[18:]
    files = {path: read_elf(path, machine) for path in sorted(VENV.rglob("*")) if path.is_file() and not path.is_symlink()}
    files = {path: what for path, what in files.items() if what}
    # What is in the image, and what is in the environment: packages load each other's libraries by name.
    cache = subprocess.run(["/sbin/ldconfig", "-p"], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    names = {line.split()[0] for line in cache.splitlines()[1:]} | {path.name for path in VENV.rglob("*.so*")}
    names |= {path.name for folder in ["/lib", "/usr/lib", "/usr/local/lib"] for path in Path(folder).glob("*.so*")}
    names |= {name for _, own, _ in files.values() for name in own}
    found, own_folders = {}, set()
    for path, (needed, _, folders) in files.items():
        if any(fnmatch(os.path.relpath(path, SITE), part) for part in optional):
            continue
        folders = [Path(folder.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", str(path.parent))) for folder in folders]
        for name in needed:
            if name not in names and not any((folder / name).exists() for folder in folders):
                if not any(fnmatch(name, library) for library in absent):
                    found.setdefault(name, []).append(path)
                    own_folders.update(str(folder).lstrip("/") for folder in folders)
    return found, own_folders


def read_elf(path, machine):
    """The libraries that an ELF file for this machine needs, its own names, and the folders that it looks in itself."""
    with path.open("rb") as file:
        header = file.read(64)
        # Programs and shared libraries: an object file has nothing that is loaded.
        if header[:6] != b"\x7fELF\2\1" or header[16:18] not in (b"\2\0", b"\3\0") or header[18:20] != machine:
            return None
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    at, (size, count) = struct.unpack_from("<Q", header, 32)[0], struct.unpack_from("<HH", header, 54)
    segments = [struct.unpack_from("<II6Q", data, row) for row in range(at, at + size * count, size)]
    entries = []
    for kind, _, start, _, _, length, _, _ in segments:
        if kind == 2:  # the dynamic section
            entries += struct.iter_unpack("<QQ", data[start : start + length // 16 * 16])
    address = next((value for tag, value in entries if tag == 5), None)  # of the strings
    loaded = [part for part in segments if part[0] == 1 and address is not None and part[3] <= address < part[3] + part[5]]
    if not loaded:
        return None
    strings = address - loaded[0][3] + loaded[0][2]

    def texts(*tags):
        starts = [strings + value for tag, value in entries if tag in tags]
        return [os.fsdecode(data[start : data.find(b"\0", start)]) for start in starts]

    return texts(1), [path.name, *texts(14)], [folder for text in texts(15, 29) for folder in text.split(":") if folder]


def debian_packages(libraries, own_folders):
    """The Debian package of each library, from Debian's own index of files: what `apt-file` reads."""
    index = {"MetaKey": "$(COMPONENT)/Contents-$(ARCHITECTURE)", "ShortDescription": "Contents", "Description": "Contents"}
    options = [word for key, value in index.items() for word in ["-o", f"Acquire::IndexTargets::deb::Contents::{key}={value}"]]
    if subprocess.run(["apt-get", "update", "-qq", *options]).returncode:
        return {}
    listed = ["apt-get", "indextargets", *options, "--format", "$(FILENAME)", "Created-By: Contents"]
    files = subprocess.run(listed, stdout=subprocess.PIPE, universal_newlines=True).stdout.split()
    machine = sysconfig.get_config_var("MULTIARCH")
    folders, found = own_folders | {"lib", "usr/lib", f"lib/{machine}", f"usr/lib/{machine}"}, {}
    for file in files:
        text = subprocess.Popen(["/usr/lib/apt/apt-helper", *options, "cat-file", file], stdout=subprocess.PIPE, universal_newlines=True)
        for line in text.stdout:
            path, _, packages = line.rstrip().rpartition(" ")
            folder, _, name = path.strip().rpartition("/")
            if name in libraries and folder in folders:
                found.setdefault(name, []).extend(package.split("/")[-1] for package in packages.split(","))
    return {name: min(packages, key=len) for name, packages in found.items()}


def toml(names):
    return "[" + ", ".join(f'"{name}"' for name in sorted(set(names))) + "]"


# ---- The command line


def listed(text):
    return text.replace(",", " ").split()


def named(text):
    """`NAME=A,B`"""
    name, _, names = text.partition("=")
    return name, listed(names)


class Gather(argparse.Action):
    """Lists that come as several words are one list; named ones are a table."""

    def __call__(self, parser, options, values, option=None):
        pairs = bool(values) and isinstance(values[0], tuple)
        setattr(options, self.dest, dict(values) if pairs else [one for value in values for one in value])


def parser():
    """What can be asked for; `run` is the function for it."""
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(function):
        made = commands.add_parser(function.__name__, description=function.__doc__)
        made.set_defaults(run=function)
        return made.add_argument

    option = command(base)
    option("--user", type=int, required=True, help="its number, and that of its group")
    option("--since", type=int, help="when the step began, where it has done something before")
    option("--no-bytecode", dest="bytecode", action="store_false", help="leave the standard library as it is")
    option = command(folder)
    option("--user", type=int, required=True, help="who owns it")
    option("path", type=Path)
    option = command(date)
    option("since", type=int, metavar="SECONDS")
    option = command(split)
    option("layers", nargs="+", type=named, action=Gather, metavar="LAYER=NAMES", help="the first that fits takes a package")
    option("--members", type=listed, default=[], help="what of the project's own goes to `members`, and not to `app`")
    option("--unisolated", type=listed, default=[], help="what is built with all others, which `isolated` lists")
    option("--brought", nargs="+", type=named, action=Gather, default={}, metavar="PART=NAMES", help="what a part has while it is built")
    option = command(finish)
    option("unused", nargs="*", type=listed, action=Gather, metavar="PATTERNS", help="what no program needs when it runs is left out")
    option("--asked", type=listed, default=[], help="what is left out because dfgen.toml asks for it")
    option("--as-built", type=listed, default=[], help="packages, and paths, that nobody may change")
    option("--symbols", action="store_true", help="leave in libraries what only debuggers read")
    option("--no-bytecode", dest="bytecode", action="store_false", help="compile nothing")
    option = command(scan)
    option("--profile", required=True, help="where dfgen.toml would have to say what is missing")
    option("--absent", type=listed, default=[], help="libraries that are not missed: something brings them later")
    option("--optional", type=listed, default=[], help="files below site-packages that nothing has to load")
    option("--apt-build", type=listed, default=[], help="what dfgen.toml says already, as the next two")
    option("--apt-runtime", type=listed, default=[])
    option("--ignore", type=listed, default=[])
    return top


if __name__ == "__main__":
    asked = vars(parser().parse_args())
    asked.pop("run")(**asked)

# dfgen: 80f42fa0c06e8bd4
