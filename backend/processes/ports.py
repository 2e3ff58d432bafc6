"""TCP ports on this machine."""

from __future__ import annotations

import errno
import secrets
import socket

from backend.processes.errors import StartError

# Below the ports that systems give to outgoing connections: one of those may be taken by any program between the
# moment it is found free and the moment, seconds later, when a server listens there.
_LOWEST, _HIGHEST = 15_000, 32_000
_TRIES = 50


def free_port(preferred: int | None = None) -> int:
    """`preferred` when nobody listens there, else any other; on 127.0.0.1."""
    chances = [_LOWEST + secrets.randbelow(_HIGHEST - _LOWEST) for _ in range(_TRIES)]
    for port in chances if preferred is None else [preferred, *chances]:
        if port <= 65_535 and _bind_error("127.0.0.1", port) is None:
            return port
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def require_free_port(host: str, port: int) -> None:
    """Raises StartError, naming `PORT` or `HOST`, unless a server could listen there now."""
    error = _bind_error(host, port)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        raise StartError(f"Port {port} on {host} is used by another program; stop it, or set PORT to a free port.")
    if error.errno == errno.EACCES:
        raise StartError(f"Port {port} needs more rights than this user has; set PORT to 1024 or higher.")
    raise StartError(f"HOST {host} is not an address of this machine ({error.strerror or error}).")


def _bind_error(host: str, port: int) -> OSError | None:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        # SO_REUSEADDR as every server sets it: connections of an earlier run in TIME_WAIT do not count
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        return error
    return None


def reachable_host(host: str) -> str:
    """The address under which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound
