"""Holds a coupon's text against the keys of the devices, the clock, and the numbers that were taken already.

Not here: the form of the text (agent/screen/coupon.py), the file of numbers (used.py), the command line (__main__.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent.documents.signing import KEY_BYTES, from_base64, objection
from agent.screen.coupon import Coupon, CouponError, read, tag

MOST_KEY_FILE_BYTES = 10_000_000  # of 100,000 devices

Keys = dict[bytes, list[tuple[str, bytes]]]  # by the device's tag: its name, and a key; several while one is changed


class KeysError(Exception):
    """The file of keys cannot be used; a sentence."""


class RefusedError(Exception):
    """The coupon is not to be taken; a sentence for whoever stands at the till."""


class ExpiredError(RefusedError):
    """It was good once."""


@dataclass(frozen=True, slots=True)
class Good:
    """A coupon that is to be taken, as far as text and clock can tell."""

    device: str
    number: str
    campaign: str
    expires_s: int

    def __str__(self) -> str:
        return f"{self.campaign}, made by {self.device}, number {self.number}, valid until {moment(self.expires_s)}"


def read_keys(path: Path) -> Keys:
    """Lines of `store/device KEY`, the key as `config/reported` of the device tells it; # begins a remark."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise KeysError(f"{path} cannot be read ({error.strerror})") from error
    if len(data) > MOST_KEY_FILE_BYTES:
        raise KeysError(f"{path} is larger than any list of keys")
    keys: Keys = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if words := line.partition("#")[0].split():
            name, public = _key(words, f"{path}, line {number}")
            keys.setdefault(tag(name), []).append((name, public))
    if not keys:
        raise KeysError(f"{path} names no key: one line a device, `store/device KEY`")
    return keys


def verdict(text: str, keys: Keys, now_s: float) -> Good:
    """What is to be taken. RefusedError with the reason."""
    try:
        coupon = read(text)
    except CouponError as error:
        raise RefusedError(str(error)) from None
    device = _maker(coupon, keys)
    if now_s >= coupon.expires_s:
        raise ExpiredError(f"the coupon was valid until {moment(coupon.expires_s)}")
    return Good(device, coupon.number, coupon.campaign, coupon.expires_s)


def moment(unix_s: float) -> str:
    """A time for people."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _maker(coupon: Coupon, keys: Keys) -> str:
    known = keys.get(coupon.tag)
    if known is None:
        raise RefusedError("the coupon was made by a device whose key is not in the file, or by none at all")
    for name, public in known:
        if objection(public, coupon.signed, coupon.signature) is None:
            return name
    raise RefusedError("the coupon is forged or damaged: its signature is not the device's")


def _key(words: list[str], place: str) -> tuple[str, bytes]:
    if len(words) != 2 or words[0].count("/") != 1:
        raise KeysError(f"{place}: write `store/device KEY`")
    try:
        public = from_base64(words[1])
    except ValueError as error:
        raise KeysError(f"{place}: {error}") from error
    if len(public) != KEY_BYTES:
        raise KeysError(f"{place}: the key has {len(public)} bytes, not {KEY_BYTES}")
    return words[0], public
