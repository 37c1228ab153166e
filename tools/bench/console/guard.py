"""Who may ask the console: a page that came from it, on this machine.

A foreign web page can make a browser ask loopback, under a name of its own that resolves to it (DNS rebinding) or by a
plain form: the Host must be ours, an Origin must be ours, and what changes anything needs the token that only our page
was given. Not here: HTTP (server.py).
"""

from __future__ import annotations

import hmac
import secrets
from email.message import Message

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Of a console on this port."""

    def __init__(self, port: int) -> None:
        self.token = secrets.token_urlsafe(24)
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    def refuses(self, headers: Message, *, changes: bool) -> str | None:
        """Why this is not answered; None: it is. `changes`: more than to look is asked for."""
        if headers.get("Host", "").lower() not in self._hosts:
            return "this console answers only under its own address"
        origin = headers.get("Origin", "")
        if origin and origin.removeprefix("http://").lower() not in self._hosts:
            return "another page's request"
        if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return "another page's request"
        if not changes:
            return None
        if not hmac.compare_digest(headers.get("X-Console-Token", "").encode(), self.token.encode()):
            return "the token is missing or an old one: load the page again"
        if headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            return "only JSON is understood"
        return None
