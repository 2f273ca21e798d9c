"""Other people's status pages come over whole: import, lint, build, and read the export again."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from generator import importers, markdown
from generator.importers import Asked, Story
from tests.editing.roots import command, write_root

SHAPES = Path(__file__).parent / "shapes"
PARTS = ("Search", "File downloads")  # what the small root has; the shop of the source has gift cards, too
NOW = ("--now", "2026-11-23T12:00:00Z")


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted((root / "content").rglob("*.md"))}


def bring(root: Path, *words: str) -> str:
    done = command("import", *words, *NOW, root=root)
    assert done.returncode in (0, 3), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def exported(root: Path, name: str = "incidents") -> list[dict[str, Any]]:
    """`/api/v2/` of the site as built from what was imported, which lints without an error."""
    linted = command("lint", *NOW, root=root)
    assert linted.returncode == 0, linted.stdout
    built = command("build", *NOW, "--init", root=root)
    assert built.returncode == 0, built.stderr
    answer = json.loads((root / "site" / "api" / "v2" / f"{name}.json").read_bytes())
    found: list[dict[str, Any]] = answer[name.replace("-", "_")]
    return found


def seconds(time: str | None) -> str | None:
    """A time without the parts of a second, which notes do not have."""
    return re.sub(r"\.\d+", "", time) if time else time


def words(text: str) -> str:
    """The words alone: Statuspage marks them up in HTML, notes and our JSON in markdown, and both mean the same."""
    text = re.sub(r"<a [^>]*href=\"([^\"]*)\"[^>]*>(.*?)</a>", r"[\2](\1)", text)
    text = re.sub(r"<br ?/?>", " ", text)
    return re.sub(r"\s+", " ", re.sub(r"</?b>|\*", "", text)).strip()


def told(incidents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What must survive: names, states, impacts, times, texts, components and what each update says of them."""
    return [
        {
            "name": one["name"],
            "status": one["status"],
            "impact": one["impact"],
            "started_at": seconds(one["started_at"]),
            "resolved_at": seconds(one["resolved_at"]),
            "components": sorted(c["name"] for c in one["components"] if c["name"] in PARTS),
            "updates": [
                (
                    u["status"],
                    seconds(u["display_at"]),
                    words(u["body"]),
                    sorted((a["name"].rpartition(" - ")[2], a["new_status"]) for a in u["affected_components"] or ()),
                )
                for u in one["incident_updates"]
            ],
        }
        for one in sorted(incidents, key=lambda one: seconds(one["started_at"]) or "", reverse=True)
    ]


# ---- Statuspage ------------------------------------------------------------------------------------------------------


def test_a_statuspage_comes_over_and_goes_out_again_the_same(tmp_path: Path) -> None:
    """Names, states, times, texts and components of incidents.json are those of our own incidents.json."""
    root = write_root(tmp_path)
    bring(root, "statuspage", str(SHAPES / "statuspage" / "incidents.json"), "--platform", "shop")
    source = json.loads((SHAPES / "statuspage" / "incidents.json").read_text())["incidents"]
    assert told(exported(root)) == told(source)


def test_its_maintenance_keeps_its_window(tmp_path: Path) -> None:
    """The note keeps the announced end; what the page shows of a maintenance that was done early ends with it."""
    root = write_root(tmp_path)
    bring(root, "statuspage", str(SHAPES / "statuspage"), "--platform", "shop")
    (note,) = (root / "content" / "maintenance").glob("*.md")
    assert "starts: 2026-10-06T01:00:00Z\nends: 2026-10-06T02:00:00Z\n" in note.read_text()
    (work,) = exported(root, "scheduled-maintenances")
    (source,) = json.loads((SHAPES / "statuspage" / "scheduled-maintenances.json").read_text())[
        "scheduled_maintenances"
    ]
    for key in ("name", "status", "scheduled_for", "resolved_at"):
        assert work[key] == source[key], key
    assert [u["body"] for u in work["incident_updates"]] == [u["body"] for u in source["incident_updates"]]


