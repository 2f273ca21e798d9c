"""The door: arguments in, exit code out. Errors go to standard error, results to standard output.

Exit codes: 0 done · 1 unexpected · 2 content or configuration wrong · 3 published with a warning ·
4 published, but nothing could be checked · 5 another run holds the lock · 6 the new site failed its verification.
A traceback is never an answer to bad input; for our own bugs `-v` shows it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

from . import __version__


def program() -> NoReturn:
    """`main` as a process of its own, which ends with it.

    What a command made is not taken apart first, object by object: the system takes the memory back at once.
    """
    import atexit
    import os
    import threading
    from contextlib import suppress

    code = main()
    if threading.active_count() > 1:
        sys.exit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # whoever read it is gone
            stream.flush()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Never raises for bad input."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        said = _at_once(arguments)
        if said is not None:
            print(said, end="")
            return 0
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return _run(arguments)


def _at_once(arguments: list[str]) -> str | None:
    """What can be said before anything is imported that takes time; None where there is something to do."""
    if arguments[:1] == ["--version"]:
        return f"roadworthy {__version__}\n"
    if arguments[:1] != ["build"]:
        return None
    import os

    from . import fastpath

    return fastpath.unchanged(arguments[1:], os.environ)


def _run(arguments: list[str]) -> int:
    """Run the command, and make one line of whatever goes wrong."""
    from .errors import ContentError, RoadworthyError

    try:
        return _dispatch(arguments)
    except ContentError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        if error.__cause__ is not None and ("-v" in arguments or "--verbose" in arguments):
            from . import logs

            print(logs.told(error.__cause__), file=sys.stderr)
        return error.exit_code
    except RoadworthyError as error:
        print(f"roadworthy: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("roadworthy: interrupted; nothing acknowledged was lost", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        misused = getattr(error, "format_message", None)  # typer's and click's word for wrong arguments
        if callable(misused):
            print(_misused(misused(), arguments), file=sys.stderr)
            return 2
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith(__package__):
            print(f"roadworthy: this Python has no `{error.name}`, which it needs", file=sys.stderr)
            print("roadworthy: `make site` sets up .venv; then use .venv/bin/python -m generator", file=sys.stderr)
            return 1
        from . import logs

        if "-v" in arguments or "--verbose" in arguments:
            print(logs.told(error), file=sys.stderr)
            return 1
        print(f"roadworthy: unexpected {type(error).__name__}: {logs.clean(str(error))}", file=sys.stderr)
        print("roadworthy: this is our mistake; run again with -v and report what it prints", file=sys.stderr)
        return 1


def _misused(said: str, arguments: Sequence[str]) -> str:
    """What to tell somebody who typed something else than a command takes; the help itself where nothing was typed."""
    if said.startswith("Usage:"):
        return said
    from . import commands

    command = f"{arguments[0]} " if arguments and arguments[0] in commands.names() else ""
    more = f"see roadworthy {command}--help"
    return (
        f"roadworthy: {said} {more.capitalize()}" if said.endswith("?") else f"roadworthy: {said.rstrip('.')}; {more}"
    )


def _dispatch(arguments: list[str]) -> int:
    """Import the one command that is asked for (all of them only for the help) and run it."""
    import gc
    import os

    # Nobody's plugin has a say in what we read; and looking for one means asking every package that is installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")

    from . import commands

    # What a command makes it needs to its end: looking for rubbish that early and often costs a tenth of a build.
    gc.set_threshold(250_000, 50, 100)
    call = commands.plainly(arguments)
    result = _parsed(arguments) if call is None else call()
    return result if isinstance(result, int) else 0


def _parsed(arguments: list[str]) -> object:
    """Any command line, by typer: the usual ones of the usual commands do not come this far."""
    import typer

    from . import commands

    app = typer.Typer(
        name="roadworthy",
        help="An independent status page that checks for itself and says when it does not know.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def _group() -> None:
        """An independent status page that checks for itself and says when it does not know."""

    asked = next((word for word in arguments if not word.startswith("-")), "")
    for name in [asked] if asked in commands.names() else commands.names():
        _add(app, name)
    return app(args=arguments, standalone_mode=False, prog_name="roadworthy")


def _add(app: object, name: str) -> None:
    """Hang one command file below the program: as a command if it holds one, else as a group."""
    import typer

    from . import commands

    assert isinstance(app, typer.Typer)
    part = commands.get(name)
    single = len(part.registered_commands) == 1 and not part.registered_callback
    if single:
        info = part.registered_commands[0]
        assert info.callback is not None
        app.command(name)(info.callback)
    else:
        app.add_typer(part, name=name)
