"""The console without a browser: what pages are told, who may ask, what the hub's desk sends."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.schema import Config
from tools.bench.console.dress import dressed
from tools.bench.console.guard import Guard
from tools.bench.console.hub import Hub
from tools.bench.console.model import QUEUE, Model
from tools.bench.console.server import MOST_BODY, MOST_PAGES, AskError, Console
from tools.bench.console.weights import LaneWeights
from tools.bench.layouts import bottles
from tools.publish.signing import new_key
from wire.codec import decode_document, decode_signed
from wire.documents import ConfigDocument

PORT = 8080


# -- the model -------------------------------------------------------------------------------------------------------
def seen(state: dict[str, Any], changes: list[str]) -> dict[str, Any]:
    """A page's state after these changes, as page/store.js makes it."""
    for change in map(json.loads, changes):
        state = {} if change.get("whole") else state
        state = state | change.get("put", {})
        for key, entries in change.get("add", {}).items():
            state[key] = [*state.get(key, []), *entries][-change["most"] :]
    return state


steps = st.lists(
    st.tuples(st.sampled_from(["put", "add", "take"]), st.sampled_from(["a", "b"]), st.integers(0, 3)), max_size=40
)


@given(steps)
def test_a_page_that_applies_every_change_has_the_state(drawn: list[tuple[str, str, int]]) -> None:
    model = Model()
    page, state = model.open(), {}
    for what, key, value in drawn:
        if what == "put":
            model.put(**{key: value})
        elif what == "add":
            model.add(f"{key}s", [value, value], most=5)
        else:
            state = seen(state, page.take(0.0))
    state = seen(state, page.take(0.0))
    assert state == {key: model.get(key) for key in ("a", "b", "as", "bs") if model.get(key) is not None}


def test_a_page_that_does_not_keep_up_gets_the_whole_again_and_nothing_piles_up() -> None:
    model = Model()
    page = model.open()
    assert json.loads(page.take(0.0)[0]) == {"put": {}, "whole": True}
    for number in range(QUEUE + 10):
        model.put(number=number)
    assert [json.loads(change) for change in page.take(0.0)] == [{"put": {"number": QUEUE + 9}, "whole": True}]
    model.put(number=0)
    assert page.take(0.0) == ['{"put": {"number": 0}}']


# -- who may ask -----------------------------------------------------------------------------------------------------
OURS = {"Host": f"127.0.0.1:{PORT}"}


def refused(guard: Guard, headers: dict[str, str], *, changes: bool) -> bool:
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return guard.refuses(message, changes=changes) is not None


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        (OURS, False),
        ({"host": f"localhost:{PORT}"}, False),
        (OURS | {"Origin": f"http://127.0.0.1:{PORT}"}, False),
        ({}, True),
        ({"Host": f"shop.example:{PORT}"}, True),  # a name that somebody let resolve to us
        ({"Host": f"127.0.0.1:{PORT + 1}"}, True),
        ({"Host": f"127.0.0.1:{PORT}.shop.example"}, True),
        (OURS | {"Origin": "https://shop.example"}, True),
        (OURS | {"Origin": "null"}, True),
        (OURS | {"Origin": f"http://127.0.0.1:{PORT + 1}"}, True),
        (OURS | {"Sec-Fetch-Site": "cross-site"}, True),
    ],
)
def test_only_our_own_page_may_look(headers: dict[str, str], refusal: bool) -> None:
    assert refused(Guard(PORT), headers, changes=False) is refusal


def test_to_change_anything_needs_the_token_and_json() -> None:
    guard = Guard(PORT)
    good = OURS | {"X-Console-Token": guard.token, "Content-Type": "application/json; charset=utf-8"}
    assert not refused(guard, good, changes=True)
    for wrong in ({"X-Console-Token": ""}, {"X-Console-Token": Guard(PORT).token}, {"Content-Type": "text/plain"}):
        assert refused(guard, good | wrong, changes=True)
    assert refused(guard, OURS | {"Content-Type": "application/json"}, changes=True)


# -- over HTTP -------------------------------------------------------------------------------------------------------
@pytest.fixture
def console() -> Iterator[Console]:
    def shout(wish: dict[str, Any]) -> str:
        if "word" not in wish:
            raise AskError("no word")
        return str(wish["word"]).upper()

    served = Console(Model(), {"shout": shout}, lambda: None)
    yield served
    served.close()


class Browser:
    """One connection, with the headers of our page."""

    def __init__(self, console: Console) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", int(console.address.split(":")[2].strip("/")), timeout=10)
        self.headers = {"X-Console-Token": console.guard.token, "Content-Type": "application/json"}

    def get(self, path: str) -> http.client.HTTPResponse:
        self.line.request("GET", path)
        return self.line.getresponse()

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
        self.line.request("POST", path, body, self.headers | headers)
        answer = self.line.getresponse()
        return answer.status, json.loads(answer.read())


def test_the_page_carries_the_token_and_may_load_nothing_from_elsewhere(console: Console) -> None:
    browser = Browser(console)
    answer = browser.get("/")
    assert console.guard.token in answer.read().decode()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    for path in ("/page/main.js", "/page/base.css"):
        asked = browser.get(path)
        assert (asked.status, bool(asked.read())) == (200, True)


