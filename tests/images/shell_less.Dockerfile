# Stands in for images without shell and package manager, where no registry can be reached: Python and what it loads, of
# Debian's packages, run by somebody who is not root, with an entry point of its own.
FROM python:3.13-slim-trixie AS debian
RUN packages="base-files netbase tzdata ca-certificates media-types libc6 libgcc-s1 libstdc++6 zlib1g libssl3t64 libffi8 libexpat1 liblzma5 libbz2-1.0 libsqlite3-0 libuuid1 libzstd1 \
        libpython3.13-minimal libpython3.13-stdlib python3.13-minimal python3.13" && \
    mkdir /image && cd /image && \
    for name in bin lib lib64 sbin; do mkdir --parents "usr/$name" && ln --symbolic "usr/$name" "$name"; done && \
    dpkg --listfiles $packages | sort --unique | while read -r path; do \
        path=$(realpath --no-symlinks "$(readlink --canonicalize-existing "$(dirname "$path")" || echo /none)/$(basename "$path")"); \
        if [ -f "$path" ] || [ -L "$path" ]; then cp --parents --no-dereference --preserve=mode "$path" .; fi; \
    done && \
    cp --parents /etc/ssl/certs/ca-certificates.crt . && \
    ln --symbolic python3.13 usr/bin/python3 && ln --symbolic python3.13 usr/bin/python && \
    printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > etc/passwd && \
    printf 'root:x:0:\nnonroot:x:65532:\n' > etc/group && \
    mkdir --mode 1777 tmp && rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/lintian

FROM scratch
COPY --from=debian /image/ /
ENV PATH=/usr/bin LANG=C.UTF-8
USER 65532
ENTRYPOINT ["/usr/bin/python3"]
