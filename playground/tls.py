"""The playground's own certificate authority and the certificates it serves HTTPS with.

The authority is kept in the data folder, so that a client that trusts ``ca.pem`` goes on trusting after a restart.
Certificates are made when they are needed: one for this machine's names, one for each Salesforce host that a client
asks for in its handshake.
"""

from __future__ import annotations

import ssl
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

import trustme

from playground import hosts
from playground.folder import write_private

CA_NAME = "ca.pem"
_CA_KEY_NAME = "ca-key.pem"
_KEPT_CONTEXTS_MAX = 500


def server_context(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """The server's TLS context and the file clients trust; makes the authority when there is none."""
    certificates = _Certificates(_authority(directory))
    context = certificates.context(*hosts.OWN_NAMES)
    context.sni_callback = certificates.choose
    return context, directory / CA_NAME


@cache
def foreign_context() -> ssl.SSLContext:
    """A TLS context whose certificate was made by an authority that nobody trusts."""
    return _Certificates(trustme.CA(organization_name="Somebody else")).context(*hosts.OWN_NAMES)


class _Certificates:
    """Certificates by host name, made once."""

    def __init__(self, authority: trustme.CA) -> None:
        self._authority = authority
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def context(self, *names: str) -> ssl.SSLContext:
        """A TLS context with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        self._authority.issue_cert(*names).configure_cert(context)
        return context

    def choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _default: ssl.SSLContext) -> None:
        """Take the certificate of the host that the client wants to talk to; strange names get the default one."""
        if name is None or name in hosts.OWN_NAMES or not hosts.is_ours(name):
            return
        with self._lock:
            if name not in self._contexts:
                while len(self._contexts) >= _KEPT_CONTEXTS_MAX:
                    del self._contexts[next(iter(self._contexts))]
                self._contexts[name] = self.context(name)
            connection.context = self._contexts[name]


def _authority(directory: Path) -> trustme.CA:
    ca_file, key_file = directory / CA_NAME, directory / _CA_KEY_NAME
    if ca_file.is_file() and key_file.is_file():
        with suppress(ValueError):
            return trustme.CA.from_pem(ca_file.read_bytes(), key_file.read_bytes())
    authority = trustme.CA(organization_name="Forcemirror playground")
    write_private(key_file, authority.private_key_pem.bytes())
    write_private(ca_file, authority.cert_pem.bytes())
    return authority
