"""The playground's own certificate authority and the certificate it serves HTTPS with.

Both are kept in the data folder, so that a client that trusts ``ca.pem`` goes on trusting after a restart.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path

import trustme

from playground.folder import write_private

CA_NAME = "ca.pem"
_CA_KEY_NAME = "ca-key.pem"
_HOSTS = ("localhost", "127.0.0.1", "::1", "playground.test")


def server_context(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """The server's TLS context and the file clients trust; makes the authority when there is none."""
    authority = _authority(directory)
    certificate = authority.issue_cert(*_HOSTS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    certificate.configure_cert(context)
    return context, directory / CA_NAME


def _authority(directory: Path) -> trustme.CA:
    ca_file, key_file = directory / CA_NAME, directory / _CA_KEY_NAME
    if ca_file.is_file() and key_file.is_file():
        with suppress(ValueError):
            return trustme.CA.from_pem(ca_file.read_bytes(), key_file.read_bytes())
    authority = trustme.CA(organization_name="Forcemirror playground")
    write_private(key_file, authority.private_key_pem.bytes())
    write_private(ca_file, authority.cert_pem.bytes())
    return authority