@pytest.mark.parametrize(
    ("kind", "source", "more"),
    [
        ("statuspage", "statuspage", ("--platform", "shop")),
        ("cstate", "cstate", ("--platform", "shop")),
        ("upptime", "upptime", ("--platform", "shop", "--region", "eu-west", "--map", "Shop files=shop/files/look")),
    ],
)
def test_a_second_import_changes_nothing(tmp_path: Path, kind: str, source: str, more: tuple[str, ...]) -> None:
    root = write_root(tmp_path)
    first = bring(root, kind, str(SHAPES / source), *more)
    assert re.search(r"[1-9]\d* notes? written", first)
    before = tree(root)
    again = bring(root, kind, str(SHAPES / source), *more)
    assert "0 notes written" in again
    assert " 0 days of history" in again
    assert tree(root) == before


def test_a_note_that_a_person_went_on_with_is_left_alone(tmp_path: Path) -> None:
    root = write_root(tmp_path)
    source = str(SHAPES / "statuspage" / "incidents.json")
    bring(root, "statuspage", source, "--platform", "shop")
    path = next((root / "content" / "incidents").glob("*search*"))
    mine = path.read_text().replace("impact: major", "impact: minor") + "What we learned.\n"
    moved = path.rename(path.with_name("2026-11-01-under-another-name.md"))
    moved.write_text(mine)
    said = bring(root, "statuspage", source, "--platform", "shop")
    assert "left alone" in said
    assert "under-another-name" in said
    assert moved.read_text() == mine
    bring(root, "statuspage", source, "--platform", "shop", "--overwrite")
    assert moved.read_text() != mine
    assert not path.exists()


def test_what_has_no_place_is_listed_with_what_helps(tmp_path: Path) -> None:
    root = write_root(tmp_path)
    said = bring(root, "statuspage", str(SHAPES / "statuspage" / "incidents.json"))
    assert "the component 'Checkout - Gift cards': no component here has this name" in said
    assert "--map 'Checkout - Gift cards=ID'" in said
    note = next((root / "content" / "incidents").glob("*gift*")).read_text()
    assert "# affected in the source, and no component here: Checkout - Gift cards" in note
    said = bring(
        root, "statuspage", str(SHAPES / "statuspage" / "incidents.json"), "--overwrite",
        "--map", "Checkout - Gift cards=shop/files",
    )  # fmt: skip
    assert "not carried over: the component" not in said
    assert "components: [shop/files]" in next((root / "content" / "incidents").glob("*gift*")).read_text()


def test_an_archive_page_gives_what_it_has_and_says_what_is_missing(tmp_path: Path) -> None:
    root = write_root(tmp_path)
    said = bring(root, "statuspage", str(SHAPES / "archive"))
    assert said.count("only the last words stand in an archive page") == 2
    assert "cannot be read for sure" in said  # the one in another time zone
    assert [(i["name"], seconds(i["started_at"]), seconds(i["resolved_at"])) for i in exported(root)] == [
        ("Login by mail is slow", "2024-12-31T23:10:00Z", "2025-01-01T00:40:00Z"),
        ("Pictures missing", "2024-12-05T10:13:00Z", "2024-12-05T12:00:00Z"),
    ]


def test_a_page_is_read_by_its_address(tmp_path: Path) -> None:
    """The address of the page is enough: its JSON is asked where Statuspage keeps it."""
    from generator.serving import serving

    host = tmp_path / "host" / "api" / "v2"
    host.mkdir(parents=True)
    for name in ("incidents.json", "scheduled-maintenances.json"):
        (host / name).write_bytes((SHAPES / "statuspage" / name).read_bytes())
    root = write_root(tmp_path / "root")
    with serving(tmp_path / "host") as url:
        bring(root, "statuspage", url, "--platform", "shop")
        assert command("import", "statuspage", url + "/nowhere", root=root).returncode == 2
    assert len(list((root / "content" / "incidents").glob("*.md"))) == 4
    assert len(list((root / "content" / "maintenance").glob("*.md"))) == 1


