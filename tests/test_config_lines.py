"""Each path of a TOML file is found on the line where it stands, whatever the file looks like."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.lines import LineIndex

TEXT = '''\
# [[scale]] in a comment is no table
title = "a [bracket] # and no comment"

[broker]
host = "h"
story = """
[device]
port = 1  "" \\""" still the story
"""
raw = \'\'\'
[[scale]]
\'\'\'
"quoted" . key = 1

[[scale]]
name = "one"   # [[scale]]
cells = [ # open [
  "a", # ]
  { deep = 1 },
]
[[scale.cell]]
name = "a1"
  [[ scale . cell ]]
  name = "a2"
[[scale]]
name = "two"
[[scale.cell]]
name = "b1"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("title", 2),
        ("broker", 4),
        ("broker.host", 5),
        ("broker.story", 6),
        ("broker.quoted.key", 13),
        ("scale[0]", 15),
        ("scale[0].name", 16),
        ("scale[0].cells[1].deep", 17),
        ("scale[0].cell[0].name", 22),
        ("scale[0].cell[1].name", 24),
        ("scale[1].cell[0].name", 28),
        ("scale[1].cell[0].missing", 27),  # what is not there is looked for where it should be
        ("scale[1].missing", 25),
        ("broker.port", 4),  # the story is no table
        ("device.id", None),
        ("", None),
    ],
)
def test_a_path_has_its_line(path, line):
    tomllib.loads(TEXT)  # or the example proves nothing
    assert LineIndex(TEXT).line_of(path) == line


def written(data: dict) -> tuple[str, dict[str, int]]:
    """TOML for `data` (tables of plain keys, arrays of such tables), and the line of each key."""
    text, where = "", {}
    for table, entries in data.items():
        many = isinstance(entries, list)
        for i, entry in enumerate(entries if many else [entries]):
            text += f"[[{table}]]\n" if many else f"[{table}]\n"
            for key, value in entry.items():
                where[f"{table}[{i}].{key}" if many else f"{table}.{key}"] = text.count("\n") + 1
                text += f"{key} = {value}\n"
    return text, where


names = st.text("abz_-", min_size=1, max_size=4)
strings = st.lists(st.sampled_from(["[x]", "y = 1", "#", '\\"', "'", "{", ""]), max_size=3)
values = (
    st.sampled_from(["1", "true", "[]", "[[1], [\n2]] # [", "{ a = 1 }", "'''\n[x]\n'''"])
    | strings.map(lambda parts: '"' + "".join(parts) + '"')
    | strings.map(lambda parts: '"""' + "\n".join(parts) + '"""')
)
tables = st.dictionaries(names, values, max_size=3)


@settings(derandomize=True, max_examples=1_000, deadline=None)
@given(st.dictionaries(names, tables | st.lists(tables, min_size=1, max_size=3), max_size=4))
def test_every_key_of_any_file_is_found(data):
    text, where = written(data)
    tomllib.loads(text)
    index = LineIndex(text)
    assert {path: index.line_of(path) for path in where} == where
