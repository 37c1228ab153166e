"""The kind `content`: what may play on the strip. Implements Kind (protocol.py).

A document is refused for what it says before any file is loaded, and for pictures that cannot be drawn before anything
changes. In force, the core gets the items (to choose from) and the screen gets them too (to show); an item whose file
was lost on the device stays away until it has come again.
Not here: how a picture is drawn (agent/screen/pictures.py), when an item plays (agent/shelf/airtime.py), how files
come (download.py).
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unicodedata import category
from urllib.parse import urlsplit

from agent.documents.findings import finding
from agent.documents.protocol import Beat
from agent.shelf.airtime import unix_s
from wire.documents import Asset, ContentDocument, Item
from wire.reported import Finding

Items = tuple[Item, ...]
JOINERS = "\u00ad\u200c\u200d"  # soft hyphen; what joins and parts letters in Persian, Hindi and emoji
VERIFY_S = 2.0  # in one `apply`; whatever takes longer is verified by the download's thread and comes a little later
PathOf = Callable[[str], Path | None]

log = logging.getLogger(__name__)


class ContentKind:
    """`path_of`: a verified file, by its hash (AssetCache.path); `verify`: holds a file of an earlier boot to it
    (AssetCache.verify). `check_picture`: why a file cannot be shown, None: it
    can. `goods`: GTINs of the planogram. `to_core` and `to_screen` put items in force, with the document's version."""

    kind = "content"

    def __init__(
        self,
        path_of: PathOf,
        *,
        verify: Callable[[str], bool] = lambda sha256: False,
        check_picture: Callable[[Path, Beat], str | None],
        goods: Callable[[], frozenset[str]],
        to_core: Callable[[Items, int | None], None],
        to_screen: Callable[[Items, PathOf], None],
    ) -> None:
        self._path_of = path_of
        self._verify = verify
        self._check_picture = check_picture
        self._goods = goods
        self._to_core = to_core
        self._to_screen = to_screen
        self._in_force: tuple[Items, int | None] = ((), None)

    @property
    def names(self) -> frozenset[str] | None:
        """Of the items in force; None while there is no content."""
        items, version = self._in_force
        return None if version is None else frozenset(item.name for item in items)

    def check(self, document: ContentDocument) -> list[Finding]:
        findings = _assets(document)
        names: set[str] = set()
        for i, item in enumerate(document.items):
            path = f"items[{i}]"
            if item.name in names:
                findings.append(finding(f"{path}.name", f"{item.name!r} is the name of two items", "give each its own"))
            names.add(item.name)
            findings += [*_shows(path, item), *_text(path, item), *_times(path, item)]
        return findings

    def notes(self, document: ContentDocument) -> list[Finding]:
        known, findings = self._goods(), []
        for i, item in enumerate(document.items):
            findings += [
                finding(
                    f"items[{i}].goods[{j}]", f"{gtin} is not in this shelf's planogram: it never keeps the item away"
                )
                for j, gtin in enumerate(item.goods)
                if gtin not in known
            ]
        return [*findings, *_shares(document)]

    def needs(self, document: ContentDocument) -> tuple[Asset, ...]:
        return document.assets

    def ready(self, document: ContentDocument, beat: Beat) -> list[Finding]:
        findings = []
        for i, asset in enumerate(document.assets):
            beat()
            path = self._path_of(asset.sha256)
            reason = "its file is not whole on this device" if path is None else self._check_picture(path, beat)
            if reason is not None:
                users = ", ".join(item.name for item in document.items if item.asset == asset.sha256)
                findings.append(finding(f"assets[{i}]", f"{reason} (shown by {users[:100]})"))
        return findings

    def apply(self, document: ContentDocument | None) -> None:
        until_s = time.monotonic() + VERIFY_S
        items = () if document is None else tuple(item for item in document.items if self._can_show(item, until_s))
        now = (items, document.version if document else None)
        if now == self._in_force:
            return
        self._in_force = now
        self._to_screen(items, self._path_of)  # first, so that whatever the core decides on is known there
        self._to_core(*now)
        log.info("%d items may play, content version %s", len(items), now[1])

    def _can_show(self, item: Item, until_s: float) -> bool:
        if item.asset is None or self._path_of(item.asset) is not None:
            return True
        if time.monotonic() < until_s and self._verify(item.asset):
            return True
        log.warning("item %r stays away until its file %s is there and verified", item.name, item.asset[:12])
        return False


