"""`python -m tools.publish`: makes keys, and sends a signed document to a device or to all of a store.

    keys new DIR NAME
    config FILE.toml | policy FILE.toml | content FOLDER | model FOLDER  --store S --device D --key KEY [--key KEY]
    clear KIND  --store S --device D

Exit codes: 0 applied, 1 rejected or rolled back, 2 usage, 65 no document, 66 no file, 69 the broker or the device does
not answer.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from agent.config.schema import Broker
from tools.publish.folder import Head, Parcel, config_parcel, content_parcel, model_parcel, policy_parcel
from tools.publish.hub import Hub, HubError, payload_hash
from tools.publish.signing import new_key, now, read_key, save_key, sign
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


def main(arguments: list[str] | None = None) -> int:
    args = build_parser().parse_args(arguments)
    try:
        code: int = args.command(args)
    except HubError as error:
        return _complain(str(error), os.EX_UNAVAILABLE)
    except (WireError, ValueError) as error:
        return _complain(str(error), os.EX_DATAERR)
    except OSError as error:
        return _complain(str(error), os.EX_NOINPUT)
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
        command.add_argument(
            "--key", type=Path, action="append", required=True, help="NAME.key; twice to exchange keys"
        )
        command.add_argument("--version", type=int, help="default: one more than the device has seen")
        command.add_argument("--by", default=getpass.getuser(), help="who wants it, for the records")
        command.add_argument("--wait", type=float, default=120.0, help="seconds to wait for the device; 0: do not")
        command.set_defaults(command=publish, kind=kind)
        _add_place(command)
    clear = commands.add_parser("clear", help="take a document from the broker; devices go on with what they have")
    clear.add_argument("kind", choices=DOCUMENTS)
    clear.set_defaults(command=clear_topic)
    _add_place(clear)
    return parser


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
            hub.hear(topics, args.kind)
            version = args.version or _next_version(hub, topics, args.kind)
            head = Head(version, args.store, device, args.by, now())
            parcel = PARCELS[args.kind](args.path, head)
            message = sign(parcel.document, keys)
            hub.files(topics, parcel.files)
            hub.document(topics, args.kind, message)
            print(f"{topics.desired(args.kind)}: version {version}, {len(message)} bytes, {len(parcel.files)} files")
            codes.append(_wait(hub, topics, args, message) if args.wait > 0 else os.EX_OK)
    return max(codes)


def clear_topic(args: argparse.Namespace) -> int:
    with Hub(_broker(args)) as hub:
        for device in args.device:
            hub.document(Topics(args.store, device), args.kind, b"")
    return os.EX_OK


def _wait(hub: Hub, topics: Topics, args: argparse.Namespace, message: bytes) -> int:
    told = hub.answer(topics, args.kind, payload_hash(message), args.wait, _show)
    if told is None:
        return _complain(f"{topics.device} has not settled it within {args.wait:.0f} s", os.EX_UNAVAILABLE)
    return os.EX_OK if told.state == "applied" else 1


def _next_version(hub: Hub, topics: Topics, kind: str) -> int:
    """One more than what the device has in force or has heard of."""
    told = hub.reports(topics, kind, FIRST_REPORT_S)
    return 1 if told is None else 1 + max(told.version or 0, told.desired_version or 0)


def _show(told: ReportedPayload) -> None:
    print(f"  {told.state}, in force: version {told.version}")
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
