"""What all tests share: no result depends on how busy the machine is, or on luck.

Property tests try the same examples every time, so that a red run is about the change. New ones are looked for apart:
`make explore`, which continuous integration does once a week.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("the same everywhere", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("explore" if os.environ.get("RW_EXPLORE") else "the same everywhere")
