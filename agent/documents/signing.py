"""Ed25519: signs, and says why a signature does not hold. The one place that knows PyNaCl.

A DSSE signature covers the pre-authentication encoding of the payload's type and its very bytes (DSSE 1.0), so one kind
of document cannot be passed off as another. Not here: whose keys count (trust.py).
"""

from __future__ import annotations

import base64
import binascii
import logging
import os
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from agent.files import write_whole

KEY_BYTES = 32  # of a public key, and of the seed that a secret key is made from
SIGNATURE_BYTES = 64

log = logging.getLogger(__name__)


def pae(payload_type: str, payload: bytes) -> bytes:
    """What a DSSE signature is made over (pre-authentication encoding)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def objection(public: bytes, message: bytes, signature: bytes) -> str | None:
    """Why this is not the signature of the message by the owner of the public key; None: it is."""
    if len(public) != KEY_BYTES:
        return f"the public key has {len(public)} bytes, not {KEY_BYTES}"
    if len(signature) != SIGNATURE_BYTES:
        return f"the signature has {len(signature)} bytes, not {SIGNATURE_BYTES}"
    try:
        VerifyKey(public).verify(message, signature)
    except (CryptoError, ValueError, TypeError) as error:
        return f"the signature does not fit the key and the payload ({error})"
    return None


def from_base64(text: str) -> bytes:
    """The bytes of base64 as RFC 4648 writes it, with its padding. ValueError for anything else: of each sequence of
    bytes there is one text only."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:  # a ValueError, as is that of text beyond ASCII
        raise ValueError(f"this is no base64 ({error})") from error
    if base64.b64encode(data).decode() != text:
        raise ValueError("this is no base64 as it is written (padding or left-over bits)")
    return data


class SecretKey:
    """A key that signs. Kept as the base64 of its seed."""

    def __init__(self, seed: bytes) -> None:
        """ValueError for a seed of another length than 32 bytes."""
        if len(seed) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, this one has {len(seed)}")
        self._key = SigningKey(seed)

    @classmethod
    def make(cls) -> SecretKey:
        return cls(os.urandom(KEY_BYTES))

    @classmethod
    def read(cls, path: Path) -> SecretKey:
        """OSError where there is no such file, ValueError where it holds no key."""
        with path.open("rb") as file:
            return cls(from_base64(file.read(200).decode("ascii").strip()))

    def save(self, path: Path) -> None:
        """Readable by the owner alone."""
        write_whole(path, base64.b64encode(bytes(self._key)) + b"\n", 0o600)

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(message).signature

    @property
    def public(self) -> bytes:
        return bytes(self._key.verify_key)


class DeviceKey(SecretKey):
    """The device's own key; its coupons are signed with it."""

    @classmethod
    def load_or_make(cls, path: Path) -> SecretKey:
        """The key in the file, or a new one that is kept there. Where nothing can be kept the key lives as long as the
        process: coupons can then be checked until the next start only, and that is better than none."""
        try:
            return cls.read(path)
        except FileNotFoundError:
            pass
        except ValueError as error:
            log.warning("%s is set aside and a new key is made: %s", path, error)
            _set_aside(path)
        except OSError as error:
            log.warning("%s cannot be read, the key of this run is a new one: %s", path, error)
            return cls.make()
        key = cls.make()
        try:
            key.save(path)
        except OSError as error:
            log.warning("%s cannot be written, the key of this run will be gone after it: %s", path, error)
        return key


def _set_aside(path: Path) -> None:
    try:
        path.replace(path.with_name(path.name + ".damaged"))
    except OSError as error:
        log.warning("%s cannot be moved: %s", path, error)
