"""Lists a folder of extensions: one file each, the file name is the name in the YAML.

Adding a probe, an engine, a store or an output is adding a file; nothing else is edited. Files that begin with `_`
are helpers; a `_` at the end keeps a file name from being a Python keyword. Does not import an extension before it is
asked for.
"""

from __future__ import annotations

import keyword
import os
from functools import cache
from importlib import import_module
from typing import Any


@cache
def names(package: str) -> tuple[str, ...]:
    """The names of the extensions in `generator.PACKAGE`, sorted; `_` in a file name is `-` in the YAML."""
    # Not by `importlib.resources`, which takes longer to import than a folder to list.
    found = os.listdir(os.path.join(os.path.dirname(__file__), package))
    stems = (name.removesuffix(".py").rstrip("_") for name in found if name.endswith(".py"))
    return tuple(sorted(s.replace("_", "-") for s in stems if not s.startswith("_")))


@cache
def load(package: str, name: str, attribute: str) -> Any:
    """`ATTRIBUTE` of the extension; KeyError if there is no such file."""
    if name not in names(package):
        raise KeyError(name)
    return getattr(import_module(_module(package, name)), attribute)


def _module(package: str, name: str) -> str:
    stem = name.replace("-", "_")
    return f"generator.{package}.{stem}_" if keyword.iskeyword(stem) else f"generator.{package}.{stem}"
