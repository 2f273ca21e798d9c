"""A small site made by hand: one platform with four parts, a second one as reference, three regions."""

from __future__ import annotations

from generator.model import (
    Check,
    Component,
    Config,
    Impact,
    Note,
    Outage,
    Past,
    Platform,
    Progress,
    Region,
    Site,
    Status,
    Time,
    Update,
)

REGIONS = ("home", "east", "west")
T: Time = 1_795_413_600  # 2026-11-23T06:00:00Z
ROUND = 300
HOUR = 3600


def check(component: str, key: str = "looks", kind: str = "http", regions: tuple[str, ...] = REGIONS) -> Check:
    return Check(f"{component}/{key}", kind, key, component, None, regions, ROUND)


def component(platform: str, key: str, *, depends: tuple[str, ...] = (), **more: object) -> Component:
    id = f"{platform}/{key}"
    checks = more.pop("checks", (check(id),))
    return Component(id, platform, key, key.capitalize(), function=key, depends=depends, checks=checks)  # type: ignore[arg-type]


def site() -> Config:
    return Config(
        site=Site("A page", "https://status.example"),
        interval=ROUND,
        regions=tuple(Region(r, r.capitalize(), "local") for r in REGIONS),
        controls=(Check("control/cloudflare", "http", "Cloudflare", "", None, REGIONS, ROUND),),
        platforms=(
            Platform(
                "p",
                "Parrot",
                "subject",
                timezone="America/Boise",
                components=(
                    component("p", "api"),
                    component("p", "search", depends=("p/api",)),
                    component("p", "index", depends=("p/search",)),
                    component("p", "cdn"),
                ),
            ),
            Platform("q", "Quail", "reference", components=(component("q", "api"), component("q", "cdn"))),
        ),
    )


def outage(
    name: str,
    started: Time = T,
    ended: Time | None = None,
    *,
    id: str = "",
    confirmed: Time | None = None,
    regions: tuple[str, ...] = REGIONS,
    worst: Status = Status.MAJOR_OUTAGE,
    flapping: bool = False,
) -> Outage:
    return Outage(
        id=id or f"p-{name}-{started - T}",
        component=f"p/{name}",
        regions=regions,
        started=started,
        confirmed=started + ROUND if confirmed is None else confirmed,
        ended=ended,
        worst=worst,
        flapping=flapping,
    )


def update(at: Time, status: Progress = Progress.INVESTIGATING, body: str = "Somebody writes.") -> Update:
    return Update(f"u{at - T}", at, status, body, f"<p>{body}</p>")


def note(
    id: str = "2026-11-23-search",
    *updates: Update,
    started: Time = T,
    components: tuple[str, ...] = ("p/search",),
    kind: str = "incident",
    **more: object,
) -> Note:
    over = [u.at for u in updates if u.status in (Progress.RESOLVED, Progress.POSTMORTEM, Progress.COMPLETED)]
    more.setdefault("ended", over[0] if over else None)
    more.setdefault("impact", Impact.MINOR)
    return Note(
        id=id, kind=kind, title="Search is late", started=started, components=components, updates=updates, **more
    )  # type: ignore[arg-type]


def past(*outages: Outage, **more: object) -> Past:
    return Past(outages=outages, **more)  # type: ignore[arg-type]
