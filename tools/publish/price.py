"""One price in a planogram that is sent as a whole: the document that the broker has, with another price in it.

What the broker keeps is the one honest source: another machine of the hub may have sent since, and a copy beside the
key would take that back without a word. It is believed only where one of the given keys has signed it and the device
goes by it, or is about to.
Not here: sending (__main__.py), whether the price can be paid and fits (agent/config/screen_check.py, on the device).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.config.forms import in_form
from agent.config.problem import did_you_mean
from agent.documents.signing import from_base64, objection, pae
from agent.shelf.gtin import gtin_14
from tools.publish.folder import Head, Parcel
from tools.publish.signing import HubKey
from wire.codec import decode_document, decode_signed
from wire.documents import PAYLOAD_TYPE, ConfigDocument, Signed
from wire.reported import ReportedPayload

SEND_WHOLE = "send the whole planogram with `config FILE.toml`"
NOT_IN_FORCE = ("rejected", "rolled_back")


@dataclass(frozen=True, slots=True)
class Price:
    """What is wanted. `promotion` "": no promotion, also where there was one."""

    lane: str
    price: str
    promotion: str = ""
    gtin: str = ""  # where several products share the lane

    def __post_init__(self) -> None:
        """ValueError with a sentence for what is no price."""
        if not self.price:
            raise ValueError("the price is empty: write it as in 4.50")
        in_form("price", self.price)
        in_form("price", self.promotion)


def demand_in_force(hash: str, told: ReportedPayload | None, device: str) -> None:
    """ValueError where the device does not go by the document that the broker has."""
    if told is None:
        raise ValueError(f"{device} has told nothing of any configuration: is the name right, and has it ever run?")
    if told.desired_hash == hash and told.state in NOT_IN_FORCE:
        raise ValueError(f"{device} has {told.state} what the broker has: mend that first, and {SEND_WHOLE}")


def read_back(message: bytes, keys: Sequence[HubKey]) -> ConfigDocument:
    """The document in what the broker keeps. ValueError, WireError where there is none that one of these keys has
    signed."""
    if not message:
        raise ValueError(f"the broker has no configuration for this device: {SEND_WHOLE} once")
    envelope = decode_signed(message)
    payload = from_base64(envelope.payload)
    if not any(_signed(envelope, payload, key) for key in keys):
        names = ", ".join(key.name for key in keys)
        raise ValueError(f"what the broker has is not signed with {names}: find out whose it is, or {SEND_WHOLE}")
    document = decode_document("config", payload)
    assert isinstance(document, ConfigDocument)  # decode_document made it of this kind
    return document


def repriced(document: ConfigDocument, wanted: Price, head: Head) -> tuple[Parcel, str]:
    """The same configuration with this price, and a sentence that says what becomes of what."""
    lanes = document.config.get("lane")
    if not isinstance(lanes, list) or not lanes:
        hint = f"prices stand in the device's own file: {SEND_WHOLE} once"
        raise ValueError(f"the document that the broker has (version {document.version}) names no lanes; {hint}")
    at = _place(lanes, wanted)
    before = lanes[at]
    after = {key: value for key, value in before.items() if key != "promotion_price"} | {"price": wanted.price}
    if wanted.promotion:
        after["promotion_price"] = wanted.promotion
    config = {**document.config, "lane": [*lanes[:at], after, *lanes[at + 1 :]]}
    told = f"{wanted.lane}: {_said(before)} -> {_said(after)}; all else as in version {document.version}"
    return Parcel(ConfigDocument(**dict(head), config=config)), told


def _place(lanes: Sequence[Any], wanted: Price) -> int:
    named = [i for i, lane in enumerate(lanes) if isinstance(lane, Mapping) and lane.get("name") == wanted.lane]
    if not named:
        known = [str(lane.get("name")) for lane in lanes if isinstance(lane, Mapping)]
        hint = did_you_mean(wanted.lane, known) or f"; there are {', '.join(dict.fromkeys(known))[:300]}"
        raise ValueError(f"the planogram has no lane {wanted.lane!r}{hint}")
    codes = [str(lanes[i].get("gtin")) for i in named]
    gtin = gtin_14(wanted.gtin) if wanted.gtin else None
    fits = [i for i, code in zip(named, codes, strict=True) if gtin in (None, code.zfill(14))]
    if len(fits) != 1:
        several = f"lane {wanted.lane!r} has {', '.join(codes)}"
        raise ValueError(f"{several}: say which with --gtin" if gtin is None else f"{several}, and not {wanted.gtin}")
    return fits[0]


def _said(lane: Mapping[str, Any]) -> str:
    promotion = lane.get("promotion_price")
    return str(lane.get("price") or "no price") + (f" (promotion {promotion})" if promotion else "")


def _signed(envelope: Signed, payload: bytes, key: HubKey) -> bool:
    message = pae(PAYLOAD_TYPE.format("config"), payload)
    if envelope.payloadType != PAYLOAD_TYPE.format("config"):
        return False
    for signature in envelope.signatures:
        try:
            if objection(key.key.public, message, from_base64(signature.sig)) is None:
                return True
        except ValueError:
            continue
    return False
