"""`ping`: the WebSub hub hears which feeds have news, after another step has uploaded the site."""

from __future__ import annotations

from ..run import open_store, read_config, tell_hub
from . import _shell as shell


def ping(
    root: shell.Root = shell.HERE,
    site: shell.Site = None,
    history: shell.History = "",
    allow_missing_secrets: shell.AllowMissing = False,
    verbose: shell.Verbose = False,
) -> int:
    """Tell the WebSub hub which feeds have news. Only once they stand at the site's address, so that it finds them.
    Nothing a hub does makes this fail.

    \b
    Example:
      roadworthy ping
    """
    setting = shell.setting(root, site, history, allow_missing_secrets=allow_missing_secrets)
    config = read_config(setting)
    store = open_store(setting, config)
    try:
        told = tell_hub(setting, config, store, uploaded=True)
    finally:
        store.close()
    print(f"told {config.site.websub} of {shell.count(len(told), 'feed')}" if told else "nothing was told to a hub")
    return 0


COMMAND = shell.command(ping)
