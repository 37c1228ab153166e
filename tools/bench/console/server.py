"""The console's page, its stream of changes and its buttons, over HTTP on loopback.

GET /            the page          GET /live       changes as server-sent events (model.py)
GET /page/...    its modules       GET /strip.png  the strip's pixels
GET /uplot/...   the plotting library, where it was installed
POST /NAME       a button: JSON in, `{"ok": .., "says": ..}` out

Not here: who may ask (guard.py), what a button does (console.py).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.bench.console.guard import HEADERS, Guard
from tools.bench.console.model import Model

PAGE = Path(__file__).resolve().parent / "page"
UPLOT = Path(__file__).resolve().parents[3] / "build" / "console" / "node_modules" / "uplot" / "dist"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
MOST_BODY = 262_144  # a document with all its lanes
MOST_PAGES = 8
QUIET_S = 10.0  # after so long a page is told that we live; one that does not take it is let go
JOIN_S = 5.0

Ask = Callable[[dict[str, Any]], str]  # gives back a sentence; AskError says why not


class AskError(Exception):
    """A button's wish cannot be met; the message says why."""


class Console:
    """Serves from the moment it is made until `close`. `asks`: what each button does."""

    def __init__(self, model: Model, asks: Mapping[str, Ask], strip: Callable[[], bytes | None], port: int = 0) -> None:
        """`port` 0: a free one. OSError where it is taken."""
        self.model, self.asks, self.strip = model, asks, strip
        self.files = _files()
        self.closing = threading.Event()
        self.pages = threading.BoundedSemaphore(MOST_PAGES)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.console = self
        self.guard = Guard(self._server.server_port)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="console")
        self._thread.start()

    def close(self) -> None:
        """Ends every stream; may be called twice."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(JOIN_S)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 32
    console: Console

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up in the middle is nobody's fault."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = QUIET_S + 5.0  # of one read or write

    def do_GET(self) -> None:
        console, path = self.server.console, self.path.partition("?")[0]
        refusal = console.guard.refuses(self.headers, changes=False)
        if refusal is not None:
            self._says(HTTPStatus.FORBIDDEN, refusal)
        elif path == "/live":
            self._live()
        elif path == "/strip.png":
            picture = console.strip()
            self._answer(HTTPStatus.OK if picture else HTTPStatus.NO_CONTENT, "image/png", picture or b"")
        elif path in console.files:
            body = console.files[path]
            if path == "/":
                body = body.replace(b"{token}", console.guard.token.encode())
            self._answer(HTTPStatus.OK, f"{TYPES['.html' if path == '/' else Path(path).suffix]}; charset=utf-8", body)
        else:
            self._says(HTTPStatus.NOT_FOUND, "there is nothing here")

    def do_POST(self) -> None:
        console = self.server.console
        refusal, wish = console.guard.refuses(self.headers, changes=True), self._body()
        ask = console.asks.get(self.path.removeprefix("/"))
        if refusal is not None:
            self._says(HTTPStatus.FORBIDDEN, refusal)
        elif ask is None:
            self._says(HTTPStatus.NOT_FOUND, "there is no such button")
        elif wish is None:
            self._says(HTTPStatus.BAD_REQUEST, f"send a JSON object of at most {MOST_BODY} bytes")
        else:
            try:
                self._says(HTTPStatus.OK, ask(wish))
            except AskError as error:
                self._says(HTTPStatus.CONFLICT, str(error))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal belongs to the board."""

    def _body(self) -> dict[str, Any] | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 9 or int(length) > MOST_BODY:
            self.close_connection = True  # what it has sent is not read
            return None
        try:
            wish = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return None
        return wish if isinstance(wish, dict) else None

    def _live(self) -> None:
        console = self.server.console
        if not console.pages.acquire(blocking=False):
            self._says(HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_PAGES} pages are open: close one")
            return
        page = console.model.open()
        try:
            self._head(HTTPStatus.OK, "text/event-stream", None)
            self.close_connection = True
            quiet_s = 0.0
            while not console.closing.is_set():
                changes = page.take(0.5)
                quiet_s = 0.0 if changes else quiet_s + 0.5
                lines = [f"data: {change}\n\n" for change in changes] or [": here\n\n"] * (quiet_s % QUIET_S == 0.0)
                if lines:
                    self.wfile.write("".join(lines).encode())
        finally:
            console.model.close(page)
            console.pages.release()

    def _says(self, status: HTTPStatus, sentence: str) -> None:
        body = json.dumps({"ok": status == HTTPStatus.OK, "says": sentence}, ensure_ascii=False)
        self._answer(status, "application/json", body.encode())

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self._head(status, kind, len(body))
        self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, length: int | None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is None or self.close_connection:
            self.send_header("Connection", "close")
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()


def _files() -> dict[str, bytes]:
    """Everything that can be asked for, by its path: nothing else of this machine is."""
    files = {f"/page/{path.name}": path.read_bytes() for path in PAGE.iterdir() if path.suffix in TYPES}
    files["/"] = files.pop("/page/index.html").replace(b"{uplot}", b"there" if UPLOT.is_dir() else b"")
    for name in ("uPlot.esm.js", "uPlot.min.css"):
        if (UPLOT / name).is_file():
            files[f"/uplot/{name}"] = (UPLOT / name).read_bytes()
    return files
