"""Processes of the laboratory: started, stopped, frozen and gone for certain at the end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as s:
        s.bind((address, 0))
        return int(s.getsockname()[1])


def python(module: str, *words: object) -> list[str]:
    return [sys.executable, "-m", f"tests.lab.parts.{module}", *map(str, words)]


class Part:
    """One process. `at` is where it listens, if it does; `start` waits for that."""

    def __init__(self, name: str, command: list[str], at: tuple[str, int] | None = None) -> None:
        self.name, self._command, self._at = name, command, at
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.launch()
        self.wait()

    def launch(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self) -> None:
        """Until it listens; RuntimeError after twenty seconds."""
        limit = time.monotonic() + 20
        while self._at is not None:
            try:
                socket.create_connection(self._at, timeout=1).close()
                return
            except OSError:
                if time.monotonic() > limit or not self.running:
                    raise RuntimeError(f"{self.name} did not start") from None
                time.sleep(0.03)

    def stop(self) -> None:
        """Kill and wait. A frozen process dies of this too."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def frozen(self) -> bool:
        """Whether the kernel says that it is stopped."""
        if not self.running or self._process is None:
            return False
        status = Path(f"/proc/{self._process.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] in ("T", "t")
