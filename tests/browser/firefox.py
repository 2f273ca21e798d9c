"""Firefox without a driver: Marionette, the protocol that it speaks itself, over a socket on loopback.

Lengths and JSON: each message is `LENGTH:[0, id, command, parameters]`, each answer `LENGTH:[1, id, error, result]`.
Never sends anything anywhere but to the addresses that a test opens.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

INSTALL = "Firefox is missing: apt-get install -y --no-install-recommends firefox-esr"
PATIENCE = 120.0

PREFERENCES: dict[str, Any] = {
    "marionette.port": 0,  # a free one, which it then writes into the profile
    "remote.prefs.recommended": True,
    "app.update.enabled": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.server": "",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    # Whoever asks for anything but loopback gets no answer: nothing of this browser leaves the machine.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.allow_hijacking_localhost": False,
    "browser.download.useDownloadDir": True,
    "browser.download.folderList": 2,
}


class Firefox:
    """One window of a Firefox that runs. Errors of a command are RuntimeError with what Firefox says."""

    def __init__(self, connection: socket.socket, downloads: Path) -> None:
        self._socket, self._stream = connection, connection.makefile("rb")
        self._number = itertools.count(1)
        self.downloads = downloads
        self._read()  # its greeting
        self.ask("WebDriver:NewSession")

    def ask(self, command: str, **parameters: Any) -> Any:
        number = next(self._number)
        message = json.dumps([0, number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, answered, error, result = self._read()
        assert answered == number
        if error:
            raise RuntimeError(f"{command}: {error['error']}: {error['message']}")
        return result

    def _read(self) -> Any:
        length = b"".join(iter(lambda: self._stream.read(1), b":"))
        return json.loads(self._stream.read(int(length)))

    def open(self, url: str) -> None:
        self.ask("WebDriver:Navigate", url=url)

    def run(self, script: str) -> Any:
        """What the body of a function returns in the page."""
        return self.ask("WebDriver:ExecuteScript", script=script, args=[], newSandbox=True)["value"]

    def click(self, selector: str) -> None:
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)["value"]
        self.ask("WebDriver:ElementClick", id=next(iter(found.values())))

    @property
    def url(self) -> str:
        return str(self.ask("WebDriver:GetCurrentURL")["value"])

    def screenshot(self) -> bytes:
        return base64.b64decode(self.ask("WebDriver:TakeScreenshot", full=False)["value"])


@contextmanager
def firefox(home: Path) -> Iterator[Firefox]:
    """A Firefox with a profile of its own below `home`, gone at the end."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.fail(INSTALL)
    profile, downloads = home / "profile", home / "downloads"
    profile.mkdir(parents=True)
    downloads.mkdir()
    settings = PREFERENCES | {"browser.download.dir": str(downloads)}
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items())
    (profile / "user.js").write_text("".join(lines))
    environment = {**os.environ, "HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1"}
    command = [path, "--marionette", "--headless", "--no-remote", "--profile", str(profile), "about:blank"]
    with (home / "firefox.log").open("wb") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    try:
        with socket.create_connection(("127.0.0.1", _port(profile, process)), timeout=PATIENCE) as connection:
            yield Firefox(connection, downloads)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(profile: Path, process: subprocess.Popen[bytes]) -> int:
    """Where it listens, once it does."""
    file, until = profile / "MarionetteActivePort", time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"Firefox ended with {process.returncode}: {(profile.parent / 'firefox.log').read_text()}")
        if file.exists() and (text := file.read_text().strip()):
            return int(text)
        time.sleep(0.1)
    pytest.fail(f"Firefox did not listen within {PATIENCE:.0f} s")
