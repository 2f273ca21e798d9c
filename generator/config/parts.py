"""From the shapes of `status.yml` to the values of the model, one by one. Pure; judges nothing."""

from __future__ import annotations

from typing import Any

from ..model import Check, Component, Platform
from ..yamltext import Path
from .form import ComponentShape, PlatformShape


def platform(shape: PlatformShape, official: Check | None, components: tuple[Component, ...]) -> Platform:
    """The platform its shape describes."""
    asked = shape.official.get("url") if shape.official else None
    return Platform(
        id=shape.id,
        name=shape.name,
        role=shape.role,
        url=shape.url,
        official=official.id if official else "",
        official_url=shape.official_url or (asked if isinstance(asked, str) else ""),
        timezone=shape.timezone,
        description=shape.description,
        components=components,
        official_check=official,
    )


def component(shape: ComponentShape, platform: str, checks: tuple[Check, ...]) -> Component:
    """The component its shape describes; ids without a platform are of its own."""
    return Component(
        id=f"{platform}/{shape.id}",
        platform=platform,
        key=shape.id,
        name=shape.name,
        description=shape.description,
        impact=shape.impact,
        group=shape.group,
        function=shape.function,
        depends=tuple(_full(one, platform) for one in shape.depends),
        checks=checks,
        was=tuple(_full(one, platform) for one in shape.was),
        public=shape.public,
        since=shape.since,
    )


def _full(id: str, platform: str) -> str:
    return id if "/" in id else f"{platform}/{id}"


def raw_places(platforms: Any) -> list[tuple[str, str, Path]]:
    """(platform, component, place) of everything that has ids at all."""
    found: list[tuple[str, str, Path]] = []
    for p, platform in enumerate(platforms if isinstance(platforms, list) else []):
        if not isinstance(platform, dict) or not isinstance(platform.get("components"), list):
            continue
        for c, component in enumerate(platform["components"]):
            if isinstance(component, dict):
                found.append((str(platform.get("id")), str(component.get("id")), ("platforms", p, "components", c)))
    return found


def raw_ids(platforms: Any) -> list[str]:
    """The ids of all components, also of those that have a slip elsewhere."""
    return [f"{platform}/{component}" for platform, component, _ in raw_places(platforms)]
