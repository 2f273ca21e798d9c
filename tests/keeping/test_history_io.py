"""Export and import: nothing is lost on the way, doing it twice changes nothing, and a spreadsheet calculates nothing."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from generator import remember, stores
from generator.copies.tables import export, import_
from generator.errors import HistoryError
from generator.history import uptime_of
from generator.model import ALL, Config, Status, Verdict
from generator.stores import Store
from tests.believing.world import LOOK, START, config, looks
from tests.keeping.builders import DAY, FULL, HOUR, NOW, observation, outage, rollup, round_, span
from tests.keeping.processes import REPOSITORY


@pytest.fixture
def full(store: Store) -> Store:
    store.append([FULL, *round_(NOW - 60)], NOW)
    store.save(
        checkpoint=(NOW, {"votes": {}}),
        spans=[span(NOW - 3 * DAY, NOW - DAY), span(NOW - DAY, None, Status.MAJOR_OUTAGE)],
        outages=[outage(NOW - DAY, None)],
        rollups=[rollup(NOW // DAY * DAY), rollup(NOW, scale="hour", seconds={})],
    )
    return store


@pytest.fixture
def empty(tmp_path: Path):
    opened = stores.open("sqlite:other.sqlite", root=tmp_path)
    yield opened
    opened.close()


def written(store: Store, fmt: str = "jsonl") -> str:
    out = io.StringIO(newline="")
    export(store, out, fmt)
    return out.getvalue()


def history(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "generator", "history", *words, "--now", "2026-11-23T06:00:00Z"]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)


def everything(store: Store) -> tuple:
    days, hours = store.rollups("day", 0), store.rollups("hour", 0)
    return list(store.observations(0)), store.spans(0), store.outages(), days, hours, list(store.checkpoints(NOW))


def test_a_copy_in_json_lines_holds_all_of_history(full: Store, empty: Store) -> None:
    done = import_(empty, io.StringIO(written(full)), NOW)
    assert everything(empty) == everything(full)
    assert (done.observations, done.known, done.spans, done.outages, done.rollups) == (13, 0, 2, 1, 2)
    assert empty.received_since(0) == (0, None), "what the roll-ups know already is not folded again"


def test_importing_twice_changes_nothing(full: Store, empty: Store) -> None:
    text = written(full)
    import_(empty, io.StringIO(text), NOW)
    before = everything(empty)
    done = import_(empty, io.StringIO(text), NOW)
    assert everything(empty) == before
    assert (done.observations, done.known, done.spans, done.outages, done.rollups) == (0, 13, 0, 0, 0)
    assert written(empty) == text


def test_an_export_counts_what_it_wrote(full: Store) -> None:
    assert export(full, io.StringIO()) == {"observation": 13, "span": 2, "outage": 1, "rollup": 2, "checkpoint": 1}
    assert export(full, io.StringIO(), "csv") == {"observation": 13}


def test_observations_survive_a_spreadsheets_format(full: Store, empty: Store) -> None:
    done = import_(empty, io.StringIO(written(full, "csv"), newline=""), NOW, "csv")
    assert list(empty.observations(0)) == list(full.observations(0))
    assert done.observations == 13
    assert empty.received_since(0)[1] == NOW - 90, "observations alone are folded like a late delivery"


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil")',
        "+1",
        "-2+3",
        "@SUM(A1)",
        "  =1+2",
        "\t=1",
        "\r=1",
        "|cmd",
        "%0A",
        "'quoted",
        "'=1",
        'a "quote", a comma',
        "two\nlines",
    ],
)
def test_no_cell_of_a_csv_calculates_and_every_text_comes_back(sqlite: Store, empty: Store, text: str) -> None:
    given = observation(check=text, detail=text, unit=text, engine=text)
    sqlite.append([given], NOW)
    body = written(sqlite, "csv")
    for row in csv.reader(io.StringIO(body, newline="")):
        assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "|", "%")) for cell in row)
    import_(empty, io.StringIO(body, newline=""), NOW, "csv")
    assert list(empty.observations(0)) == [given]


def test_a_csv_by_hand_needs_four_columns(sqlite: Store) -> None:
    text = "region,at,check,verdict\r\nr1,2026-11-23T05:59:00+00:00,p/c/k,ok\r\nr2,1795413540,p/c/k,down\r\n"
    import_(sqlite, io.StringIO(text, newline=""), NOW, "csv")
    assert [(o.region, o.at, o.verdict) for o in sqlite.observations(0)] == [
        ("r1", NOW - 60, Verdict.OK),
        ("r2", NOW - 60, Verdict.DOWN),
    ]


SPAN = '{"kind":"span","component":"p/c","region":"*","start":5,"status":"operational"}\n'
DAY_OF = '{"kind":"rollup","scale":"day","series":"p/c","region":"*","at":0,"seconds":{"operational":5}}\n'
OUTAGE = '{"kind":"outage","id":"x","component":"p/c","regions":[],"started":5,"confirmed":5,"worst":"major_outage"}\n'
LINE = f'{{"check":"p/c/k","region":"r","at":{NOW - 60},"verdict":"ok"}}\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("not json\n" + LINE, r"line 1: cannot be read"),
        (LINE + "[]\n", r"line 2: cannot be read: not an object"),
        (
            LINE + LINE.replace("}", ',"v":2}'),
            r"line 2: written by a newer version of Roadworthy \(format 2\); upgrade the program",
        ),
        ('{"kind":"history","v":7}\n', r"line 1: written by a newer version"),
        ('{"kind":"wish"}\n', r"line 1: kind 'wish' is not known; upgrade the program"),
        ('{"kind":"observation","check":"a"}\n', r"line 1: observation without 'region'"),
        (LINE.replace('"ok"', '"fine"'), r"line 1: observation cannot be read: 'fine' is not a valid Verdict"),
        (LINE.replace("}", ',"value":NaN}'), r"line 1: observation cannot be read: wanted a number, got nan"),
        (
            LINE.replace(str(NOW - 60), "1.5"),
            r"line 1: observation cannot be read: wanted a whole number from 0 to 253402300799, got 1.5",
        ),
        (LINE.replace('"p/c/k"', "7"), r"line 1: observation cannot be read: wanted text, got 7"),
        (LINE.replace("}", ',"facts":[]}'), r"line 1: observation cannot be read: wanted a mapping"),
        (
            '{"kind":"rollup","scale":"week","series":"a","region":"b","at":0}\n',
            r"line 1: rollup cannot be read: scale 'week'",
        ),
        ('{"kind":"checkpoint","at":"now"}\n', r"line 1: checkpoint without time or belief"),
        (LINE.replace('"r"', '"*"'), r"line 1: observation cannot be read: a look comes from one region"),
        (LINE.replace(str(NOW - 60), "-5"), r"line 1: observation cannot be read: wanted a whole number from 0"),
        (LINE.replace(str(NOW - 60), "9" * 30), r"line 1: observation cannot be read: wanted a whole number from 0"),
        (LINE.replace("}", f',"attempts":{"9" * 30}}}'), r"line 1: observation cannot be read: wanted a whole number"),
        pytest.param(LINE.replace("}", f',"facts":{"[" * 100_000}'), r"line 1: cannot be read", id="nested too deep"),
        (SPAN.replace('"start":5', f'"start":{"9" * 30}'), r"line 1: span cannot be read: wanted a whole number"),
        (SPAN.replace("}", ',"end":4}'), r"line 1: span cannot be read: it ends \(4\) before it begins \(5\)"),
        (DAY_OF.replace('":5', '":-5'), r"line 1: rollup cannot be read: wanted a whole number from 0"),
        (DAY_OF.replace('"at":0', f'"at":{17 * 10**12}'), r"line 1: rollup cannot be read: wanted a whole number"),
        (DAY_OF.replace("}}", '},"histogram":{"999":1}}'), r"line 1: rollup cannot be read: wanted a whole number"),
        (OUTAGE.replace('"major_outage"', '"operational"'), r"line 1: outage cannot be read: nothing failed"),
        (OUTAGE.replace("}", ',"ended":4}'), r"line 1: outage cannot be read: it ends"),
        (OUTAGE.replace('"id":"x"', '"id":"../x"'), r"line 1: outage cannot be read: '../x' is no id"),
        (OUTAGE.replace('"id":"x"', '"id":"a b"'), r"line 1: outage cannot be read: 'a b' is no id"),
        ('{"kind":"history","until":"noon"}\n', r"line 1: wanted the time of the last fold"),
    ],
)
def test_a_line_that_cannot_be_read_stops_the_import_with_its_number(sqlite: Store, text: str, sentence: str) -> None:
    with pytest.raises(HistoryError, match=f"^{sentence}"):
        import_(sqlite, io.StringIO(text), NOW)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: wanted the names of columns"),
        ("check,region\r\n", "line 1: wanted the names of columns: check, region, at, verdict and more"),
        ("check,region,at,verdict,colour\r\n", "line 1: the column 'colour' is not known"),
        ("check,region,at,verdict\r\na,b\r\n", "line 2: 2 cells under 4 names"),
        (
            "check,region,at,verdict\r\na,b,2026-11-23T05:00:00,ok\r\n",
            "line 2: '2026-11-23T05:00:00' lacks its offset from UTC",
        ),
        ("check,region,at,verdict\r\na,b,yesterday,ok\r\n", "line 2: Invalid isoformat"),
        ('check,region,at,verdict\r\na,"b\r\n', "line 2: "),
    ],
)
def test_a_csv_that_cannot_be_read_is_told_by_line(sqlite: Store, text: str, sentence: str) -> None:
    with pytest.raises(HistoryError, match=f"^{sentence}"):
        import_(sqlite, io.StringIO(text, newline=""), NOW, "csv")


def test_what_is_refused_is_said_and_is_not_called_known(sqlite: Store) -> None:
    """Whoever brings a year of looks must hear that they were not taken."""
    sqlite.append(round_(NOW - 20 * DAY), NOW)
    sqlite.save(checkpoint=(NOW - 15 * DAY, {}))
    sqlite.prune(NOW)
    text = LINE + LINE + LINE.replace(str(NOW - 60), str(NOW + 900)) + LINE.replace(str(NOW - 60), "7")
    done = import_(sqlite, io.StringIO(text), NOW)
    assert (done.observations, done.known) == (1, 1)
    assert done.warnings == [
        "observations left out because they are dated later than now: 1",
        "observations left out because they are older than what was pruned already: 1",
    ]


@pytest.mark.parametrize("fmt", ["jsonl", "csv"])
def test_a_last_line_that_was_cut_off_is_left_out_and_its_bytes_are_told(sqlite: Store, empty: Store, fmt: str) -> None:
    sqlite.append(round_(NOW - 60), NOW)
    text = written(sqlite, fmt)
    done = import_(empty, io.StringIO(text[:-20], newline=""), NOW, fmt)
    last = text[:-20].rsplit("\n", 1)[1]
    assert done.torn_bytes == len(last)
    assert done.warnings == [f"the last line was cut off: {len(last)} bytes were left out"]
    assert done.observations == 11


@pytest.mark.parametrize("days", [3, 12, 100])
def test_the_figures_of_a_copy_are_those_of_history_itself(sqlite: Store, empty: Store, days: int) -> None:
    """An outage of the first day is in no window that begins later, also on a machine that has just got its history."""
    setting = config("ab", interval=HOUR)
    for slot in range(START, START + days * DAY, HOUR):
        letter = "D" if slot < START + DAY else "o"
        sqlite.append([o for region in "ab" for o in looks(setting, region, slot, letter)], slot + LOOK)
        if slot % DAY == 7 * HOUR:
            remember.catch_up(sqlite, setting, slot + LOOK)
    now = START + days * DAY - 60
    expected = figures(sqlite, setting, now)
    import_(empty, io.StringIO(written(sqlite)), now)
    assert figures(empty, setting, now) == expected
    assert figures(empty, setting, now) == expected
    assert figures(empty, setting, now + 2 * DAY) == figures(sqlite, setting, now + 2 * DAY)


def figures(store: Store, setting: Config, now: int) -> dict[tuple[str, str], tuple[str, int]]:
    past = remember.catch_up(store, setting, now)
    keys = [(region, window) for region in (ALL, "a", "b") for window in ("day", "week", "month", "quarter", "ever")]
    found = {key: uptime_of(past, "shop/api", *key, now) for key in keys}
    return {key: (one.text, one.observed) for key, one in found.items()}


def test_what_was_measured_as_zero_is_not_left_out(sqlite: Store) -> None:
    sqlite.append([replace(FULL, value=0.0, latency_ms=0.0)], NOW)
    record = json.loads(written(sqlite).splitlines()[-1])
    assert (record["value"], record["latency_ms"]) == (0.0, 0.0)


def test_an_older_copy_never_takes_away_what_is_known(sqlite: Store, empty: Store) -> None:
    """A day that ended with more seconds and samples, an outage that ended, a span that ended."""
    day = NOW // DAY * DAY
    sqlite.save(rollups=[rollup(day)], outages=[outage(NOW - DAY, None)], spans=[span(NOW - DAY, None)])
    old = written(sqlite)
    now = {
        "rollups": [rollup(day, seconds={Status.OPERATIONAL: 80_000}, samples=99)],
        "outages": [outage(NOW - DAY, NOW)],
        "spans": [span(NOW - DAY, NOW - HOUR), span(NOW - HOUR, None, Status.MAJOR_OUTAGE)],
    }
    empty.save(checkpoint=(NOW, {}), **now)
    import_(empty, io.StringIO(old), NOW)
    assert (list(empty.rollups("day", 0)), list(empty.outages()), list(empty.spans(0))) == tuple(now.values())


@pytest.mark.parametrize("fmt", ["jsonl", "csv"])
def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path, fmt: str) -> None:
    """Spreadsheets and some editors put one in front."""
    with closing(stores.open("sqlite:one.sqlite", root=tmp_path)) as store:
        store.append(round_(NOW - 60), NOW)
    options = "--root", str(tmp_path), "--format", fmt
    file = tmp_path / "export"
    assert history("export", str(file), *options, "--history", "sqlite:one.sqlite").returncode == 0
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    done = history("import", str(file), *options, "--history", "sqlite:two.sqlite")
    assert "imported: 12 new observations" in done.stdout, done.stderr


def test_what_an_import_did_is_told_in_numbers(tmp_path: Path) -> None:
    file = tmp_path / "one"
    file.write_text(LINE)
    told = history("import", str(file), "--root", str(tmp_path), "--history", "sqlite:h.sqlite").stdout
    assert told.startswith("imported: 1 new observation, 0 known, 0 outages, ")


def test_an_export_goes_where_it_is_sent_and_says_where_it_cannot(tmp_path: Path) -> None:
    with closing(stores.open("sqlite:one.sqlite", root=tmp_path)) as store:
        store.append(round_(NOW - 60), NOW)
    options = "--root", str(tmp_path), "--history", "sqlite:one.sqlite"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    assert history("export", str(link), *options).returncode == 0
    assert link.is_symlink()
    assert len((tmp_path / "elsewhere").read_text().splitlines()) == 13
    (tmp_path / "folder").mkdir()
    for name in ("folder", "folder/none/there"):
        done = history("export", str(tmp_path / name), *options)
        assert done.returncode == 2
        assert f"{tmp_path / name}: cannot be written: " in done.stderr
    assert not list(tmp_path.rglob("*.new"))


def test_an_unknown_format_names_those_there_are(sqlite: Store) -> None:
    for call in (lambda: export(sqlite, io.StringIO(), "xml"), lambda: import_(sqlite, io.StringIO(), NOW, "xml")):
        with pytest.raises(HistoryError, match="no format 'xml'; there are jsonl and csv"):
            call()