def _assets(document: ContentDocument) -> list[Finding]:
    """Each file once, of one size, listed where it is named and named where it is listed."""
    findings = []
    used = {item.asset for item in document.items}
    for i, asset in enumerate(document.assets):
        if asset.sha256 in {other.sha256 for other in document.assets[:i]}:
            findings.append(finding(f"assets[{i}]", f"file {asset.sha256[:12]} is there twice", "leave one out"))
        elif asset.sha256 not in used:
            findings.append(finding(f"assets[{i}]", f"no item shows file {asset.sha256[:12]}", "leave it out"))
    listed = {asset.sha256 for asset in document.assets}
    for i, item in enumerate(document.items):
        if item.asset is not None and item.asset not in listed:
            reason = f"file {item.asset[:12]} is not among `assets`"
            findings.append(finding(f"items[{i}].asset", reason, "list it with its bytes"))
    return findings


def _shows(path: str, item: Item) -> list[Finding]:
    findings = []
    if not (item.asset or item.headline or item.line or item.link or item.coupon):
        findings.append(finding(path, f"{item.name!r} has nothing to show", "give it an asset, a headline or a link"))
    if item.coupon and item.plays == "loop":
        reason = "a coupon is made for one visitor, and the loop plays for nobody"
        findings.append(finding(f"{path}.coupon", reason, 'set plays = "answer", and let a rule show it'))
    if item.share is not None and item.plays == "answer":
        findings.append(finding(f"{path}.share", "an answer has no share of the loop", "leave it out"))
    return findings


def _text(path: str, item: Item) -> list[Finding]:
    """What can be set on one line, and a link whose host is where it leads."""
    lines = {"headline": item.headline, "line": item.line, "coupon.says": item.coupon.says if item.coupon else None}
    findings = [
        finding(f"{path}.{key}", "it holds characters that cannot be drawn, such as line feeds", "leave them out")
        for key, text in lines.items()
        if text is not None and not _is_line(text)
    ]
    if item.link is not None and not _is_plain_link(item.link):
        reason = f"{item.link[:60]!r} is no plain link: https, a host, no user name, no odd characters"
        findings.append(finding(f"{path}.link", reason, "write https://shop.example/path"))
    return findings


def _is_line(text: str) -> bool:
    """Of characters that stand side by side: none that breaks a line, turns its direction, or is not assigned."""
    odd = any((category(c)[0] == "C" and c not in JOINERS) or category(c) in ("Zl", "Zp") for c in text)
    return bool(text.strip()) and not odd


def _is_plain_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and parts.username is None and parts.password is None and link.isascii() and link.isprintable()


def _times(path: str, item: Item) -> list[Finding]:
    findings = []
    moments = {"valid_from": item.valid_from, "valid_until": item.valid_until}
    for key, text in moments.items():
        if text is not None and unix_s(text) is None:
            findings.append(finding(f"{path}.{key}", f"{text!r} is no time of RFC 3339", "write 2026-03-14T08:00:00Z"))
    begins_s, ends_s = (None if text is None else unix_s(text) for text in moments.values())
    if begins_s is not None and ends_s is not None and begins_s >= ends_s:
        findings.append(finding(f"{path}.valid_until", "it ends before it begins", "mend valid_from or valid_until"))
    for j, daypart in enumerate(item.dayparts):
        where = f"{path}.dayparts[{j}]"
        if not daypart.days:
            findings.append(finding(f"{where}.days", "it names no day", "leave `days` out for every day"))
        if daypart.begins == daypart.ends or daypart.begins == "24:00":
            reason = f"{daypart.begins} to {daypart.ends} is no stretch of a day"
            findings.append(finding(f"{where}.begins", reason, 'the whole day is "00:00" to "24:00"'))
    return findings


def _shares(document: ContentDocument) -> list[Finding]:
    """More than all of the loop's time, should all of them play at once."""
    shares: Counter[int] = Counter()
    for item in document.items:
        if item.plays == "loop" and item.share is not None:
            shares[item.priority] += round(1000 * item.share)
    return [
        finding(
            "items", f"shares of priority {priority} add up to {total / 1000:g}: where all may play, each gets less"
        )
        for priority, total in sorted(shares.items())
        if total > 1000
    ]
