# Made by dfgen 0.1.0, which replaces it whole: `dfgen render` writes it again.
"""What the build stages of the Dockerfiles beside this file run. It serves every image of the project, and is in none.

    dfgen.py date SECONDS           gives everything that was written since then one date
    dfgen.py python FOLDER          makes one layer of a Python that uv has installed there: the folder /layer
    dfgen.py environment            makes an empty environment, for packages to be installed in
    dfgen.py skeleton --user ID     makes the lowest layer: an empty environment, a user without rights, bytecode of the standard library
    dfgen.py split LAYER=NAMES...   splits the recipe, pylock.toml, into a pylock.LAYER.toml for each layer
    dfgen.py finish [PATTERNS]...   turns what was installed into one layer of the image: the folder /layer
    dfgen.py keep PATHS...          makes one layer of what commands of the build made: these paths, and nothing else
    dfgen.py scan --profile NAME    ends the build where a package needs a shared library that nothing brings

`dfgen.py COMMAND --help` lists the options of a command. Needs Python 3.8 or newer, and nothing else. Run as `python3 -BIS`:
without the packages that it works on, and without bytecode of its own.
"""
import argparse
import ast
import base64
import csv
import hashlib
import importlib.util
import mmap
import os
import py_compile
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import warnings
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from urllib.parse import quote

VENV, APP, LAYER = Path("/opt/venv"), Path("/app"), Path("/layer")
CUT, CUTS = Path("/cut"), Path("/cuts")  # what a layer has left out, and what others have
SITE = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
DATE = 315619200  # 1980-01-02: zip files know no earlier day
# The libraries that common packages of Debian bring, by release: there for projects that look for missing ones.
BROUGHT = {}
# Packages whose licences let nobody change their files: patterns of names.
AS_BUILT = ["gurobipy", "dpcpp-cpp-rt", "impi-rt", "intel-cmplr-*", "intel-opencl-rt", "intel-openmp", "intel-sycl-rt", "mkl", "mkl-dpcpp", "oneccl", "onemkl-*", "tbb", "tcmlib", "umf", "cuquantum-*", "cutensor-*", "nvidia-*", "tensorrt*", "hdbcli"]


def tell(text):
    print(f"dfgen.py: {text}")


# ---- What packages stand on


def python(folder):
    """Makes one layer of a Python that uv has installed: it goes to where Python images have theirs."""
    (installed,) = Path(folder).glob("cpython-*.*.*-*")
    shutil.copytree(str(installed), str(LAYER / "usr/local"), symlinks=True)
    texts = [*LAYER.glob("usr/local/lib/python3*/_sysconfigdata_*.py"), *LAYER.glob("usr/local/lib/pkgconfig/*.pc")]
    for path in texts:
        if not path.is_symlink():
            path.write_text(path.read_text().replace(str(installed), "/usr/local"))
    seal([], None, False)


def environment():
    """Makes an empty environment, for packages to be installed in."""
    empty_environment(Path("/"), Path(shutil.which("python3")))


def skeleton(user, runtime, bytecode):
    """Makes the lowest layer of the image: an empty environment, a user without rights, and bytecode of the standard library."""
    root = Path(runtime or "/")
    own = Path(shutil.which("python3")), sysconfig.get_path("stdlib")
    interpreter, stdlib = same_python(root) if runtime else own
    empty_environment(LAYER, interpreter)
    # No password, no shell, no rights. Its home is /tmp: a read-only container can still write there.
    (LAYER / "etc").mkdir()
    for name, line in ("passwd", f"app:x:{user}:{user}::/tmp:/usr/sbin/nologin"), ("group", f"app:x:{user}:"):
        there = root / "etc" / name
        lines = there.read_text().splitlines() if there.exists() else []
        (LAYER / "etc" / name).write_text("\n".join([*lines, line]) + "\n")
    if bytecode:
        # Slim images come without bytecode for the standard library. With it, Python starts five times faster.
        entries = os.scandir(str(root / stdlib.lstrip("/")))
        compile_all([entry for entry in entries if entry.name not in ("site-packages", "dist-packages")], root, LAYER)
    seal([], None, False)


