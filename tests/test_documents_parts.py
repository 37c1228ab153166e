"""The smaller parts of documents: the overlay, the store, probation, sums of policies, the thread."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.check import check
from agent.config.load import from_dict, to_dict
from agent.config.overlay import overlay
from agent.documents.beginning import begin
from agent.documents.keeper import Keeper
from agent.documents.policy_document import PolicyKind
from agent.documents.probation import Probation, Terms, allowed_mb
from agent.documents.protocol import Beat, StopError
from agent.documents.record import Held, Record, Trial
from agent.documents.store import COPIES, Index, Store
from tests.documents_scene import HEALTHY, ISSUED, NEW, OLD, Parts, Shelf, lane, local_config, priced, trusted
from tools.publish.signing import sign
from wire.documents import Arm, Asset, ConfigDocument, ContentDocument, Item, Policy, PolicyDocument, Rule
from wire.reported import Finding, ReportedPayload


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


@settings(max_examples=30)
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


def held(version: int) -> Held:
    return Held(version=version, hash=f"{version:064x}", by="hub")


def a_trial(version: int) -> Trial:
    return Trial(held=held(version), lasts_s=30.0, most_mb=180.0)


def test_a_store_is_as_it_was_left(tmp_path: Path) -> None:
    store = Store(tmp_path)
    index = Index().with_records({"config": Record().try_out(a_trial(3)).prove()}).with_starts(2)
    store.save(index)
    assert Store(tmp_path).index == store.index and not Store(tmp_path).complaints
    assert Store(tmp_path).index.of("config").good == held(3)


@pytest.mark.parametrize("damage", [b"", b"\0" * 4096, b"{}", b"x" * 300_000])
def test_one_damaged_copy_costs_nothing_and_two_cost_the_memory_alone(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path)
    store.save(Index().with_starts(2))
    (tmp_path / COPIES[0]).write_bytes(damage)
    again = Store(tmp_path)
    assert again.index.starts == 2 and "set aside" in again.complaints[0]
    for copy in COPIES:
        (tmp_path / copy).write_bytes(damage)
    assert Store(tmp_path).index == Index()


def test_of_two_copies_the_newer_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(Index().with_starts(1))
    old = (tmp_path / COPIES[0]).read_bytes()
    store.save(Index().with_starts(2))
    (tmp_path / COPIES[0]).write_bytes(old)
    assert Store(tmp_path).index.starts == 2


def test_payloads_that_nobody_needs_go(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for price in ("2.00", "3.00", "4.00", "5.00"):
        shelf.hub.config(priced(price))
        shelf.settle()
    kept = shelf.beginning.store.directory if shelf.beginning.store else tmp_path
    (kept / "index.a.unfinished").write_bytes(b"half")
    shelf.restart()
    assert len(list(kept.glob("config-*.json"))) == 2 and not list(kept.glob("*.unfinished"))


def test_a_damaged_good_one_gives_way_to_the_one_before_until_it_comes_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for price in ("2.00", "3.00"):
        shelf.hub.config(priced(price))
        shelf.settle()
    assert shelf.beginning.store is not None
    good = shelf.beginning.store.index.of("config").good
    assert good is not None
    (shelf.beginning.store.directory / f"config-{good.hash}.json").write_bytes(b"{}")
    shelf.crash()
    assert shelf.price == "2.00" and "lost version 2" in str(shelf.beginning.findings["config"])
    shelf.hub.repeats()
    shelf.settle()
    assert (shelf.price, shelf.state()) == ("3.00", "applied")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("")
    beginning = begin(local_config(tmp_path))
    assert beginning.config == beginning.local and beginning.findings["config"]


def test_harmful_ones_are_remembered_within_bounds() -> None:
    record = Record()
    for version in range(1, 100):
        record = record.try_out(a_trial(version)).take_back("it did harm" * 100)
    assert len(record.harmful) == 16 and record.why_harmful(held(99).hash)
    assert not any(record.grows(version, held(version).hash) for version in range(99)), "the version keeps them out"


def watched(terms: Terms, alive: str = "scale camera", seconds: int = 60, **signs: Any) -> str | None:
    """What is said at the end of a probation during which nothing changes."""
    probation = Probation(terms, 0.0)
    for now_s in range(seconds):
        verdict = probation.look(replace(HEALTHY, alive=frozenset(alive.split()), **signs), float(now_s))
        if verdict is not None:
            return verdict.reason or f"good after {now_s} s"
    return None


BOTH = frozenset({"scale", "camera"})


@pytest.mark.parametrize(
    ("terms", "signs", "told"),
    [
        (Terms(30), {}, "good after 30 s"),
        (Terms(5), {}, "good after 5 s"),
        (Terms(30, BOTH), {"alive": "scale"}, "camera lived before"),
        (Terms(5, BOTH), {"alive": "scale"}, "camera lived before"),
        (Terms(30, BOTH), {"alive": "scale camera screen"}, "good"),
        (Terms(30), {"connected": False}, "good"),
        (Terms(30, broker=True), {"connected": False}, "the change led to a broker"),
        (Terms(30), {"core_answers": False}, "the core does not answer"),
        (Terms(30, most_mb=180), {"rss_mb": 181}, "memory grew to 181 MB"),
        (Terms(30, most_mb=180), {"rss_mb": None}, "good"),
    ],
)
def test_what_counts(terms: Terms, signs: dict[str, Any], told: str) -> None:
    assert (watched(terms, **signs) or "").startswith(told)


def test_a_stream_may_take_its_time_to_come_back() -> None:
    probation = Probation(Terms(30, BOTH), 0.0)
    for now_s in range(31):
        alive = BOTH if now_s > 18 else frozenset({"scale"})
        verdict = probation.look(replace(HEALTHY, alive=alive), float(now_s))
    assert verdict is not None and verdict.good


def test_a_stream_that_comes_and_goes_is_no_stream() -> None:
    probation = Probation(Terms(60, BOTH), 0.0)
    for now_s in range(61):
        alive = BOTH if now_s % 8 == 0 else frozenset({"scale"})
        verdict = probation.look(replace(HEALTHY, alive=alive), float(now_s))
    assert verdict is not None and "comes and goes" in verdict.reason


@pytest.mark.parametrize(("ill_until_s", "good"), [(34, True), (60, False)])
def test_who_is_ill_at_the_end_has_until_it_has_lasted(ill_until_s: int, good: bool) -> None:
    probation = Probation(Terms(30, BOTH), 0.0)
    verdicts = {}
    for now_s in range(45):
        alive = frozenset({"scale"}) if 28 < now_s < ill_until_s else BOTH
        verdicts[now_s] = probation.look(replace(HEALTHY, alive=alive), float(now_s))
    assert verdicts[30] is None and verdicts[33] is None
    decided = next(verdict for verdict in verdicts.values() if verdict is not None)
    assert decided.good == good


def test_memory_that_was_high_before_may_stay_so() -> None:
    assert (allowed_mb((180.0, 50.0), 60.0), allowed_mb((50.0, 50.0), 90.0)) == (180.0, 110.0)


def refusal(policy: Policy) -> str:
    document = PolicyDocument(version=1, store="s", device="d", by="x", issued=ISSUED, policy=policy)
    return " | ".join(f"{x.path}: {x.reason}" for x in PolicyKind(Parts(), lambda: None).check(document))


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (Policy(), ""),
        (Policy(arms=(Arm(content="a", a=(3, 1, 2), b=(1, 2)),)), ""),
        (Policy(arms=(Arm(content="a", a=(3, 1), b=(1, 2)),)), "a has 2 numbers and b 2"),
        (Policy(arms=(Arm(content="a", a=(), b=()),)), "a has 0 numbers"),
        (Policy(arms=(Arm(content="a", a=(3, 3, 2), b=(0, 0)),)), "more often than alone"),
        (Policy(arms=(Arm(content="a", a=(3,), b=(4,)),)), "there 3 times and ended in 4"),
        (Policy(arms=(Arm(content="a", a=(10**400,), b=(0,)),)), "above 1000000000"),
        (Policy(arms=(Arm(content="a", a=(9, 9, 9, 9, 0, 9), b=(0, 0, 0)),)), "not positive"),
        (Policy(arms=(Arm(content="a", a=(1,), b=(0,)),) * 2), "'a' stands here 2 times"),
        (Policy(rules=(Rule(name="r", on=("dwell",), show=("a",)),) * 2), "'r' stands here 2 times"),
        (Policy(rules=(Rule(name="r", on=("pick",), show=("a",), reason="held"),)), "only a hesitation"),
        (Policy(rules=(Rule(name="r", on=("pick",), show=("a",), least_s=2),)), "a dwell lasts"),
    ],
)
def test_policies(policy: Policy, told: str) -> None:
    assert (told in refusal(policy)) if told else refusal(policy) == ""


@settings(max_examples=40)
@given(st.lists(st.tuples(st.lists(st.booleans(), min_size=5, max_size=5), st.booleans()), max_size=60))
def test_every_true_sum_is_taken(showings: list[tuple[list[bool], bool]]) -> None:
    a = [sum(x[i] and x[j] for x, _ in showings) for i in range(5) for j in range(i + 1)]
    b = [sum(x[i] and picked for x, picked in showings) for i in range(5)]
    assert refusal(Policy(arms=(Arm(content="c", a=tuple(a), b=tuple(b)),))) == ""


def test_names_that_no_content_has_are_worth_a_word() -> None:
    rules = (Rule(name="r", on=("dwell",), show=("spring", "sprnig")),)
    kind = PolicyKind(Parts(), lambda: frozenset({"spring"}))
    document = PolicyDocument(version=1, store="s", device="d", by="x", issued=ISSUED, policy=Policy(rules=rules))
    assert kind.check(document) == []
    assert [x.reason for x in kind.notes(document)] == ["no item 'sprnig' in the content in force"]


class FilmKind:
    """A kind with files, that records what it is asked."""

    kind = "content"

    def __init__(self) -> None:
        self.applied: list[int | None] = []
        self.proof: list[Finding] = []
        self.proofs = 0

    def check(self, document: ContentDocument) -> list[Finding]:
        return []

    notes = check

    def needs(self, document: ContentDocument) -> tuple[Asset, ...]:
        return document.assets

    def ready(self, document: ContentDocument, beat: Beat) -> list[Finding]:
        self.proofs += 1
        beat()
        return self.proof

    def apply(self, document: ContentDocument | None) -> None:
        self.applied.append(document and document.version)


class FilesOf:
    """A cache into which files come by hand."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.wanted: dict[str, tuple[Asset, ...]] = {}
        self.room = True

    def fits(self, wanted: tuple[Asset, ...], kept: tuple[Asset, ...]) -> list[Finding]:
        return [] if self.room else [Finding(path="assets", reason="no room")]

    def want(self, wanted: Any, kept: tuple[Asset, ...]) -> None:
        self.wanted = dict(wanted)

    def missing(self, assets: tuple[Asset, ...]) -> tuple[str, ...]:
        return tuple(x.sha256 for x in assets if x.sha256 not in self.there)

    def progress(self, assets: tuple[Asset, ...]) -> float:
        return 0.5

    def troubles(self, assets: tuple[Asset, ...]) -> list[Finding]:
        return []

    def cache_bytes(self) -> int:
        return 7


