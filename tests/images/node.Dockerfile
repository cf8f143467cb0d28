# Stands in for the public image of Node.js, where no registry can be reached: Debian's own.
FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends nodejs && rm -rf /var/lib/apt/lists/*
