"""What the hub wants lies over the device's own file, by who owns each key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.check import check
from agent.config.load import from_dict, to_dict
from agent.config.overlay import overlay
from tests.documents_scene import NEW, OLD, lane, local_config, trusted


def problems(folder: Path, wanted: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in overlay(to_dict(local_config(folder)), wanted)[1]]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"device": {"id": "other"}}, "device: all of this table belongs to the device's own file: leave it out"),
        ({"broker": {"tls": True}}, "broker.tls: this key belongs to the device's own file: leave it out"),
        ({"brokr": {}}, "brokr: unknown key, did you mean `broker`?"),
        ({"broker": {"hots": "x"}}, "broker.hots: unknown key, did you mean `host`?"),
        ({"visits": {"rate_hz": 3}}, "visits.rate_hz: unknown key: it belongs below [[scale]] or [tracks] or [camera]"),
        ({"broker": 5}, "broker: 5 stands where a table belongs"),
        ({"scale": {}}, "scale: a table stands where a list of tables belongs"),
        ({"scale": ["main"]}, "scale[0]: a table with `name` belongs here: it says which one is meant"),
        ({"scale": [{"name": "mian"}]}, 'scale[0].name: there is no "mian" on this device, did you mean `main`?'),
        (
            {"scale": [{"name": "main", "cell": []}]},
            "scale[0].cell: all of this table belongs to the device's own file: leave it out",
        ),
        (
            {"scale": [{"name": "main"}, {"name": "main"}]},
            'scale[1].name: "main" stands here twice: say all in one table',
        ),
        ({"documents": {"dir": "/tmp"}}, "documents.dir: this key belongs to the device's own file: leave it out"),
        ({"\u202e": 1}, 'unknown key'),
    ],
)  # fmt: skip
def test_what_the_hub_may_not_say(tmp_path: Path, wanted: dict[str, Any], told: str) -> None:
    assert len(found := problems(tmp_path, wanted)) == 1 and told in found[0]


def test_what_the_hub_says_lies_over_the_file(tmp_path: Path) -> None:
    local = to_dict(local_config(tmp_path, product=[{"gtin": "4006381333931"}], visits={"dwell_s": 4.0}))
    wanted = {
        "lane": [lane("a"), lane("b")],
        "scale": [{"name": "main", "baud": 9600}],
        "documents": {"key": [trusted(NEW)]},
        "visits": {"linger_s": 9.0},
    }
    values, found = overlay(local, wanted)
    config = from_dict(values)
    assert not found
    assert [x.name for x in config.lanes] == ["a", "b"] and len(config.products) == 1
    assert (config.scales[0].baud, len(config.scales[0].cells)) == (9600, 2)
    assert [key.name for key in config.documents.keys] == ["hub-2027"]
    assert (config.visits.dwell_s, config.visits.linger_s) == (4.0, 9.0)
    assert local["visits"]["dwell_s"] == 4.0 and local["scale"][0]["baud"] == 115200, "the file is as it was"


def test_an_empty_wish_changes_nothing(tmp_path: Path) -> None:
    local = local_config(tmp_path)
    assert from_dict(overlay(to_dict(local), {})[0]) == local


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


TABLES = st.sampled_from(["lane", "scale", "broker", "documents", "camera", "device", "screen", "x"])


@settings(max_examples=20)
@given(st.dictionaries(TABLES, JSON | st.lists(st.fixed_dictionaries({"name": st.just("main"), "baud": JSON}))))
def test_any_wish_is_built_or_refused_with_reasons(wanted: dict[str, Any]) -> None:
    from agent.documents.config_document import build
    from agent.documents.protocol import DocumentError

    local = local_config(Path("/nowhere"))
    try:
        config = build(local, wanted).config
    except DocumentError as error:
        assert all(x.path.startswith("config") and x.reason for x in error.findings)
    else:
        assert config.device == local.device and config.documents.dir == local.documents.dir


@pytest.mark.parametrize(
    ("documents", "told"),
    [
        ({"dir": "here", "key": [trusted(OLD)]}, "write it from / on"),
        ({"dir": "/x"}, "nobody can steer this device"),
        ({"key": [trusted(OLD)]}, "the hub is not obeyed"),
        ({"dir": "/x", "key": [trusted(OLD)] * 2}, 'documents.key[0] is "hub-2026" already'),
        ({"dir": "/x", "key": [{**trusted(OLD), "name": ""}]}, "this is no name"),
        ({"dir": "/x", "key": [{**trusted(OLD), "name": f"k{i}"} for i in range(17)]}, "16 are enough"),
    ],
)
def test_whom_a_device_obeys(tmp_path: Path, documents: dict[str, Any], told: str) -> None:
    assert any(told in str(problem) for problem in check(local_config(tmp_path, documents=documents)))
