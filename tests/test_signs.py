"""What is seen of the agent: the broker's part of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agent import signs as signs_module
from agent.documents.opening import sha256
from agent.signs import Watch
from tests.documents_scene import ISSUED, OLD, STRANGER
from tools.publish.signing import sign
from wire.documents import ConfigDocument


@dataclass
class Line:
    connected: bool = True
    accepted: bool = True
    heard: bytes = b""


def document(version: int) -> ConfigDocument:
    return ConfigDocument(version=version, store="s", device="d", by="x", issued=ISSUED, config={})


def test_a_document_is_known_by_its_payload_whoever_signed_it() -> None:
    line = Line(heard=sign(document(1), [OLD]))
    watch = Watch(lambda: line)
    first = watch.signs().heard
    line.heard = sign(document(1), [STRANGER, OLD])
    assert watch.signs().heard == first != sha256(line.heard)
    line.heard = sign(document(2), [OLD])
    assert watch.signs().heard != first


@pytest.mark.parametrize("message", [b"", b"\xff", b"{}", b'{"payloadType":"x","payload":"?","signatures":[]}'])
def test_what_is_no_document_is_called_nothing(message: bytes) -> None:
    assert Watch(lambda: Line(heard=message)).signs().heard == ""


def test_the_same_message_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    line, read = Line(heard=sign(document(1), [OLD])), []
    monkeypatch.setattr(signs_module, "payload_hash", lambda message: str(read.append(message)))
    watch = Watch(lambda: line)
    for _ in range(3):
        watch.signs()
    assert read == [line.heard]


def test_another_line_is_looked_at_as_soon_as_there_is_one() -> None:
    lines = [Line()]
    watch = Watch(lambda: lines[-1])
    lines.append(Line(connected=False, accepted=False))
    assert (watch.signs().connected, watch.signs().accepted) == (False, False)
