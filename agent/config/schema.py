"""Every key of the configuration: type, unit, bounds and the reason for its default.

`docs/config.md` is generated from this file. Not here: reading TOML and naming mistakes (load.py), what keys must
mean together (check.py).
"""
# ruff: noqa: RUF009  (`key` makes a dataclass field; it is no shared mutable default)

from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from typing import Any


def key(
    why: str,
    *,
    default: Any = MISSING,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    owner: str = "local",
    name: str = "",
    form: str = "",
) -> Any:
    """One documented field. `owner`: "local" (identity, wiring) or "remote" (the hub may change it).
    `name`: the key in TOML where it differs (a list of tables is named in the singular there).
    `form`: of text that has one (forms.py): "gtin" (becomes 14 digits), "price", "colour" ..."""
    about = {"why": why, "unit": unit, "low": low, "high": high, "choices": choices, "owner": owner}
    return field(default=default, metadata={**about, "name": name, "form": form})


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Who this shelf is."""

    store: str = key("one MQTT level: letters, digits, _ . -")
    id: str = key("unique in the store; names the device in topics and event ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where events go. Anonymous and without TLS only on loopback."""

    host: str = key("name or address of the broker", default="127.0.0.1", owner="remote")
    port: int = key("1883 on loopback, 8883 with TLS", default=1883, low=1, high=65535, owner="remote")
    protocol: str = key(
        "MQTT 5 tells refusals apart; 3.1.1 carries everything else",
        default="5",
        choices=("5", "3.1.1"),
        owner="remote",
    )
    tls: bool = key("needed for any host that is not loopback", default=False)
    ca_file: str = key("PEM of the authority that signed the broker", default="")
    cert_file: str = key("this device's certificate; one a device", default="")
    key_file: str = key("its private key, readable by the agent alone", default="")
    username: str = key("only where the broker cannot do certificates", default="")
    password_file: str = key("file that holds the password, so that no secret stands in the configuration", default="")
    keepalive_s: int = key(
        "a dead link is seen after 1.5 of these", default=30, unit="s", low=5, high=3600, owner="remote"
    )
    session_expiry_s: int = key(
        "how long the broker keeps our session while we are away",
        default=604_800,
        unit="s",
        low=0,
        high=4_294_967_294,
        owner="remote",
    )
    inflight: int = key(
        "events sent and not yet acknowledged; more fills brokers' default windows of 20",
        default=16,
        low=1,
        high=1000,
        owner="remote",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Events on disk until the broker has accepted them."""

    path: str = key(
        "SQLite file; its directory must be on a disk that survives a power cut",
        default="/var/lib/shelfd/outbox.sqlite",
    )
    max_mb: float = key(
        "about a month of events of a busy shelf", default=64.0, unit="MB", low=1, high=4096, owner="remote"
    )
    park_after: int = key(
        "tries before a message the broker cannot take is set aside", default=5, low=1, high=100, owner="remote"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The observation stream kept for replay; tracks and weights only, never pictures."""

    dir: str = key("directory of the ring of segments; empty: no recording", default="")
    max_mb: float = key(
        "size of the ring; the oldest segment goes first", default=64.0, unit="MB", low=1, high=65536, owner="remote"
    )
    segment_s: float = key(
        "each starts with a whole snapshot: shorter costs space, longer loses more at once",
        default=600.0,
        unit="s",
        low=10,
        high=86400,
        owner="remote",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One load cell (or one channel of grams)."""

    name: str = key("unique on this shelf; lanes refer to it")
    tare_counts: float = key("reading of the empty cell; `shelfd calibrate` finds it", default=0.0, unit="counts")
    counts_per_gram: float = key(
        "negative when mounted upside down; 1 where the scale speaks grams", default=1.0, unit="counts/g"
    )
    saturation_counts: float = key(
        "a reading at or beyond this is full scale, no weight; 2^23-1 for HX711, ADS1232; 0: none",
        default=8_388_607.0,
        unit="counts",
        low=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One serial port with its cells."""

    name: str = key("names the stream `scale/<name>` in health and faults")
    driver: str = key(
        "the protocol that the box speaks",
        choices=(
            "shelfd-lines",
            "openscale",
            "mt-sics",
            "and",
            "cas-22",
            "cas-pd2",
            "toledo-continuous",
            "toledo-8217",
            "modbus-rtu",
        ),
        owner="remote",
    )
    port: str = key("device path; prefer /dev/serial/by-id/...: it survives replugging", owner="remote")
    baud: int = key("as set in the box", default=115200, unit="baud", low=300, high=4_000_000, owner="remote")
    bytesize: int = key("7 for Toledo 8217", default=8, unit="bits", low=7, high=8, owner="remote")
    parity: str = key("E for Toledo 8217", default="N", choices=("N", "E", "O"), owner="remote")
    stopbits: int = key("as set in the box", default=1, low=1, high=2, owner="remote")
    rate_hz: float = key(
        "samples a second the box should send; health compares",
        default=10.0,
        unit="Hz",
        low=0.1,
        high=1000,
        owner="remote",
    )
    cells: tuple[Cell, ...] = key("in the order of the channels on the wire", name="cell")
    poll_s: float = key(
        "for boxes that answer only when asked: pause between questions; 0: the box streams",
        default=0.0,
        unit="s",
        low=0,
        high=60,
        owner="remote",
    )
    openscale_fields: tuple[str, ...] = key(
        "what is switched on in OpenScale's menu, in the order of its lines; weight and unit always",
        default=("weight", "unit"),
        choices=("millis", "weight", "unit", "raw", "local_c", "remote_c"),
    )
    checksum: bool = key("Toledo continuous: the box appends its checksum", default=False)
    toledo_unit: str = key(
        "Toledo 8217: unit of the display, which its frames do not carry", default="kg", choices=("g", "kg", "lb", "oz")
    )
    modbus_unit: int = key("address on the bus", default=1, low=1, high=247)
    modbus_register: int = key(
        "first register of the first cell; each cell is a signed 32-bit pair", default=0, low=0, high=65535
    )
    modbus_word_order: str = key(
        "which register of a pair is the high word; boxes differ", default="big", choices=("big", "little")
    )
    modbus_gram_per_digit: float = key(
        "grams of one digit of the 32-bit value; 1 leaves counts to the cell's calibration",
        default=1.0,
        unit="g",
        low=1e-6,
        high=1e6,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One weighed stretch of the shelf with one product. Two entries with the same cells: two products share it."""

    name: str = key("unique, except where two products share the same cells", owner="remote")
    cells: tuple[str, ...] = key("cells that carry it, summed; all of one scale", owner="remote")
    gtin: str = key("GTIN-8/12/13/14; kept as 14 digits", owner="remote", form="gtin")
    title: str = key("for people", default="", owner="remote")
    unit_g: float | None = key(
        "weight of one unit; leave out for goods of no fixed weight",
        default=None,
        unit="g",
        low=1,
        high=50_000,
        owner="remote",
    )
    unit_tolerance: float = key(
        "spread of one unit's weight, 1 sigma, as a fraction; 2 % covers a real store's catalogue errors",
        default=0.02,
        low=0,
        high=0.5,
        owner="remote",
    )
    min_step_g: float = key(
        "smaller changes of this lane are no events; 0: found from unit weight and noise",
        default=0.0,
        unit="g",
        low=0,
        high=100_000,
        owner="remote",
    )
    left_m: float = key(
        "box of the lane on the shelf plane; all four 0: no box, hands cannot be matched",
        default=0.0,
        unit="m",
        low=-10,
        high=100,
        owner="remote",
    )
    right_m: float = key("see left_m", default=0.0, unit="m", low=-10, high=100, owner="remote")
    bottom_m: float = key(
        "see left_m; from the floor of the fixture", default=0.0, unit="m", low=-10, high=100, owner="remote"
    )
    top_m: float = key("see left_m", default=0.0, unit="m", low=-10, high=100, owner="remote")
    units: int | None = key(
        "units in the lane at the first start; leave out: not counted yet",
        default=None,
        low=0,
        high=10_000,
        owner="remote",
    )
    facing_units: int = key(
        "units of a full facing; half of it arriving with nobody there is a restock; 0: not known",
        default=0,
        low=0,
        high=10_000,
        owner="remote",
    )
    low_units: int = key("at or below this the stock is low", default=1, low=0, high=10_000, owner="remote")
    price: str = key(
        'of one unit in store.currency, as text so that no cent is rounded, "4.50"; empty: the label has none',
        default="",
        owner="remote",
        form="price",
    )
    promotion_price: str = key(
        "what it costs for now; the other price is struck out", default="", owner="remote", form="price"
    )
    net_amount: float = key(
        "what one unit holds, for the unit price; 0: no unit price", default=0.0, low=0, high=1_000_000, owner="remote"
    )
    net_unit: str = key("of net_amount", default="g", choices=("g", "kg", "ml", "l", "m", "piece"), owner="remote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Further goods of the shop that may turn up here by mistake."""

    gtin: str = key("GTIN-8/12/13/14; kept as 14 digits", owner="remote", form="gtin")
    unit_g: float | None = key("weight of one unit", default=None, unit="g", low=1, high=50_000, owner="remote")
    title: str = key("for people", default="", owner="remote")
    unit_tolerance: float = key("spread of one unit's weight, 1 sigma", default=0.02, low=0, high=0.5, owner="remote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """Heads and hands that a tracker outside this process sees (docs/tracks.md)."""

    socket: str = key(
        "Unix stream socket that the tracker listens on; empty: no tracker, visitors stay unknown", default=""
    )
    rate_hz: float = key(
        "frames a second the tracker should send, also while nobody is there; health compares",
        default=15.0,
        unit="Hz",
        low=0.1,
        high=240,
        owner="remote",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A point of the picture whose place on the shelf plane is known."""

    x_px: float = key("from the picture's left edge", unit="px", low=-10_000, high=10_000, owner="remote")
    y_px: float = key("from the picture's upper edge", unit="px", low=-10_000, high=10_000, owner="remote")
    u_m: float = key(
        "along the front edge, from its left end as the shopper sees it", unit="m", low=-100, high=100, owner="remote"
    )
    v_m: float = key("up from the floor of the fixture", unit="m", low=-100, high=100, owner="remote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """The agent's own eyes. Pictures stay in memory, and only for a moment."""

    driver: str = key(
        "what takes the pictures; empty: no camera. file and folder play a recording and begin again at its end",
        default="",
        choices=("", "picamera2", "v4l2", "file", "folder"),
        owner="remote",
    )
    device: str = key(
        "/dev/v4l/by-id/..., a video file, a folder of pictures; picamera2: number of the camera",
        default="",
        owner="remote",
    )
    width: int = key(
        "of the picture; more costs time and finds smaller hands",
        default=640,
        unit="px",
        low=64,
        high=4096,
        owner="remote",
    )
    height: int = key("see width", default=360, unit="px", low=64, high=4096, owner="remote")
    rate_hz: float = key(
        "pictures a second; hands at a lane are seen for 0.9 s",
        default=15.0,
        unit="Hz",
        low=1,
        high=120,
        owner="remote",
    )
    lens_k1: float = key(
        "barrel distortion, first coefficient, lengths in half diagonals; 0: a lens without",
        default=0.0,
        low=-2,
        high=2,
        owner="remote",
    )
    lens_k2: float = key("second coefficient", default=0.0, low=-2, high=2, owner="remote")
    marks: tuple[Mark, ...] = key(
        "at least four, no three in a line; `shelfd calibrate camera` finds them; none: nothing is known in metres",
        default=(),
        name="mark",
        owner="remote",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vision:
    """Models that look at the camera's pictures."""

    manifest: str = key(
        "models/manifest.toml as built by tools/build_models; the models lie beside it",
        default="/usr/lib/shelfd/models/manifest.toml",
    )
    threads: int = key(
        "of the interpreter; each more helps less and takes a core from the rest",
        default=1,
        low=1,
        high=4,
        owner="remote",
    )
    tell_hz: float = key(
        "how often a second `state/eyes` says at most what is seen, for people before a screen; 0: never, nothing "
        "else needs it",
        default=0.0,
        unit="Hz",
        low=0,
        high=30,
        owner="remote",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """When somebody counts as a visitor, as dwelling, as undecided."""

    dwell_s: float = key(
        "in front of one lane this long is a dwell: passers-by look for less",
        default=3.0,
        unit="s",
        low=0.5,
        high=600,
        owner="remote",
    )
    hesitation_s: float = key(
        "a product held this long, still in front, is held undecided",
        default=3.0,
        unit="s",
        low=0.5,
        high=600,
        owner="remote",
    )
    linger_s: float = key(
        "in front of one lane this long, with nothing taken, is undecided too",
        default=8.0,
        unit="s",
        low=1,
        high=600,
        owner="remote",
    )
    near_m: float = key(
        "nearer to the shelf than this is in front of it", default=1.2, unit="m", low=0.1, high=10, owner="remote"
    )
    gone_s: float = key("unseen this long, a visitor has left", default=4.0, unit="s", low=0.5, high=60, owner="remote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """How the shop writes prices, and what its clocks show."""

    country: str = key(
        "two letters; unit prices follow its rule; empty: no unit prices", default="", owner="remote", form="country"
    )
    language: str = key(
        "of the labels' own words", default="en", choices=("en", "zh", "de", "fr", "es", "ja"), owner="remote"
    )
    currency: str = key("three letters, ISO 4217; empty: bare numbers", default="", owner="remote", form="currency")
    timezone: str = key('"Asia/Shanghai"; empty: as the device is set', default="", owner="remote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The strip at the shelf's edge."""

    driver: str = key("what shows the pixels; empty: no screen", default="", choices=("", "framebuffer", "drm"))
    device: str = key(
        "/dev/fb0, /dev/dri/card0, or a plain file with its geometry beside it in FILE.json; empty, with drm: the first"
        " card that has a panel",
        default="",
    )
    rotate: str = key(
        "the panel is mounted turned clockwise by so many degrees", default="0", choices=("0", "90", "180", "270")
    )
    left_m: float = key(
        "where the strip begins on the shelf's edge; both 0: from the first labelled lane to the last",
        default=0.0,
        unit="m",
        low=-10,
        high=100,
        owner="remote",
    )
    right_m: float = key("where it ends", default=0.0, unit="m", low=-10, high=100, owner="remote")
    labels: tuple[str, ...] = key(
        "lanes that have a label on it; empty: all that have a box", default=(), owner="remote"
    )
    content: str = key(
        "where content plays: right or left of the labels, above them, or everywhere between them (none: labels only)",
        default="above",
        choices=("above", "left", "right", "none"),
        owner="remote",
    )
    content_share: float = key(
        "of the strip's height (above) or width (left, right)", default=0.5, low=0.1, high=0.8, owner="remote"
    )
    background: str = key("colour, #rrggbb", default="#ffffff", owner="remote", form="colour")
    ink: str = key("colour of names and prices", default="#101010", owner="remote", form="colour")
    accent: str = key("colour of promotions", default="#c8102e", owner="remote", form="colour")
    link: str = key(
        "the longer online shelf, where visitors can opt in, as a QR code; empty: none",
        default="",
        owner="remote",
        form="link",
    )
    fade_s: float = key(
        "from one content to the next; 0: at once", default=0.3, unit="s", low=0, high=3, owner="remote"
    )
    fonts: tuple[str, ...] = key(
        "font files, the first that is there; empty: the usual places of fonts that know Chinese", default=()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """Buttons and a light on the device; numbers of Broadcom pins, -1 for none."""

    tare_pin: int = key("held for three seconds it tares the lanes that are empty", default=-1, low=-1, high=27)
    staff_pin: int = key("switches between shoppers and staff", default=-1, low=-1, high=27)
    led_pin: int = key("shows how the shelf does", default=-1, low=-1, high=27)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A key whose documents are obeyed."""

    name: str = key("as signatures name it", owner="remote")
    ed25519: str = key("public key, 32 bytes in base64", owner="remote", form="key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """What the hub may want of this device, and where it is kept."""

    dir: str = key("directory of documents, files of content and models; empty: the hub is not obeyed", default="")
    cache_mb: float = key(
        "files of content and models; the least recently used goes first",
        default=256.0,
        unit="MB",
        low=1,
        high=16384,
        owner="remote",
    )
    probation_s: float = key(
        "a change is watched for so long before it counts as good",
        default=30.0,
        unit="s",
        low=5,
        high=3600,
        owner="remote",
    )
    most_memory_mb: float = key(
        "more than this during probation is a reason to go back",
        default=180.0,
        unit="MB",
        low=50,
        high=4096,
        owner="remote",
    )
    keys: tuple[TrustedKey, ...] = key(
        "set at provisioning; a document that changes them needs a signature of an old key and of a new one",
        default=(),
        name="key",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything the agent is told at start."""

    device: Device = key("identity")
    broker: Broker = key("the broker", default=Broker())
    outbox: Outbox = key("durable queue", default=Outbox())
    recording: Recording = key("replay", default=Recording())
    scales: tuple[Scale, ...] = key("one table a serial port", default=(), name="scale")
    tracks: Tracks = key("an outside tracker", default=Tracks())
    camera: Camera = key("the agent's own eyes", default=Camera())
    vision: Vision = key("models", default=Vision())
    visits: Visits = key("visits, dwell, hesitation", default=Visits())
    store: Store = key("prices and time", default=Store())
    screen: Screen = key("the strip", default=Screen())
    buttons: Buttons = key("buttons and light", default=Buttons())
    documents: Documents = key("the hub's wishes", default=Documents())
    lanes: tuple[Lane, ...] = key("the planogram", default=(), name="lane")
    products: tuple[Product, ...] = key("other goods of the shop", default=(), name="product")
