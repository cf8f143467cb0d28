//! The programs that a Dockerfile brings along, whole.

use super::*;

#[test]
fn program_that_finishes_a_layer() {
    // dockerfile/finish-layer.tera
    insta::assert_snapshot!(finish_layer(&image()), @r#"
    #!/usr/local/bin/python3
    """Turns what was installed into one layer of the image: the folder /layer.

    Usage: finish-layer [PATTERN]...    what matches a pattern below site-packages is not needed to run, and is left out
    """
    import base64
    import csv
    import hashlib
    import mmap
    import os
    import shutil
    import struct
    import subprocess
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    VENV, APP, LAYER = Path("/opt/venv"), Path("/app"), Path("/layer")
    SITE = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


    def remove(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


    def compile_bytecode(path):
        # Hash-based, in a fixed order, one process for each package: the same bytes in every build.
        command = [sys.executable, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", path]
        # Exit code 1 means that a file is not valid Python, as some templates are not. It is shown, and left alone.
        if subprocess.run(command, env={"PYTHONHASHSEED": "0"}).returncode not in (0, 1):
            sys.exit(f"finish-layer: compiling {path} failed")


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


    for pattern in sys.argv[1:]:
        for path in list(SITE.glob(pattern)):
            remove(path)

    stripped = {}
    for path in SITE.rglob("*.so*"):
        if path.is_file() and not path.is_symlink():
            try:
                record = strip(path)
                stripped.update({path: record} if record else {})
            except (IndexError, struct.error):
                print(f"finish-layer: {path} is no whole library; it stays as it is")

    # RECORD is a package's list of its files: keep it true.
    for record in SITE.glob("*.dist-info/RECORD"):
        with record.open(newline="") as lines:
            rows = [row for row in csv.reader(lines) if (SITE / row[0]).exists()]
        rows = [[row[0], *stripped.get(SITE / row[0], row[1:])] for row in rows]
        with record.open("w", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(rows)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_bytecode, [*SITE.glob("*"), *APP.glob("*")]))

    # The empty environment is part of the base, and the lock file is uv's own.
    for name in ["pyvenv.cfg", "bin/python", "bin/python3", ".lock"]:
        remove(VENV / name)
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
    "#);
    let mut other = image();
    other.bytecode = false;
    let without = difference(&finish_layer(&image()), &finish_layer(&other));
    insta::assert_snapshot!(without, @r#"
    -with ThreadPoolExecutor(os.cpu_count()) as pool:
    -    list(pool.map(compile_bytecode, [*SITE.glob("*"), *APP.glob("*")]))
    -
    "#);
    other.bytecode = true;
    other.run.development = true;
    assert_eq!(
        difference(&finish_layer(&image()), &finish_layer(&other)),
        without
    );
}

#[test]
fn program_that_looks_for_missing_libraries() {
    // dockerfile/scan-libraries.tera
    let mut image = image();
    assert_eq!(scan_libraries(&image), None);
    image.scan = Some(scan());
    let program = scan_libraries(&image).unwrap();
    insta::assert_snapshot!(program, @r#"
    #!/usr/local/bin/python3
    """Looks for shared libraries that a package needs and nothing brings. Where one is missing, the build ends here."""
    import csv
    import mmap
    import os
    import struct
    import subprocess
    import sys
    import sysconfig
    from fnmatch import fnmatch
    from pathlib import Path
    from urllib.parse import quote

    # Libraries that are not missed, each with why.
    LIBRARIES = {
        "libcuda.so.*": "brought later",
    }
    PARTS = {}
    # The libraries that common packages of this Debian release bring.
    BROUGHT = {
        "libgl1": "libGL.so.1",
    }
    # What the profile says already.
    BUILD, RUNTIME, IGNORE = [], [], []

    VENV = Path("/opt/venv")
    SITE = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    MACHINE = Path(sys.executable).open("rb").read(20)[18:]


    def read(path):
        """The libraries that an ELF file for this machine needs, its own names, and the folders that it looks in itself."""
        with path.open("rb") as file:
            header = file.read(64)
            # Programs and shared libraries: an object file has nothing that is loaded.
            if header[:6] != b"\x7fELF\2\1" or header[16:18] not in (b"\2\0", b"\3\0") or header[18:20] != MACHINE:
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


    def owners():
        """Which package each file belongs to, from the packages' own lists."""
        found = {}
        for record in SITE.glob("*.dist-info/RECORD"):
            with record.open(newline="") as lines:
                for row in csv.reader(lines):
                    found[os.path.normpath(SITE / row[0])] = record.parent.name.split("-")[0].replace("_", "-").lower()
        return found


    # Where files with something missing look, besides the places for everybody.
    own_folders = set()


    def missing():
        """Each library that is nowhere, with the files that need it."""
        files = {path: read(path) for path in sorted(VENV.rglob("*")) if path.is_file() and not path.is_symlink()}
        files = {path: what for path, what in files.items() if what}
        # What is in the image, and what is in the environment: packages load each other's libraries by name.
        cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
        names = {line.split()[0] for line in cache.splitlines()[1:]} | {path.name for path in VENV.rglob("*.so*")}
        names |= {path.name for folder in ["/lib", "/usr/lib", "/usr/local/lib"] for path in Path(folder).glob("*.so*")}
        names |= {name for _, own, _ in files.values() for name in own}
        found = {}
        for path, (needed, _, folders) in files.items():
            if any(fnmatch(os.path.relpath(path, SITE), part) for part in PARTS):
                continue
            folders = [Path(folder.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", str(path.parent))) for folder in folders]
            for name in needed:
                if name not in names and not any((folder / name).exists() for folder in folders):
                    if not any(fnmatch(name, library) for library in LIBRARIES):
                        found.setdefault(name, []).append(path)
                        own_folders.update(str(folder).lstrip("/") for folder in folders)
        return found


    def debian_packages(libraries):
        """The Debian package of each library, and why the rest could not be looked for in Debian's index of files."""
        found = {name: package for package, names in BROUGHT.items() for name in names.split() if name in libraries}
        unknown = libraries.keys() - found
        if not unknown:
            return found, []
        # What `apt-file` reads.
        index = {"MetaKey": "$(COMPONENT)/Contents-$(ARCHITECTURE)", "ShortDescription": "Contents", "Description": "Contents"}
        options = [word for key, value in index.items() for word in ["-o", f"Acquire::IndexTargets::deb::Contents::{key}={value}"]]
        update = subprocess.run(["apt-get", "update", "-qq", *options], capture_output=True, text=True)
        listed = ["apt-get", "indextargets", *options, "--format", "$(FILENAME)", "Created-By: Contents"]
        files = subprocess.run(listed, capture_output=True, text=True).stdout.split()
        # What cannot be fetched is an error or a warning, by how it fails.
        torn = update.returncode or "Failed to fetch" in update.stderr
        reasons = [line.strip() for line in update.stderr.splitlines()] if torn else []
        if not reasons and not any(os.path.exists(file) for file in files):
            reasons = ["none of the sources in /etc/apt has one"]
        machine = sysconfig.get_config_var("MULTIARCH")
        folders, holders = own_folders | {"lib", "usr/lib", f"lib/{machine}", f"usr/lib/{machine}"}, {}
        for file in files:
            command = ["/usr/lib/apt/apt-helper", *options, "cat-file", file]
            text = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for line in text.stdout:
                path, _, packages = line.rstrip().rpartition(" ")
                folder, _, name = path.strip().rpartition("/")
                if name in unknown and folder in folders:
                    holders.setdefault(name, []).extend(package.split("/")[-1] for package in packages.split(","))
        found.update({name: min(packages, key=len) for name, packages in holders.items()})
        return found, reasons if unknown - holders.keys() else []


    def toml(names):
        return "[" + ", ".join(f'"{name}"' for name in sorted(set(names))) + "]"


    libraries = missing()
    if libraries:
        (packages, reasons), owner = debian_packages(libraries), owners()
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
                *[f"    https://packages.debian.org/search?searchon=contents&suite=trixie&keywords={quote(name)}" for name in unknown],
            ]
        build = f"build = {toml(BUILD)}, " if BUILD else ""
        if packages:
            lines += [
                "help: to have it in the image, write to dfgen.toml and run `dfgen render`:",
                "[profile.api]",
                "apt = { " + build + "runtime = " + toml([*RUNTIME, *packages.values()]) + " }",
            ]
        lines += [
            "help: what is never loaded in this image may be missing; say so there:",
            "[profile.api]",
            "scan = { ignore = " + toml([*IGNORE, *libraries]) + " }",
        ]
        sys.exit("\n".join(lines))
    Path("/scanned").mkdir()
    "#);
    let part = "cv2/qt/*".to_owned().try_into().unwrap();
    image.scan = Some(ScanPlan {
        libraries: Vec::new(),
        files: vec![(part, "windows".to_owned())],
        release: DebianRelease::Bookworm,
        brought: [].into(),
        said: ScanSaid {
            apt_build: vec!["gcc".parse().unwrap()],
            apt_runtime: vec!["libgl1".parse().unwrap()],
            ignore: vec!["libfoo.so.1".parse().unwrap()],
        },
    });
    let other = scan_libraries(&image).unwrap();
    insta::assert_snapshot!(difference(&program, &other), @r#"
    -    "libcuda.so.*": "brought later",
    -PARTS = {}
    +# Files below site-packages that nothing has to load, each with what only they do.
    +PARTS = {
    +    "cv2/qt/*": "windows",
    +}
    -    "libgl1": "libGL.so.1",
    -BUILD, RUNTIME, IGNORE = [], [], []
    +BUILD, RUNTIME, IGNORE = ["gcc"], ["libgl1"], ["libfoo.so.1"]
    -            *[f"    https://packages.debian.org/search?searchon=contents&suite=trixie&keywords={quote(name)}" for name in unknown],
    +            *[f"    https://packages.debian.org/search?searchon=contents&suite=bookworm&keywords={quote(name)}" for name in unknown],
    "#);
}

#[test]
fn program_that_splits_the_recipe() {
    // dockerfile/split-recipe.tera
    insta::assert_snapshot!(split_recipe(&image()), @r#"
    """Splits the recipe, pylock.toml, into one part for each layer."""
    import re
    from fnmatch import fnmatch
    from pathlib import Path

    # The first layer with a fitting name takes a package.
    LAYERS = {
        "deps": ["*"],
    }

    header, *packages = re.split(r"^(?=\[\[packages\]\])", Path("pylock.toml").read_text(), flags=re.M)
    parts = {layer: [] for layer in [*LAYERS, "app"]}
    for package in packages:
        name = re.search(r'^name = "(.+)"$', package, flags=re.M)[1]
        layers = [layer for layer, names in LAYERS.items() if any(fnmatch(name, fitting) for fitting in names)]
        # What has a path is part of this project.
        if re.search(r'\bpath = "|"file:', package):
            layers = ["app"]
        parts[layers[0]].append(package)
    header = header.replace("packages = []", "")
    for layer, packages in parts.items():
        blocks = [header, *(packages or ["packages = []"])]
        Path(f"pylock.{layer}.toml").write_text("\n\n".join(block.strip() for block in blocks) + "\n")
    "#);
    let mut other = image();
    let member = local("money", vec![folder("packages/money/src")]);
    other.app.packages.insert(0, member);
    other.layers.insert(0, layer());
    other.layers[0].name = "heavy".to_owned();
    other.layers[0].patterns = vec!["numpy".to_owned(), "scipy*".to_owned()];
    let more = difference(&split_recipe(&image()), &split_recipe(&other));
    insta::assert_snapshot!(more, @r#"
    +    "heavy": ["numpy", "scipy*"],
    +# What has a path is part of this project: these packages go to `members`, the others to `app`.
    +MEMBERS = ["money"]
    -parts = {layer: [] for layer in [*LAYERS, "app"]}
    +parts = {layer: [] for layer in [*LAYERS, "members", "app"]}
    -    # What has a path is part of this project.
    -        layers = ["app"]
    +        layers = ["members" if name in MEMBERS else "app"]
    "#);
}
