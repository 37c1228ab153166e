"""Changes single numbers or the marks of a TOML file; all else, comments and line ends included, stays as it stands.

An edit is accepted only when the parsed result is exactly the old document with those numbers changed; a file laid out
in a way this module does not follow (inline tables, quoted headers) is refused, never damaged.
Not here: what the numbers mean, and reading a configuration (config/load.py).
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

from agent.files import sync_directory

HEADER = re.compile(r"[ \t]*\[\[?[ \t]*([A-Za-z0-9_.-]+)[ \t]*\]\]?[ \t]*(#.*)?")
ENTRY = re.compile(r"([ \t]*)([A-Za-z0-9_-]+)([ \t]*=[ \t]*)([^#\n\r]*?)([ \t]*(?:#[^\n\r]*)?)([\r\n]*)")


class EditError(Exception):
    """The text cannot be edited safely; the message says what to do."""


def set_cell_numbers(text: str, scale: str, numbers: dict[str, dict[str, float]]) -> str:
    """`numbers`: cell name -> {key: value}, for cells of `scale`; the text with them in it, or EditError."""
    wanted = _expected(tomllib.loads(text), scale, numbers)
    lines = text.splitlines(keepends=True)
    for cell, entries in numbers.items():
        start, end = _cell_block(lines, scale, cell)
        lines[start:end] = _set_entries(lines[start:end], entries)
    edited = "".join(lines)
    if not _means(edited, wanted):
        raise EditError("the file's layout is unusual, so nothing was changed; put the numbers above in by hand")
    return edited


def set_marks(text: str, marks: list[dict[str, float]]) -> str:
    """The text with these [[camera.mark]] tables in place of those it has; else behind [camera]. EditError where it
    has no such table, or a layout that is not followed."""
    wanted = tomllib.loads(text)
    if not isinstance(wanted.get("camera"), dict):
        raise EditError("there is no [camera] table to put the marks behind")
    wanted["camera"]["mark"] = marks
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    kept, at = _without_marks(lines)
    if at and not kept[at - 1].endswith("\n"):
        kept[at - 1] += end
    tables = (["", "[[camera.mark]]", *(f"{key} = {value!r}" for key, value in mark.items())] for mark in marks)
    edited = "".join([*kept[:at], *(line + end for table in tables for line in table), *kept[at:]])
    if not _means(edited, wanted):
        raise EditError("the file's layout is unusual, so nothing was changed; put the marks above in by hand")
    return edited


def _without_marks(lines: list[str]) -> tuple[list[str], int]:
    """The lines without the marks' tables, and where new ones belong: behind [camera]. Comments before the next header
    stay with it."""
    kept, at, copied = list[str](), None, 0
    for start, end in _blocks(lines):
        header = _header(lines[start])
        if header not in ("camera", "camera.mark"):
            continue
        content_end = _content_end(lines, start, end)
        kept += lines[copied : start if header == "camera.mark" else content_end]
        copied = content_end
        if header == "camera":
            at = len(kept)
        elif kept and not kept[-1].strip():
            kept.pop()  # the empty line before the table that goes
    if at is None:
        raise EditError("no [camera] table stands alone in the file; put the marks above in by hand")
    return kept + lines[copied:], at


def _content_end(lines: list[str], start: int, end: int) -> int:
    """Behind the last line of the block that is neither empty nor a comment."""
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def replace_file(path: Path, text: str) -> Path:
    """Puts `text` in the file's place at once, keeps owner and mode, and returns the copy of what it was."""
    path = path.resolve()  # a link keeps pointing to the file
    backup = path.with_name(path.name + ".bak")
    shutil.copy2(path, backup)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=path.name + ".", delete=False, encoding="utf-8", newline=""
    ) as new:
        try:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
            shutil.copymode(path, new.name)
            _keep_owner(path, new.name)
            os.replace(new.name, path)  # noqa: PTH105 (new.name is text)
        except OSError:
            Path(new.name).unlink(missing_ok=True)
            raise
    sync_directory(path.parent)
    return backup


def _keep_owner(path: Path, copy: str) -> None:
    about = path.stat()
    if (about.st_uid, about.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(copy, about.st_uid, about.st_gid)


def _expected(data: dict[str, Any], scale: str, numbers: dict[str, dict[str, float]]) -> dict[str, Any]:
    """The document as it has to read after the edit."""
    wanted = deepcopy(data)
    for found in wanted.get("scale", []):
        for cell in found.get("cell", []):
            if found.get("name") == scale and cell.get("name") in numbers:
                cell.update(numbers[cell["name"]])
    return wanted


def _means(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _cell_block(lines: list[str], scale: str, cell: str) -> tuple[int, int]:
    """Lines from the cell's header to the next header."""
    in_scale = False
    for start, end in _blocks(lines):
        header, name = _header(lines[start]), _name(lines[start + 1 : end])
        if header == "scale":
            in_scale = name == scale
        elif header == "scale.cell" and in_scale and name == cell:
            return start, end
    raise EditError(
        f"no [[scale.cell]] table named {cell!r} stands alone in the file; put the numbers above in by hand"
    )


def _blocks(lines: list[str]) -> list[tuple[int, int]]:
    starts = [i for i, line in enumerate(lines) if _header(line) is not None]
    return list(zip(starts, [*starts[1:], len(lines)], strict=bool(starts)))


def _header(line: str) -> str | None:
    match = HEADER.fullmatch(line.rstrip("\r\n"))
    return match[1] if match else None


def _name(block: list[str]) -> str | None:
    for line in block:
        match = ENTRY.fullmatch(line)
        if match and match[2] == "name":
            return _value(line)
    return None


def _value(line: str) -> str | None:
    """The text behind `name =`; None where the line alone is no TOML or holds no text."""
    try:
        value = tomllib.loads(line).get("name")
    except tomllib.TOMLDecodeError:
        return None
    return value if isinstance(value, str) else None


def _set_entries(block: list[str], entries: dict[str, float]) -> list[str]:
    """Values replaced where the key stands; else a line below the table's name, indented as that is."""
    block, missing = list(block), dict(entries)
    for i, line in enumerate(block):
        match = ENTRY.fullmatch(line)
        if match and match[2] in entries:
            block[i] = f"{match[1]}{match[2]}{match[3]}{entries[match[2]]!r}{match[5]}{match[6]}"
            missing.pop(match[2])
    at = next(i for i, line in enumerate(block) if (m := ENTRY.fullmatch(line)) and m[2] == "name")
    if not block[at].endswith("\n"):
        block[at] += "\n"
    indent, end = ENTRY.fullmatch(block[at])[1], ENTRY.fullmatch(block[at])[6]  # type: ignore[index]
    block[at + 1 : at + 1] = [f"{indent}{key} = {value!r}{end}" for key, value in missing.items()]
    return block
