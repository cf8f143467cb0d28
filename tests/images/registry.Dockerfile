# A registry for images, where no public one can be reached: Debian's own. It keeps nothing, and asks nobody who it is.
FROM debian:trixie-slim
RUN apt-get update -qq && \
    apt-get install -y -qq --no-install-recommends docker-registry >/dev/null && \
    rm -rf /var/lib/apt/lists/* && \
    printf '%s\n' 'version: 0.1' 'storage: { filesystem: { rootdirectory: /var/lib/registry } }' 'http: { addr: "127.0.0.1:5000" }' > /config.yml
CMD ["docker-registry", "serve", "/config.yml"]