def test_the_archive_of_an_address_is_read_page_by_page_and_each_incident_whole(tmp_path: Path) -> None:
    """What incidents.json no longer has comes from the archive; what is gone there too comes with its last words."""
    from generator.serving import serving

    source = json.loads((SHAPES / "statuspage" / "incidents.json").read_text())
    newest, *older = source["incidents"]
    host = tmp_path / "host"
    for path, value in (
        ("api/v2/incidents.json", {**source, "incidents": [newest]}),
        ("api/v2/scheduled-maintenances.json", {**source, "scheduled_maintenances": []}),
        (
            "history.json",
            {
                "components": [],
                "months": [
                    {
                        "name": "November",
                        "year": 2026,
                        "incidents": [
                            {
                                "code": older[0]["id"],
                                "name": older[0]["name"],
                                "message": "x",
                                "impact": "major",
                                "timestamp": "",
                            },
                            {
                                "code": "gone1234gone",
                                "name": "Long ago",
                                "message": "It is over.",
                                "impact": "minor",
                                "timestamp": "Nov <var data-var='date'>2</var>, <var data-var='time'>10:00</var> - <var data-var='time'>11:00</var> UTC",
                            },
                        ],
                    }
                ],
            },
        ),
        (f"incidents/{older[0]['id']}.json", older[0]),
    ):
        (host / path).parent.mkdir(parents=True, exist_ok=True)
        (host / path).write_text(json.dumps(value))
    root = write_root(tmp_path / "root")
    with serving(host) as url:
        said = bring(root, "statuspage", url, "--platform", "shop", "--pages", "1")
    assert said.count("only the last words") == 1
    found = {one["name"]: one for one in exported(root)}
    assert len(found[older[0]["name"]]["incident_updates"]) == 4
    assert [u["body"] for u in found["Long ago"]["incident_updates"]] == ["It is over."]


# ---- cState ----------------------------------------------------------------------------------------------------------


def test_a_cstate_site_comes_over_and_out_as_a_statuspage_would_tell_it(tmp_path: Path) -> None:
    """Names, states, times, texts and components of a cState site, in our own incidents.json."""
    root = write_root(tmp_path)
    bring(root, "cstate", str(SHAPES / "cstate"), "--platform", "shop")
    assert told(exported(root)) == json.loads((SHAPES / "cstate" / "expected.json").read_text(), object_hook=tuples)


def tuples(value: dict[str, Any]) -> dict[str, Any]:
    if "updates" in value:
        value["updates"] = [(s, at, body, [tuple(pair) for pair in said]) for s, at, body, said in value["updates"]]
    return value


def test_what_a_cstate_site_does_not_say_is_told(tmp_path: Path) -> None:
    said = bring(write_root(tmp_path), "cstate", str(SHAPES / "cstate"), "--platform", "shop")
    assert "2025-02-30-never.md: has no title, or its date" in said
    assert "2025-03-02-no-times.md: its text has no times" in said
    assert "2025-03-02-no-times.md: does not say when it was resolved" in said


def test_its_notices_are_notices_and_its_drafts_drafts(tmp_path: Path) -> None:
    root = write_root(tmp_path)
    bring(root, "cstate", str(SHAPES / "cstate" / "content" / "issues"), "--platform", "shop")
    notice = next((root / "content" / "incidents").glob("*moving-house*")).read_text()
    assert "kind: notice" in notice
    assert "pinned: true" in notice
    assert notice.rstrip().endswith("We move to another house on 1 April. Nothing is broken.")
    assert "draft: true" in next((root / "content" / "incidents").glob("*not-for-you*")).read_text()


# ---- Upptime ---------------------------------------------------------------------------------------------------------


def test_issues_of_an_upptime_become_incidents_and_maintenance(tmp_path: Path) -> None:
    root = write_root(tmp_path)
    said = bring(root, "upptime", str(SHAPES / "upptime"), "--platform", "shop", "--map", "Shop files=shop/files")
    assert "issue 9 (How do I install this?): has neither the label status nor maintenance" in said
    assert "percentages and minutes of downtime do not say when nobody looked" in said
    (incident, slow) = exported(root)[::-1]
    assert [c["name"] for c in incident["components"]] == ["File downloads"]
    assert incident["resolved_at"] == "2025-05-04T11:00:02.000Z"
    assert [u["status"] for u in incident["incident_updates"]] == [
        "postmortem",
        "resolved",
        "investigating",
        "investigating",
    ]
    assert "HTTP code: 503" in incident["incident_updates"][-1]["body"]
    assert slow["impact"] == "minor"
    (work,) = exported(root, "scheduled-maintenances")
    assert (work["scheduled_for"], work["scheduled_until"]) == ("2025-06-01T02:00:00.000Z", "2025-06-01T04:00:00.000Z")


