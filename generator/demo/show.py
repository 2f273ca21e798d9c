"""The demo as a tour in the browser: the page of each scene, with a bar on top to go on and back.

A scene is played when a visitor first comes to it, because each one begins where the last one ended. The bar is put in
as the page is served; the files of the site are as they would be anywhere. Loopback only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from email.utils import formatdate
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ..model import Time
from ..serving import SiteHandler, SiteServer
from .scenes import SCENES, Scene
from .theatre import Theatre

PREFIX = "/-demo/"
STYLE = b"""
.demo-bar{position:sticky;top:0;z-index:9;padding:.6rem 1rem;background:#1d2533;color:#fff;margin-bottom:.8rem;
font:1rem/1.4 system-ui,sans-serif;display:flex;gap:.4rem 1rem;flex-wrap:wrap;align-items:center}
.demo-bar p{margin:0;flex:1 1 20rem}.demo-bar a,.demo-bar span{color:#fff;padding:.3rem .8rem;border:1px solid #fff;
border-radius:.3rem;text-decoration:none}.demo-bar a:hover{background:#fff;color:#1d2533}
.demo-bar a:focus-visible{outline:3px solid #ffd24d;outline-offset:2px}
.demo-bar span{border-color:#8a93a3;color:#b9c0cc}
@media print{.demo-bar{display:none}}
"""


class _Handler(SiteHandler):
    server: Show

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The clock of the scene: the page tells its age by the server's clock."""
        return formatdate(self.server.shown_at, usegmt=True)


class Show(SiteServer):
    """Serves the scene a visitor is at. `told` hears what is being played. Call `open` before `serve_forever`."""

    def __init__(self, theatre: Theatre, port: int = 0, told: Callable[[str], None] = lambda text: None) -> None:
        self._theatre, self._told = theatre, told
        self._played: list[tuple[Path, Time]] = []
        self._turn = threading.Lock()
        self.number = 0
        super().__init__(theatre.root, port, extra=self._moved, rewrite=self._with_bar)

    def open(self) -> None:
        """Play the first scene."""
        self.go(0)

    @property
    def shown_at(self) -> Time:
        return self._played[self.number][1] if self._played else self._theatre.now

    def go(self, number: int) -> None:
        """Show a scene, and play it and all before it that nobody has seen yet."""
        with self._turn:
            number = max(0, min(number, len(SCENES) - 1))
            while len(self._played) <= number:
                scene = SCENES[len(self._played)]
                self._told(f"{scene.title} …")
                site = self._theatre.play(scene)
                self._played.append((site, self._theatre.now))
            self.number, self.folder = number, self._played[number][0]

    def finish_request(self, request: Any, client_address: Any) -> None:
        _Handler(request, client_address, self)

    def _moved(self, handler: SiteHandler, path: str) -> bool:
        """`/-demo/step/N` shows scene N and leads to the front page; `/-demo/bar.css` is the bar's look."""
        if not path.startswith(PREFIX):
            return False
        word = path.removeprefix(PREFIX)
        number = word.removeprefix("step/")
        if word == "bar.css":
            handler._send(HTTPStatus.OK, STYLE, {"Content-Type": "text/css", "Cache-Control": "no-store"})
        elif number != word and number.isascii() and number.isdecimal() and 1 <= int(number) <= len(SCENES):
            self.go(int(number) - 1)
            handler._send(HTTPStatus.SEE_OTHER, b"", {"Location": "/", "Cache-Control": "no-store"})
        else:
            handler._send(HTTPStatus.NOT_FOUND, b"no such step\n", {"Content-Type": "text/plain"})
        return True

    def _with_bar(self, body: bytes) -> bytes:
        head = b'<link rel="stylesheet" href="/-demo/bar.css"></head>'
        with_style = body.replace(b"</head>", head, 1)
        start = with_style.find(b"<body")
        end = with_style.find(b">", start) + 1
        return with_style[:end] + bar(self.number).encode() + with_style[end:] if start >= 0 else with_style


def bar(number: int) -> str:
    """The markup of the bar at scene `number` (from 0)."""
    scene: Scene = SCENES[number]
    back = _link(number, "Previous", "prev") if number else "<span>Previous</span>"
    on = _link(number + 2, "Next", "next") if number + 1 < len(SCENES) else "<span>Next</span>"
    return (
        f'<div class="demo-bar" role="region" aria-label="Demo"><p><strong>Step {number + 1} of {len(SCENES)}: '
        f"{escape(scene.title)}.</strong> {escape(scene.says)}</p>{back}{on}</div>"
    )


def _link(step: int, word: str, rel: str) -> str:
    return f'<a href="{PREFIX}step/{step}" rel="{rel}">{word}</a>'
