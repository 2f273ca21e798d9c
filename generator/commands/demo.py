"""`demo`: the whole thing against a simulated platform, on this machine alone."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from . import _shell as shell


def demo(
    port: Annotated[int, typer.Option("--port", help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    once: Annotated[bool, typer.Option("--once", help="Play all scenes, leave a site for each, and end.")] = False,
    into: Annotated[
        Path | None, typer.Option("--into", help="With --once: the folder for the sites [default: demo].")
    ] = None,
    verbose: shell.Verbose = False,
) -> int:
    """See it at work on a simulated platform. It breaks and heals, and the page says what and why. Needs no network.

    \b
    Example:
      roadworthy demo
      roadworthy demo --once --into /tmp/demo
    """
    if once:
        return _once((into or Path("demo")).resolve())
    with tempfile.TemporaryDirectory(prefix="roadworthy-demo-") as folder:
        return _serve(Path(folder), port)


def _once(into: Path) -> int:
    from ..demo.theatre import play_all
    from ..errors import ContentError, Problem

    if into.exists() and any(into.iterdir()):
        raise ContentError([Problem(str(into), 0, 0, "not-empty", "there is something in this folder", "name another")])
    for scene, site, _ in play_all(into, int(time.time())):
        print(f"{scene.id}: {site}", flush=True)
    return 0


def _serve(folder: Path, port: int) -> int:
    from ..demo.show import Show
    from ..demo.theatre import Theatre

    shell.say("Inventing ninety days of history …")
    with Theatre(folder, int(time.time())) as theatre:
        show = Show(theatre, port, told=lambda text: shell.say(f"Playing: {text}"))
        try:
            show.open()
            print(f"{show.url}/", flush=True)
            shell.say("Open this address. Ctrl-C ends the demo and takes everything away.")
            show.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            shell.say("")
        finally:
            show.server_close()
    return 0


COMMAND = shell.command(demo)
