"""The walkthrough names functions; they, and those that other pages link to, must be where it says."""

import ast
import re
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parent.parent / "docs"
NAMED = re.compile(r"\[`([A-Za-z_][\w.]*)`\]\((\.\./[\w/.-]+\.py)\)")


def names_in(source: str) -> set[str]:
    """Every class and function of a module, methods as `Class.method`."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return found


def missing(page: str) -> list[str]:
    return [
        f"{name} in {path}"
        for name, path in NAMED.findall(page)
        if name not in names_in((PAGES / path).resolve().read_text("utf-8"))
    ]


def test_the_walkthrough_follows_the_code_closely() -> None:
    assert len(NAMED.findall((PAGES / "walkthrough.md").read_text("utf-8"))) > 120


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_every_function_a_page_names_is_where_it_says(page: Path) -> None:
    assert missing(page.read_text("utf-8")) == []


def test_a_name_that_moved_would_be_seen() -> None:
    assert missing("[`Core.stumble`](../agent/core.py) [`Core.step`](../agent/core.py)") == [
        "Core.stumble in ../agent/core.py"
    ]
