"""`serve`: the page as it would be, on this machine only; rebuilt and reloaded whenever a file is saved."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ContentError, Problem, PublishError, Severity
from ..run import Setting, template_folders
from . import _shell as shell

if TYPE_CHECKING:
    from ..preview import Previewer, State


def serve(
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
    port: Annotated[int, typer.Option("--port", help="Port on 127.0.0.1; 0 takes a free one.")] = 8080,
    demo: Annotated[bool, typer.Option("--demo", help="Begin with made-up data instead of the real history.")] = False,
    show: Annotated[
        str, typer.Option("--show", help="real, healthy, degraded, down, stale or none; the page can switch.")
    ] = "",
    drafts: Annotated[bool, typer.Option("--drafts/--no-drafts", help="Show drafts and notes of the future.")] = True,
    poll: Annotated[bool, typer.Option("--poll", help="Look for changes by polling, for odd file systems.")] = False,
    verbose: shell.Verbose = False,
) -> int:
    """Preview on 127.0.0.1, built anew with every save. Shows problems on top of the last good page. Writes no site/.

    \b
    Example:
      roadworthy serve
      roadworthy serve --show down --port 9000
    """
    from .. import preview

    kind = show or ("healthy" if demo else preview.REAL)
    if kind not in preview.KINDS:
        fix = f"one of: {', '.join(preview.KINDS)}"
        raise ContentError([Problem("--show", 0, 0, "bad-value", f"there is no data `{kind}`", fix)])
    setting = shell.setting(root, history=history, now=now, allow_missing_secrets=True, drafts=drafts)
    return _serve(setting, preview.Previewer(setting, preview.Live(kind)), port, polling=poll)


def _serve(setting: Setting, previewer: Previewer, port: int, *, polling: bool) -> int:
    """Until interrupted: one thread answers, this one builds. Exit code 0."""
    from .. import preview
    from ..preview import server as preview_server

    def show(kind: str) -> None:
        previewer.wanted = kind
        previewer.build()

    try:
        server = preview_server.server(lambda: previewer.site, previewer.live, show, port)
    except OSError as error:
        raise PublishError(f"port {port}: cannot listen: {error.strerror}; choose another with --port") from error
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    stop = threading.Event()
    try:
        print(f"{server.url}/  (Ctrl-C ends it)", flush=True)
        _told(previewer.build(), None)
        folders = (setting.root / "content", *template_folders(setting.root))
        preview.watch(previewer, folders, stop, _told, polling=polling)
    except KeyboardInterrupt:
        shell.say("")
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
    return 0


def _told(state: State, seconds: float | None) -> None:
    """One line a build for the terminal, and each error."""
    from ..lint import format as formatted

    errors = [p for p in state.problems if p.severity is Severity.ERROR]
    warnings = sum(p.severity is Severity.WARNING for p in state.problems)
    took = f" in {seconds:.2f} s" if seconds is not None else ""
    if errors:
        shell.say(f"not built: {shell.count(len(errors), 'error')}; the last good page stays", formatted(errors))
    else:
        shell.say(f"built{took}" + (f", {shell.count(warnings, 'warning')}" if warnings else ""))


COMMAND = shell.command(serve)
