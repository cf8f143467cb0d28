"""The two Dockerfiles that are held against each other, and the edits of a project."""

import os
import re
import shutil
from pathlib import Path

from engine import call

# The non-editable multi-stage recipe of https://docs.astral.sh/uv/guides/integration/docker/, with the
# settings that the same page and astral-sh/uv-docker-example recommend. Secrets and cache names are added.
UV_GUIDE = """\
FROM {python} AS builder
COPY --from={uv} /uv /bin/
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=0{environment}
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \\
    --mount=type=bind,source=uv.lock,target=uv.lock \\
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml{secret} \\
    uv sync --locked --no-dev --no-install-project --no-editable{flags}
ADD . /app
RUN --mount=type=cache,target=/root/.cache/uv{secret} \\
    uv sync --locked --no-dev --no-editable{flags}

FROM {python}
RUN groupadd --system --gid 999 app && useradd --system --gid 999 --uid 999 app
COPY --from=builder --chown=app:app /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH
USER app
"""

SECRET = """ \\
    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt"""


class Project:
    """A copy of a project, and what is done to it."""

    def __init__(self, source, folder, tools):
        ignored = shutil.ignore_patterns(".git", ".venv", "docker", "__pycache__", ".pytest_cache", ".mypy_cache")
        shutil.copytree(source, folder, ignore=ignored)
        self.folder, self.tools = Path(folder), tools

    def settings(self, image, **more):
        """Writes dfgen.toml: one profile, and what a build needs on a machine without Docker Hub."""
        settings = {**image.get("settings", {}), **more}
        lines = ["syntax = false"] + (["ca-certificates = true"] if self.tools["ca_certificates"] else [])
        lines += ["[profile.bench]", f'extends = "{image["profile"]}"']
        lines += [f"{key} = {toml(value)}" for key, value in settings.items()]
        (self.folder / "dfgen.toml").write_text("\n".join(lines) + "\n")

    def dfgen(self, cache):
        """dfgen's Dockerfile, written by dfgen."""
        call(self.tools["dfgen"], "render", "--project", self.folder, "--profile", "bench")
        return self.own_cache(self.folder / "docker/bench.Dockerfile", cache)

    def uv_guide(self, cache, *, bytecode=True):
        """The uv guide's Dockerfile with dfgen's images and the same extras and groups."""
        call(self.tools["dfgen"], "render", "--project", self.folder, "--profile", "bench")
        text = (self.folder / "docker/bench.Dockerfile").read_text()
        values = {
            "python": re.search(r"^FROM (\S+) AS base$", text, re.M)[1],
            "uv": re.search(r"^FROM (\S+) AS uv$", text, re.M)[1],
            "flags": "".join(f" {flag}" for flag in re.findall(r"^ +(--(?:extra|group) \S+) \\$", text, re.M)),
            "secret": SECRET if self.tools["ca_certificates"] else "",
            "environment": " UV_COMPILE_BYTECODE=1" if bytecode else "",
        }
        if self.tools["ca_certificates"]:
            values["environment"] += " SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"
        path = self.folder / "guide.Dockerfile"
        path.write_text(UV_GUIDE.format(**values))
        (self.folder / "guide.Dockerfile.dockerignore").write_text(".git\n.venv\ndocker\n*Dockerfile*\ndfgen.toml\n")
        return self.own_cache(path, cache)

    @staticmethod
    def own_cache(path, cache):
        """A cache mount of this run's own: a cold build downloads, and nobody else's cache is touched."""
        path.write_text(path.read_text().replace("type=cache,target=/root/", f"type=cache,id={cache},target=/root/"))
        return path

    def base(self, dockerfile, base):
        """Builds on another base image, as after an update of its tag."""
        text = re.sub(r"^FROM python:\S+", f"FROM {base}", dockerfile.read_text(), flags=re.M)
        dockerfile.write_text(text)

    def edit(self, kind, names):
        """One edit, as a person would make it."""
        manifest = self.folder / "pyproject.toml"
        if kind == "source":
            with (self.folder / names["source"]).open("a") as source:
                source.write('\nEDITED = "by the benchmark"\n')
        elif kind == "version":
            text = re.sub(r'^version = "(.+)"$', r'version = "\1.post1"', manifest.read_text(), count=1, flags=re.M)
            manifest.write_text(text)
            self.uv("lock")
        elif kind == "dev":
            self.uv("add", "--dev", "--no-sync", names["dev"])
        elif kind in ("small", "heavy"):
            locked = re.findall(rf'^name = "{names[kind]}"\nversion = "(.+)"$', (self.folder / "uv.lock").read_text(), re.M)
            self.uv("lock", "--upgrade-package", f"{names[kind]}<{locked[-1]}")

    def uv(self, *arguments):
        call(self.tools["uv"], *arguments, "--quiet", "--project", str(self.folder), env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"})

    def other_checkout(self):
        """The times and permissions of another person's checkout."""
        for path in [self.folder, *self.folder.rglob("*")]:
            os.utime(path, (1_600_000_000, 1_600_000_000), follow_symlinks=False)
            path.chmod(0o700 if path.is_dir() or path.stat().st_mode & 0o100 else 0o600)


def toml(value):
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return {True: "true", False: "false"}.get(value, f'"{value}"')
