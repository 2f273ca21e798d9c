"""The platform of the laboratory: real parts on loopback, none of them run as root where they mind, all gone at the end.

Three regions, each with an edge (nginx with a cache) before an application that reads from a copy of the database;
a primary, a queue with workers, a search service fed by a consumer; and a second platform that shares nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.lab.edges import Edge
from tests.lab.postgres import SCHEMA, Cluster
from tests.lab.processes import Part, free_port, python

REGIONS = ("one", "two", "three")
ADDRESSES = {"one": "127.0.0.11", "two": "127.0.0.12", "three": "127.0.0.13"}
REFERENCE, CONTROLS = "127.0.0.20", "127.0.0.21"
WORKERS = ("scan", "tag", "file", "train", "count")
TICK = 300
MODELS, PICTURES = 3, 12
"""Models and pictures that people publish in a tick."""


class Platform:
    """Everything that runs. A context; `now` is the laboratory's time in Unix seconds, `modes` what faults switch on."""

    def __init__(self, begin: int) -> None:
        self.now = begin - begin % TICK
        self.modes: dict[str, Any] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="rw-lab-"))
        self.folder.chmod(0o755)
        self._state = self.folder / "state.json"
        self.port, self.reference_port = free_port("127.0.0.11"), free_port(REFERENCE)
        self.control_port = free_port(CONTROLS)
        self.quiet = False
        self.write()

    def __enter__(self) -> Platform:
        try:
            self._databases()
            self._parts()
            self._fill()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        for part in getattr(self, "parts", {}).values():
            part.stop()
        for edge in getattr(self, "edges", {}).values():
            edge.part.stop()
        for cluster in (getattr(self, name, None) for name in ("copy_b", "copy_a", "primary")):
            if cluster is not None:
                cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- building

    def _databases(self) -> None:
        self.primary = Cluster(self.folder / "primary")
        self.primary.make()
        self.primary.start()
        self.primary.sql(SCHEMA)
        self.copy_a = Cluster(self.folder / "copy-a")
        self.copy_a.copy(self.primary)
        self.copy_a.start()
        self.copy_b = Cluster(self.folder / "copy-b")
        self.copy_b.copy(self.primary)
        self.copy_b.start()

    def _parts(self) -> None:
        state, primary, search = self._state, self.primary.url, free_port()
        self.search_url = f"http://127.0.0.1:{search}"
        copies = {"one": self.copy_a.url, "two": self.copy_a.url, "three": self.copy_b.url}
        self.app_ports = {region: free_port() for region in REGIONS}
        self.parts: dict[str, Part] = {
            "search": Part("search", python("search", search, state), ("127.0.0.1", search)),
            "consumer": Part("consumer", python("consumer", state, primary, self.search_url)),
        }
        for name, address, port in (
            ("reference", REFERENCE, self.reference_port),
            ("controls", CONTROLS, self.control_port),
        ):
            self.parts[name] = Part(name, python("reference", address, port, state), (address, port))
        for kind in WORKERS:
            self.parts[kind] = Part(kind, python("worker", kind, state, primary))
        for region, port in self.app_ports.items():
            words = (region, "127.0.0.1", port, state, primary, copies[region], self.copy_a.url, self.search_url)
            self.parts[f"app-{region}"] = Part(f"app {region}", python("app", *words), ("127.0.0.1", port))
        for part in self.parts.values():
            part.launch()
        for part in self.parts.values():
            part.wait()
        self.edges = {
            region: Edge(self.folder / f"edge-{region}", ADDRESSES[region], self.port, self.app_ports[region])
            for region in REGIONS
        }

    def _fill(self) -> None:
        """Some hours in which people published, so that every list has something in it."""
        end = self.now
        for at in range(end - 6 * 3600, end, TICK):
            self.now = at
            self.post()
        self.now = end
        self.write()
        self.settle(10)

    # ---- life

    def write(self) -> None:
        """Tell the parts the time and the modes, in one piece."""
        fresh = self._state.with_suffix(".new")
        fresh.write_text(json.dumps({"now": self.now, "modes": self.modes}))
        os.chmod(fresh, 0o644)
        os.replace(fresh, self._state)

    def mode(self, name: str, value: Any = None) -> None:
        """Switch a mode on, or off with None."""
        self.modes.pop(name, None)
        if value is not None:
            self.modes[name] = value
        self.write()

    def tick(self) -> None:
        """Five minutes pass; people publish; the parts do their work."""
        self.now += TICK
        self.write()
        self.post()
        self.settle()

    def post(self) -> bool:
        """What people published in the last five minutes; whether it was taken."""
        if self.quiet:
            trained = {"published": self.now - 150, "trained": True}
            posted: dict[str, Any] = {"models": [trained], "images": [self.now - 60]}
        else:
            posted = {
                "models": [{"published": self.now - 290 + 95 * n, "trained": False} for n in range(MODELS)]
                + [{"published": self.now - 150, "trained": True}],
                "images": [self.now - 280 + 23 * n for n in range(PICTURES)],
            }
        for region in REGIONS:
            url = f"http://127.0.0.1:{self.app_ports[region]}/api/post"
            request = urllib.request.Request(url, json.dumps(posted).encode(), method="POST")
            try:
                with urllib.request.urlopen(request, timeout=3):
                    return True
            except urllib.error.HTTPError as error:
                error.close()
            except OSError:
                continue
        return False

    def settle(self, limit: float = 1.2) -> None:
        """Until nothing waits that can be worked off, and the copies have what the primary has; at most `limit` s."""
        end = time.monotonic() + limit
        time.sleep(0.1)
        while time.monotonic() < end and self.primary.running() and not self._settled():
            time.sleep(0.05)

    def _settled(self) -> bool:
        alive = [k for k in WORKERS if k != "count" and self.parts[k].running and not self.parts[k].frozen]
        waiting = {kind for (kind,) in self.primary.sql("SELECT DISTINCT kind FROM jobs")}
        delay = self.modes.get("index-delay", 0)
        feeding = self.parts["consumer"].running and not self.parts["search"].frozen
        late = f"SELECT count(*) FROM outbox o JOIN models m ON m.id = o.model WHERE m.published <= {self.now - delay}"
        indexed = not feeding or self.primary.sql(late) == [(0,)]
        newest = "SELECT max(id), count(*) FILTER (WHERE scanned), count(*) FILTER (WHERE tagged) FROM images"
        want = self.primary.sql(newest)
        copied = all(not copy.running() or copy.sql("SELECT pg_is_wal_replay_paused()") == [(True,)]
                     or copy.sql(newest) == want for copy in (self.copy_a, self.copy_b))  # fmt: skip
        return not waiting & set(alive) and indexed and copied

    def pins(self, region: str) -> dict[str, str]:
        """Where a visitor of the region is led for each host."""
        controls = f"{CONTROLS}:{self.control_port}"
        return {
            "workshop.test": f"{ADDRESSES[region]}:{self.port}",
            "shelf.test": f"{REFERENCE}:{self.reference_port}",
            "control-one.test": controls,
            "control-two.test": controls,
        }
