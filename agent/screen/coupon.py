"""The text of a coupon's QR code: made and signed when the content is shown, good once.

Bytes, in base32 without padding (letters and digits alone: whatever keyboard a till's scanner pretends to be):

    1  version, 0x91; the text so begins with S
    5  the device: the first bytes of SHA-256 over `store/device`
    4  expires, unix time, big-endian
    1  length of the number; its highest bit: the number is hexadecimal and packed
    n  the number, unique on its device
    m  the campaign, UTF-8
   64  Ed25519 signature of the device over CONTEXT and all bytes before it

docs/coupons.md tells a till's programmer the same. Not here: who gets one (triggers/), the key (documents/signing.py),
verifying (tools/verify_coupon), the picture of the code (qr.py).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass

from agent.messages import CouponClaim
from wire import documents as wire

VERSION = 0x91
CONTEXT = b"shelfd coupon 1\0"  # so that no other signature of the device is ever taken for one
TAG_BYTES, SIGNATURE_BYTES = 5, 64
HEAD = struct.Struct(">B5sIB")
PACKED = 0x80
MOST_TEXT = 600  # a number and a campaign of 64 letters of four bytes each would be the longest
LATEST_S = 2**32 - 1


class CouponError(Exception):
    """This is no coupon's text, or none can be made; a sentence."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """What a text says, not yet believed. `signed` is what the signature is over."""

    tag: bytes
    expires_s: int
    number: str
    campaign: str
    signed: bytes
    signature: bytes


def text_of(claim: CouponClaim, device: str, sign: Callable[[bytes], bytes] | None) -> str:
    """The code's text; `device` is `store/device`. CouponError for a claim that does not fit, and without a key."""
    if sign is None:
        raise CouponError("the device has no key for coupons, set documents.dir")
    number, packed = _number_bytes(claim.number)
    expires_s = int(claim.made_wall_s) + claim.valid_s
    if not 0 < len(number) < PACKED or not 0 <= expires_s <= LATEST_S:
        raise CouponError(f"coupon {claim.number} cannot be written: its number is too long, or its time out of range")
    body = HEAD.pack(VERSION, tag(device), expires_s, len(number) | packed) + number + claim.campaign.encode()
    return base64.b32encode(body + sign(CONTEXT + body)).decode().rstrip("=")


def text_like(coupon: wire.Coupon) -> str:
    """As long as the text of such a coupon: what its code needs of room."""
    return text_of(CouponClaim("00" * 8, coupon.campaign, "", 0, 0.0), "", lambda _: bytes(SIGNATURE_BYTES))


def read(text: str) -> Coupon:
    """CouponError where it is no coupon's text. Each coupon has one text only; letters may be small."""
    text = text.strip().upper()
    if len(text) > MOST_TEXT or not text.isascii():
        raise CouponError("this is no coupon of a shelf: it is too long, or holds other signs than letters and digits")
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise CouponError("this is no coupon of a shelf: it is no base32, or a part of it is missing") from None
    if base64.b32encode(data).decode().rstrip("=") != text:
        raise CouponError("this is no coupon of a shelf: its last letter is not one that a shelf writes")
    body, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    if len(body) <= HEAD.size or body[0] != VERSION:
        raise CouponError("this is no coupon of a shelf, or one of a newer version than this program knows")
    _, tag, expires_s, length = HEAD.unpack_from(body)
    rest, count = body[HEAD.size :], length & ~PACKED
    number = rest[:count].hex() if length & PACKED else _text(rest[:count])
    if not 0 < count <= len(rest):
        raise CouponError("this is no coupon of a shelf: its number is missing")
    return Coupon(tag, expires_s, number, _text(rest[count:]), CONTEXT + body, signature)


def tag(device: str) -> bytes:
    """Which device made it, short."""
    return hashlib.sha256(device.encode()).digest()[:TAG_BYTES]


def _number_bytes(number: str) -> tuple[bytes, int]:
    """Pairs of small hexadecimal digits take half the room."""
    if number and len(number) % 2 == 0 and set(number) <= set("0123456789abcdef"):
        return bytes.fromhex(number), PACKED
    return number.encode(), 0


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise CouponError("this is no coupon of a shelf: its words cannot be read") from None
