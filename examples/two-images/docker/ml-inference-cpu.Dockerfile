# syntax=docker/dockerfile:1
# The image ml-inference-cpu of shop-api: ML inference on CPUs.
# Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
#     docker build --file docker/ml-inference-cpu.Dockerfile --tag shop-api-ml-inference-cpu .
# Only the last stage, `runtime`, is shipped. The others make what it copies.

# uv installs Python packages. It is needed to build, and never shipped.
FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

# What building and running share.
FROM python:3.13-slim-trixie AS base
ENV PATH=/opt/venv/bin:$PATH

# The lowest layer: an empty environment, a user without rights, and bytecode of the standard library: Python starts faster.
FROM base AS skeleton
RUN --mount=type=bind,source=docker/dfgen.py,target=/dfgen.py \
    python3 -BIS /dfgen.py skeleton --user 10001

# What the stages below share: uv, the program that makes layers, and an empty environment to install into.
FROM base AS build
COPY --from=uv /uv /usr/local/bin/uv
COPY docker/dfgen.py /
ENV VIRTUAL_ENV=/opt/venv SOURCE_DATE_EPOCH=315619200 \
    UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_PREVIEW_FEATURES=pylock UV_PYTHON_DOWNLOADS=never
# What no program needs when it runs; `dfgen explain NAME` says more: build-files, cython-sources, headers, static-libraries, type-stubs.
ENV UNUSED="**/*.cmake **/*.pxd **/*.pyx **/*.cuh **/*.h **/*.hpp **/*.a **/*.pyi"
WORKDIR /build
RUN python3 -BIS /dfgen.py environment

# The recipe: what uv.lock says this image needs. A change of uv.lock that does not change the
# recipe (a new version of the project, a new development tool) rebuilds nothing below.
FROM build AS lock
COPY pyproject.toml uv.lock ./
RUN uv export --quiet --frozen --format pylock.toml --output-file pylock.toml --no-header --no-editable \
        --no-default-groups --extra ml && \
    python3 -BIS /dfgen.py split frameworks=onnxruntime extra-heavy=numpy medium=asyncpg,pydantic-core,sqlalchemy,uvloop extra=flatbuffers,packaging,protobuf 'rest=*'

# The ML frameworks: large, and seldom changed.
FROM build AS deps-frameworks
COPY --from=lock /build/pylock.frameworks.toml ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync pylock.frameworks.toml && python3 -BIS /dfgen.py finish "$UNUSED"

# Other large packages that only this image's extras and groups need.
FROM build AS deps-extra-heavy
COPY --from=lock /build/pylock.extra-heavy.toml ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync pylock.extra-heavy.toml && python3 -BIS /dfgen.py finish "$UNUSED" 'numpy/**/tests'

# Packages of middle size.
FROM build AS deps-medium
COPY --from=lock /build/pylock.medium.toml ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync pylock.medium.toml && python3 -BIS /dfgen.py finish "$UNUSED"

# Other packages that only this image's extras and groups need.
FROM build AS deps-extra
COPY --from=lock /build/pylock.extra.toml ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync pylock.extra.toml && python3 -BIS /dfgen.py finish "$UNUSED"

# All other dependencies.
FROM build AS deps-rest
COPY --from=lock /build/pylock.rest.toml ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync pylock.rest.toml && python3 -BIS /dfgen.py finish "$UNUSED" greenlet/tests

# The project itself, built and installed as a wheel.
FROM build AS app
COPY --from=lock /build/pylock.app.toml ./
COPY LICENSE README.md pyproject.toml ./
COPY src src
# Without uv's cache: it would not notice an edited source file.
RUN mkdir --parents /app && uv pip sync --no-cache pylock.app.toml
# What it refers to and a stage above has left out comes back here; usually nothing.
RUN --mount=from=deps-frameworks,source=/cut,target=/cuts/1 --mount=from=deps-extra-heavy,source=/cut,target=/cuts/2 \
    --mount=from=deps-medium,source=/cut,target=/cuts/3 --mount=from=deps-extra,source=/cut,target=/cuts/4 \
    --mount=from=deps-rest,source=/cut,target=/cuts/5 \
    python3 -BIS /dfgen.py finish --volumes /var/cache/models --user 10001

# The image.
FROM base AS runtime
LABEL org.opencontainers.image.title="shop-api ml-inference-cpu" \
      org.opencontainers.image.description="A small shop: a light API, and an ML service that scores products" \
      org.opencontainers.image.licenses=MIT dfgen.profile=ml-inference-cpu \
      dfgen.stripped="debug symbols of all packages"
# What changes least comes first. Each line is a layer of its own: who has it does not pull it again.
COPY --link --from=skeleton /layer/ /
COPY --link --from=deps-frameworks /layer/ /
COPY --link --from=deps-extra-heavy /layer/ /
COPY --link --from=deps-medium /layer/ /
COPY --link --from=deps-extra /layer/ /
COPY --link --from=deps-rest /layer/ /
COPY --link --from=app /layer/ /
WORKDIR /app
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
# Logs appear at once; all bytecode is there already.
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=8 HOME=/tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status >= 400)"]
# A list, not a line of shell: the server is process 1, gets the stop signal and can finish what it is at.
CMD ["uvicorn", "shop_api.ml.main:app", "--host", "0.0.0.0", "--port", "8000"]

# dfgen: 717521f41f18ac9d a00b51 bc0701 5af6f8
