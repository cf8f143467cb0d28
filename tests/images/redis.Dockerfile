# A broker for the worker of the Django site. Only the tests use it; no registry has to be in reach.
FROM debian:trixie-slim
RUN apt-get update -qq && \
    apt-get install -y -qq --no-install-recommends redis-server >/dev/null && \
    rm -rf /var/lib/apt/lists/*
USER redis
CMD ["redis-server", "--save", "", "--protected-mode", "no"]