def empty_environment(root, interpreter):
    """Two links and one file are all that an environment needs. uv and python3 -m venv add scripts to it."""
    folder = root / str(VENV).lstrip("/")
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(interpreter)
    (folder / "bin/python3").symlink_to("python")
    (folder / "pyvenv.cfg").write_text(f"home = {interpreter.parent}\ninclude-system-site-packages = false\n")


# What a Python tells of itself: what must be the same in both images of a pair, then where its standard library lies.
TOLD = "import os, platform, sys, sysconfig\nprint(platform.python_version(), *platform.libc_ver(), platform.machine(), sysconfig.get_path('stdlib'), sep='|')"
# Where images have their Python.
PLACES = ["usr/local/bin", "usr/bin", "opt/python/bin", "bin"]


def same_python(root):
    """The interpreter of the image that runs, which must be the same Python as this one, and the folder of its standard library."""
    places = [Path("/") / place / "python3" for place in PLACES]
    there = next((place for place in places if os.path.lexists(root / str(place).lstrip("/"))), None)
    if there is None:
        sys.exit("dfgen.py: the image that runs has no python3 in " + ", ".join(f"/{place}" for place in PLACES))
    *theirs, stdlib = tell_python(there, root)
    *ours, _ = tell_python(sys.executable, None)
    names = ["Python", "C library", "its version", "platform"]
    unlike = [f"{name} {one or 'unknown'} builds, and {other or 'unknown'} runs" for name, one, other in zip(names, ours, theirs) if one != other]
    if unlike:
        sys.exit("dfgen.py: the images that build and run are no pair: " + "; ".join(unlike) + ". Take tags of the same version for `base` in dfgen.toml")
    return there, stdlib


def tell_python(interpreter, root):
    command = [str(interpreter), "-ISB", "-c", TOLD]
    told = subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True, check=True, preexec_fn=root and (lambda: os.chroot(str(root))))
    return told.stdout.strip().split("|")


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


def finish(unused, asked, symbols, bytecode, metadata, links, volumes, user):
    """Turns what was installed into one layer of the image.

    What it leaves out lies beside it, in /cut. The last layer sees there, in /cuts, what the others have left out.
    """
    for pattern in asked:
        for path in list(SITE.glob(pattern)):
            remove(path)
    back = take_back() if CUTS.exists() else leave_out(unused)
    changed = {} if symbols else strip_all()
    mend_records(changed)
    take_records_back(back)
    if bytecode:
        compile_all([entry for folder in [SITE, APP] if folder.exists() for entry in os.scandir(str(folder))], "/", "/")
    if metadata:
        name, version = metadata.split("==")
        info = SITE / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    # The empty environment is part of the base, and the lock file is uv's own.
    for name in ["pyvenv.cfg", "bin/python", "bin/python3", ".lock"]:
        remove(VENV / name)
    (LAYER / "opt/venv").mkdir(parents=True)
    for part in VENV.iterdir():
        shutil.move(str(part), str(LAYER / "opt/venv"))
    own = APP.exists() or any(Path(f"pylock.{part}.toml").exists() for part in ["app", "members"])
    if APP.exists():
        drop_empty_folders(APP)
        shutil.move(str(APP), str(LAYER))
    for path, target in links.items():
        link = LAYER / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    seal(volumes, user, own)