def test_looks_of_an_upptime_become_days_of_history_where_a_region_is_named(tmp_path: Path) -> None:
    """Each version of a history file in git is one look; without a region they prove nothing and are listed."""
    repository = tmp_path / "repository"
    folder = repository / "history"
    folder.mkdir(parents=True)

    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-C", str(repository), "-c", "user.name=t", "-c", "user.email=t@example.org", *words],
            check=True, capture_output=True,
        )  # fmt: skip

    git("init", "-q")
    for at, status, took in (
        ("2025-05-04T08:00:00.000Z", "up", 100),
        ("2025-05-04T09:00:00.000Z", "down", 0),
        ("2025-05-05T09:00:00.000Z", "up", 200),
        ("2025-05-05T15:00:00.000Z", "up", 400),
    ):
        (folder / "files.yml").write_text(
            f"url: http://127.0.0.1:9/files\nstatus: {status}\ncode: 200\nresponseTime: {took}\nlastUpdated: {at}\n"
            "startTime: 2020-01-01T00:00:00.000Z\ngenerator: Upptime\n"
        )
        git("add", "-A")
        git("commit", "-qm", "look")
    root = write_root(tmp_path / "root")
    assert "4 looks at files (http://127.0.0.1:9/files): say with --region" in bring(root, "upptime", str(repository))
    assert " 2 days of history" in bring(root, "upptime", str(repository), "--region", "eu-west")
    assert " 0 days of history" in bring(root, "upptime", str(repository), "--region", "eu-west")

    from generator import stores

    store = stores.open("", root=root, readonly=True)
    rows = store.rollups("day", 0)
    store.close()
    assert [(r.series, r.region, r.samples, r.failed, sum(r.histogram.values())) for r in rows] == [
        ("shop/files/look", "eu-west", 2, 1, 1),
        ("shop/files/look", "eu-west", 2, 0, 2),
    ]
    assert not any(r.seconds for r in rows), "nobody knows how it was between two looks"


# ---- what is no source -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(("statuspag", "x"), "there is no importer `statuspag`; did you mean `statuspage`", id="a slip"),
        pytest.param(("statuspage", "nowhere.json"), "cannot be read: No such file", id="no such file"),
        pytest.param(("statuspage", "broken.json"), "broken.json:1:10: is no JSON", id="cut off"),
        pytest.param(("statuspage", "other.json"), "holds no incidents of a Statuspage", id="other JSON"),
        pytest.param(("statuspage", "page.html"), "without the data of a history page", id="another page"),
        pytest.param(("statuspage", "http://127.0.0.1:9"), "cannot be had", id="nobody there"),
        pytest.param(("cstate", "empty"), "holds no issues", id="a folder without issues"),
        pytest.param(("upptime", "empty"), "holds neither issues nor history", id="a folder without anything"),
        pytest.param(("upptime", "x", "--map", "A=shop/serach"), "did you mean `shop/search`", id="a wrong id"),
        pytest.param(("upptime", "x", "--map", "A"), "`A` maps nothing", id="no id"),
        pytest.param(("upptime", "x", "--region", "eu-wets"), "did you mean `eu-west`", id="a wrong region"),
    ],
)
def test_what_is_no_source_is_told_in_a_sentence(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "broken.json").write_text('{"page": ')
    (tmp_path / "other.json").write_text('{"page": {}}')
    (tmp_path / "page.html").write_text("<html></html>")
    (tmp_path / "empty").mkdir()
    root = write_root(tmp_path / "root")
    where = words[1] if words[1].startswith("http") else str(tmp_path / words[1])
    done = command("import", words[0], where, *words[2:], root=root)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert tree(root) == {}


# ---- what came first -------------------------------------------------------------------------------------------------

SECOND = "2026-11-20T08:00:00"


