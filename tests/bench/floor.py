"""What no builder can be quicker than: `python -I -S floor.py read FOLDER` or `write SITE FOLDER`. Prints the seconds.

`read` reads and hashes every source; `write` has every file of a site in memory and writes the same bytes anew.
"""

import hashlib
import os
import sys
import time


def files(folder):
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield os.path.join(place, name)


def main():
    if sys.argv[1] == "read":
        wall, cpu = time.perf_counter(), time.process_time()
        state = hashlib.blake2b()
        for path in files(sys.argv[2]):
            with open(path, "rb") as file:
                state.update(file.read())
    else:
        bodies = []
        for path in files(sys.argv[2]):
            with open(path, "rb") as file:
                bodies.append((os.path.relpath(path, sys.argv[2]), file.read()))
        wall, cpu = time.perf_counter(), time.process_time()
        made = set()
        for path, body in bodies:
            target = os.path.join(sys.argv[3], path)
            folder = os.path.dirname(target)
            if folder not in made:
                os.makedirs(folder, exist_ok=True)
                made.add(folder)
            with open(target, "wb") as file:
                file.write(body)
    print(time.perf_counter() - wall, time.process_time() - cpu)


main()
