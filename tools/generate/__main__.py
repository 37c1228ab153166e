"""`python -m tools.generate [--check]`: see the package."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import yaml

from tools.generate.asyncapi import asyncapi
from tools.generate.config_page import config_page
from tools.generate.contract import REPOSITORY, messages
from tools.generate.events_page import events_page
from tools.generate.schemas import schema_of


def written() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    schemas = {REPOSITORY / "wire/schemas" / f"{message.name}.json": schema_of(message) for message in messages()}
    head = "# Written by `make generate` from wire/; a test says when it is stale.\n"
    document = yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=110)
    return {
        REPOSITORY / "docs/config.md": config_page(),
        REPOSITORY / "docs/events.md": events_page(),
        REPOSITORY / "wire/asyncapi.yaml": head + document,
        **{path: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for path, schema in schemas.items()},
    }


def stale() -> list[Path]:
    """Generated files that are missing, differ, or are left over from a message that is no more."""
    files = written()
    differ = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    return differ + [path for path in (REPOSITORY / "wire/schemas").glob("*.json") if path not in files]


def main(arguments: list[str] | None = None) -> int:
    """0; with --check 1 where a file is stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description="Writes what is made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; say which files are stale")
    options = parser.parse_args(arguments)
    files = written()
    for path in stale():
        print(f"{'stale' if options.check else 'written'}: {path.relative_to(REPOSITORY)}")
        if options.check:
            continue
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], "utf-8")
        else:
            path.unlink()
    return 1 if options.check and stale() else 0


if __name__ == "__main__":
    sys.exit(main())
