"""The container engine and a registry of its own, as the benchmark sees them.

Everything made here carries the run's name, and `Engine.clean` removes it again: other images and other
caches of the engine are left alone.
"""

import contextlib
import gzip
import itertools
import json
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path


def call(*command, **options):
    """Standard output of a command; its standard error is shown when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Build:
    """A built image and how long that took."""

    tag: str
    seconds: float

    @property
    def inspected(self):
        return json.loads(call("docker", "image", "inspect", self.tag))[0]

    @property
    def layers(self):
        """Digests of the layers as they are unpacked, the base image's first."""
        return self.inspected["RootFS"]["Layers"]

    @contextlib.contextmanager
    def saved(self):
        """The layers' tar files, unpacked, in the order of `layers`; some image stores keep them compressed."""
        with tempfile.TemporaryFile() as file:
            subprocess.run(["docker", "save", self.tag], stdout=file, check=True)
            file.seek(0)
            with tarfile.open(fileobj=file) as archive:
                (manifest,) = json.load(archive.extractfile("manifest.json"))
                yield (unpacked(archive.extractfile(name)) for name in manifest["Layers"])

    @property
    def sizes(self):
        """Bytes of the files of each layer."""
        with self.saved() as layers:
            return [sum(entry.size for entry in tarfile.open(fileobj=layer, mode="r|")) for layer in layers]

    def compressed(self, base, program):
        """Bytes of the layers above the lowest `base`, each compressed by a program that writes to standard output."""
        with self.saved() as layers:
            return sum(piped(layer, program) for layer in itertools.islice(layers, base, None))


class Engine:
    """Builds, runs, and removes what it has built."""

    def __init__(self, run, ca_certificates, kept_cache):
        self.run = run
        self.ca_certificates = ca_certificates
        self.kept_cache = f'id "/{kept_cache}"' if kept_cache else None
        self.tags = []
        self.known_records = set(self.records())

    @staticmethod
    def records():
        """The build cache: identity to description."""
        text = call("docker", "buildx", "du", "--verbose")
        records = {}
        for block in text.split("\n\n"):
            fields = dict(line.split(":", 1) for line in block.splitlines() if ":" in line and line[0] != " ")
            if "ID" in fields:
                records[fields["ID"].strip()] = fields.get("Description", "").strip()
        return records

    def build(self, folder, dockerfile, name, *, cold=False):
        """Builds a Dockerfile; `cold` does every step again."""
        tag = f"{self.run}:{name}"
        command = ["docker", "build", "--quiet", "--network=host", "--file", dockerfile, "--tag", tag]
        if self.ca_certificates:
            command += ["--secret", f"id=ca-certificates,src={self.ca_certificates}"]
        command += ["--no-cache"] if cold else []
        started = time.monotonic()
        call(*command, folder)
        self.tags.append(tag)
        return Build(tag, time.monotonic() - started)

    def remove(self, build):
        call("docker", "image", "rm", "--force", build.tag)
        self.tags.remove(build.tag)

    def first_answer(self, build, command, path):
        """Milliseconds from `docker run` to the first answer, and the answer."""
        port = free_port()
        command = [str(port) if word == "8000" else word for word in command]
        started = time.monotonic()
        # The engine's own bridge is left out: it may not work everywhere, and adds the same to all.
        container = call("docker", "run", "--detach", "--network=host", build.tag, *command).strip()
        try:
            while time.monotonic() - started < 300:
                with contextlib.suppress(OSError, urllib.error.URLError):
                    answer = urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).read()
                    return (time.monotonic() - started) * 1000, answer.decode()
                time.sleep(0.005)
            raise SystemExit(f"no answer from {build.tag}:\n{call('docker', 'logs', container)}")
        finally:
            call("docker", "rm", "--force", container)

    def clean(self):
        """Removes the images and the build cache of this run."""
        for tag in self.tags:
            subprocess.run(["docker", "image", "rm", "--force", tag], capture_output=True)
        self.tags.clear()
        # Only what came up during this run, children before their parents. What another build uses stays.
        left = None
        while left != (left := self.new_records()):
            for record in left:
                subprocess.run(["docker", "builder", "prune", "--force", "--filter", f"id={record}"], capture_output=True)

    def new_records(self):
        new = {record: text for record, text in self.records().items() if record not in self.known_records}
        return {record for record, text in new.items() if not (self.kept_cache and self.kept_cache in text)}


def unpacked(file):
    """A tar file, whether gzip has been over it or not."""
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.open(file) if packed else file


def piped(source, program):
    """How many bytes a compressor makes of a stream."""
    with tempfile.TemporaryFile() as made:
        with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=made) as compressor:
            shutil.copyfileobj(source, compressor.stdin, 1 << 20)
        return made.seek(0, 2)


class Registry:
    """Debian's docker-registry with an empty folder; counts what a push adds to it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.port = free_port()
        self.process = None

    def __enter__(self):
        self.folder.mkdir(parents=True)
        config = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self.folder)}},
            "http": {"addr": f"127.0.0.1:{self.port}"},
        }
        self.config = self.folder.with_suffix(".json")  # JSON is YAML
        self.config.write_text(json.dumps(config))
        self.start()
        return self

    def start(self):
        command = ["docker-registry", "serve", str(self.config)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/")
                return
            time.sleep(0.02)
        raise SystemExit("docker-registry does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def blobs(self):
        return {path: path.stat().st_size for path in self.folder.glob("**/blobs/sha256/*/*/data")}

    def push(self, build):
        """Pushes an image: the bytes of each blob that the registry did not have."""
        before = self.blobs()
        target = f"127.0.0.1:{self.port}/{build.tag.split(':')[0]}:pushed"
        call("docker", "tag", build.tag, target)
        try:
            call("docker", "push", "--quiet", target)
        finally:
            call("docker", "image", "rm", target)
        return {path: size for path, size in self.blobs().items() if path not in before}

    def forget(self, pushed):
        """Takes the blobs of a push away again, so that the next push meets what was there before."""
        self.stop()
        links = {path.parent.name for path in pushed}
        for path in pushed:
            shutil.rmtree(path.parent)
        for link in self.folder.glob("**/_layers/sha256/*"):
            if link.name in links:
                shutil.rmtree(link)
        self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)
        self.config.unlink()
