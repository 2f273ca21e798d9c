"""The second platform, which shares nothing with the first: one process, a database in memory. And the controls.

python -m tests.lab.parts.reference ADDRESS PORT STATE
"""

from __future__ import annotations

import hashlib
import json
import sys

from tests.lab.parts.common import Handler, Server, State, iso

FILE = json.dumps({"model_type": "imaginary", "layers": 12}).encode()
NAME = hashlib.sha1(b"blob %d\0" % len(FILE) + FILE, usedforsecurity=False).hexdigest()


class Reference(Handler):
    state = State(sys.argv[3])

    def do_GET(self) -> None:
        path, now = self.path.partition("?")[0], self.state.now
        if self.headers.get("Host", "").startswith("control"):
            self.send(200, b"fine\n", "text/plain")
        elif path == "/api/models/evergreen":
            self.json({"id": "evergreen", "sha": NAME})
        elif path == "/api/models":
            last = int(now) // 300
            self.json([{"id": f"m/{n}", "createdAt": iso(n * 300)} for n in range(last, last - 40, -1)])
        elif path.endswith("/config.json"):
            self.send(200, FILE, "application/json", ETag=f'"{NAME}"')
        else:
            self.json({}, 404)


if __name__ == "__main__":
    Server((sys.argv[1], int(sys.argv[2])), Reference).serve_forever()
