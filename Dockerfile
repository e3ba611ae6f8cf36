# cleanclaim as an image: the command-line program, nothing else. Runs as an ordinary user; /data is for stores.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
WORKDIR /src
RUN python3 -m venv /opt/cleanclaim
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY streams streams
COPY agents agents
# Wheels in build/wheels are taken before those of the index; with PIP_ARGS=--no-index only those. LICENSE: so that the
# line stands where there are none.
ARG PIP_ARGS=
COPY LICENSE build/wheels* wheels/
RUN /opt/cleanclaim/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
    --find-links wheels ${PIP_ARGS} .

FROM ${BASE}
COPY --from=build /opt/cleanclaim /opt/cleanclaim
RUN useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin cleanclaim
ENV PATH=/opt/cleanclaim/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /data
VOLUME /data
ENTRYPOINT ["cleanclaim"]
CMD ["--help"]
