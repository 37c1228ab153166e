"""What examples/hub shows a newcomer: it is a document, a device takes it, and it goes with the shelf it names."""

from __future__ import annotations

from pathlib import Path

from agent.config.load import load
from agent.documents.content_document import ContentKind
from agent.documents.policy_document import PolicyKind
from agent.screen.pictures import check_picture
from tests.documents_scene import Parts
from tools.publish.folder import Head, content_parcel, policy_parcel
from tools.publish.signing import new_key, sign
from wire.codec import decode_document, decode_signed, encode_document
from wire.documents import ContentDocument, PolicyDocument

EXAMPLES = Path(__file__).parent.parent / "examples"
HEAD = Head(1, "corner-shop", "snacks", "li.wei", "2026-03-14T09:26:39.000Z")
SHELF = load(EXAMPLES / "strip.toml")


def test_the_content_is_taken_without_a_finding_and_its_picture_can_be_shown(tmp_path: Path) -> None:
    parcel = content_parcel(EXAMPLES / "hub" / "content", HEAD)
    document = decode_document("content", encode_document(parcel.document))
    assert isinstance(document, ContentDocument) and len(document.assets) == 1
    for sha256, data in parcel.files.items():
        assert len(data) < 20_000
        (tmp_path / sha256).write_bytes(data)
    goods = frozenset(lane.gtin for lane in SHELF.lanes)
    kind = ContentKind(
        lambda sha256: tmp_path / sha256,
        check_picture=check_picture,
        goods=lambda: goods,
        to_core=lambda items, version: None,
        to_screen=lambda items, path_of: None,
    )
    assert [*kind.check(document), *kind.notes(document), *kind.ready(document, lambda: None)] == []


def test_the_policy_is_taken_and_shows_what_the_content_has() -> None:
    content = content_parcel(EXAMPLES / "hub" / "content", HEAD).document
    assert isinstance(content, ContentDocument)
    message = sign(policy_parcel(EXAMPLES / "hub" / "policy.toml", HEAD).document, [new_key("hub")])
    assert decode_signed(message).payloadType == "application/vnd.shelfd.policy+json"
    document = policy_parcel(EXAMPLES / "hub" / "policy.toml", HEAD).document
    assert isinstance(document, PolicyDocument)
    kind = PolicyKind(Parts(), lambda: frozenset(item.name for item in content.items))
    assert [*kind.check(document), *kind.notes(document)] == []
    shown = {name for rule in document.policy.rules for name in rule.show}
    assert shown == {item.name for item in content.items if item.plays == "answer"}, "every answer has its rule"
    named = {gtin for rule in document.policy.rules for gtin in rule.gtins}
    assert named and named <= {lane.gtin for lane in SHELF.lanes}


def test_the_place_named_in_them_is_the_shelf_s_own() -> None:
    assert (SHELF.device.store, SHELF.device.id) == (HEAD.store, HEAD.device)
    for page in ("content/content.toml", "policy.toml"):
        assert f"--store {HEAD.store} --device {HEAD.device}" in (EXAMPLES / "hub" / page).read_text("utf-8")
