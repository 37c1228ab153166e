"""A hub's tools: keys, documents from folders, and a broker between a hub and a shelf."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.documents_scene import Shelf, local_config
from tools.demo.broker import start_broker
from tools.publish import __main__ as publish_command
from tools.publish.__main__ import main
from tools.publish.folder import Head, content_parcel, model_parcel, parts_of, policy_parcel
from tools.publish.price import Price, repriced
from tools.publish.signing import new_key, read_key, save_key
from wire.documents import ConfigDocument, ContentDocument, ModelDocument, PolicyDocument
from wire.limits import PART_BYTES
from wire.topics import Topics

HEAD = Head(3, "s", "d", "li.wei", "2026-03-14T09:26:39.000Z")


def test_content_is_made_of_a_folder(tmp_path: Path) -> None:
    picture = b"\x89PNG" + bytes(PART_BYTES)
    (tmp_path / "spring.png").write_bytes(picture)
    (tmp_path / "content.toml").write_text(
        '[[items]]\nname = "a"\nplays = "loop"\nasset = "spring.png"\n'
        '[[items]]\nname = "b"\nplays = "answer"\nasset = "spring.png"\nheadline = "Hello"\n'
    )
    parcel = content_parcel(tmp_path, HEAD)
    sha256 = hashlib.sha256(picture).hexdigest()
    assert isinstance(parcel.document, ContentDocument)
    assert [item.asset for item in parcel.document.items] == [sha256, sha256]
    assert [(asset.sha256, asset.bytes) for asset in parcel.document.assets] == [(sha256, len(picture))]
    assert parcel.files == {sha256: picture} and parcel.document.version == 3
    assert [len(part) for part in parts_of(picture)] == [PART_BYTES, 4]


def test_a_model_is_made_of_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "hand.tflite").write_bytes(b"TFL3")
    (tmp_path / "manifest.toml").write_text('[[model]]\nfile = "hand.tflite"\n')
    parcel = model_parcel(tmp_path, HEAD)
    assert isinstance(parcel.document, ModelDocument)
    assert [(file.name, file.bytes) for file in parcel.document.files] == [("hand.tflite", 4)]
    assert list(parcel.files.values()) == [b"TFL3"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rules = 5", r"write \[\[rules\]\] above each"),
        ("[[", "this is no TOML"),
        ("holdut = 0.1", "`holdut` is not known, did you mean `holdout`"),
        ('[[rules]]\nname = "tea"\non = ["dwel"]\nshow = ["a"]', r'rules\[0\] "tea", on\[0\]: .* did you mean `dwell`'),
        ('[[rules]]\nname = "tea"\non = ["dwell"]', r'rules\[0\] "tea": `show` is missing'),
        ('[[rules]]\nname = "tea"\non = ["dwell"]\nshow = []', "show: the list is empty"),
        ('[[rules]]\nname = "t"\non = ["pick"]\nshow = ["a"]\ngtins = ["1"]', r"gtins\[0\]: '1' has 1 digits"),
    ],
)
def test_a_policy_that_is_none(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "policy.toml").write_text(text)
    with pytest.raises(ValueError, match=told):
        policy_parcel(tmp_path / "policy.toml", HEAD)
    (tmp_path / "policy.toml").write_text("holdout = 0.1")
    document = policy_parcel(tmp_path / "policy.toml", HEAD).document
    assert isinstance(document, PolicyDocument) and document.policy.holdout == 0.1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('goods = ["690123"]', r"goods\[0\]: '690123' has 6 digits: a GTIN has 8, 12, 13 or 14"),
        ("goods = [6901234567892]", "put 6901234567892 into quotes"),
        ('goods = "6901234567892"', "goods: a list belongs here"),
        ('hedline = "x"', "`hedline` is not known, did you mean `headline`"),
        ("valid_from = 2026-03-14T08:00:00Z", "valid_from: text belongs here, in quotes"),
        ('valid_from = "morning"', "valid_from: a time belongs here"),
        (
            'dayparts = [{ begins = "8", ends = "9" }]',
            r'dayparts\[0\].begins: a time of day belongs here, as in "08:00"',
        ),
        ("seconds = 900", "seconds: the number must be <= 120"),
        ('asset = "gone.png"', "gone.png: there is no such file, and content.toml names it"),
    ],
)
def test_a_mistake_in_an_item_is_said_with_its_name_and_in_words(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "content.toml").write_text(f'[[items]]\nname = "tea"\nplays = "loop"\n{line}\n')
    with pytest.raises((ValueError, OSError), match=told) as caught:
        content_parcel(tmp_path, HEAD)
    assert "Expected" not in str(caught.value) and "Errno" not in str(caught.value)


@pytest.mark.parametrize("code", ["06901234567892", "6901234567892", "614141007349", "96385074"])
def test_goods_may_be_written_as_in_a_planogram(tmp_path: Path, code: str) -> None:
    (tmp_path / "content.toml").write_text(f'[[items]]\nname = "tea"\nplays = "loop"\nline = "x"\ngoods = ["{code}"]')
    document = content_parcel(tmp_path, HEAD).document
    assert isinstance(document, ContentDocument) and document.items[0].goods == (code.zfill(14),)


def test_a_folder_sends_nothing_from_outside(tmp_path: Path) -> None:
    (tmp_path / "content.toml").write_text('[[items]]\nname = "a"\nplays = "loop"\nasset = "../secret"\n')
    with pytest.raises(ValueError, match="without a path"):
        content_parcel(tmp_path, HEAD)


class Wired:
    """A shelf behind a broker: what is desired reaches it, what it reports stands at the broker."""

    def __init__(self, shelf: Shelf, port: int) -> None:
        self.shelf, self.topics = shelf, Topics("s", "d")
        self.ready = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.on_connect = lambda client, *_: client.subscribe(self.topics.desired("config"), qos=1)
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_message = self.hear
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def hear(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        self.tell(msgspec.json.encode(self.shelf.hear("config", bytes(message.payload))))
        self.shelf.settle()
        self.tell(msgspec.json.encode(self.shelf.told["config"]))

    def tell(self, body: bytes) -> None:
        self.client.publish(self.topics.reported("config"), body, qos=1, retain=True)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    _broker, port = start_broker(tmp_path_factory.mktemp("broker"))
    yield port


def test_from_a_new_key_to_a_price_on_a_shelf(
    tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["keys", "new", str(tmp_path), "hub"]) == 0
    key = read_key(tmp_path / "hub.key")
    assert key.table in capsys.readouterr().out
    documents = {"dir": str(tmp_path / "documents"), "key": [{"name": "hub", "ed25519": key.public}]}
    shelf = Shelf(tmp_path, local_config(tmp_path, documents=documents))
    wired = Wired(shelf, port)
    assert wired.ready.wait(10)
    file = tmp_path / "wanted.toml"
    send = ["config", str(file), "--store", "s", "--device", "d", "--key", str(tmp_path / "hub.key")]
    send += ["--port", str(port), "--wait", "20", "--by", "li.wei"]
    file.write_text("[visits]\ndwell_s = 9.0\n")
    assert main([*send, "--version", "5"]) == 0
    assert "applied, in force: version 5" in capsys.readouterr().out and shelf.config.visits.dwell_s == 9.0
    file.write_text("[visits]\ndwel_s = 9.0\n")
    assert main(send) == 1
    told = capsys.readouterr().out
    assert "version 6," in told and "did you mean `dwell_s`?" in told, "the version is one more than the device's"
    assert main([*send, "--version", str(2**53 - 1)]) == 1
    assert "at most 4294967301" in capsys.readouterr().out
    assert main(send) == 1
    assert "version 6," in capsys.readouterr().out, "a slip is not counted on from"
    wired.client.disconnect()
    wired.client.loop_stop()


def test_one_price_is_changed_in_what_the_broker_has(
    tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("hub", "other"):
        save_key(tmp_path, new_key(name))
    documents = {
        "dir": str(tmp_path / "documents"),
        "key": [{"name": "hub", "ed25519": read_key(tmp_path / "hub.key").public}],
    }
    shelf = Shelf(tmp_path, local_config(tmp_path, documents=documents))
    place = ["--store", "s", "--device", "d", "--port", str(port), "--by", "li.wei", "--wait", "20"]
    send = [*place, "--key", str(tmp_path / "hub.key")]
    assert main(["clear", "config", "--store", "s", "--device", "d", "--port", str(port)]) == 0
    assert main(["price", "cola", "4.50", *send]) == 65
    assert "the broker has no configuration for this device: send the whole planogram" in capsys.readouterr().err
    wired = Wired(shelf, port)
    assert wired.ready.wait(10)
    file = tmp_path / "wanted.toml"
    file.write_text(
        '[visits]\ndwell_s = 9.0\n[[lane]]\nname = "cola"\ncells = ["c1"]\ngtin = "6901234567892"\nprice = "1.35"\n'
        '[[lane]]\nname = "tea"\ncells = ["c2"]\ngtin = "96385074"\nprice = "2.00"\npromotion_price = "1.50"\n'
    )
    assert main(["config", str(file), *send]) == 0
    first = shelf.parts.version
    capsys.readouterr()
    assert main(["price", "cola", "4.50", "--promotion", "3.90", *send]) == 0
    told = capsys.readouterr().out
    assert f"cola: 1.35 -> 4.50 (promotion 3.90); all else as in version {first}" in told
    assert [(x.price, x.promotion_price) for x in shelf.config.lanes] == [("4.50", "3.90"), ("2.00", "1.50")]
    assert shelf.config.visits.dwell_s == 9.0 and shelf.parts.version == (first or 0) + 1
    assert main(["price", "tea", "2.10", *send]) == 0, "a promotion that is not named is over"
    assert [(x.price, x.promotion_price) for x in shelf.config.lanes] == [("4.50", "3.90"), ("2.10", "")]
    assert main(["price", "cloa", "4.50", *send]) == 65
    assert "no lane 'cloa', did you mean `cola`?" in capsys.readouterr().err
    assert main(["price", "cola", "4,50", *send]) == 65 and "is no price" in capsys.readouterr().err
    assert main(["price", "cola", "4.60", *place, "--key", str(tmp_path / "other.key")]) == 65
    assert "is not signed with other" in capsys.readouterr().err and shelf.config.lanes[0].price == "4.50"
    assert main(["price", "cola", "1.00", "--promotion", "2.00", *send]) == 1
    assert main(["price", "cola", "1.00", *send]) == 65, "never on top of what the device has refused"
    assert "d has rejected what the broker has: mend that first" in capsys.readouterr().err
    wired.client.disconnect()
    wired.client.loop_stop()


def test_of_two_products_in_a_lane_the_price_is_of_one() -> None:
    lanes = [
        {"name": "sweets", "gtin": "9506000134352", "price": "2.20", "promotion_price": "1.75"},
        {"name": "sweets", "gtin": "614141007349", "price": "2.95"},
    ]
    document = ConfigDocument(**dict(HEAD), config={"lane": lanes})
    with pytest.raises(ValueError, match=r"'sweets' has 9506000134352, 614141007349: say which with --gtin"):
        repriced(document, Price("sweets", "3.00"), HEAD)
    parcel, told = repriced(document, Price("sweets", "3.00", gtin="00614141007349"), HEAD)
    assert isinstance(parcel.document, ConfigDocument)
    assert parcel.document.config["lane"] == [lanes[0], {**lanes[1], "price": "3.00"}] and "2.95 -> 3.00" in told
    with pytest.raises(ValueError, match="prices stand in the device's own file"):
        repriced(ConfigDocument(**dict(HEAD), config={}), Price("sweets", "3.00"), HEAD)


def test_a_device_that_nobody_ever_heard_of(
    tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_command, "FIRST_REPORT_S", 0.1)
    save_key(tmp_path, new_key("hub"))
    (tmp_path / "policy.toml").write_text("")
    place = ["--store", "s", "--device", "aisel-1", "--port", str(port)]
    send = ["policy", str(tmp_path / "policy.toml"), *place, "--key", str(tmp_path / "hub.key")]
    assert main([*send, "--wait", "0.1"]) == 69
    told = capsys.readouterr()
    assert "nothing was ever heard of a device s/aisel-1" in told.out
    assert "take the wish back with `clear policy`" in told.err
    assert main(["clear", "policy", *place]) == 0


def test_nobody_listens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--store", "s", "--device", "d", "--port", "1"]
    assert main(["clear", "config", *place]) == 69
    assert "no broker" in capsys.readouterr().err
    assert main(["config", "x.toml", *place, "--key", str(tmp_path / "none.key")]) == 66
    told = capsys.readouterr().err
    assert "none.key: there is no such key;" in told and "keys new" in told and "Errno" not in told
    with pytest.raises(SystemExit):
        main(["config"])