@pytest.fixture
def film(tmp_path: Path) -> tuple[Shelf, FilmKind, FilesOf]:
    kind, files = FilmKind(), FilesOf()
    return Shelf(tmp_path, kinds=[kind], files=files), kind, files


def content(shelf: Shelf, version: int, name: str) -> ContentDocument:
    asset = Asset(sha256=name * 64, bytes=10)
    items = (Item(name="i", plays="loop", asset=asset.sha256),)
    return ContentDocument(version=version, store="s", device="d", by="x", issued=ISSUED, assets=(asset,), items=items)


def test_content_waits_for_its_files_and_the_old_plays_on(film: tuple[Shelf, FilmKind, FilesOf]) -> None:
    shelf, kind, files = film
    assert shelf.hub.send(content(shelf, 1, "a")).state == "loading"
    assert shelf.told["content"].missing == ("a" * 64,)  # type: ignore[union-attr]
    assert kind.applied == [None] and set(files.wanted) == {"content"}
    files.there.add("a" * 64)
    shelf.desk.files_changed()
    shelf.wait(1)
    assert shelf.state("content") == "probation" and kind.applied == [None, 1]
    shelf.settle()
    shelf.hub.send(content(shelf, 2, "b"))
    shelf.settle()
    assert (shelf.state("content"), kind.applied) == ("loading", [None, 1])
    assert {x.sha256[0] for x in files.wanted["content"]} == {"a", "b"}
    shelf.restart()
    assert shelf.hub.repeats("content").state == "loading", "loading goes on after a restart"


