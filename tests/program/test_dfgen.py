"""What dfgen.py does, seen on made environments: run by `cargo test` with every Python that is there.

Usage: python3 test_dfgen.py DFGEN_PY
"""
import base64
import csv
import hashlib
import importlib.util
import io
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

PROGRAM = Path(sys.argv.pop(1)).resolve()
UNUSED = ["**/*.cmake", "**/*.pxd", "**/*.h", "**/*.a", "**/*.pyi"]


def loaded(root):
    """The program, on an environment of its own below a folder."""
    spec = importlib.util.spec_from_file_location("dfgen", str(PROGRAM))
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    for name in ["VENV", "SITE", "APP", "LAYER", "CUT", "CUTS"]:
        setattr(program, name, root / str(getattr(program, name)).lstrip("/"))
    program.SITE.mkdir(parents=True)
    return program


class Environment(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.root = Path(folder).resolve()
        self.program = loaded(self.root)
        self.site = self.program.SITE

    def install(self, name, **files):
        """A package with its RECORD."""
        rows = []
        for path, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            self.write(self.site / path, data)
            rows.append([path, "sha256=of-" + path, str(len(data))])
        record = self.site / (name + "-1.0.dist-info") / "RECORD"
        rows.append([record.relative_to(self.site).as_posix(), "", ""])
        self.write(record, "".join(",".join(row) + "\n" for row in rows).encode())

    def package(self, **more):
        """A package with all that can be left out."""
        files = {
            "pkg/__init__.py": "",
            "pkg/core.py": "x = 1\n",
            "pkg/tests/__init__.py": "",
            "pkg/tests/helper.py": "import pkg.tests.deep\n",
            "pkg/tests/deep.py": "",
            "pkg/tests/test_core.py": "import pkg.tests.helper\n",
            "pkg/tests/data/table.csv": "1",
            "pkg/stub.pyi": "",
            "pkg/include/pkg/api.h": "",
            "pkg/lib.a": "",
        }
        files.update(more)
        self.install("pkg", **files)

    @staticmethod
    def write(path, data):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def finish(self, *unused, **options):
        """Finishes the layer; what it says, and the names of its files below site-packages."""
        said = io.StringIO()
        asked = {"asked": [], "symbols": False, "bytecode": False, "metadata": None, "links": {}, "volumes": [], "user": None}
        asked.update(options)
        with redirect_stdout(said):
            self.program.finish(list(unused), **asked)
        layer = self.program.LAYER / "opt/venv" / self.site.relative_to(self.program.VENV)
        files = {path.relative_to(layer).as_posix(): path for path in layer.rglob("*") if path.is_file()}
        return said.getvalue(), files

    def record(self, files, name):
        with files[name + "-1.0.dist-info/RECORD"].open(newline="") as lines:
            return {row[0]: row[1:] for row in csv.reader(lines)}


def elf(sections, *, machine=62, kind=3, loaded=0):
    """A library for 64 bits: a segment with code, and sections by name, each with its bytes; the debug ones are last."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in sections) + b".shstrtab\0"
    code = b"\x90" * 4096
    data, rows, offset = b"", [b"\0" * 64], 64 + 56 + len(code)
    place = 1
    for index, (name, content) in enumerate([*sections.items(), (".shstrtab", names)]):
        flags = 2 if index < loaded else 0
        rows.append(struct.pack("<IIQQQQIIQQ", place, 1, flags, 0, offset + len(data), len(content), 0, 0, 1, 0))
        data += content
        place += len(name) + 1
    header = b"\x7fELF\2\1\1" + b"\0" * 9
    header += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, 0, 64, offset + len(data), 0, 64, 56, 1, 64, len(rows), len(rows) - 1)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 64 + 56 + len(code), 64 + 56 + len(code), 4096)
    return header + segment + code + data + b"".join(rows)


DEBUG = b"only debuggers read this " * 400


class Metadata(Environment):
    def test_what_runs_as_source_is_known_by_its_name(self):
        self.install("lib", **{"lib/__init__.py": ""})
        _, files = self.finish(metadata="my-shop==1.0")
        text = files["my_shop-1.0.dist-info/METADATA"].read_text()
        self.assertEqual(text, "Metadata-Version: 2.1\nName: my-shop\nVersion: 1.0\n")


class Symbols(Environment):
    def stripped(self, data, **options):
        self.install("lib", **{"lib/x.so": data, "lib/__init__.py": ""})
        _, files = self.finish(**options)
        return files["lib/x.so"].read_bytes(), self.record(files, "lib")["lib/x.so"]

    def test_what_only_debuggers_read_is_cut_and_record_is_true(self):
        before = elf({".text": b"code", ".debug_info": DEBUG, ".symtab": DEBUG, ".strtab": DEBUG})
        after, (digest, size) = self.stripped(before)
        self.assertLess(len(after), len(before) - 2 * len(DEBUG))
        self.assertEqual(after[64 + 56 : 64 + 56 + 4096], b"\x90" * 4096)
        self.assertIn(b"code", after)
        self.assertNotIn(b"only debuggers", after)
        self.assertEqual(int(size), len(after))
        self.assertEqual(digest, "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(after).digest()).decode().rstrip("="))

    def test_the_same_library_gives_the_same_bytes(self):
        before = elf({".text": b"code", ".debug_line": DEBUG})
        one, _ = self.stripped(before)
        self.setUp()
        two, _ = self.stripped(before)
        self.assertEqual(one, two)

    def test_what_is_loaded_or_no_library_for_this_kind_of_machine_stays(self):
        for data in [
            elf({".debug_info": DEBUG}, loaded=1),
            elf({".debug_info": DEBUG}, machine=190),  # code for GPUs
            elf({".debug_info": DEBUG}, kind=1),  # an object file
            elf({".text": b"code"}),
            elf({".debug_info": DEBUG})[:5000],
            b"no library at all",
            b"",
        ]:
            self.setUp()
            after, (digest, _) = self.stripped(data)
            self.assertEqual(after, data)
            self.assertEqual(digest, "sha256=of-lib/x.so")

    def test_nobody_may_change_what_a_licence_protects(self):
        before = elf({".debug_info": DEBUG})
        for as_built in [["lib"], ["other", "li*"]]:
            self.setUp()
            self.program.AS_BUILT = as_built
            self.assertEqual(self.stripped(before)[0], before)
        self.setUp()
        self.program.AS_BUILT = ["other"]
        self.assertNotEqual(self.stripped(before)[0], before)
        self.setUp()
        self.assertEqual(self.stripped(before, symbols=True)[0], before)


class LeftOut(Environment):
    def test_what_nothing_refers_to_goes_and_nothing_is_said(self):
        self.package(**{"pkg/more.py": '"""Tests are in pkg.tests, and see tests/data."""\n# import pkg.tests\n'})
        said, files = self.finish("pkg/**/tests", *UNUSED)
        self.assertEqual(said, "")
        self.assertEqual(sorted(files), ["pkg-1.0.dist-info/RECORD", "pkg/__init__.py", "pkg/core.py", "pkg/more.py"])
        self.assertEqual(sorted(self.record(files, "pkg")), sorted(files))

    def test_an_import_keeps_the_module_and_what_it_needs(self):
        for text in [
            "from pkg.tests.helper import thing\n",
            "import pkg.tests.helper as helper\n",
            "from pkg.tests import helper\n",
            "from .tests import (\n    helper,\n)\n",
            "def later():\n    from .tests.helper import thing\n",
            "try:\n    from .tests import helper\nexcept ImportError:\n    pass\n",
            "import importlib\nimportlib.import_module('pkg.tests.helper')\n",
            "import importlib\nimportlib.import_module('.tests.helper', __package__)\n",
            "import importlib\nimportlib.import_module(f'{__package__}.tests.helper')\n",
            "LATER = {'thing': 'pkg.tests.helper:thing'}\n",
        ]:
            self.setUp()
            self.package(**{"pkg/user.py": text})
            said, files = self.finish("pkg/**/tests")
            kept = {name for name in files if "/tests/" in name}
            self.assertEqual(kept, {"pkg/tests/__init__.py", "pkg/tests/helper.py", "pkg/tests/deep.py"}, text)
            self.assertIn("pkg/user.py refers to it", said)
            self.assertTrue(kept <= set(self.record(files, "pkg")))

    def test_a_package_that_is_meant_itself_stays_whole(self):
        for path, text in [
            ("pkg/user.py", "from pkg import tests\n"),
            ("pkg/user.py", "import pkg\npkg.tests.run()\n"),
            ("pkg/sub/__init__.py", "from .. import tests\n"),
            ("pkg/__init__.py", "import lazy_loader\n__getattr__, _, _ = lazy_loader.attach(__name__, submodules=['tests'])\n"),
        ]:
            self.setUp()
            self.package(**{path: text})
            _, files = self.finish("pkg/**/tests")
            self.assertIn("pkg/tests/test_core.py", files, text)
            self.assertIn("pkg/tests/data/table.csv", files, text)

    def test_names_that_are_taken_away_are_not_asked_for(self):
        self.package(**{"pkg/__init__.py": "names = set(dir())\nnames -= {'tests'}\n"})
        _, files = self.finish("pkg/**/tests")
        self.assertFalse([name for name in files if "/tests/" in name])

    def test_data_that_is_reached_stays(self):
        for text in [
            "import os\nopen(os.path.join(os.path.dirname(__file__), 'tests', 'data', 'table.csv'))\n",
            "from pathlib import Path\n(Path(__file__).parent / 'tests' / 'data' / 'table.csv').open()\n",
            "from pathlib import Path\n(Path(__file__).parent / 'tests/data').iterdir()\n",
            "import pkgutil\npkgutil.get_data('pkg', 'tests/data/table.csv')\n",
            "import pkg_resources\npkg_resources.resource_filename('pkg', 'tests/data/table.csv')\n",
            "from importlib.resources import files\nfiles('pkg').joinpath('tests', 'data', 'table.csv')\n",
            "import importlib.resources as r\n(r.files('pkg') / 'tests' / 'data' / 'table.csv').read_text()\n",
            "import os, pkg\nopen(os.path.join(os.path.dirname(pkg.__file__), 'tests', 'data', 'table.csv'))\n",
        ]:
            self.setUp()
            self.package(**{"pkg/user.py": text})
            _, files = self.finish("pkg/**/tests")
            self.assertEqual([name for name in files if "/tests/" in name], ["pkg/tests/data/table.csv"], text)

    def test_entry_points_programs_and_compiled_modules_refer_too(self):
        for path, text in [
            ("pkg-1.0.dist-info/entry_points.txt", "[group]\nname = pkg.tests.helper:main\n"),
            ("pkg/fast.cpython-313-x86_64-linux-gnu.so", b"\0pkg.tests.helper\0"),
            ("pkg.pth", "import pkg.tests.helper\n"),
        ]:
            self.setUp()
            self.package(**{path: text})
            _, files = self.finish("pkg/**/tests")
            self.assertIn("pkg/tests/helper.py", files, path)
        self.setUp()
        self.package()
        self.write(self.program.VENV / "bin/run", b"#!/opt/venv/bin/python\nfrom pkg.tests.helper import main\n")
        _, files = self.finish("pkg/**/tests")
        self.assertIn("pkg/tests/helper.py", files)

    def test_other_files_that_are_reached_stay(self):
        for text, kept in [
            ("import lazy_loader\n__getattr__, *_ = lazy_loader.attach_stub(__name__, __file__)\n", "pkg/stub.pyi"),
            ("from glob import glob\nglob('*.pyi')\n", "pkg/stub.pyi"),
            ("import os\nos.path.join(os.path.dirname(__file__), 'include')\n", "pkg/include/pkg/api.h"),
            ("HEADER = 'api.h'\n", "pkg/include/pkg/api.h"),
            ("print('lib.a')\n", "pkg/lib.a"),
        ]:
            self.setUp()
            self.package(**{"pkg/stub.py": text})
            said, files = self.finish("pkg/**/tests", *UNUSED)
            others = [name for name in files if not name.endswith((".py", "RECORD"))]
            self.assertEqual(others, [kept], text)
            self.assertIn(kept, said)

    def test_headers_stay_where_somebody_asks_for_them(self):
        asks = "import os\ndef get_include():\n    return os.path.join(os.path.dirname(__file__), 'include')\n"
        self.package(**{"pkg/__init__.py": asks})
        self.assertNotIn("pkg/include/pkg/api.h", self.finish(*UNUSED)[1])
        self.setUp()
        self.package(**{"pkg/__init__.py": asks})
        self.install("user", **{"user.py": "import pkg\nflags = ['-I', pkg.get_include()]\n"})
        self.assertIn("pkg/include/pkg/api.h", self.finish(*UNUSED)[1])

    def test_a_folder_of_headers_is_no_folder_of_stubs(self):
        asks = "import os\ndef get_include():\n    return os.path.join(os.path.dirname(__file__), 'include')\n"
        self.package(**{"pkg/__init__.py": asks, "pkg/part.pyi": "x: int\n"})
        self.install("user", **{"user.py": "import pkg\nflags = ['-I', pkg.get_include()]\n"})
        files = self.finish(*UNUSED)[1]
        self.assertIn("pkg/include/pkg/api.h", files)
        self.assertNotIn("pkg/part.pyi", files)

    def test_what_only_builds_read_refers_to_nothing(self):
        asks = "import os\ndef get_include():\n    return os.path.join(os.path.dirname(__file__), 'include')\n"
        self.package(**{"pkg/__init__.py": asks})
        self.install("user", **{"user/setup_package.py": "import pkg\nflags = ['-I', pkg.get_include()]\n"})
        self.assertNotIn("pkg/include/pkg/api.h", self.finish(*UNUSED)[1])

    def test_what_dfgen_toml_asks_for_goes_whatever_refers_to_it(self):
        self.package(**{"pkg/user.py": "import pkg.tests.helper\n"})
        said, files = self.finish(asked=["pkg/tests"])
        self.assertEqual(said, "")
        self.assertFalse([name for name in files if "/tests/" in name])
        self.assertEqual(sorted(self.record(files, "pkg")), sorted(files))

    def test_what_is_no_python_is_passed_over(self):
        self.package(**{"pkg/template.py": "import {{ name }}.tests.helper\n", "pkg/latin.py": b"# \xff 'tests/'\n"})
        self.assertEqual(self.finish("pkg/**/tests")[0], "")


class OtherLayers(Environment):
    def last_layer(self, text):
        """The layer of an application, above one with the package."""
        self.package()
        _, below = self.finish("pkg/**/tests", *UNUSED)
        cut, record = self.program.CUT, self.record(below, "pkg")
        self.setUp()
        shutil.copytree(str(cut), str(self.program.CUTS / "deps"))
        self.write(self.program.APP / "main.py", text.encode())
        said, files = self.finish()
        return said, files, record

    def test_what_the_application_refers_to_comes_back(self):
        said, files, before = self.last_layer("import pkg.tests.helper\n")
        kept = {"pkg/tests/__init__.py", "pkg/tests/helper.py", "pkg/tests/deep.py"}
        self.assertEqual(set(files), kept | {"pkg-1.0.dist-info/RECORD"})
        self.assertEqual(set(self.record(files, "pkg")), set(before) | kept)
        self.assertIn("main.py refers to it", said)

    def test_usually_nothing_comes_back(self):
        said, files, _ = self.last_layer("import pkg\n")
        self.assertEqual((said, files), ("", {}))

    def test_what_another_package_refers_to_comes_back(self):
        self.package()
        self.finish("pkg/**/tests", *UNUSED)
        one = self.program.CUT
        self.setUp()
        self.install("user", **{"user.py": "import os, pkg\nfrom pkg.tests.helper import x\nos.path.dirname(pkg.__file__)\npkg.get_include()\n"})
        self.finish()
        two = self.program.CUT
        self.setUp()
        shutil.copytree(str(one), str(self.program.CUTS / "one"))
        shutil.copytree(str(two), str(self.program.CUTS / "two"))
        said, files = self.finish()
        self.assertIn("pkg/tests/helper.py", files)
        self.assertIn("pkg/include/pkg/api.h", files)
        self.assertIn("user.py refers to it", said)


class Layer(Environment):
    def test_dates_permissions_and_bytecode_are_the_same_each_time(self):
        def made():
            self.setUp()
            self.install("pkg", **{"pkg/__init__.py": "NAMES = {'a', 'b', 'c'}\nX = frozenset(['a', 'b'])\nif 1 in {'x', 'y', 'z'}: pass\n", "pkg/bad.py": "{{ no python }}"})
            os.chmod(str(self.site / "pkg/__init__.py"), 0o600)
            _, files = self.finish(bytecode=True)
            return {name: (path.read_bytes(), path.stat().st_mode & 0o777, int(path.stat().st_mtime)) for name, path in files.items()}

        one, two = made(), made()
        self.assertEqual(set(one), set(two))
        (compiled,) = [name for name in one if name.endswith(".pyc")]
        self.assertEqual(one[compiled][0][4:8], b"\1\0\0\0")  # hash-based, and never checked
        self.assertEqual(one["pkg/__init__.py"][1:], (0o644, self.program.DATE))
        self.assertTrue(all(date == self.program.DATE for _, _, date in one.values()))
        self.assertEqual({name: value[1:] for name, value in one.items()}, {name: value[1:] for name, value in two.items()})

    def test_folders_in_which_nothing_was_sent_are_in_no_checkout(self):
        (self.program.APP / "src/deep/er").mkdir(parents=True)
        (self.program.APP / "src/main.py").write_text("")
        self.finish()
        app = self.program.LAYER / self.program.APP.name
        self.assertEqual([path.name for path in sorted(app.rglob("*"))], ["src", "main.py"])

    def test_what_is_kept_can_be_written_by_the_user_and_by_group_0(self):
        self.write(self.program.APP / "data/seed/one.db", b"")
        self.write(self.program.APP / "main.py", b"")
        owners = {}
        with mock.patch("os.chown", lambda path, user, group, follow_symlinks: owners.update({Path(path): (user, group)})):
            self.finish(volumes=["/" + self.program.APP.name + "/data", "/var/lib/shop"], user=123)
        layer = self.program.LAYER
        modes = {path.relative_to(layer).as_posix(): path.stat().st_mode & 0o777 for path in layer.rglob("*")}
        kept = {"app/data": 0o775, "app/data/seed": 0o775, "app/data/seed/one.db": 0o664, "var/lib/shop": 0o775}
        plain = {"app": 0o755, "app/main.py": 0o644, "var": 0o755, "var/lib": 0o755}
        self.assertEqual({path: mode for path, mode in modes.items() if not path.startswith("opt")}, {**plain, **kept})
        self.assertEqual({path.relative_to(layer).as_posix(): who for path, who in owners.items()}, {path: (123, 0) for path in kept})

    def test_what_is_written_beside_the_source_is_a_link(self):
        self.write(self.program.APP / "main.py", b"")
        app = "/" + self.program.APP.name
        self.finish(links={app + "/db.sqlite3": "/var/lib/files/db.sqlite3"})
        link = self.program.LAYER / app.lstrip("/") / "db.sqlite3"
        self.assertEqual(os.readlink(str(link)), "/var/lib/files/db.sqlite3")
        self.assertEqual(int(os.lstat(str(link)).st_mtime), self.program.DATE)

    def test_a_layer_without_packages_is_one_too(self):
        if self.site.exists():
            shutil.rmtree(self.site)
        self.assertEqual(self.finish("**/*.pyi"), ("", {}))
        self.assertEqual((self.program.CUT / "references").read_text(), "")

    def test_the_application_is_part_of_the_layer_and_the_base_is_not(self):
        for name in ["pyvenv.cfg", "bin/python", "bin/python3", ".lock", "bin/tool"]:
            self.write(self.program.VENV / name, b"")
        self.write(self.program.APP / "main.py", b"")
        self.finish()
        layer = self.program.LAYER
        found = {path.relative_to(layer).as_posix() for path in layer.rglob("*") if path.is_file()}
        self.assertEqual(found, {"app/main.py", "opt/venv/bin/tool"})


class Skeleton(Environment):
    def layer(self):
        layer = self.program.LAYER
        return {path.relative_to(layer).as_posix(): path for path in layer.rglob("*") if path.is_symlink() or not path.is_dir()}

    def image(self):
        """A made image with a standard library, and users of its own."""
        image = self.root / "image"
        for path, text in {
            "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
            "usr/lib/python/json.py": "X = 1\n",
            "usr/lib/python/email/mime.py": "Y = 1\n",
            "usr/lib/python/site-packages/pip.py": "Z = 1\n",
            "usr/bin/python3": "",
        }.items():
            self.write(image / path, text.encode())
        return image

    def test_what_another_image_has_is_compiled_for_it(self):
        image = self.image()
        told = ["3.13.5", "glibc", "2.41", "x86_64", "/usr/lib/python"]
        with mock.patch.object(self.program, "tell_python", lambda interpreter, root: told):
            self.program.skeleton(10001, str(image), True)
        files = self.layer()
        venv = self.program.VENV.relative_to("/").as_posix()
        compiled = sorted(path for path in files if path.endswith(".pyc"))
        self.assertEqual([path.split(".")[0] for path in compiled], ["usr/lib/python/__pycache__/json", "usr/lib/python/email/__pycache__/mime"])
        self.assertIn(b"/usr/lib/python/json.py", files[compiled[0]].read_bytes())
        self.assertEqual(os.readlink(str(files[venv + "/bin/python"])), "/usr/bin/python3")
        self.assertEqual(files["etc/passwd"].read_text(), "root:x:0:0::/root:/bin/sh\napp:x:10001:10001::/tmp:/usr/sbin/nologin\n")
        self.assertEqual(files["etc/group"].read_text(), "app:x:10001:\n")

    def test_two_that_are_no_pair_are_told_apart(self):
        image = self.image()
        ours = ["3.13.5", "glibc", "2.41", "x86_64", "/usr/lib/python"]
        for index, told in enumerate(["3.13.4", "", "2.36", "aarch64"]):
            theirs = [*ours[:index], told, *ours[index + 1 :]]
            with mock.patch.object(self.program, "tell_python", lambda interpreter, root: theirs if root else ours):
                with self.assertRaises(SystemExit) as raised:
                    self.program.skeleton(1, str(image), False)
            self.assertIn("{} runs".format(told or "unknown"), str(raised.exception))
        (image / "usr/bin/python3").unlink()
        with self.assertRaises(SystemExit) as raised:
            self.program.skeleton(1, str(image), False)
        self.assertIn("no python3", str(raised.exception))

    def test_a_python_of_uv_goes_to_where_images_have_theirs(self):
        folder = self.root / "python"
        installed = folder / "cpython-3.13.5-linux-x86_64-gnu"
        self.write(installed / "bin/python3", b"")
        self.write(installed / "lib/python3.13/_sysconfigdata__linux.py", str(installed).encode())
        self.write(installed / "lib/pkgconfig/python3.pc", ("prefix=" + str(installed)).encode())
        (folder / "cpython-3.13-linux-x86_64-gnu").symlink_to(installed)
        self.program.python(str(folder))
        files = self.layer()
        self.assertEqual(files["usr/local/lib/pkgconfig/python3.pc"].read_text(), "prefix=/usr/local")
        self.assertEqual(files["usr/local/lib/python3.13/_sysconfigdata__linux.py"].read_text(), "/usr/local")
        self.assertIn("usr/local/bin/python3", files)


PYLOCK = 'lock-version = "1.0"\ncreated-by = "uv"\n\n' + "".join(
    '[[packages]]\nname = "{}"\nversion = "1"\n{}\n'.format(name, more)
    for name, more in [
        ("numpy", ""),
        ("scipy", "marker = \"sys_platform == 'linux'\"\n"),
        ("nvidia-cublas", ""),
        ("flask", ""),
        ("money", 'directory = { path = "packages/money" }\n'),
        ("shop", 'directory = { path = "." }\n'),
    ]
)


class Recipe(unittest.TestCase):
    def split(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "pylock.toml").write_text(PYLOCK)
            subprocess.run([sys.executable, "-BIS", str(PROGRAM), "split", *words], cwd=folder, check=True)
            parts = {path.name.split(".")[1]: path.read_text() for path in Path(folder).glob("pylock.*.toml")}
        self.texts = parts
        return {part: [line[8:-1] for line in text.splitlines() if line.startswith("name = ")] for part, text in parts.items()}

    def test_the_first_layer_that_fits_takes_a_package(self):
        parts = self.split("gpu=nvidia-*", "heavy=numpy,scipy", "rest=*")
        self.assertEqual(parts, {"gpu": ["nvidia-cublas"], "heavy": ["numpy", "scipy"], "rest": ["flask"], "app": ["money", "shop"]})
        self.assertIn("marker = \"sys_platform == 'linux'\"", self.texts["heavy"])
        self.assertTrue(all(text.startswith('lock-version = "1.0"') for text in self.texts.values()))

    def test_a_part_without_packages_says_so(self):
        self.split("gpu=cupy", "rest=*")
        self.assertIn("packages = []", self.texts["gpu"])
        self.assertNotIn("packages = []", self.texts["rest"])

    def test_members_have_a_part_of_their_own(self):
        parts = self.split("rest=*", "--members", "money")
        self.assertEqual((parts["members"], parts["app"]), (["money"], ["shop"]))

    def test_what_is_built_with_others(self):
        parts = self.split("heavy=numpy", "rest=*", "--unisolated", "flask", "--brought", "rest=numpy")
        self.assertEqual(parts["isolated"], ["numpy", "scipy", "nvidia-cublas"])
        self.assertEqual(parts["rest"], ["numpy", "scipy", "nvidia-cublas", "flask"])

    def test_a_change_elsewhere_leaves_a_part_as_it_is(self):
        self.split("heavy=numpy", "rest=*")
        before = self.texts["heavy"]
        global PYLOCK
        PYLOCK, kept = PYLOCK.replace('name = "flask"\nversion = "1"', 'name = "flask"\nversion = "2"'), PYLOCK
        self.split("heavy=numpy", "rest=*")
        PYLOCK = kept
        self.assertEqual(self.texts["heavy"], before)


if __name__ == "__main__":
    unittest.main(verbosity=1)
