"""What the site consists of, one file each. An output arranges a `SiteView` into artifacts; it never decides or writes.

`render` gets one `SiteView` a language, the default language first; most outputs use only the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import registry
from ..model import Artifact
from ..siteview import SiteView

if TYPE_CHECKING:
    from ..artifacts import Deferred
    from ..cache import Cache


@dataclass(frozen=True, slots=True)
class Output:
    """`templates` are the folders to look for templates in, the user's own first.

    `again` is `render` with a memory: what was printed from the same values before comes as `Deferred`. An output that
    prints little has none. The one that is `large` is made here, and the others beside it where they are much.
    """

    name: str
    render: Callable[[tuple[SiteView, ...], tuple[Path, ...]], Iterable[Artifact]]
    again: Callable[[tuple[SiteView, ...], tuple[Path, ...], Cache], Iterable[Artifact | Deferred]] | None = None
    large: bool = False


def names() -> tuple[str, ...]:
    return registry.names("outputs")


def get(name: str) -> Output:
    output: Output = registry.load("outputs", name, "OUTPUT")
    return output
