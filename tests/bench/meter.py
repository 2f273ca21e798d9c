"""`python -I -S meter.py COMMAND…`: runs it and prints wall, processor time and peak KiB on file descriptor 3.

A process of its own, because the peak that the system reports for a child begins with the size of whoever started it.
"""

import os
import sys
import time

started = time.perf_counter()
child = os.fork()
if not child:
    os.set_inheritable(3, False)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - started
os.write(3, f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}".encode())
sys.exit(os.waitstatus_to_exitcode(status))
