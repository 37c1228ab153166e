"""Whose documents are obeyed: one good signature of one trusted key suffices.

When keys are exchanged, the document that does it is signed by a key that is trusted before and by one that is trusted
after it, so that nobody is locked out by a key that does not work. Not here: the arithmetic (signing.py), the
document's contents (opening.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.config.schema import TrustedKey
from agent.documents.findings import finding
from agent.documents.signing import from_base64, objection, pae
from wire.documents import Signature, Signed
from wire.reported import Finding

SHOWN = 8  # names of keys in a sentence


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys of the configuration in force."""

    keys: tuple[TrustedKey, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(key.name for key in self.keys)

    def objections(self, envelope: Signed, payload: bytes) -> list[Finding]:
        """Why no signature counts; empty where one does. `payload` is what the envelope's text stands for."""
        if not self.keys:
            return [_nobody()]
        message = pae(envelope.payloadType, payload)
        found = []
        for i, signature in enumerate(envelope.signatures):
            reason = self._objection(signature, message)
            if reason is None:
                return []
            found.append(finding(f"signatures[{i}]", reason, self._hint(signature.keyid)))
        return found

    def _objection(self, signature: Signature, message: bytes) -> str | None:
        key = next((key for key in self.keys if key.name == signature.keyid), None)  # names are there once
        if key is None:
            return f"{signature.keyid!r} is none of the trusted keys"
        return _fits(key, signature, message)

    def _hint(self, keyid: str) -> str:
        if keyid in self.names:
            return "sign the payload's very bytes and its type, as DSSE 1.0 says, with the key that has this name here"
        return f"sign with one of {_listed(self.names)}"


def _fits(key: TrustedKey, signature: Signature, message: bytes) -> str | None:
    try:
        public, signed = from_base64(key.ed25519), from_base64(signature.sig)
    except ValueError as error:
        return str(error)
    return objection(public, message, signed)


def _nobody() -> Finding:
    return finding("", "this device trusts no key", "give its file a [[documents.key]] when it is set up")


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    rest = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + rest