def keep(paths, volumes, user):
    """Turns what commands of the build made into one layer of the image: these paths, and nothing else."""
    for path in map(Path, paths):
        if not path.exists():
            sys.exit(f"dfgen.py: {path} is to be kept, and no command of this stage has made it")
        to = LAYER / str(path).lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(str(path), str(to), symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(str(path), str(to))
    seal(volumes, user, True)


def seal(volumes, user, own):
    """Makes the folders that the user may write to, and gives everything in the layer plain permissions and a date.

    Every build gives the same bytes. Servers tell browsers by date and size that a file is another: one of the project's
    own has a date that comes from its content.
    """
    kept = [LAYER / folder.lstrip("/") for folder in volumes]
    for folder in kept:
        folder.mkdir(parents=True, exist_ok=True)
    for path in [LAYER, *LAYER.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    # A new volume takes its content from here. Whoever else a container runs as is in group 0.
    for path in [path for folder in kept for path in [folder, *folder.rglob("*")]]:
        os.chown(path, user, 0, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (path.stat().st_mode & 0o700) >> 3)
    for path in [LAYER, *LAYER.rglob("*")]:
        when = date_of(path) if own and path.is_file() and not path.is_symlink() else DATE
        os.utime(path, (when, when), follow_symlinks=False)


def date_of(path):
    """A date after the first that is possible, within 17 years."""
    return DATE + int.from_bytes(hashlib.sha256(path.read_bytes()).digest()[:8], "big") % 2**29


def drop_empty_folders(top):
    """A checkout has none: they are left of what is ignored, and nobody else's layer has them."""
    for folder, _, _ in os.walk(str(top), topdown=False):
        if folder != str(top) and not os.listdir(folder):
            os.rmdir(folder)


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()


def compile_all(entries, root, to):
    """Bytecode of modules and packages, for files below `root` that are below `/` in the image; it goes below `to`.

    It is hash-based and made in a fixed order, in a process for each entry: the same bytes in every build.
    """
    paths = sorted(os.path.relpath(entry.path, str(root)) for entry in entries)
    if not paths:
        return
    # The base's Python: the environment's would run what packages have in .pth files.
    command = [os.path.realpath(sys.executable), "-BS", "-W", "ignore", __file__, "bytecode", str(root), str(to)]
    asked = {"input": "\0".join(paths), "universal_newlines": True, "env": {"PYTHONHASHSEED": "0"}}
    if subprocess.run(command, **asked).returncode:
        sys.exit("dfgen.py: compiling bytecode failed")


def bytecode(root, to):
    """Compiles what `compile_all` names. A process that has compiled one thing gives the next other bytes: each has its own."""
    running, failed = 0, False
    for path in sys.stdin.read().split("\0"):
        if running == os.cpu_count():
            running, failed = running - 1, os.wait()[1] != 0 or failed
        if os.fork() == 0:
            status = 1
            try:
                compile_below(path, root, to)
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        running += 1
    for _ in range(running):
        failed = os.wait()[1] != 0 or failed
    sys.exit(failed)


def compile_below(path, root, to):
    full = os.path.join(root, path)
    if os.path.isdir(full) and not os.path.islink(full) and os.path.basename(path) != "__pycache__":
        for name in sorted(os.listdir(full)):
            compile_below(os.path.join(path, name), root, to)
    elif path.endswith(".py") and os.path.isfile(full):
        made, way = os.path.join(to, importlib.util.cache_from_source(path)), py_compile.PycInvalidationMode.UNCHECKED_HASH
        try:
            py_compile.compile(full, made, "/" + path, doraise=True, invalidation_mode=way)
        except py_compile.PyCompileError as error:
            # A file that is no valid Python, as some templates are not, is shown and left alone.
            print(error.msg.strip(), file=sys.stderr)


def mend_records(changed):
    """RECORD is a package's list of its files: what is gone goes, what was changed gets its new hash and size."""
    for record in SITE.glob("*.dist-info/RECORD"):
        rows = [[row[0], *changed.get(SITE / row[0], row[1:])] for row in read_record(record)]
        cut = [row for row in rows if not row[0].startswith("..") and (CUT / "files" / row[0]).exists()]
        whole = [row for row in rows if row in cut or (SITE / row[0]).exists()]
        write_record(record, [row for row in whole if row not in cut])
        if cut:
            write_record(CUT / "records" / record.relative_to(SITE), whole)


def take_records_back(back):
    """The lists of packages that have their files in other layers, with what came back to this one."""
    for record in sorted(CUTS.glob("*/records/*/RECORD")):
        rows = read_record(record)
        files = record.parents[2] / "files"
        if back & {row[0] for row in rows}:
            write_record(SITE / record.parent.name / "RECORD", [row for row in rows if row[0] in back or not (files / row[0]).exists()])


def write_record(record, rows):
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("w", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)


def read_record(record):
    """Its rows: path, hash, size."""
    with record.open(newline="") as lines:
        return [row for row in csv.reader(lines) if row]


def owners():
    """Which package each file belongs to, from the packages' own lists."""
    records = SITE.glob("*.dist-info/RECORD")
    names = ((record, record.parent.name.split("-")[0].replace("_", "-").lower()) for record in records)
    return {os.path.normpath(SITE / row[0]): name for record, name in names for row in read_record(record)}


# ---- What is left out


TESTS = {"test", "tests"}  # what packages call the folders with their tests
# Functions that tell others where files for compilers are: what they name is reached where somebody calls them.
TELLERS = {"get_cmake_dir", "get_include", "get_includes", "get_library_dirs", "get_numpy_include"}
# Only files with such words are parsed: no other refers to anything that is left out.
TEST_WORD = re.compile(
    rb"test(?:(?<=\.test)s?[.\"'\s,;)]|(?<=[/\"']test)s?[/.\"']|(?<=\Wtest)s?\.\w|(?<=mport test)s?\b|(?<=, test)s?\s*[,)\n]|(?<= test)s?(?: as \w+)?\s*[,)])"
)
FILE_WORDS = ["__file__", "__path__", "importlib.resources", "importlib_resources", "import resources", "pkg_resources", "get_data", "attach_stub"]
MODULE = re.compile(r"\.*[A-Za-z_]\w*(\.\w+)*(:[\w.]*)?|\.+")


def leave_out(patterns):
    """Moves what fits to /cut, but what something that stays refers to. Nothing comes back to this layer."""
    left = sorted({path for pattern in patterns for path in SITE.glob(pattern)})
    files = {site_path(file): file for path in left for file in ([path] if path.is_file() else path.rglob("*")) if not file.is_dir()}
    reader = Reader(files)
    stays = [path for path in python_files() if site_path(path) not in files]
    kept, references = follow(reader, stays, {}, lambda file: SITE / file)
    for file in files:
        if file not in kept:
            (CUT / "files" / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(SITE / file), str(CUT / "files" / file))
    for folder in sorted((path for path in left if path.is_dir()), reverse=True):
        for path in sorted(folder.rglob("*"), reverse=True) + [folder]:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
    CUT.mkdir(exist_ok=True)
    # For the last layer: what is referred to here and is of no package in this layer.
    own = {name for path in SITE.glob("*") for name in (path.name, path.name.split(".")[0])}
    lines = sorted(f"{reference} {path}\n" for reference, path in references.items() if re.split(r"[ ./]", reference)[1] not in own)
    (CUT / "references").write_text("".join(lines))
    return set()


def take_back():
    """Copies into this layer what others have left out, each alone, and something in the image refers to."""
    cuts = sorted(CUTS.glob("*"))
    files = {path.relative_to(cut / "files").as_posix(): path for cut in cuts for path in (cut / "files").rglob("*") if path.is_file()}
    lines = [line.rsplit(" ", 1) for cut in cuts for line in (cut / "references").read_text().splitlines()]
    kept, _ = follow(Reader(files), python_files() if files else [], dict(lines), files.get)
    for file in kept:
        (SITE / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(str(files[file]), str(SITE / file))
    return kept


def follow(reader, stays, references, place):
    """The files, of the reader's, that what stays refers to; and all references, each with a file that has it."""
    kept, found = set(), dict(references)
    while True:
        for path in stays:
            for reference in reader.references(path):
                found.setdefault(reference, site_path(path))
        stays = []
        for reference in sorted(found):
            new = sorted(reader.meant(reference) - kept)
            kept.update(new)
            stays += [place(file) for file in new if file.endswith(".py")]
            if new:
                tell(f"{new[0]}{f' and {len(new) - 1} more' if len(new) > 1 else ''} cannot be left out: {found[reference]} refers to it")
        if not stays:
            return kept, found


def site_path(path):
    return path.relative_to(SITE).as_posix() if SITE in path.parents else str(path)


def python_files():
    """What may refer to a module or a file: source, extension modules, lists of entry points, programs."""
    patterns = ["**/*.py", "**/*.so", "*.pth", "*.dist-info/entry_points.txt"]
    found = [path for pattern in patterns for path in SITE.glob(pattern)]
    found += [*(VENV / "bin").glob("*"), *APP.rglob("*.py")]
    # `conftest.py` is read by pytest alone, and by it only where tests are run; `setup_package.py` by builds of astropy's kind.
    unread = {"conftest.py", "setup_package.py"}
    return sorted(path for path in found if path.is_file() and not fnmatch(path.name, "lib*.so") and path.name not in unread)


def has_modules(folder):
    return any(file.endswith(".py") for _, _, files in os.walk(SITE / folder) for file in files)


class Reader:
    """Finds what refers to some files: `module a.b.tests.c`, `path a/b/include`, `name a .h` within a, `teller a` of its headers."""

    def __init__(self, files):
        self.files = sorted(files)
        self.by_name, self.by_module, self.folders = {}, {}, {}
        for file in self.files:
            parts = file.split("/")
            if TESTS & set(parts[:-1]):
                module = re.sub(r"(/__init__)?(\.[^/]*)$", "", file).replace("/", ".")
                self.by_module.setdefault(module, []).append(file)
            else:
                for name in [parts[-1], os.path.splitext(file)[1]]:
                    self.by_name.setdefault(f"{parts[0]} {name}", []).append(file)
                self.by_name.setdefault(parts[0], []).append(file)
            for end in range(1, len(parts)):
                self.folders.setdefault("/".join(parts[:end]), []).append(file)
        # A path is meant for files that lie there for it: not for those that lie between modules.
        tests = {folder for folder in self.folders if TESTS & set(folder.split("/"))}
        self.targets = tests | set(self.files) | {folder for folder in self.folders if folder not in tests and not has_modules(folder)}
        self.suffixes = {name.split(" ")[1] for name in self.by_name if name.count(" ") and name.split(" ")[1].startswith(".")}
        quoted = [suffix + quote for suffix in self.suffixes for quote in ('"', "'")]
        self.words = [word.encode() for word in sorted([*FILE_WORDS, *TELLERS, *quoted])]

    def meant(self, reference):
        """The files that a reference is to."""
        kind, what = reference.split(" ", 1)
        if kind == "module":
            return self.module(what.split("."))
        if kind == "path":
            # Of tests, a folder's name reaches data: programs are reached as modules.
            below = self.folders.get(what, []) if what in self.targets else []
            return {file for file in below if not (TESTS & set(what.split("/")) and file.endswith(".py"))} | ({what} & set(self.by_path(what)))
        # A folder of headers is told to compilers: stubs for checkers of types lie there, too.
        return {file for file in self.by_name.get(what, []) if kind != "teller" or not file.endswith(".pyi")}

    def by_path(self, path):
        return [path] if path in self.targets and path not in self.folders else []

    def module(self, parts):
        """The module or the longest beginning of its name that is one, and the packages that it is in; all of a package that is meant itself."""
        for end in range(len(parts), 0, -1):
            found = self.by_module.get(".".join(parts[:end]), [])
            folder = "/".join(parts[:end])
            if folder in self.folders and TESTS & set(parts[:end]):
                # The package, or something that its own program makes.
                return set(self.folders[folder]) | self.packages(parts[:end])
            if found:
                return set(found) | self.packages(parts[: end - 1])
        return set()

    def packages(self, parts):
        names = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        return {file for name in names for file in self.by_module.get(name, [])}

    def references(self, path):
        if path.suffix == ".so":
            return self.in_extension(path)
        data = path.read_bytes()
        if not TEST_WORD.search(data) and not any(word in data for word in self.words):
            return set()
        if path.suffix == ".txt":  # entry points: `name = module:function`
            return {f"module {line.split('=', 1)[1].strip().split(':')[0]}" for line in data.decode(errors="replace").splitlines() if "=" in line}
        if path.suffix == ".pth":
            return {f"module {word}" for word in re.findall(r"[\w.]+", data.decode(errors="replace")) if TESTS & set(word.split("."))}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(data)
        except (SyntaxError, ValueError):  # a template, or a program in another language
            return set()
        names = Names(self, path, any(word.encode() in data for word in FILE_WORDS))
        names.visit(tree)
        return names.found

    def in_extension(self, path):
        """Compiled modules name what they import in full."""
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return set()
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if data.find(b".test") < 0:
            return set()
        return {"module " + name.decode() for name in re.findall(rb"[A-Za-z_][\w.]*\.tests?\b[\w.]*", data)}


class Names(ast.NodeVisitor):
    """What one file of Python refers to."""

    def __init__(self, reader, path, reads_files):
        self.reader, self.found, self.imported, self.teller = reader, set(), {}, False
        self.path = site_path(path)
        self.folder = PurePosixPath(self.path).parent
        self.package = "" if path.suffix != ".py" or self.path.startswith("/") else str(self.folder).replace("/", ".")
        self.is_package = path.name == "__init__.py"
        self.reads_files = reads_files

    def visit_Import(self, node):
        for name in node.names:
            self.imported[name.asname or name.name.split(".")[0]] = name.name if name.asname else name.name.split(".")[0]
            self.module(name.name)

    def visit_ImportFrom(self, node):
        origin = self.absolute("." * node.level + (node.module or ""))
        for name in node.names:
            self.imported[name.asname or name.name] = f"{origin}.{name.name}"
            self.module(f"{origin}.{name.name}")

    def absolute(self, name):
        """A module's full name: what begins with dots is seen from this file's package."""
        level = len(name) - len(name.lstrip("."))
        if not level:
            return name
        above = self.package.split(".")
        return ".".join([*above[: len(above) - level + 1], *filter(None, [name[level:]])])

    def module(self, name):
        parts = name.split(".")
        if TESTS & set(parts[1:]):
            self.found.add(f"module {name}")
        if len(parts) > 1 and parts[-1] in TELLERS and parts[0] != self.package.split(".")[0]:
            self.found.add(f"teller {parts[0]}")

    def dotted(self, node):
        """`np.testing.tests` in full, where `np` was imported."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id)
        if isinstance(node, ast.Attribute):
            before = self.dotted(node.value)
            return before and f"{before}.{node.attr}"
        return None

    def visit_FunctionDef(self, node):
        before, self.teller = self.teller, self.teller or node.name in TELLERS
        self.generic_visit(node)
        self.teller = before

    def visit_Attribute(self, node):
        name = self.dotted(node)
        if name:
            self.module(name)
        self.generic_visit(node)

    def visit_Call(self, node):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "attach_stub":  # lazy_loader reads what a package exports from its stub
            self.found.add(f"path {os.path.splitext(self.path)[0]}.pyi")
        self.expression(node)

    def visit_BinOp(self, node):
        if not isinstance(node.op, ast.Sub):  # names that are taken away are not asked for
            self.expression(node)

    def visit_AugAssign(self, node):
        if not isinstance(node.op, ast.Sub):
            self.generic_visit(node)

    def expression(self, node):
        if self.reads_files and not self.teller:
            pieces = self.pieces(node)
            for start in range(len(pieces)):
                for end in range(start + 1, len(pieces) + 1):
                    self.file(pieces[start:end])
        self.generic_visit(node)

    def visit_Constant(self, node):
        text = node.value
        if not isinstance(text, str) or not text or len(text) > 200 or re.search(r"\s", text):
            return
        if MODULE.fullmatch(text):
            name = text.split(":")[0]
            self.module(self.absolute(name))
            if self.is_package and name in TESTS:  # a list of modules that are loaded when they are asked for
                self.module(f"{self.package}.{name}")
        stem, suffix = os.path.splitext(text.rsplit("/", 1)[-1])
        if not suffix and stem.startswith("."):
            stem, suffix = "", stem
        if suffix in self.reader.suffixes and not self.teller:
            name = suffix if not re.search(r"\w", re.sub(r"\{.*?\}|%\w", "", stem)) else stem + suffix
            self.found.add(f"name {self.path.split('/')[0]} {name}")
        if self.reads_files and not self.teller:
            self.file([text])

    def pieces(self, node):
        """The texts of an expression that makes a path, in order; `@a/b` for the folder of a module."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) and 0 < len(node.value) < 200 else []
        if isinstance(node, ast.BinOp):
            return self.pieces(node.left) + self.pieces(node.right)
        if isinstance(node, ast.Call):
            before = self.pieces(node.func.value) if isinstance(node.func, ast.Attribute) else []
            return (before + [piece for argument in node.args for piece in self.pieces(argument)])[:6]
        if isinstance(node, ast.Attribute):
            name = self.dotted(node.value) if node.attr in ("__file__", "__path__") else None
            return ["@" + name.replace(".", "/")] if name else self.pieces(node.value)
        return self.pieces(node.value) if isinstance(node, ast.Subscript) else []

    def file(self, pieces):
        """A path seen from the file's own folder, one above, or a package that it names."""
        first, *rest = pieces
        if first.startswith("@"):
            self.target("/".join([first[1:], *rest]), bool(rest))
            return
        text = "/".join(piece.strip("/") for piece in pieces)
        for folder in [self.folder, *self.folder.parents]:
            if not self.path.startswith("/"):
                self.target(os.path.normpath(folder / text), False)
        if MODULE.fullmatch(first) and "." in first.strip("."):
            self.target("/".join([first.replace(".", "/"), *rest]), bool(rest))

    def target(self, path, foreign):
        if path in self.reader.targets or (foreign and TESTS & set(path.split("/")[1:])):
            self.found.add(f"path {path}")


# ---- Debug symbols


def strip_all():
    """Cuts debug symbols out of every library, but of packages whose files nobody may change."""
    owner, changed = owners(), {}
    for path in SITE.rglob("*.so*"):
        name = owner.get(str(path), "")
        if path.is_symlink() or not path.is_file() or any(fnmatch(name, fitting) for fitting in AS_BUILT):
            continue
        try:
            record = strip(path)
        except (IndexError, struct.error):
            tell(f"{path} is no whole library; it stays as it is")
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


def scan(profile, release, runtime, absent, optional, apt_build, apt_runtime, ignore):
    """Looks for shared libraries that a package needs and nothing brings. Where one is missing, the build ends here."""
    libraries, folders = missing([*absent, *ignore], optional, runtime)
    if libraries:
        (packages, reasons), owner = debian_packages(libraries, folders, release), owners()
        nobody = "which package of Debian brings it could not be looked up" if reasons else "no package of Debian is known to bring it"
        lines = []
        for name, paths in sorted(libraries.items()):
            whose = sorted({owner.get(str(path), "no package") for path in paths})
            lines += [
                f"error: {name} is missing, which {', '.join(whose)} cannot load without",
                *[f"    needed by {os.path.relpath(path, SITE)}" for path in paths[:3]],
                *([f"    and by {len(paths) - 3} other files"] if len(paths) > 3 else []),
                f"    {packages[name]} of Debian brings it" if name in packages else f"    {nobody}",
            ]
        if reasons:
            unknown = [name for name in sorted(libraries) if name not in packages]
            lines += [
                "note: Debian's index of files cannot be read:",
                *[f"    {reason}" for reason in reasons],
                "help: build again when that is mended, or look the package up and add it to `apt.runtime` in dfgen.toml:",
                *[f"    https://packages.debian.org/search?searchon=contents&suite={release}&keywords={quote(name)}" for name in unknown],
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


def missing(absent, optional, runtime):
    """Each library that is nowhere, with the files that need it; and where these files look, besides the places for everybody."""
    machine = Path(sys.executable).open("rb").read(20)[18:]
    files = {path: read_elf(path, machine) for path in sorted(VENV.rglob("*")) if path.is_file() and not path.is_symlink()}
    files = {path: what for path, what in files.items() if what}
    # What is in the image, and what is in the environment: packages load each other's libraries by name.
    names = {path.name for path in VENV.rglob("*.so*")} | set(libraries_below(runtime) if runtime else cached_libraries())
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


# Where a loader looks without being told.
LOADED_FROM = ["lib", "usr/lib", "usr/local/lib"]


def libraries_below(root):
    """Libraries that an image without `ldconfig` has where its loader looks."""
    folders = [folder for place in LOADED_FROM for folder in [Path(root, place), *Path(root, place).glob("*-linux-gnu")]]
    return [path.name for folder in folders for path in folder.glob("*.so*")]


def cached_libraries():
    cache = subprocess.run(["/sbin/ldconfig", "-p"], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    return [*libraries_below("/"), *(line.split()[0] for line in cache.splitlines()[1:])]


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


def debian_packages(libraries, own_folders, release):
    """The Debian package of each library, and why the rest could not be looked for in Debian's index of files."""
    table = BROUGHT.get(release, {})
    found = {name: package for package, names in table.items() for name in names.split() if name in libraries}
    unknown = libraries.keys() - found
    if not unknown:
        return found, []
    # What `apt-file` reads.
    index = {"MetaKey": "$(COMPONENT)/Contents-$(ARCHITECTURE)", "ShortDescription": "Contents", "Description": "Contents"}
    options = [word for key, value in index.items() for word in ["-o", f"Acquire::IndexTargets::deb::Contents::{key}={value}"]]
    piped = {"stdout": subprocess.PIPE, "universal_newlines": True}
    update = subprocess.run(["apt-get", "update", "-qq", *options], stderr=subprocess.PIPE, **piped)
    listed = ["apt-get", "indextargets", *options, "--format", "$(FILENAME)", "Created-By: Contents"]
    files = subprocess.run(listed, **piped).stdout.split()
    # What cannot be fetched is an error or a warning, by how it fails.
    torn = update.returncode or "Failed to fetch" in update.stderr
    reasons = [line.strip() for line in update.stderr.splitlines()] if torn else []
    if not reasons and not any(os.path.exists(file) for file in files):
        reasons = ["none of the sources in /etc/apt has one"]
    machine = sysconfig.get_config_var("MULTIARCH")
    folders, holders = own_folders | {"lib", "usr/lib", f"lib/{machine}", f"usr/lib/{machine}"}, {}
    for file in files:
        command = ["/usr/lib/apt/apt-helper", *options, "cat-file", file]
        text = subprocess.Popen(command, stderr=subprocess.DEVNULL, **piped)
        for line in text.stdout:
            path, _, packages = line.rstrip().rpartition(" ")
            folder, _, name = path.strip().rpartition("/")
            if name in unknown and folder in folders:
                holders.setdefault(name, []).extend(package.split("/")[-1] for package in packages.split(","))
    found.update({name: min(packages, key=len) for name, packages in holders.items()})
    return found, reasons if unknown - holders.keys() else []


def toml(names):
    return "[" + ", ".join(f'"{name}"' for name in sorted(set(names))) + "]"


# ---- The command line


def listed(text):
    return text.replace(",", " ").split()


def named(text):
    """`NAME=A,B`"""
    name, _, names = text.partition("=")
    return name, listed(names)


def linked(text):
    """`PATH=TARGET,PATH=TARGET`"""
    return dict(pair.split("=") for pair in text.split(","))


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

    option = command(date)
    option("since", type=int, metavar="SECONDS")
    option = command(python)
    option("folder", metavar="FOLDER")
    command(environment)
    option = command(skeleton)
    option("--user", type=int, required=True, help="its number, and that of its group")
    option("--runtime", metavar="FOLDER", help="where the image that runs is mounted, if another one builds")
    option("--no-bytecode", dest="bytecode", action="store_false", help="leave the standard library as it is")
    option = command(bytecode)
    option("root", metavar="FROM")
    option("to", metavar="TO")
    option = command(split)
    option("layers", nargs="+", type=named, action=Gather, metavar="LAYER=NAMES", help="the first that fits takes a package")
    option("--members", type=listed, default=[], help="what of the project's own goes to `members`, and not to `app`")
    option("--unisolated", type=listed, default=[], help="what is built with all others, which `isolated` lists")
    option("--brought", nargs="+", type=named, action=Gather, default={}, metavar="PART=NAMES", help="what a part has while it is built")
    option = command(finish)
    option("unused", nargs="*", type=listed, action=Gather, metavar="PATTERNS", help="what no program needs when it runs is left out")
    option("--asked", type=listed, default=[], help="what is left out because dfgen.toml asks for it")
    option("--symbols", action="store_true", help="leave in libraries what only debuggers read")
    option("--no-bytecode", dest="bytecode", action="store_false", help="compile nothing")
    option("--metadata", metavar="NAME==VERSION", help="what runs as source, and asks for its own metadata")
    option("--links", type=linked, default={}, metavar="PATH=TARGET,...", help="files that lie elsewhere")
    option("--volumes", type=listed, default=[], help="folders that the user may write to")
    option("--user", type=int, help="whose they are")
    option = command(keep)
    option("paths", nargs="+", metavar="PATHS", help="files and folders, absolute")
    option("--volumes", type=listed, default=[], help="folders that the user may write to")
    option("--user", type=int, help="whose they are")
    option = command(scan)
    option("--profile", required=True, help="where dfgen.toml would have to say what is missing")
    option("--release", required=True, help="the name of the image's Debian: trixie")
    option("--runtime", metavar="FOLDER", help="where the image that runs is mounted, if another one builds")
    option("--absent", type=listed, default=[], help="libraries that are not missed: something brings them later")
    option("--optional", type=listed, default=[], help="files below site-packages that nothing has to load")
    option("--apt-build", type=listed, default=[], help="what dfgen.toml says already, as the next two")
    option("--apt-runtime", type=listed, default=[])
    option("--ignore", type=listed, default=[])
    return top


if __name__ == "__main__":
    asked = vars(parser().parse_args())
    asked.pop("run")(**asked)

# dfgen: 8763a0dab002e505