def statuspage_with(root: Path, updates: list[tuple[str, str]], name: str = "T") -> Story:
    """The one incident of an `incidents.json` whose updates, newest first, have this status and this time."""
    said = [{"status": status, "body": status, "created_at": at, "display_at": at} for status, at in updates]
    entry = {"id": "x1", "name": name, "impact": "critical", "started_at": f"{SECOND}.000Z", "incident_updates": said}
    (root / "incidents.json").write_text(json.dumps({"incidents": [entry]}))
    (story,) = importers.get("statuspage").read(Asked(str(root / "incidents.json"))).stories
    return story


@pytest.mark.parametrize(
    "updates",
    [
        pytest.param([("resolved", f"{SECOND}.900Z"), ("investigating", f"{SECOND}.100Z")], id="parts of a second"),
        pytest.param([("resolved", f"{SECOND}Z"), ("investigating", f"{SECOND}Z")], id="one time, newest first"),
        pytest.param([("investigating", f"{SECOND}.100Z"), ("resolved", f"{SECOND}.900Z")], id="oldest first"),
    ],
)
def test_updates_of_one_second_of_a_statuspage_keep_their_order(tmp_path: Path, updates: list[tuple[str, str]]) -> None:
    """An incident that is over never comes over as an open one."""
    assert [u.status.value for u in statuspage_with(tmp_path, updates).updates] == ["investigating", "resolved"]


def test_what_is_shown_at_one_time_was_written_one_after_the_other(tmp_path: Path) -> None:
    """`display_at` may be set by hand to one moment; when each was written stands beside it."""
    root = tmp_path
    entry = {
        "id": "x1",
        "name": "T",
        "started_at": f"{SECOND}Z",
        "incident_updates": [
            {"status": "investigating", "body": "", "created_at": f"{SECOND}Z", "display_at": f"{SECOND}Z"},
            {"status": "resolved", "body": "", "created_at": "2026-11-20T09:00:00Z", "display_at": f"{SECOND}Z"},
        ],
    }
    (root / "incidents.json").write_text(json.dumps({"incidents": [entry]}))
    (story,) = importers.get("statuspage").read(Asked(str(root / "incidents.json"))).stories
    assert [u.status.value for u in story.updates] == ["investigating", "resolved"]


def test_a_title_of_a_statuspage_is_no_markdown(tmp_path: Path) -> None:
    story = statuspage_with(tmp_path, [], "<b>Search</b> &amp; <em class='x'>files</em> <br/> fail for 2*3*4 < 5")
    assert story.title == "Search & files fail for 2*3*4 < 5"


WORDS = {
    "Use &lt;token&gt; &amp;amp; go": "<p>Use &lt;token&gt; &amp;amp; go</p>",
    "One line.<br>Another.": "<p>One line.<br>\nAnother.</p>",
    "One part.<br><br/>Another.": "<p>One part.  </p>\n<p>Another.</p>",
    "We&#39;re <b>back</b>": "<p>We're <strong>back</strong></p>",
}


@pytest.mark.parametrize("body", WORDS)
def test_words_of_a_statuspage_say_the_same_here(body: str, tmp_path: Path) -> None:
    """What was text stays text, and a line that ended still ends."""
    said = [{"status": "resolved", "body": body, "created_at": f"{SECOND}Z"}]
    entry = {"id": "x1", "name": "T", "incident_updates": said}
    (tmp_path / "incidents.json").write_text(json.dumps({"incidents": [entry]}))
    (story,) = importers.get("statuspage").read(Asked(str(tmp_path / "incidents.json"))).stories
    assert markdown.render(story.updates[0].body, base_url="") == WORDS[body]


