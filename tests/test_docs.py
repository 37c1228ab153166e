"""The generated pages are as the code is, and nothing of the code is missing in them."""

from __future__ import annotations

import re

import pytest

from agent.config.schema import Config
from agent.config.tree import keys_of, table_in, tables, toml_name, types_of
from tools.generate.__main__ import main, stale, written
from tools.generate.comments import field_comments
from tools.generate.contract import REPOSITORY, messages
from tools.generate.schemas import STRUCTS
from wire.envelope import Envelope

CONFIG_PAGE = (REPOSITORY / "docs/config.md").read_text("utf-8")
EVENTS_PAGE = (REPOSITORY / "docs/events.md").read_text("utf-8")
GLOSSARY = (REPOSITORY / "docs/glossary.md").read_text("utf-8")


def test_what_is_generated_is_fresh():
    assert [str(path.relative_to(REPOSITORY)) for path in stale()] == [], "run: make generate"


def test_a_stale_file_would_be_noticed(monkeypatch, tmp_path, capsys):
    fresh = tmp_path / "fresh.md"
    files = {fresh: "as it is", tmp_path / "old.md": "as it should be"}
    (tmp_path / "old.md").write_text("as it was")
    fresh.write_text("as it is")
    monkeypatch.setattr("tools.generate.__main__.written", lambda: files)
    monkeypatch.setattr("tools.generate.__main__.REPOSITORY", tmp_path)
    assert main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: old.md\n"
    assert main([]) == 0
    assert (tmp_path / "old.md").read_text() == "as it should be"
    assert main(["--check"]) == 0


def test_a_file_of_a_message_that_is_no_more_is_removed(monkeypatch, tmp_path):
    (tmp_path / "wire/schemas").mkdir(parents=True)
    (tmp_path / "wire/schemas/event.gone.json").write_text("{}")
    monkeypatch.setattr("tools.generate.__main__.written", dict)
    monkeypatch.setattr("tools.generate.__main__.REPOSITORY", tmp_path)
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert not (tmp_path / "wire/schemas/event.gone.json").exists()


def test_writing_twice_gives_the_same():
    assert written() == written()


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.path)
def test_every_key_is_on_the_page_with_its_reason(table):
    section = CONFIG_PAGE.split(f"\n## {table.path}\n")[1].split("\n## ")[0]
    assert f"`{table.header}`" in section
    for key in keys_of(table.kind):
        row = next(line for line in section.splitlines() if line.startswith(f"| `{toml_name(key)}` |"))
        assert row.count(" | ") == 6
        assert len(key.metadata["why"]) > 8 and key.metadata["owner"] in ("local", "remote")


def test_every_table_of_the_schema_is_one_of_the_file():
    top = [toml_name(key) for key in Config.__dataclass_fields__.values()]
    assert [table.path for table in tables() if "." not in table.path] == top
    assert keys_of(Config) == ()  # no key stands outside a table
    assert all(table_in(types_of(Config)[name]) for name in types_of(Config))


@pytest.mark.parametrize("name", [*STRUCTS, "Envelope"])
def test_every_field_of_the_wire_is_explained(name):
    kind = Envelope if name == "Envelope" else STRUCTS[name]
    assert set(field_comments(kind)) == set(kind.__struct_fields__)
    assert kind.__doc__ or name.startswith("_")


@pytest.mark.parametrize("message", messages(), ids=lambda message: message.name)
def test_every_message_is_on_the_page(message):
    section = EVENTS_PAGE.split(f"\n### {message.name}\n")[1].split("\n### ")[0]
    assert f"`{message.topic}`" in section and "```json" in section
    for name in message.payload.__struct_fields__:
        assert f"| `{name}` |" in section


def test_links_inside_the_pages_lead_somewhere():
    for page in (CONFIG_PAGE, EVENTS_PAGE):
        headings = {re.sub(r"[^\w -]", "", line.lstrip("# ")).lower() for line in page.splitlines() if line[:1] == "#"}
        assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= headings


def test_links_from_the_pages_lead_to_files():
    for page in (REPOSITORY / "docs/config.md", REPOSITORY / "docs/events.md", REPOSITORY / "docs/glossary.md"):
        for name in re.findall(r"`((?:docs|wire|agent|examples)/[\w./-]+)`", page.read_text("utf-8")):
            assert (REPOSITORY / name).exists(), f"{page.name} names {name}"


def test_the_glossary_has_one_entry_a_word_in_order():
    words = re.findall(r"^\| \*\*(.+?)\*\*", GLOSSARY, re.MULTILINE)
    assert len(words) > 30 and len(set(words)) == len(words)
    assert words == sorted(words, key=str.lower)


def test_the_glossary_knows_the_words_of_the_wire():
    words = set(re.findall(r"^\| \*\*(.+?)\*\*", GLOSSARY, re.MULTILINE))
    kinds = {message.payload.kind for message in messages() if message.family == "event"}
    assert kinds <= words
    assert {"lane", "facing", "planogram", "cell", "tare", "step", "settle", "track", "visitor"} <= words


PLACES = {"dev", "etc", "opt", "proc", "run", "sys", "usr", "var"}  # where a device has what the pages speak of


def foreign(text: str) -> list[str]:
    """Absolute paths that no device has; topics and relative paths are none."""
    paths = re.findall(r"(?<![\w.*:/<>{}+$)~-])/([a-z]+)/[\w.-]+", text)
    return sorted({place for place in paths if place not in PLACES})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see /home/ann/x.toml", ["home"]),
        ("`/srv/checkout/docs`", ["srv"]),
        ("/root/notes", ["root"]),
        ("/etc/shelfd/shelf.toml `docs/config.md` shelf/v1/a/b {device}/event/pick http://x.org/a/b", []),
    ],
)
def test_a_path_of_somebody_s_machine_is_seen(text, found):
    assert foreign(text) == found


def test_no_page_names_a_machine_or_a_folder_of_ours():
    pages = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("examples/*.toml")]
    assert {page.name: foreign(page.read_text("utf-8")) for page in pages if foreign(page.read_text("utf-8"))} == {}
