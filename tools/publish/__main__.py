"""`python -m tools.publish`: makes keys, and sends a signed document to a device or to all of a store.

    keys new DIR NAME
    config FILE.toml | policy FILE.toml | content FOLDER | model FOLDER  --store S --device D --key KEY [--key KEY]
    price LANE PRICE [--promotion PRICE] [--gtin GTIN]  the same: the broker's config document with one price changed
    clear KIND  --store S --device D

Exit codes: 0 applied, 1 rejected or rolled back, 2 usage, 65 no document, 66 no file, 69 the broker or the device does
not answer.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.config.schema import Broker
from agent.documents.opening import MOST_STEP
from tools.publish.folder import Head, Parcel, config_parcel, content_parcel, model_parcel, policy_parcel
from tools.publish.hub import Hub, HubError, payload_hash
from tools.publish.price import Price, demand_in_force, read_back, repriced
from tools.publish.signing import HubKey, new_key, now, read_key, save_key, sign
from wire.codec import WireError
from wire.reported import ReportedPayload
from wire.topics import DOCUMENTS, Topics

PARCELS: dict[str, Callable[[Path, Head], Parcel]] = {
    "config": config_parcel,
    "policy": policy_parcel,
    "content": content_parcel,
    "model": model_parcel,
}
FIRST_REPORT_S = 2.0
WRONG_NAME = "if the name is wrong, take the wish back with `clear {}`"


def main(arguments: list[str] | None = None) -> int:
    args = build_parser().parse_args(arguments)
    try:
        code: int = args.command(args)
    except HubError as error:
        return _complain(str(error), os.EX_UNAVAILABLE)
    except (WireError, ValueError) as error:
        return _complain(str(error), os.EX_DATAERR)
    except OSError as error:
        sentence = str(error) if error.errno is None else f"{error.filename or 'a file'}: {error.strerror}"
        return _complain(sentence, os.EX_NOINPUT)
    return code


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.publish", description="The hub's side of documents.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    keys = commands.add_parser("keys", help="keys new DIR NAME: make a key")
    keys.add_argument("what", choices=("new",))
    keys.add_argument("folder", type=Path)
    keys.add_argument("name")
    keys.set_defaults(command=make_key)
    for kind in PARCELS:
        command = commands.add_parser(kind, help=f"send a {kind} document")
        command.add_argument("path", type=Path, help="TOML file; content and model: the folder")
        command.set_defaults(command=publish, kind=kind)
        _add_sending(command)
    price = commands.add_parser("price", help="change one price in the config document that the broker has")
    price.add_argument("lane", metavar="LANE")
    price.add_argument("price", metavar="PRICE", help="as in 4.50")
    price.add_argument(
        "--promotion", default="", metavar="PRICE", help="what it costs for now; left out: none any more"
    )
    price.add_argument("--gtin", default="", help="which product, where several share the lane")
    price.set_defaults(command=reprice, kind="config")
    _add_sending(price)
    clear = commands.add_parser("clear", help="take a document from the broker; devices go on with what they have")
    clear.add_argument("kind", choices=DOCUMENTS)
    clear.set_defaults(command=clear_topic)
    _add_place(clear)
    return parser


def _add_sending(command: argparse.ArgumentParser) -> None:
    command.add_argument("--key", type=Path, action="append", required=True, help="NAME.key; twice to exchange keys")
    command.add_argument("--version", type=int, help="default: one more than the device has seen")
    command.add_argument("--by", default=getpass.getuser(), help="who wants it, for the records")
    command.add_argument("--wait", type=float, default=120.0, help="seconds to wait for the device; 0: do not")
    _add_place(command)


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument("--store", required=True)
    command.add_argument("--device", required=True, action="append", help="more than once: to each of them")
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=1883)
    command.add_argument("--tls", action="store_true")
    for name in ("ca-file", "cert-file", "key-file", "username", "password-file"):
        command.add_argument(f"--{name}", default="", help="as in [broker]")


def make_key(args: argparse.Namespace) -> int:
    key = new_key(args.name)
    path = save_key(args.folder, key)
    print(f"# {path} is secret: keep it where nobody but the hub reads. For the devices' file:\n{key.table}", end="")
    return os.EX_OK


def publish(args: argparse.Namespace) -> int:
    keys = [read_key(path) for path in args.key]
    codes = [os.EX_OK]
    with Hub(_broker(args)) as hub:
        for device in args.device:
            topics = Topics(args.store, device)
            told = _heard(hub, topics, args.kind)
            head = _head(args, device, 1 + _highest(told))
            codes.append(_send(hub, topics, args, PARCELS[args.kind](args.path, head), keys, told is not None))
    return max(codes)


def reprice(args: argparse.Namespace) -> int:
    keys = [read_key(path) for path in args.key]
    wanted = Price(args.lane, args.price, args.promotion, args.gtin)
    codes = [os.EX_OK]
    with Hub(_broker(args)) as hub:
        for device in args.device:
            topics = Topics(args.store, device)
            message = hub.kept(topics, args.kind, FIRST_REPORT_S)
            document = read_back(message, keys)
            told = _heard(hub, topics, args.kind)
            demand_in_force(payload_hash(message), told, device)
            head = _head(args, device, 1 + max(document.version, _highest(told)))
            parcel, sentence = repriced(document, wanted, head)
            print(sentence)
            codes.append(_send(hub, topics, args, parcel, keys, True))
    return max(codes)


def clear_topic(args: argparse.Namespace) -> int:
    with Hub(_broker(args)) as hub:
        for device in args.device:
            hub.document(Topics(args.store, device), args.kind, b"")
    return os.EX_OK


def _send(
    hub: Hub, topics: Topics, args: argparse.Namespace, parcel: Parcel, keys: Sequence[HubKey], known: bool
) -> int:
    """The exit code. `known`: the device has told something before."""
    message, version = sign(parcel.document, keys), parcel.document.version
    hub.files(topics, parcel.files)
    hub.document(topics, args.kind, message)
    print(f"{topics.desired(args.kind)}: version {version}, {len(message)} bytes, {len(parcel.files)} files")
    if not known:
        print(f"  nothing was ever heard of a device {topics.store}/{topics.device}: {WRONG_NAME.format(args.kind)}")
    if args.wait <= 0:
        return os.EX_OK
    told = hub.answer(topics, args.kind, payload_hash(message), args.wait, _show)
    if told is not None:
        return os.EX_OK if told.state == "applied" else 1
    late = f"{topics.device} has not settled it within {args.wait:.0f} s"
    hint = (
        "it is taken up when the device is back"
        if known
        else f"nothing was heard of it: {WRONG_NAME.format(args.kind)}"
    )
    return _complain(f"{late}; {hint}", os.EX_UNAVAILABLE)


def _head(args: argparse.Namespace, device: str, version: int) -> Head:
    return Head(args.version or version, args.store, device, args.by, now())


def _heard(hub: Hub, topics: Topics, kind: str) -> ReportedPayload | None:
    """What the device has told of this kind last; None: nothing, ever."""
    hub.hear(topics, kind)
    return hub.reports(topics, kind, FIRST_REPORT_S)


def _highest(told: ReportedPayload | None) -> int:
    """The highest version that the device has in force or has heard of. What is out of all reach was refused for it."""
    if told is None:
        return 0
    in_force, heard = told.version or 0, told.desired_version or 0
    return max(in_force, heard if heard <= in_force + MOST_STEP else 0)


def _show(told: ReportedPayload) -> None:
    in_force = "nothing from the hub" if told.version is None else f"version {told.version}"
    print(f"  {told.state}, in force: {in_force}")
    for finding in told.findings:
        suggestion = f" ({finding.suggestion})" if finding.suggestion else ""
        print(f"    {finding.path or 'document'}: {finding.reason}{suggestion}")


def _broker(args: argparse.Namespace) -> Broker:
    return Broker(
        host=args.host,
        port=args.port,
        tls=args.tls,
        ca_file=args.ca_file,
        cert_file=args.cert_file,
        key_file=args.key_file,
        username=args.username,
        password_file=args.password_file,
    )


def _complain(sentence: str, code: int) -> int:
    print(f"publish: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
