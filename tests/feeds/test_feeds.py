"""The feeds of a site: which there are, what is in each, and what never changes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from email.utils import parsedate_to_datetime

import feedparser
import pytest
from lxml import etree

from generator.model import Impact, Progress
from generator.outputs._feedlist import feeds_for, feeds_of
from generator.outputs._plain import absolute_html
from generator.outputs.feeds import LIMIT
from generator.siteview import SiteView
from tests.feeds.rendering import files
from tests.feeds.views import BASE, DAY, HOUR, NOW, incident, maintenance, site, update

SLOW = incident(
    "2026-11-23-slow",
    update(NOW - 3000, Progress.INVESTIGATING, "Search takes ten seconds."),
    update(NOW - 1200, Progress.IDENTIFIED, 'The queue is full.\n\nSee <a href="/method/">how we measure</a>.'),
    title="Search is slow",
    regions=("eu-west",),
)
OVER = incident(
    "2026-11-20-cdn",
    update(NOW - 3 * DAY, Progress.INVESTIGATING, "Images fail."),
    update(NOW - 3 * DAY + HOUR, Progress.RESOLVED, "Images load again."),
    title="Images fail",
    started=NOW - 3 * DAY - 600,
    ended=NOW - 3 * DAY + HOUR,
    impact=Impact.CRITICAL,
    components=("civitai/cdn",),
)
PLANNED = maintenance(
    "2026-11-25-db",
    NOW + 2 * DAY,
    NOW + 2 * DAY + HOUR,
    update(NOW - DAY, Progress.SCHEDULED, "Uploads pause."),
    title="Database upgrade",
    components=("civitai/search",),
)
VIEW = site(SLOW, OVER, PLANNED)


def titles(view: SiteView, path: str) -> list[str]:
    found = feedparser.parse(files(view, "feeds")[path])
    assert found.bozo is False
    return [entry.title for entry in found.entries]


def test_every_listed_feed_is_published_and_every_published_feed_is_listed() -> None:
    written = {f"/{path}" for path in files(VIEW, "feeds", "calendar")} - {"/feeds/feed.css"}
    assert {link.url for link in feeds_of(VIEW)} == written


def test_every_feed_parses_without_a_complaint_and_names_itself() -> None:
    for path, body in files(VIEW, "feeds").items():
        if not path.endswith((".rss", ".atom")):
            continue
        found = feedparser.parse(body)
        assert found.bozo is False, path
        links = {link.rel: link.href for link in found.feed.links}
        assert links["self"] == f"{BASE}/{path}"
        page = "/history/" if path.startswith("impact/") else f"/{path.rpartition('/')[0]}/".replace("//", "/")
        assert links["alternate"] == found.feed.link == BASE + page


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("history", ["Database upgrade", "Search is slow", "Images fail"]),
        ("platforms/civitai/history", ["Database upgrade", "Search is slow", "Images fail"]),
        ("platforms/huggingface/history", []),
        ("components/civitai/cdn/history", ["Images fail"]),
        ("regions/eu-west/history", ["Database upgrade", "Search is slow", "Images fail"]),
        ("regions/us-east/history", ["Database upgrade", "Images fail"]),
        ("impact/minor/history", ["Search is slow", "Images fail"]),
        ("impact/major/history", ["Search is slow", "Images fail"]),
        ("impact/critical/history", ["Images fail"]),
        ("components/civitai/cdn/updates", ["[Resolved] Images fail", "[Investigating] Images fail"]),
    ],
    ids=[
        "the site's has everything",
        "a platform's has its components'",
        "another platform's is empty and valid",
        "a component's",
        "a region's has what names it and what names no region",
        "a region's leaves out what names another region",
        "minor and worse",
        "major and worse",
        "critical only",
        "updates: an item each, newest first",
    ],
)
def test_what_belongs_into_a_feed(path: str, wanted: list[str]) -> None:
    assert titles(VIEW, f"{path}.atom") == wanted
    assert titles(VIEW, f"{path}.rss") == wanted


def test_pages_announce_the_narrower_feed_first() -> None:
    urls = [link.url for link in feeds_for(VIEW, "component", "civitai/cdn")]
    assert urls[0] == "/components/civitai/cdn/history.atom"
    assert urls.index("/history.atom") > urls.index("/components/civitai/cdn/updates.rss")
    assert [link.url for link in feeds_for(VIEW)][:3] == ["/history.atom", "/history.rss", "/feed.json"]


# ---- the layout that scrapers of Statuspage know -------------------------------------------------------------------


def body(entry: feedparser.FeedParserDict) -> str:
    return str(entry.content[0].value if "content" in entry else entry.summary)


def content(view: SiteView, path: str = "history.atom", n: int = 0) -> str:
    return str(feedparser.parse(files(view, "feeds")[path], sanitize_html=False).entries[n].content[0].value)


def states(html: str) -> list[str]:
    return re.findall(r"<strong>(.*?)</strong>", html)


def test_the_first_strong_is_the_current_state_and_the_newest_update_comes_first() -> None:
    assert states(content(site(SLOW))) == ["Identified", "Investigating"]


def test_an_update_in_the_layout_of_statuspage() -> None:
    line = "<p><small>Nov <var data-var='date'>23</var>, <var data-var='time'>05:10</var> UTC</small><br><strong>Investigating</strong> - Search takes ten seconds.</p>"
    assert line in files(site(SLOW), "feeds")["history.atom"].decode().replace("&lt;", "<").replace("&gt;", ">")


def test_a_maintenance_begins_with_its_window() -> None:
    assert content(site(PLANNED)).startswith(
        "<p><strong>THIS IS A SCHEDULED EVENT Nov 25, 06:00 - 07:00 UTC</strong></p>"
    )


def test_a_mail_about_a_maintenance_says_when_it_is() -> None:
    """An update is read alone; its state still comes first, where readers and scrapers look for it."""
    said = content(site(PLANNED), "updates.atom")
    assert "THIS IS A SCHEDULED EVENT Nov 25, 06:00 - 07:00 UTC" in said
    assert states(said) == ["Scheduled"]
    (entry,) = feedparser.parse(files(site(PLANNED), "feeds")["updates.rss"]).entries
    assert entry.summary == "Scheduled: Uploads pause. THIS IS A SCHEDULED EVENT Nov 25, 06:00 - 07:00 UTC"
    assert "SCHEDULED EVENT" not in content(site(SLOW), "updates.atom")


def test_a_maintenance_over_midnight_says_the_second_day() -> None:
    night = maintenance("n", NOW + 17 * HOUR, NOW + 20 * HOUR, update(NOW, Progress.SCHEDULED, "x"))
    assert "Nov 23, 23:00 - Nov 24, 02:00 UTC" in content(site(night))


def test_rss_gives_a_maintenance_its_window_in_dates() -> None:
    item = etree.fromstring(files(site(PLANNED), "feeds")["history.rss"]).find("channel/item")
    assert item is not None
    start, end = (
        parsedate_to_datetime(item.findtext(name, "")).timestamp() for name in ("pubDate", "maintenanceEndDate")
    )
    assert (start, end) == (NOW + 2 * DAY, NOW + 2 * DAY + HOUR)


def test_atom_says_when_a_maintenance_was_published_not_when_it_is() -> None:
    """Readers hide entries from the future."""
    planned = replace(PLANNED, changed=PLANNED.started)
    entry = feedparser.parse(files(site(planned), "feeds")["history.atom"]).entries[0]
    assert (entry.published, entry.updated) == ("2026-11-22T06:00:00+00:00", "2026-11-22T06:00:00+00:00")


def test_the_key_that_scrapers_look_for_is_the_id_of_the_api() -> None:
    built = files(site(SLOW))
    id = feedparser.parse(built["history.atom"]).entries[0].id
    found = re.search(r"Incident/([A-Za-z0-9]+)", id)
    assert found is not None
    assert found[1] == json.loads(built["api/v2/incidents.json"])["incidents"][0]["id"]


def test_titles_of_the_history_carry_no_state() -> None:
    assert titles(site(SLOW), "history.rss") == ["Search is slow"]


def test_when_checks_contradict_a_note_the_state_of_the_checks_stands_first() -> None:
    both = replace(
        incident("x", update(NOW - 900, Progress.RESOLVED, "All well."), status=Progress.INVESTIGATING),
        conflict="The note says resolved, the checks still fail.",
    )
    html = content(site(both))
    assert states(html)[:2] == ["Investigating", "Resolved"]
    assert "The note says resolved" in html


def test_an_incident_without_any_update_still_says_its_state() -> None:
    assert states(content(site(incident("x", title="Nobody wrote")))) == ["Investigating"]


def test_what_the_machine_wrote_is_marked() -> None:
    found = replace(
        incident("auto-x", update(NOW - 900, Progress.INVESTIGATING, "3 of 4 regions fail.", automatic=True)),
        automatic=True,
    )
    built = files(site(found), "feeds")
    for path in ("history.atom", "updates.rss"):
        entry = feedparser.parse(built[path]).entries[0]
        assert "automatic" in [tag.term for tag in entry.tags]
        assert "Found and written by automatic checks." in entry.content[0].value
    person = feedparser.parse(files(site(SLOW), "feeds")["history.atom"]).entries[0]
    assert "automatic" not in [tag.term for tag in person.tags]


def test_categories_name_components_regions_and_severity() -> None:
    entry = feedparser.parse(files(site(SLOW), "feeds")["history.atom"]).entries[0]
    assert [tag.term for tag in entry.tags] == ["civitai/search", "region:eu-west", "severity:major"]


# ---- ids and dates ---------------------------------------------------------------------------------------------------


def ids(view: SiteView) -> dict[str, list[str]]:
    built = files(view, "feeds")
    found = {
        path: [entry.id for entry in feedparser.parse(built[path]).entries]
        for path in ("history.rss", "history.atom", "updates.rss", "updates.atom")
    }
    return found | {"feed.json": [item["id"] for item in json.loads(built["feed.json"])["items"]]}


@pytest.mark.parametrize(
    "after",
    [
        site(replace(SLOW, title="Search is very slow"), OVER, PLANNED),
        site(
            replace(SLOW, started=replace(SLOW.started, at=SLOW.started.at - 86400 * 400, iso="2025-10-19T05:00:00Z")),
            OVER,
            PLANNED,
        ),
        replace(VIEW, base_url="https://other.example/status"),
        replace(VIEW, title="Another name", lang="de"),
        site(SLOW, OVER, PLANNED, generated_at=PLANNED.scheduled_for),
        site(replace(SLOW, impact=Impact.MINOR, url="/incidents/renamed/"), OVER, PLANNED),
    ],
    ids=[
        "title edited",
        "start corrected into another year",
        "moved to another domain",
        "site renamed and translated",
        "built later",
        "impact and address changed",
    ],
)
def test_no_edit_changes_an_id(after: SiteView) -> None:
    before, now = ids(VIEW), ids(after)
    assert {path: sorted(found) for path, found in now.items()} == {
        path: sorted(found) for path, found in before.items()
    }


def test_an_update_inserted_in_between_changes_no_other_id() -> None:
    between = update(NOW - 2000, Progress.INVESTIGATING, "We look closer.")
    with_it = replace(SLOW, updates=(SLOW.updates[0], between, SLOW.updates[1]))
    before, now = ids(site(SLOW))["updates.atom"], ids(site(with_it))["updates.atom"]
    assert [id for id in now if id in before] == before
    assert len(now) == len(before) + 1


def test_machine_and_person_in_the_same_minute_are_two_items() -> None:
    both = incident(
        "x",
        update(NOW - 600, Progress.INVESTIGATING, "Seen.", automatic=True),
        update(NOW - 600, Progress.INVESTIGATING, "Me too."),
    )
    found = ids(site(both))["updates.rss"]
    assert len(set(found)) == 2


def test_what_is_said_of_one_moment_stands_in_the_order_in_which_it_happened() -> None:
    """Found, then why: also where the ids of the two would sort the other way round, and in the API alike."""
    found, why = (
        replace(update(NOW - 600, Progress.INVESTIGATING, f"{what}.", automatic=True), id=f"auto-{what}")
        for what in ("found", "cause")
    )
    view = site(incident("x", found, why))
    entries = feedparser.parse(files(view, "feeds")["updates.atom"]).entries
    assert [entry.id.rpartition("#auto-")[2] for entry in entries] == ["auto-cause", "auto-found"]
    told = json.loads(files(view, "statuspage")["api/v2/incidents.json"])["incidents"][0]["incident_updates"]
    assert [one["body"] for one in told] == ["cause.", "found."]


def test_a_build_without_news_gives_the_same_bytes() -> None:
    later = replace(
        VIEW,
        generated_at=replace(VIEW.generated_at, at=NOW + 900, iso="2026-11-23T06:15:00Z"),
        checked_at=VIEW.generated_at,
        sentence="Still the same, three hours now.",
    )
    assert files(VIEW, "feeds") == files(later, "feeds")


def test_a_typo_is_no_news_and_a_marked_edit_is() -> None:
    typo = replace(SLOW, updates=(replace(SLOW.updates[0], html="<p>The queue was full.</p>"), SLOW.updates[1]))
    marked = replace(SLOW, updates=(replace(SLOW.updates[0], edited=VIEW.checked_at), SLOW.updates[1]))
    dates = [
        feedparser.parse(files(site(one), "feeds")["updates.atom"]).entries[0].updated for one in (SLOW, typo, marked)
    ]
    assert dates == ["2026-11-23T05:40:00+00:00", "2026-11-23T05:40:00+00:00", "2026-11-23T05:59:00+00:00"]


# ---- bounds ----------------------------------------------------------------------------------------------------------


def test_feeds_do_not_grow_with_the_number_of_incidents() -> None:
    many = tuple(
        incident(
            f"i-{n}", update(NOW - n * DAY, Progress.RESOLVED, "Over."), started=NOW - n * DAY, ended=NOW - n * DAY + 60
        )
        for n in range(1, 200)
    )
    built = files(site(*many), "feeds")
    for path in ("history.rss", "history.atom", "updates.rss", "components/civitai/search/history.atom"):
        assert len(feedparser.parse(built[path]).entries) == LIMIT
    assert len(json.loads(built["feed.json"])["items"]) == LIMIT


def test_an_old_incident_that_is_still_open_is_never_cut_off() -> None:
    old = incident(
        "forgotten",
        update(NOW - 400 * DAY, Progress.INVESTIGATING, "Still."),
        started=NOW - 400 * DAY,
        title="Still open",
    )
    many = tuple(
        incident(
            f"i-{n}",
            update(NOW - n * HOUR, Progress.RESOLVED, "Over."),
            started=NOW - n * HOUR - 60,
            ended=NOW - n * HOUR,
        )
        for n in range(1, 80)
    )
    assert "Still open" in titles(site(old, *many), "history.atom")


def test_one_bad_incident_never_takes_the_feed_with_it() -> None:
    """Even a value that should not exist: its item is short, with its link; the others are whole."""
    bad = replace(SLOW, id="bad", url="/incidents/bad/", title="Bad", region_names=None)  # type: ignore[arg-type]
    for path in ("history.rss", "history.atom", "updates.atom"):
        found = feedparser.parse(files(site(bad, OVER), "feeds")[path])
        assert found.bozo is False
        assert any("Bad" in entry.title and entry.link.startswith(f"{BASE}/incidents/bad/") for entry in found.entries)
        assert any("Images load again." in body(entry) for entry in found.entries)


# ---- links -----------------------------------------------------------------------------------------------------------


def test_links_inside_the_text_are_absolute() -> None:
    assert f'<a href="{BASE}/method/">' in content(site(SLOW))


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('<a href="/a/">x</a>', '<a href="https://status.example/a/">x</a>'),
        ('<img src="/a.png" alt="">', '<img src="https://status.example/a.png" alt="">'),
        ('<a title="1 > 0" href="/a/">x</a>', '<a title="1 > 0" href="https://status.example/a/">x</a>'),
        ('<code>href="/a/"</code>', '<code>href="/a/"</code>'),
        ('<a href="https://e.example/">x</a>', '<a href="https://e.example/">x</a>'),
        ('<a href="//e.example/">x</a>', '<a href="//e.example/">x</a>'),
        ('<a title="see href=&quot;/a/&quot;" href="#x">x</a>', '<a title="see href=&quot;/a/&quot;" href="#x">x</a>'),
        ('<p title=" href=">/a/</p>', '<p title=" href=">/a/</p>'),
    ],
    ids=[
        "link",
        "picture",
        "greater-than in an attribute",
        "text that looks like one",
        "already absolute",
        "another host",
        "quoted in a title",
        "in a value",
    ],
)
def test_only_real_addresses_are_made_absolute(html: str, wanted: str) -> None:
    assert absolute_html(VIEW, html) == wanted


def test_without_a_configured_address_links_stay_paths() -> None:
    built = files(replace(VIEW, base_url=""), "feeds")
    entry = feedparser.parse(built["history.atom"]).entries[0]
    assert entry.link == "/incidents/2026-11-25-db/"


def test_a_site_below_another_one_finds_its_stylesheet() -> None:
    built = files(replace(VIEW, base_url="https://example.org/status"), "feeds")
    assert b'href="/status/feeds/feed.css"' in built["history.rss"]


# ---- JSON Feed and hub -----------------------------------------------------------------------------------------------


def test_json_feed_says_the_state_for_programs() -> None:
    item = next(i for i in json.loads(files(VIEW, "feeds")["feed.json"])["items"] if i["_status"]["id"] == OVER.id)
    assert item["title"] == "[Resolved] Images fail"
    assert item["_status"]["resolved"] == "2026-11-20T07:00:00Z"
    assert item["_status"]["severity"] == "critical"
    assert item["date_published"] == "2026-11-20T05:50:00Z"


def test_a_preview_names_no_hub() -> None:
    """Nobody may subscribe to a page that will be thrown away."""
    with_hub = replace(VIEW, websub="https://hub.example/")
    assert b"hub.example" in files(with_hub, "feeds")["history.atom"]
    assert all(b"hub.example" not in body for body in files(replace(with_hub, preview=True), "feeds").values())


def test_components_named_in_an_incident_but_gone_from_the_page_do_not_break_it() -> None:
    gone = incident("x", update(NOW - 60, Progress.INVESTIGATING, "x"), components=("civitai/gone",))
    assert titles(site(gone), "history.atom") == ["X"]
    assert titles(site(gone), "platforms/civitai/history.atom") == ["X"]
