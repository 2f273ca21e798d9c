"""nginx, one for each region, with a cache of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.keeping.postgres_server import _command, _user
from tests.lab.processes import Part

WANTED = "the laboratory needs nginx: apt-get install nginx-light (it is started by the tests, not by the system)"
CONF = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/temp; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache keys_zone=edge:1m inactive=1d;
  server {{
    listen {address}:{port};
    proxy_pass_header Date;
    proxy_connect_timeout 1s; proxy_read_timeout 3s;
    proxy_cache edge; proxy_cache_key $request_uri;
    location /media/ {{ {media} add_header CF-Cache-Status $upstream_cache_status always;
      proxy_cache_valid 200 1d; proxy_pass http://127.0.0.1:{app}; }}
    location = /api/v1/models {{ {all} add_header CF-Cache-Status $upstream_cache_status always;
      proxy_cache_valid 200 1s; proxy_cache_valid 500 1h; proxy_pass http://127.0.0.1:{app}; }}
    location / {{ {all} proxy_cache off; proxy_pass http://127.0.0.1:{app}; }}
  }}
}}
"""


class Edge:
    """The edge of one region. `media` and `all` are more lines of its two locations; `set` restarts it with them."""

    def __init__(self, folder: Path, address: str, port: int, app: int) -> None:
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        if not Path(nginx).exists():
            raise RuntimeError(WANTED)
        folder.mkdir()
        if not os.geteuid():
            shutil.chown(folder, _user())
        self._folder, self.address, self._port, self._app = folder, address, port, app
        self.part = Part(
            f"edge {address}", _command(nginx, "-p", str(folder), "-c", str(folder / "conf"), "-e", f"{folder}/error.log"),
            (address, port),
        )  # fmt: skip
        self.set()

    def set(self, media: str = "", all: str = "") -> None:
        """(Re)start with more lines in the locations; without any it is healthy."""
        words = {"folder": self._folder, "address": self.address, "port": self._port, "app": self._app}
        (self._folder / "conf").write_text(CONF.format(**words, media=media, all=all))
        self.part.stop()
        self.part.start()

    def kept(self, address: str) -> list[Path]:
        """The files of the cache that keep answers for paths that begin so."""
        key = b"\nKEY: " + address.encode()
        files = (self._folder / "cache").glob("*") if (self._folder / "cache").is_dir() else ()
        return [f for f in files if f.is_file() and key in f.read_bytes()[:2000]]

    def forget(self) -> None:
        """Throw away everything the cache keeps on disk."""
        for file in self.kept(""):
            file.unlink(missing_ok=True)
