"""Keys of a hub in files, and documents signed with them.

A key is two files: `NAME.key`, secret, and `NAME.pub`, what goes into [[documents.key]] of the devices.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent.documents.signing import SecretKey, pae
from agent.files import write_whole
from wire.codec import encode_document, encode_signed
from wire.documents import PAYLOAD_TYPE, Document, Signature, Signed


@dataclass(frozen=True, slots=True)
class HubKey:
    """A key and the name that devices know it by."""

    name: str
    key: SecretKey

    @property
    def public(self) -> str:
        """As `ed25519` in [[documents.key]] wants it."""
        return base64.b64encode(self.key.public).decode()

    @property
    def table(self) -> str:
        """What to write into a device's file."""
        return f'[[documents.key]]\nname = "{self.name}"\ned25519 = "{self.public}"\n'


def new_key(name: str) -> HubKey:
    return HubKey(name, SecretKey.make())


def save_key(folder: Path, key: HubKey) -> Path:
    """Writes both files; the path of the secret one. FileExistsError where there is a key of that name: a key that was
    overwritten is a fleet that cannot be reached."""
    path = folder / f"{key.name}.key"
    if path.exists():
        raise FileExistsError(f"{path} is there already: take another name")
    folder.mkdir(parents=True, exist_ok=True)
    key.key.save(path)
    write_whole(path.with_suffix(".pub"), key.public.encode() + b"\n", 0o644)
    return path


def read_key(path: Path) -> HubKey:
    """The key in `NAME.key`. OSError, ValueError, both with a sentence."""
    try:
        return HubKey(path.stem, SecretKey.read(path))
    except FileNotFoundError:
        hint = f"`python -m tools.publish keys new {path.parent} {path.stem}` makes one"
        raise FileNotFoundError(f"{path}: there is no such key; {hint}") from None
    except ValueError as error:
        raise ValueError(f"{path} holds no secret key ({error}): name the file NAME.key") from error


def sign(document: Document, keys: Sequence[HubKey]) -> bytes:
    """The message of `<kind>/desired`. WireError where it could not be read."""
    return sign_payload(document.kind, encode_document(document), keys)


def sign_payload(kind: str, payload: bytes, keys: Sequence[HubKey]) -> bytes:
    """The same for bytes that may be no document at all: devices have to be tried too."""
    payload_type = PAYLOAD_TYPE.format(kind)
    message = pae(payload_type, payload)
    signatures = tuple(Signature(keyid=key.name, sig=_base64(key.key.sign(message))) for key in keys)
    return encode_signed(Signed(payloadType=payload_type, payload=_base64(payload), signatures=signatures))


def now() -> str:
    """For `issued`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
