"""Servers with which no TLS connection comes about: nothing of a request can have reached them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from socket import create_server, socket

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@contextmanager
def untrusted_server(folder: Path) -> Iterator[str]:
    """Has a certificate for its address that only itself has signed; gives its origin."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))

    def greet(connection: socket) -> None:
        with context.wrap_socket(connection, server_side=True) as trusted:
            raise AssertionError(trusted.recv(65_536))

    with _serving(greet) as origin:
        yield origin


@contextmanager
def hanging_up_server() -> Iterator[str]:
    """Hears the first words of the handshake and hangs up; gives its origin."""
    with _serving(lambda connection: bool(connection.recv(65_536))) as origin:
        yield origin


@contextmanager
def _serving(greet: Callable[[socket], object]) -> Iterator[str]:
    listener = create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):  # the test is over
            while True:
                connection, _ = listener.accept()
                with closing(connection), suppress(OSError):  # what the test is about: ssl.SSLError is one
                    greet(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with closing(listener):
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(encoding)
    )
    return file
