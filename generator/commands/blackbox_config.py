"""`blackbox-config`: configuration for a region's blackbox exporter."""

from __future__ import annotations

from ..run import read_config
from . import _shell as shell


def blackbox_config(root: shell.Root = shell.HERE, allow_missing_secrets: shell.AllowMissing = False) -> int:
    """Print the modules that blackbox exporters need. For the checks of all blackbox regions; give it to each exporter.

    \b
    Example:
      roadworthy blackbox-config > blackbox.yml
    """
    from .. import blackbox_config as generating

    config = read_config(shell.setting(root, allow_missing_secrets=allow_missing_secrets))
    print(generating.generate(config), end="")
    return 0


COMMAND = shell.command(blackbox_config)
