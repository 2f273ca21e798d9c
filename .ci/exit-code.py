"""Says what the exit code of `run` or `build` means; succeeds whenever a site was published. For `make` and hosts."""

import sys

MEANING = {
    0: "done: the site is in site/",
    1: "an unexpected error; nothing was published. Please report it with the output above",
    2: "content or configuration is wrong (each problem stands above); nothing was published, the old site stays",
    3: "published with a warning (above): history could not be saved, or a note stands in its last good version",
    4: "published, but nothing could be checked: no region saw its controls. The page says so: all is unknown",
    5: "another run holds the lock; nothing was done",
    6: "the new site failed its own verification; the old one stays",
}

code = int(sys.argv[1])
print(f"exit {code}: {MEANING.get(code, 'not a code of ours')}")
sys.exit(0 if code in (0, 3, 4) else code)
