# syntax=docker/dockerfile:1
# The image core-api of nearby: API server without the ML stack.
# Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
#
#     docker build --file docker/core-api.Dockerfile --tag nearby-core-api .
#
# Only the last stage, `runtime`, is shipped. The others make what it copies.

# uv installs Python packages. It is needed to build, and never shipped.
FROM ghcr.io/astral-sh/uv:0.13.9 AS uv


# The Rust toolchain. It is needed to build, and never shipped.
FROM rust:1.95.0-slim-trixie AS rust


# What building and running share: Python, and an empty virtual environment at /opt/venv.
FROM python:3.13-slim-trixie AS base
RUN <<EOF
set -eu
started=$(date +%s)
# The image comes without bytecode for the standard library. With it, Python starts five times faster.
stdlib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
PYTHONHASHSEED=0 python3 -m compileall -q -f -x /site-packages/ --invalidation-mode unchecked-hash "$stdlib"
# These two links and one file are all that an environment needs. uv and python3 -m venv add scripts to it.
mkdir -p /opt/venv/bin
ln -s "$(command -v python3)" /opt/venv/bin/python
ln -s python /opt/venv/bin/python3
printf '%s\n' 'home = /usr/local/bin' 'include-system-site-packages = false' > /opt/venv/pyvenv.cfg
# A user without password, shell or rights. Its home is /tmp: a read-only container can still write there.
echo 'app:x:10001:10001::/tmp:/usr/sbin/nologin' >> /etc/passwd
echo 'app:x:10001:' >> /etc/group
# One date on everything written here, so that every build gives the same bytes.
find / -xdev -newermt "@$started" \( -writable -o -type l \) -exec touch -h -d '1980-01-02 UTC' {} +
EOF

ENV PATH=/opt/venv/bin:$PATH


# Tools of the stages below.
FROM base AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV VIRTUAL_ENV=/opt/venv \
    SOURCE_DATE_EPOCH=315619200 \
    UV_LINK_MODE=copy \
    UV_NO_INSTALLER_METADATA=1 \
    UV_PREVIEW_FEATURES=pylock \
    UV_PYTHON_DOWNLOADS=never
COPY --chmod=755 <<'EOF' /usr/local/bin/finish-layer
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
EOF

WORKDIR /build


# What is built from source is built on this stage; what has a wheel does not wait for it.
FROM build AS compile
# What only building needs:
#   gcc: nearby
#   libc6-dev: nearby
# hadolint ignore=DL3008
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get update && \
    apt-get install --yes --no-install-recommends \
        gcc \
        libc6-dev
ENV CFLAGS="-g0"
# The toolchain is mounted where it is used.
ENV PATH=/usr/local/cargo/bin:$PATH \
    RUSTUP_HOME=/usr/local/rustup \
    CARGO_HOME=/root/.cargo \
    CARGO_PROFILE_RELEASE_STRIP=true


# The recipe: what uv.lock says this image needs. A change of uv.lock that does not change the
# recipe (a new version of the project, a new development tool) rebuilds nothing below.
FROM build AS lock
COPY <<'EOF' split-recipe.py
"""Splits the recipe, pylock.toml, into one part for each layer."""
import re
from fnmatch import fnmatch
from pathlib import Path

# The first layer with a fitting name takes a package.
LAYERS = {
    "medium": ["pydantic-core"],
    "rest": ["*"],
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
EOF

COPY pyproject.toml uv.lock ./
RUN uv export --quiet --frozen --format pylock.toml --no-header --no-editable \
        --no-default-groups \
        --output-file pylock.toml && \
    python3 split-recipe.py


# Packages of middle size.
FROM build AS deps-medium
COPY --from=lock /build/pylock.medium.toml ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync pylock.medium.toml && \
    finish-layer \
        '**/*.cmake' \
        '**/*.pxd' '**/*.pyx' \
        '**/*.cuh' '**/*.h' '**/*.hpp' \
        '**/*.a' \
        '**/*.pyi'


# All other dependencies.
FROM build AS deps-rest
COPY --from=lock /build/pylock.rest.toml ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync pylock.rest.toml && \
    finish-layer \
        '**/*.cmake' \
        '**/*.pxd' '**/*.pyx' \
        '**/*.cuh' '**/*.h' '**/*.hpp' \
        '**/*.a' \
        '**/*.pyi'


# The project itself, built and installed as a wheel. Its Rust code is compiled here.
FROM compile AS app
COPY --from=lock /build/pylock.app.toml ./
COPY Cargo.lock Cargo.toml README.md pyproject.toml ./
COPY python python
COPY src src
# Without uv's cache: it would not notice an edited source file.
RUN --mount=type=bind,from=rust,source=/usr/local/cargo/bin,target=/usr/local/cargo/bin \
    --mount=type=bind,from=rust,source=/usr/local/rustup,target=/usr/local/rustup,rw \
    --mount=type=cache,target=/root/.cargo/registry \
    mkdir --parents /app && \
    uv pip sync --no-cache pylock.app.toml && \
    finish-layer


# The image.
FROM base AS runtime
LABEL org.opencontainers.image.title="nearby core-api" \
      org.opencontainers.image.description="Finds the nearest places, fast" \
      dfgen.profile="core-api"
# What changes least comes first. Each line is a layer of its own: who has it does not pull it again.
COPY --link --from=deps-medium /layer/ /
COPY --link --from=deps-rest /layer/ /
COPY --link --from=app /layer/ /
WORKDIR /app
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
# Logs appear at once; all bytecode is there already.
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status >= 400)"]
# A list, not a line of shell: the server is process 1, gets the stop signal and can finish what it is at.
CMD ["uvicorn", "nearby.main:app", "--host", "0.0.0.0", "--port", "8000"]

# dfgen: f41b917c4b83e95e
