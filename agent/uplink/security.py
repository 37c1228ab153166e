"""Who may hear us: certificates and passwords from files, and what to say where they do not fit.

Not here: the connection (paho.py).
"""

from __future__ import annotations

import ssl
from pathlib import Path

from agent.config.schema import Broker
from agent.uplink.protocol import UplinkError


def read_password(path: str) -> str | None:
    """The first line of the file; None where no file is named."""
    if not path:
        return None
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UplinkError("password_file", f"broker.password_file {path!r} cannot be read: {error}") from error
    return lines[0] if lines else ""


def tls_context(broker: Broker) -> ssl.SSLContext:
    """TLS 1.2 or newer; the broker proves its name, and we ours where a certificate is given."""
    try:
        context = ssl.create_default_context(cafile=broker.ca_file or None)
        if broker.cert_file:
            context.load_cert_chain(broker.cert_file, broker.key_file or None)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(x for x in (broker.ca_file, broker.cert_file, broker.key_file) if x)
        raise UplinkError(
            "tls_files", f"one of {files} is missing or no PEM file ({error}): mend broker.*_file"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def tls_sentence(broker: Broker, error: ssl.SSLError) -> str:
    where = f"{broker.host}:{broker.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the broker at {where} shows a certificate that we cannot trust ({error.verify_message}): is "
            "broker.ca_file the authority that signed it, is broker.host the name in it, is the device's clock right?"
        )
    return f"no TLS with {where} ({error.reason or error}): is this a TLS port, does the broker know our certificate?"