@pytest.mark.parametrize("path", ["/etc/passwd", "/page/../server.py", "/page/%2e%2e/server.py", "/uplot/", "/x?/"])
def test_nothing_else_of_this_machine_is_served(console: Console, path: str) -> None:
    answer = Browser(console).get(path)
    assert answer.status == 404
    assert b"import" not in answer.read()


def test_buttons_answer_with_a_sentence(console: Console) -> None:
    browser = Browser(console)
    assert browser.post("/shout", b'{"word": "hey"}') == (200, {"ok": True, "says": "HEY"})
    assert browser.post("/shout", b"{}") == (409, {"ok": False, "says": "no word"})
    assert browser.post("/none", b"{}")[0] == 404
    assert browser.post("/shout", b"[1]")[0] == 400
    assert browser.post("/shout", b"[" * 100_000)[0] == 400
    assert browser.post("/shout", b'{"word": "hey"}', **{"X-Console-Token": "guessed"})[0] == 403


def test_what_is_too_long_is_not_even_read(console: Console) -> None:
    browser = Browser(console)
    browser.line.putrequest("POST", "/shout")
    for name, value in (browser.headers | {"Content-Length": str(MOST_BODY + 1)}).items():
        browser.line.putheader(name, value)
    browser.line.endheaders()
    answer = browser.line.getresponse()
    assert answer.status == 400
    assert answer.headers["Connection"] == "close"


def test_changes_come_as_they_are_made_and_end_with_the_console(console: Console) -> None:
    answer = Browser(console).get("/live")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert json.loads(answer.readline().removeprefix(b"data: ")) == {"put": {}, "whole": True}
    answer.readline()
    console.model.put(stock=3)
    assert json.loads(answer.readline().removeprefix(b"data: ")) == {"put": {"stock": 3}}
    threading.Thread(target=console.close).start()
    assert answer.read().strip() in (b"", b": here")


def test_so_many_pages_and_no_more(console: Console) -> None:
    open_pages = [Browser(console).get("/live") for _ in range(MOST_PAGES)]
    assert {answer.status for answer in open_pages} == {200}
    assert Browser(console).get("/live").status == 503


# -- weights and wishes ----------------------------------------------------------------------------------------------
@pytest.fixture
def config(tmp_path: Path) -> Config:
    return dressed(bottles(np.random.default_rng(7)).config, tmp_path, new_key("bench"))


def test_curves_begin_at_what_the_goods_weigh_and_have_holes_where_nothing_was_heard(config: Config) -> None:
    weights, cells = LaneWeights(config), config.scales[0].cells
    empty = np.array([cell.tare_counts + 1000.0 for cell in cells])
    first = weights.lanes.index(config.lanes[0].name)
    begins = (config.lanes[0].units or 0) * (config.lanes[0].unit_g or 0.0)
    taken = empty.copy()
    taken[0] -= 500.0 * cells[0].counts_per_gram
    rows = [row for i in range(12) if (row := weights.hear(i / 60, empty if i < 4 else taken if i < 8 else None))]
    assert [row[first + 1] for row in rows] == [
        pytest.approx(begins, abs=0.1),
        pytest.approx(begins - 500.0, abs=0.1),
        None,
    ]


class Line:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def publish(self, topic: str, body: bytes, qos: int, retain: bool) -> None:
        assert (qos, retain) == (1, True)
        self.sent.append((topic, body))


def test_a_price_is_sent_as_the_whole_planogram_signed_and_versions_grow(config: Config) -> None:
    key, line, model = new_key("bench"), Line(), Model()
    hub, lane = Hub(config, key, model, line), config.lanes[1].name  # type: ignore[arg-type]
    for price in ("1.11", "2.22"):
        hub.send({"kind": "price", "lane": lane, "price": price, "promotion_price": ""})
    documents = []
    for topic, body in line.sent:
        assert topic == "shelf/v1/bench/shelf-1/config/desired"
        signed = decode_signed(body)
        assert signed.signatures[0].keyid == "bench"
        documents.append(decode_document("config", base64.b64decode(signed.payload)))
    assert [document.version for document in documents] == [1, 2]
    newest = documents[1]
    assert isinstance(newest, ConfigDocument)
    prices = {entry["name"]: entry["price"] for entry in newest.config["lane"]}
    assert prices == {one.name: one.price for one in config.lanes} | {lane: "2.22"}


def test_content_and_policy_are_wanted_from_the_start_and_can_be_read_by_a_device(config: Config) -> None:
    line = Line()
    Hub(config, new_key("bench"), Model(), line).begin()  # type: ignore[arg-type]
    kinds = [topic.split("/")[-2] for topic, _ in line.sent]
    assert kinds == ["content", "policy"]
    for kind, (_, body) in zip(kinds, line.sent, strict=True):
        assert decode_document(kind, base64.b64decode(decode_signed(body).payload)).version == 1


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"kind": "model"},
        {"kind": "price", "lane": "none", "price": "1", "promotion_price": ""},
        {"kind": "policy", "document": "{"},
        {"kind": "policy", "document": "[]"},
        {"kind": "content", "document": '{"items": "' + "x" * 199_000 + '"}'},
        {"kind": "content", "document": 7},
    ],
)
def test_what_cannot_be_sent_is_said(config: Config, wish: dict[str, Any]) -> None:
    line = Line()
    with pytest.raises(AskError, match=r"\w+ \w+"):
        Hub(config, new_key("bench"), Model(), line).send(wish)  # type: ignore[arg-type]
    assert not line.sent
