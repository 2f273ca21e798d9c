"""What can be wrong with a history that its database thinks whole. Reads only; one sentence for each fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ._keep import DAY, HOUR
from ._rows import Row, unpacked

Query = Callable[..., list[Row]]

_ORPHANS = "SELECT COUNT(*) FROM {table} t LEFT JOIN rw_series s ON s.id = t.series WHERE s.id IS NULL"
_OVERLAPS = (
    "SELECT s.name, s.region, x.start, x.ended FROM (SELECT series, start, ended,"
    " LEAD(start) OVER (PARTITION BY series ORDER BY start) AS following FROM rw_span) x"
    " JOIN rw_series s ON s.id = x.series WHERE x.ended > x.following OR x.ended < x.start ORDER BY 1, 2, 3 LIMIT 20"
)
_ROLLUPS = (
    "SELECT r.scale, r.at, r.seconds, r.samples, r.failed, r.inconclusive, s.name, s.region"
    " FROM rw_rollup r JOIN rw_series s ON s.id = r.series"
)


def faults(query: Query) -> Iterator[str]:
    """Every fault found, by table."""
    for table in ("rw_observation", "rw_span", "rw_rollup"):
        count = query(_ORPHANS.format(table=table))[0][0]
        if count:
            yield f"{table}: {count} rows belong to a series that is not listed"
    for name, region, start, ended in query(_OVERLAPS):
        where = f"rw_span: the span of {name} in {region} from {start}"
        yield f"{where} ends at {ended}, after the next one begins or before its own start"
    yield from _rollups(query)
    yield from _broken_json(query, "rw_observation", "facts")
    yield from _broken_json(query, "rw_outage", "body")
    for at, body in query("SELECT at, body FROM rw_checkpoint ORDER BY at"):
        if unpacked(body) is None:
            yield f"rw_checkpoint: the checkpoint of {at} cannot be read"
    marks = query("SELECT MAX(mark), (SELECT MAX(value) FROM rw_counter WHERE name = 'mark') FROM rw_delivery")[0]
    if marks[0] is not None and marks[0] > (marks[1] or 0):
        yield f"rw_delivery: mark {marks[0]} is newer than the counter ({marks[1]})"


def _rollups(query: Query) -> Iterator[str]:
    for scale, at, seconds, samples, failed, inconclusive, name, region in query(_ROLLUPS):
        length = DAY if scale == "day" else HOUR
        known = sum(int(pair.rpartition(":")[2]) for pair in seconds.split())
        where = f"rw_rollup: the {scale} of {name} in {region} at {at}"
        if at % length:
            yield f"{where} does not begin at a full {scale}"
        if known > length:
            yield f"{where} holds {known} seconds"
        if failed + inconclusive > samples or min(failed, inconclusive, samples) < 0:
            yield f"{where} counts {failed} failed and {inconclusive} inconclusive of {samples}"


def _broken_json(query: Query, table: str, column: str) -> Iterator[str]:
    broken = sum(not _reads(text) for (text,) in query(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"))
    if broken:
        yield f"{table}: {column} of {broken} rows cannot be read"


def _reads(text: Any) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
