"""Pages lead somewhere: every relative link resolves, every decision is listed, every target of the menu exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Headings as forges turn them into anchors."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    found = []
    for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        name, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_of_a_page_resolves(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_and_a_broken_anchor_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One thing\n[a](gone.md) [b](#one-thing) [c](#two) [d](https://example.org/x)\n")
    assert broken(page) == ["gone.md", "#two"]


def test_every_decision_is_in_the_index() -> None:
    index = (REPOSITORY / "docs/decisions/README.md").read_text("utf-8")
    pages = [page.name for page in (REPOSITORY / "docs/decisions").glob("*.md") if page.name != "README.md"]
    assert [name for name in pages if f"({name})" not in index] == []


def test_what_make_is_said_to_do_it_can_do() -> None:
    said = {target for page in PAGES for target in re.findall(r"`make ([a-z][a-z-]+)", page.read_text("utf-8"))}
    said |= {
        target for page in PAGES for target in re.findall(r"^    make ([a-z][a-z-]+)", page.read_text("utf-8"), re.M)
    }
    menu = subprocess.run(["make"], cwd=REPOSITORY, capture_output=True, text=True, timeout=30, check=True).stdout
    assert said - set(re.findall(r"^  make ([a-z-]+)", menu, re.M)) == set()
