"""The same function on every platform, over the same windows. Pure; compares, never ranks."""

from __future__ import annotations

from collections.abc import Mapping

from .. import history
from ..model import Component, Config, Time
from ..siteview import Comparison, ComponentView, Uptime
from ..text import DAY, HOUR, Text
from .history import Ledger, rows_of


def comparisons(t: Text, config: Config, book: Ledger, views: Mapping[str, ComponentView]) -> tuple[Comparison, ...]:
    """One comparison for each function that at least two platforms have, in each window."""
    functions: dict[str, list[Component]] = {}
    for component in config.components:
        if component.function and component.public:
            functions.setdefault(component.function, []).append(component)
    shared = {f: cs for f, cs in functions.items() if len({c.platform for c in cs}) > 1}
    window_text = {
        "day": t("24 hours"),
        "week": t("7 days"),
        "month": t("30 days"),
        "quarter": t("90 days"),
    }
    platforms = {p.id: p.name for p in config.platforms}
    return tuple(
        Comparison(
            function,
            " / ".join(dict.fromkeys(c.name for c in components)),
            window,
            window_text[window],
            tuple(_row(t, book, platforms[c.platform], c, window, views[c.id]) for c in components),
        )
        for window in history.WINDOW_DAYS
        for function, components in shared.items()
    )


def _row(
    t: Text, book: Ledger, platform: str, one: Component, window: str, view: ComponentView
) -> tuple[str, str, Uptime, str, int, str]:
    since = book.now - history.WINDOW_DAYS[window] * DAY
    outages = book.outages.get(one.id, ())
    seen = history.episodes(outages, one.id, (since, book.now), book.now)
    repair = t.duration(seen.mttr) if seen.mttr is not None else "–"
    return (platform, one.name, view.uptime[window], latency(t, book, one, since), seen.count, repair)


def latency(t: Text, book: Ledger, one: Component, since: Time) -> str:
    """`p50 / p95` of the answers of all checks since then; `–` where history has no histogram."""
    step = HOUR if book.now - since <= DAY else DAY
    merged = history.merge_histograms(
        row.histogram for check in one.checks for row in rows_of(book, check, step) if row.at > since - step
    )
    if not merged:
        return "–"
    return f"{t.latency(history.percentile(merged, 0.5))} / {t.latency(history.percentile(merged, 0.95))}"
