"""Keys and certificates of connected apps; the org's own app gets a pair, so that the JWT flow works without set-up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from playground.folder import write_private

KEY_NAME = "app-key.pem"
CERTIFICATE_NAME = "app-certificate.pem"
_KEY_BITS = 2048
_LIFETIME = timedelta(days=3650)


def app_certificate(directory: Path) -> str:
    """The certificate in the folder as PEM; its key lies beside it. Both are made when one is missing."""
    key_file, certificate_file = directory / KEY_NAME, directory / CERTIFICATE_NAME
    if not key_file.is_file() or not certificate_file.is_file():
        key_pem, certificate_pem = make_pair("Forcemirror playground app")
        write_private(key_file, key_pem)
        write_private(certificate_file, certificate_pem)
    return certificate_file.read_text(encoding="ascii")


def public_key(pem: str) -> rsa.RSAPublicKey:
    """The RSA key in a PEM certificate or public key; raise ValueError when there is none."""
    content = pem.encode("utf-8")
    if b"BEGIN CERTIFICATE" in content:
        key: object = x509.load_pem_x509_certificate(content).public_key()
    else:
        key = serialization.load_pem_public_key(content)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("The certificate has no RSA key.")  # noqa: TRY004 - its content is wrong, not its type
    return key


def make_pair(name: str) -> tuple[bytes, bytes]:
    """A new RSA key and a certificate for it, both as PEM."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=_KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    began = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + _LIFETIME)
        .sign(key, hashes.SHA256())
    )
    unlocked = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    key_pem = key.private_bytes(serialization.Encoding.PEM, form, unlocked)
    return key_pem, certificate.public_bytes(serialization.Encoding.PEM)
