"""What `run`, `check` and `build` print: progress on a terminal, plain lines elsewhere, a table for people."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import TYPE_CHECKING

from ..model import Config, Observation, Round, Verdict
from ..run import Built

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

MARK = {
    Verdict.OK: ("✓", "green"),
    Verdict.DEGRADED: ("▲", "yellow"),
    Verdict.DOWN: ("✕", "red"),
    Verdict.INCONCLUSIVE: ("?", "bright_black"),
    Verdict.BLOCKED_BY_POLICY: ("⊘", "magenta"),
}


class Progress:
    """Counts observations while a round runs: a bar on a terminal, nothing elsewhere."""

    def __init__(self, config: Config) -> None:
        self._total = sum(len(k.regions) for k in config.checks) + len(config.controls) * len(config.regions)
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("checking", total=self._total)
        return self

    def told(self, observation: Observation) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, advance=1, description=observation.check[:40])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def print_round(config: Config, round_: Round, format: str, *, verbose: bool = False) -> None:
    """The round as a table (check x region) or as JSON (one object an observation)."""
    if format == "json":
        print(json.dumps([as_json(o) for o in round_.observations], indent=2, ensure_ascii=False, allow_nan=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("component", "check", "region", "verdict", "ms", "why"):
        table.add_column(heading, justify="right" if heading == "ms" else "left", overflow="fold")
    shown = ""
    for o in sorted(round_.observations, key=lambda o: (o.check.startswith("control/"), o.check, o.region)):
        component, _, check = o.check.rpartition("/")
        mark, style = MARK[o.verdict]
        table.add_row(
            component if component != shown else "",
            check,
            o.region,
            f"[{style}]{mark} {o.verdict}[/]",
            "" if o.latency_ms is None else f"{o.latency_ms:.0f}",
            _plain(_why(o)),
        )
        shown = component
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    if not verbose:
        print(f"{len(round_.observations)} observations: {tally(round_)}", file=sys.stderr)


def _why(o: Observation) -> str:
    word = o.failure.value if o.failure else ""
    return f"{word}: {o.detail}" if word and o.detail else word or o.detail


def _plain(text: str) -> str:
    """Text of a target never becomes markup of our table."""
    from rich.markup import escape

    return escape(text)


def tally(round_: Round) -> str:
    """`12 ok, 1 down, 3 inconclusive`."""
    counts = {verdict: sum(o.verdict is verdict for o in round_.observations) for verdict in Verdict}
    return ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n) or "nothing"


def as_json(o: Observation) -> dict[str, object]:
    """An observation for programs: the same keys as the evidence files of the site."""
    return {
        "check": o.check,
        "region": o.region,
        "at": o.at,
        "verdict": o.verdict.value,
        "failure": o.failure.value if o.failure else None,
        "stage": o.stage.value if o.stage else None,
        "latency_ms": o.latency_ms,
        "phases": dict(o.phases),
        "attempts": o.attempts,
        "value": o.value,
        "unit": o.unit,
        "degraded": o.degraded,
        "down": o.down,
        "detail": o.detail,
        "facts": dict(o.facts),
        "engine": o.engine,
    }


def print_summary(built: Built, round_: Round | None = None) -> None:
    """What a build made of it, for a person."""
    print("\n".join(summary(built, round_)))


def summary(built: Built, round_: Round | None = None) -> list[str]:
    """The lines: the page's own first sentence, the components, and what was written."""
    view = built.view
    lines = [view.sentence]
    for platform in view.platforms:
        lines += ["", f"{platform.name}: {platform.word}"]
        width = max((len(c.name) for c in platform.components), default=0)
        lines += [f"  {c.name:<{width}}  {c.word:<22} {c.sentence}" for c in platform.components]
    if round_ is not None:
        lines += ["", f"looked: {tally(round_)}"]
    lines += [f"warning: {warning}" for warning in built.warnings]
    done = built.published
    counts = f"{len(done.written)} files written, {len(done.unchanged)} unchanged, {len(done.removed)} removed"
    return [*lines, f"site: {counts}"]
