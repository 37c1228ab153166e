"""docs/scales.md names every driver and every code under which a scale can be lost."""

from __future__ import annotations

import re
from pathlib import Path

from agent.config import schema

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = (REPOSITORY / "docs" / "scales.md").read_text()
SOURCES = [
    path
    for path in (REPOSITORY / "agent" / "sensors" / "scale").glob("*.py")
    if path.name not in ("fake.py", "physics.py")
]


def rows_of(heading: str) -> set[str]:
    """First column of the table under `heading`."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def test_every_driver_has_its_row():
    assert rows_of("Boxes") == set(schema.Scale.__dataclass_fields__["driver"].metadata["choices"])


def test_every_reason_for_a_loss_has_its_row():
    source = "\n".join(path.read_text() for path in SOURCES)
    codes = set(re.findall(r'(?:ScaleError|_error)\(\s*"(\w+)"', source)) | set(
        re.findall(r'errno\.\w+: "(\w+)"', source)
    )
    codes.add("unplugged")
    assert rows_of("When a scale is lost") == codes
