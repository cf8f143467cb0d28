# syntax=docker/dockerfile:1
# The image orders of orders: API server without the ML stack.
# Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
#     docker build --file docker/orders.Dockerfile --tag workspace-orders .
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
COPY services/orders/pyproject.toml services/orders/
RUN uv export --quiet --frozen --format pylock.toml --output-file pylock.toml --no-header --no-editable \
        --package orders --no-default-groups && \
    python3 -BIS /dfgen.py split medium=pydantic-core 'rest=*' --members catalog,money

# Packages of middle size.
FROM build AS deps-medium
COPY --from=lock /build/pylock.medium.toml ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync pylock.medium.toml && python3 -BIS /dfgen.py finish "$UNUSED"

# All other dependencies.
FROM build AS deps-rest
COPY --from=lock /build/pylock.rest.toml ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync pylock.rest.toml && python3 -BIS /dfgen.py finish "$UNUSED"

# The project's own packages that the application needs, each built and installed as a wheel.
FROM build AS members
COPY --from=lock /build/pylock.members.toml ./
COPY packages/catalog/pyproject.toml packages/catalog/
COPY packages/money/pyproject.toml packages/money/
COPY pyproject.toml ./
COPY packages/catalog/src packages/catalog/src
COPY packages/money/src packages/money/src
# Without uv's cache: it would not notice an edited source file.
RUN uv pip sync --no-cache pylock.members.toml && \
    python3 -BIS /dfgen.py finish

# The project itself, built and installed as a wheel.
FROM build AS app
COPY --from=lock /build/pylock.app.toml ./
COPY pyproject.toml ./
COPY services/orders/pyproject.toml services/orders/
COPY services/orders/src services/orders/src
# Without uv's cache: it would not notice an edited source file.
RUN mkdir --parents /app && uv pip sync --no-cache pylock.app.toml
# What it refers to and a stage above has left out comes back here; usually nothing.
RUN --mount=from=deps-medium,source=/cut,target=/cuts/1 --mount=from=deps-rest,source=/cut,target=/cuts/2 \
    --mount=from=members,source=/cut,target=/cuts/3 \
    python3 -BIS /dfgen.py finish

# The image.
FROM base AS runtime
LABEL org.opencontainers.image.title="orders orders" \
      org.opencontainers.image.description="Adds up the price of an order" dfgen.profile=orders \
      dfgen.stripped="debug symbols of all packages"
# What changes least comes first. Each line is a layer of its own: who has it does not pull it again.
COPY --link --from=skeleton /layer/ /
COPY --link --from=deps-medium /layer/ /
COPY --link --from=deps-rest /layer/ /
COPY --link --from=members /layer/ /
COPY --link --from=app /layer/ /
WORKDIR /app
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
# Logs appear at once; all bytecode is there already.
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=8 HOME=/tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-IS", "-c", "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status >= 400)"]
# A list, not a line of shell: the server is process 1, gets the stop signal and can finish what it is at.
CMD ["uvicorn", "orders.main:app", "--host", "0.0.0.0", "--port", "8000"]

# dfgen: 37b7d8e771fefc6d a00b51 bc0701 5af6f8
