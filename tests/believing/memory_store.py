"""A store in memory, for tests: the same promises as the real ones, without a disk."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from generator.model import Observation, Outage, Rollup, Span, Time


class MemoryStore:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, Time], Observation] = {}
        self.arrivals: list[Time] = []
        self.saved_checkpoints: dict[Time, str] = {}
        self.saved_spans: dict[tuple[str, str, Time], Span] = {}
        self.saved_outages: dict[str, Outage] = {}
        self.saved_rollups: dict[tuple[str, str, str, Time], Rollup] = {}
        self.saved_meta: dict[str, str] = {}
        self.saves = 0
        self.read: list[tuple[Time, Time | None]] = []

    def lock(self, wait: float = 0.0) -> AbstractContextManager[None]:
        return nullcontext()

    def append(self, observations: Iterable[Observation], received: Time) -> int:
        new = [o for o in observations if o.key not in self.rows]
        for o in new:
            if o.key not in self.rows:
                self.rows[o.key] = o
                self.arrivals.append(o.at)
        return len(new)

    def observations(
        self, since: Time, until: Time | None = None, check: str = "", region: str = ""
    ) -> Iterator[Observation]:
        self.read.append((since, until))
        found = [o for o in self.rows.values() if o.at >= since and (until is None or o.at < until)]
        found = [o for o in found if check in ("", o.check) and region in ("", o.region)]
        return iter(sorted(found, key=lambda o: (o.at, o.check, o.region)))

    def received_since(self, mark: int) -> tuple[int, Time | None]:
        return len(self.arrivals), min(self.arrivals[mark:], default=None)

    def save(
        self,
        *,
        checkpoint: tuple[Time, Mapping[str, Any]] | None = None,
        spans: Sequence[Span] = (),
        spans_from: Time | None = None,
        outages: Sequence[Outage] = (),
        rollups: Sequence[Rollup] = (),
        meta: Mapping[str, str] | None = None,
    ) -> None:
        self.saves += 1
        if spans_from is not None:
            self.saved_spans = {k: s for k, s in self.saved_spans.items() if s.start < spans_from}
        self.saved_spans.update({(s.component, s.region, s.start): s for s in spans})
        self.saved_outages.update({o.id: o for o in outages})
        self.saved_rollups.update({(r.scale, r.series, r.region, r.at): r for r in rollups})
        self.saved_meta.update(meta or {})
        if checkpoint is not None:
            at, body = checkpoint
            self.saved_checkpoints = {k: v for k, v in self.saved_checkpoints.items() if k <= at}
            self.saved_checkpoints[at] = json.dumps(body, allow_nan=False)

    def checkpoints(self, before: Time) -> Iterator[tuple[Time, dict[str, Any]]]:
        for at in sorted((at for at in self.saved_checkpoints if at <= before), reverse=True):
            yield at, json.loads(self.saved_checkpoints[at])

    def spans(self, since: Time, component: str = "") -> tuple[Span, ...]:
        found = [s for s in self.saved_spans.values() if s.end is None or s.end > since]
        return tuple(
            sorted((s for s in found if component in ("", s.component)), key=lambda s: (s.component, s.region, s.start))
        )

    def outages(self, since: Time = 0) -> tuple[Outage, ...]:
        return tuple(
            sorted(
                (o for o in self.saved_outages.values() if o.ended is None or o.ended >= since),
                key=lambda o: (o.started, o.id),
            )
        )

    def rollups(
        self, scale: str, since: Time, until: Time | None = None, region: str = "", without: Collection[str] = ()
    ) -> tuple[Rollup, ...]:
        found = [
            r
            for r in self.saved_rollups.values()
            if r.scale == scale and r.at >= since and (until is None or r.at < until)
        ]
        wanted = (r for r in found if not region or (r.region == region and r.series not in without))
        return tuple(sorted(wanted, key=lambda r: (r.at, r.series, r.region)))

    def meta(self) -> dict[str, str]:
        return {name: value for name, value in self.saved_meta.items() if not name.startswith("kept/")}

    def document(self, name: str) -> str:
        return self.saved_meta.get(name, "")

    def revisions(self) -> dict[str, int]:
        return {}

    def prune(self, now: Time) -> Mapping[str, int]:
        return {}

    def check(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None: ...
