"""What a broker's refusals mean: is it about us, about this one message, or about nothing we can mend.

Source: MQTT 5.0, section 2.4 and the tables of CONNACK, PUBACK and DISCONNECT.
"""

from __future__ import annotations

from enum import Enum

NOBODY_SUBSCRIBED = 0x10  # accepted, but it went to nobody
REFUSED_FROM = 0x80  # reason codes from here on are refusals
NOT_AUTHORISED = 0x87
QUOTA = 0x97
TOO_LARGE = 0x95


class Verdict(Enum):
    """What to do with a message."""

    ACCEPTED = "accepted"  # it may leave the disk
    HOLD = "hold"  # the next ones would fare no better: keep all, try again slowly
    UNFIT = "unfit"  # this message cannot be taken: after some tries, go on without it


_UNFIT = {0x80, 0x81, 0x82, 0x83, 0x90, TOO_LARGE, 0x99}

_PUBLISH = {
    NOT_AUTHORISED: ("not_authorised", "the broker does not let this device publish here: mend its access list"),
    QUOTA: ("quota_exceeded", "the broker's quota for this device is used up: raise it or wait"),
}

_WHY_UNFIT = {
    0x81: "the broker finds the packet malformed",
    0x82: "the broker sees a protocol error",
    0x90: "the broker does not allow the topic",
    TOO_LARGE: "it is larger than the broker takes: raise the broker's limit",
    0x99: "the broker finds the payload malformed",
}

_CONNECT = {
    0x84: ("wrong_version", "the broker does not speak this MQTT version: set broker.protocol to the other one"),
    0x85: ("bad_client_id", "the broker does not take our client id: allow <store>:<device> there"),
    0x86: ("bad_login", "the broker does not know this user name or password: mend broker.username, password_file"),
    0x87: ("not_admitted", "the broker does not let this device in: add it there, or mend its login"),
    0x88: ("unavailable", "the broker is there but not ready"),
    0x89: ("busy", "the broker is busy"),
    0x8A: ("banned", "the broker has banned this device: lift the ban there"),
    0x8C: ("bad_login", "the broker wants another way of login than a certificate or a password"),
    0x8E: ("two_of_us", "another client took our session: give each device its own device.id"),
    0x95: ("too_large", "the broker finds our first packet too large"),
    0x97: ("connect_quota", "the broker's quota for this device is used up: raise it or wait"),
    0x9C: ("moved", "the broker wants us at another server: set broker.host to it"),
    0x9D: ("moved", "the broker has moved: set broker.host to its new place"),
    0x9F: ("too_often", "we connect more often than the broker allows"),
}

DISCONNECT_FAULTS = {0x87, 0x8A, 0x8E, 0x97, 0x9C, 0x9D}  # reasons to end a connection that a person must mend
CONNECT_CODES = tuple(sorted({code for code, _ in _CONNECT.values()} | {"connect_refused"}))


def judge(code: int) -> Verdict:
    """The reason code of a PUBACK (or of a DISCONNECT that blames one message)."""
    if code < REFUSED_FROM:
        return Verdict.ACCEPTED
    return Verdict.UNFIT if code in _UNFIT else Verdict.HOLD


def publish_fault(code: int) -> tuple[str, str]:
    """Fault code and sentence of a refusal that holds the queue."""
    return _PUBLISH.get(code, ("refused", f"the broker refuses our messages (reason 0x{code:02X}): see its log"))


def why_unfit(code: int) -> str:
    """Half a sentence."""
    return _WHY_UNFIT.get(code, f"the broker refuses it (reason 0x{code:02X})")


def connect_fault(code: int, message: str) -> tuple[str, str]:
    """Fault code and sentence of a CONNACK that says no, or of a DISCONNECT of the same kind."""
    sentence = f"the broker does not let us in (reason 0x{code:02X}, {message}): see its log"
    return _CONNECT.get(code, ("connect_refused", sentence))