ODD = [None, 7, "x", [None], [7], {"a": None}, [{}], [{"name": 7, "new_status": []}], "9999-12-31T23:59:59-23:59"]
FULL = {
    "id": "x1", "name": "T", "impact": "major", "started_at": f"{SECOND}Z", "components": [], "postmortem_body": "",
    "incident_updates": [{"status": "resolved", "body": "b", "created_at": f"{SECOND}Z", "affected_components": []}],
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("key", ["incidents", *FULL, "affected_components", "months", "year"])
def test_an_answer_of_another_shape_costs_what_cannot_be_read_of_it(key: str, odd: Any, tmp_path: Path) -> None:
    """Other pages leave nulls, words and numbers where a list was; that is no reason to end."""
    whole: dict[str, Any] = {"incidents": [{**FULL, key: odd}, {**FULL, "id": "x2"}]}
    if key == "affected_components":
        whole["incidents"][0] = {**FULL, "incident_updates": [{**FULL["incident_updates"][0], key: odd}]}
    if key == "incidents":
        whole = {"incidents": odd, "scheduled_maintenances": [{**FULL, "id": "x2"}]}
    if key in ("months", "year"):
        entry = {"code": "x2", "name": "T", "timestamp": "Nov 20, 08:00 - 09:00 UTC"}
        month = {"name": "November", "year": odd if key == "year" else 2026, "incidents": [odd, entry]}
        whole = {"months": [odd, month] if key == "months" else [month]}
    (tmp_path / "page.json").write_text(json.dumps(whole))
    found = importers.get("statuspage").read(Asked(str(tmp_path / "page.json")))
    assert "statuspage-x2" in [story.id for story in found.stories] or key == "year"


def test_paragraphs_of_one_time_of_a_cstate_issue_keep_their_order(tmp_path: Path) -> None:
    """cState writes the newest above, and some write the oldest above."""
    head = "---\ntitle: T\ndate: 2026-11-20 08:00:00\nseverity: down\nresolved: true\n---\n"

    def line(word: str, clock: str) -> str:
        return f'*{word}* - Words. {{{{< track "2026-11-20 {clock}" >}}}}\n\n'

    newest_above = [("Resolved", "08:00:00"), ("Investigating", "08:00:00")]
    oldest_above = [("Investigating", "08:00:00"), ("Resolved", "08:10:00"), ("Post-mortem", "08:10:00")]
    for name, parts, said in (
        ("newest", newest_above, ["investigating", "resolved"]),
        ("oldest", oldest_above, ["investigating", "resolved", "postmortem"]),
    ):
        (tmp_path / f"{name}.md").write_text(head + "".join(line(*part) for part in parts))
        (story,) = importers.get("cstate").read(Asked(str(tmp_path / f"{name}.md"))).stories
        assert [u.status.value for u in story.updates] == said


def test_a_cstate_issue_may_name_one_part_without_a_list(tmp_path: Path) -> None:
    head = "---\ntitle: T\ndate: 2026-11-20 08:00:00\nseverity: down\naffected: Search\n---\nText\n"
    (tmp_path / "one.md").write_text(head)
    (story,) = importers.get("cstate").read(Asked(str(tmp_path / "one.md"))).stories
    assert story.components == ("Search",)


def test_comments_of_one_second_of_an_upptime_issue_keep_their_order(tmp_path: Path) -> None:
    """GitHub gives the oldest first, whole seconds, and an issue is closed in the second of its last words."""
    comments = [{"createdAt": f"{SECOND}Z", "body": body} for body in ("We look.", "**Resolved:** It is back.")]
    issue = {
        "number": 7,
        "title": "Search is down",
        "labels": ["status"],
        "createdAt": f"{SECOND}Z",
        "closedAt": f"{SECOND}Z",
        "body": "It fails.",
        "comments": comments,
    }
    (tmp_path / "issues.json").write_text(json.dumps([issue]))
    (story,) = importers.get("upptime").read(Asked(str(tmp_path / "issues.json"))).stories
    assert [(u.status.value, u.body) for u in story.updates] == [
        ("investigating", "It fails."),
        ("investigating", "We look."),
        ("resolved", "It is back."),
    ]


def test_a_link_that_leads_nowhere_here_comes_over_and_is_listed(tmp_path: Path) -> None:
    """On the other page it led to a page of that page."""
    root = write_root(tmp_path / "root")
    updates = [{"status": "resolved", "body": "See [before](/incidents/abc).", "display_at": f"{SECOND}Z"}]
    entry = {"id": "x1", "name": "T", "started_at": "2026-11-20T07:00:00Z", "incident_updates": updates}
    source = tmp_path / "incidents.json"
    source.write_text(json.dumps({"incidents": [entry]}))
    for _ in range(2):
        said = bring(root, "statuspage", str(source), "--platform", "shop")
        assert "content/incidents/2026-11-20-t.md:9:20: there is no incident `abc`; take the link away" in said
    assert "/incidents/abc" in (root / "content" / "incidents" / "2026-11-20-t.md").read_text()