def test_content_that_fails_its_proof_is_not_tried(film: tuple[Shelf, FilmKind, FilesOf]) -> None:
    shelf, kind, files = film
    files.there |= {"a" * 64, "b" * 64}
    shelf.hub.send(content(shelf, 1, "a"))
    shelf.settle()
    kind.proof = [Finding(path="items[0].asset", reason="no picture")]
    assert shelf.hub.send(content(shelf, 2, "b")).state == "rejected"
    assert shelf.told["content"].version == 1 and kind.applied == [None, 1]
    shelf.hub.repeats("content")
    assert kind.proofs == 2
    files.room = False
    assert shelf.hub.send(content(shelf, 3, "b")).findings[0].reason == "no room"


def test_a_proof_that_ends_the_process_is_not_repeated(
    film: tuple[Shelf, FilmKind, FilesOf], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, kind, files = film
    files.there.add("a" * 64)

    def end(document: ContentDocument, beat: Beat) -> list[Finding]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(kind, "ready", end)
        shelf.hub.send(content(shelf, 1, "a"))
    shelf.crash()
    assert shelf.hub.repeats("content").state == "rolled_back" and kind.applied == [None, None]


def test_a_lost_file_comes_back(film: tuple[Shelf, FilmKind, FilesOf]) -> None:
    shelf, kind, files = film
    files.there.add("a" * 64)
    shelf.hub.send(content(shelf, 1, "a"))
    shelf.settle()
    files.there.clear()
    shelf.restart()
    assert kind.applied == [None, 1, 1] and shelf.told["content"].missing  # type: ignore[union-attr]
    files.there.add("a" * 64)
    shelf.desk.files_changed()
    assert kind.applied == [None, 1, 1, 1]


def test_the_thread_hears_the_newest_of_each_kind_and_stops(tmp_path: Path) -> None:
    parts, told, changed = Parts(), list[ReportedPayload](), threading.Event()

    def hear(payload: ReportedPayload) -> None:
        told.append(payload)
        if payload.state == "probation":
            changed.set()

    keeper = Keeper(begin(local_config(tmp_path)), [], parts, lambda: HEALTHY, hear)
    for version, price in enumerate(("2.00", "3.00", "4.00"), 1):
        document = ConfigDocument(version=version, store="s", device="d", by="x", issued=ISSUED, config=priced(price))
        keeper.desired("config", sign(document, [OLD]))
    keeper.desired("nonsense", b"")
    thread = threading.Thread(target=keeper.run)
    thread.start()
    assert changed.wait(10)
    keeper.stop()
    thread.join(10)
    assert not thread.is_alive() and parts.changes == 1 and parts.config is not None
    assert parts.config.lanes[0].price == "4.00"
    keeper.end()
    assert begin(local_config(tmp_path)).version == 3, "an end in order leaves the trial open"


def test_a_long_proof_ends_when_the_process_is_to_end(tmp_path: Path) -> None:
    kind, files, proving = FilmKind(), FilesOf(), threading.Event()
    files.there.add("a" * 64)

    def prove(document: ContentDocument, beat: Beat) -> list[Finding]:
        while True:
            proving.set()
            beat()
            time.sleep(0.005)  # a child process is waited for

    kind.ready = prove  # type: ignore[method-assign]
    keeper = Keeper(begin(local_config(tmp_path)), [kind], Parts(), lambda: HEALTHY, lambda _: None, files=files)
    shelf = Shelf(tmp_path / "other")
    keeper.desired("content", sign(content(shelf, 1, "a"), [OLD]))
    thread = threading.Thread(target=keeper.run)
    thread.start()
    assert proving.wait(10)
    keeper.stop()
    thread.join(10)
    keeper.end()
    assert not thread.is_alive()
    index = begin(local_config(tmp_path)).store
    assert index is not None and index.index.of("content").harmful == (), "an end in order is nobody's fault"
    assert issubclass(StopError, Exception)
