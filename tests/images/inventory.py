"""Prints what an image holds, as JSON. Runs inside it, as root, so that it sees everything."""
import base64
import hashlib
import json
import os
import platform
import re
import struct
from importlib.metadata import distributions
from pathlib import Path

ENVIRONMENT = Path("/opt/venv")
OTHER_FILE_SYSTEMS = {"/dev", "/proc", "/sys", "/tmp"}


def walk():
    for folder, folders, names in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in OTHER_FILE_SYSTEMS]
        for name in names:
            yield Path(folder, name)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def fault(file):
    """What is wrong with a file that a RECORD lists."""
    path = Path(file.locate())
    if not path.exists():
        return "missing"
    if file.hash is None:
        return None
    digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
    return None if base64.urlsafe_b64encode(digest).decode().rstrip("=") == file.hash.value else "changed"


def symbols(path):
    """Bytes of a shared library that only debuggers read; 0 for other files."""
    data = path.read_bytes()
    if data[:5] != b"\x7fELF\2":
        return 0
    (start,), (width, count, names) = struct.unpack_from("<Q", data, 40), struct.unpack_from("<HHH", data, 58)
    rows = [struct.unpack_from("<IIQQQQ", data, start + width * index) for index in range(count)]
    total = 0
    for name, kind, _, _, _, size in rows:
        at = rows[names][4] + name
        if kind != 0 and data[at : data.index(b"\0", at)].startswith((b".debug_", b".symtab")):
            total += size
    return total


def debian_packages():
    status = Path("/var/lib/dpkg/status").read_text()
    return re.findall(r"^Package: (.+)$", status, flags=re.M)


installed = list(distributions())
recorded = [(file, Path(os.path.normpath(file.locate()))) for found in installed for file in found.files or []]
known = {path for _, path in recorded}
files = [path for path in walk() if not path.is_symlink() or path.exists()]
print(
    json.dumps(
        {
            "python": platform.python_version(),
            "distributions": sorted(f"{normal(found.name)}=={found.version}" for found in installed),
            "false_records": [f"{path}: {fault(file)}" for file, path in recorded if fault(file)],
            "unrecorded": [
                str(path)
                for path in files
                if path.is_relative_to(ENVIRONMENT / "lib") and path not in known and path.suffix != ".pyc"
            ],
            "without_bytecode": [
                str(path)
                for path in files
                if path.suffix == ".py"
                and path.is_relative_to(ENVIRONMENT)
                and not list(path.parent.glob(f"__pycache__/{path.stem}.cpython-*.pyc"))
            ],
            "with_symbols": [
                str(path)
                for path in files
                if path.is_relative_to(ENVIRONMENT) and ".so" in path.name and symbols(path) > 64_000
            ],
            "files": {str(path): path.stat().st_size for path in files},
            "debian_packages": debian_packages(),
        }
    )
)
