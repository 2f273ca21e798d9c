"""The catalogue of bad inputs: every row about configuration (C) and publishing (P) has the test that holds it."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.operating.platform import PROJECT
from tests.reading import bad

WORDS = "tests/reading/test_bad.py::test_says_what_is_wrong_where_and_what_to_write"
REFUSED = (
    "tests/operating/test_publish_faults.py::test_a_run_refuses_it_with_the_same_words_asks_nobody_and_leaves_the_page"
)
PUBLISH = "tests/keeping/test_publish.py"
FAULTS = "tests/operating/test_publish_faults.py"

CONFIGURATION: dict[str, tuple[str, tuple[str, ...]]] = {
    "C01": ("an unknown key, with the nearest name", ()),
    "C02": ("the same id twice, with both lines", ()),
    "C03": ("a key twice, with both lines", ()),
    "C05": ("a timeout or threshold that can never work", ()),
    "C06": ("dependencies in a circle, with the path", ()),
    "C07": ("a name of nothing, with the nearest one", ()),
    "C08": (
        "a secret that is not set, or empty, by its name only; allowed, its checks are unknown",
        (
            "tests/operating/test_missing_secrets.py::test_a_run_without_its_secrets_names_all_of_them_and_publishes_nothing",
            "tests/operating/test_missing_secrets.py::test_where_it_is_allowed_the_check_is_not_asked_and_the_page_says_why",
        ),
    ),
    "C09": (
        "a secret with signs of every kind, used as it is, once; a line break in a header",
        ("tests/reading/test_config.py::test_secret_is_used_as_it_is_once",),
    ),
    "C11": ("tabs, NUL, ESC, other encodings, with the byte; a byte order mark is fine", ()),
    "C12": (
        "a bomb: aliases, depth, size, number of keys; soon and small",
        ("tests/reading/test_bad.py::test_hostile_configuration_ends_soon_and_small",),
    ),
    "C14": (
        "nothing, a folder, a pipe, what may not be read",
        (
            "tests/reading/test_bad.py::test_missing_configuration_is_an_error",
            "tests/reading/test_bad.py::test_folder_in_place_of_the_configuration_is_an_error",
            "tests/reading/test_bad.py::test_pipe_in_place_of_the_configuration_is_an_error_and_is_not_waited_for",
            "tests/reading/test_bad.py::test_unreadable_configuration_is_an_error",
        ),
    ),
    "C15": ("no checks, or all of them disabled", ()),
    "C16": ("addresses that are none, or lead inwards", ()),
    "C18": ("ids and paths that lead elsewhere, or are one on some disks", ()),
    "C19": (
        "a time zone that there is not; no data of zones",
        ("tests/operating/test_publish_faults.py::test_without_any_data_of_time_zones_that_is_said",),
    ),
    "C21": ("a quorum that no regions can reach", ()),
    "C22": (
        "a component that is gone: a warning, its history kept and shown",
        ("tests/operating/test_running.py::test_a_component_that_was_removed_is_told_and_its_history_kept",),
    ),
    "C23": (
        "a component that was renamed: a warning that offers `was`",
        ("tests/operating/test_running.py::test_a_component_that_was_renamed_is_offered_its_old_history",),
    ),
    "C24": ("a format newer than the program", ()),
}
"""Row -> what it is, and the tests that hold it besides those of the files `tests/bad/ROW-*`."""

WARNED = ("C22", "C23")
"""Rows that are no errors: the run goes on."""

PUBLISHING: dict[str, tuple[str, tuple[str, ...]]] = {
    "P01": (
        "killed between any two files: all old or all new",
        (
            "tests/keeping/test_killed_command.py::test_the_command_killed_at_some_of_its_calls",
            "tests/keeping/test_killed.py::test_killed_at_every_state_changing_call_of_a_run",
            f"{PUBLISH}::test_a_reader_during_a_thousand_publishes_never_sees_a_mix",
        ),
    ),
    "P02": (
        "other people's files stay",
        (
            f"{PUBLISH}::test_files_of_others_stay_as_they_are_through_every_publish",
            f"{PUBLISH}::test_a_persons_own_version_of_such_a_file_wins_over_ours",
            f"{PUBLISH}::test_what_is_in_our_way_is_named_and_nothing_is_written",
        ),
    ),
    "P04": (
        "a folder that cannot be written; another file system",
        (
            f"{PUBLISH}::test_a_folder_that_may_not_be_written_is_told_with_what_to_do",
            f"{PUBLISH}::test_a_mount_point_is_published_in_place",
            f"{PUBLISH}::test_a_mount_inside_the_site_gets_its_files_copied_across",
        ),
    ),
    "P05": (
        "a template with a mistake, with its line",
        (
            f"{FAULTS}::test_a_template_with_a_mistake_is_told_with_its_line",
            "tests/page/test_templates.py::test_a_missing_value_is_an_error_and_not_an_empty_place",
        ),
    ),
    "P06": (
        "the new site fails its own verification: exit 6, no swap",
        (
            f"{FAULTS}::test_a_site_that_fails_its_own_verification_is_not_published",
            "tests/keeping/test_verify.py::test_a_document_that_cannot_be_read_is_told",
            "tests/security/test_canary.py::test_a_secret_that_a_person_wrote_into_a_note_is_published_nowhere",
        ),
    ),
    "P07": (
        "nobody builds for an hour: the page says since when, with a script and without",
        (
            "tests/browser/test_truth.py::test_an_old_page_says_so_whatever_the_visitors_clock_says",
            "tests/page/test_view.py::test_the_page_says_until_when_it_is_valid",
        ),
    ),
    "P10": (
        "nothing was looked at, or by too few: unknown",
        (
            f"{FAULTS}::test_a_page_before_the_first_round_is_unknown",
            f"{FAULTS}::test_fewer_regions_than_the_quorum_make_it_unknown",
        ),
    ),
    "P11": (
        "the same incident built a hundred times: one item, the same bytes",
        (
            f"{FAULTS}::test_a_hundred_builds_of_the_same_are_one_item_and_no_new_byte",
            "tests/e2e/test_run_against_faults.py::test_building_twice_at_one_time_is_the_same_to_the_byte_and_rewrites_nothing",
        ),
    ),
    "P12": (
        "opened from a file, without a script, from an archive",
        (
            "tests/browser/test_everyone.py::test_the_page_reads_from_a_file",
            "tests/browser/test_everyone.py::test_without_script_everything_that_matters_is_there",
            "tests/page/test_templates.py::test_pages_work_in_any_folder",
        ),
    ),
}

EVERY = (
    *("C01", "C02", "C03", "C05", "C06", "C07", "C08", "C09", "C11", "C12", "C14", "C15", "C16", "C18", "C19", "C21"),
    *("C22", "C23", "C24", "P01", "P02", "P04", "P05", "P06", "P07", "P10", "P11", "P12"),
)
"""The rows as the catalogue numbers them; the numbers between fell to a neighbour."""


def test_the_table_holds_every_row_of_the_catalogue() -> None:
    assert (*CONFIGURATION, *PUBLISHING) == EVERY


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((PROJECT / file).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", EVERY)
def test_every_test_that_a_row_names_is_there(row: str) -> None:
    named = {**CONFIGURATION, **PUBLISHING}[row][1]
    if row in CONFIGURATION:
        named = (*named, WORDS, REFUSED)
    assert named
    assert [one for one in named if one.partition("::")[2] not in functions_of(one.partition("::")[0])] == []


@pytest.mark.parametrize("row", CONFIGURATION)
def test_every_row_of_configuration_has_a_file_with_its_exact_words(row: str) -> None:
    """An error for all but the rows that only warn; `fine` stands beside what must be taken as it is."""
    told = {path.stem: bad.expected(path) for path in bad.inputs() if path.name.startswith(row)}
    kind = "warning: " if row in WARNED else "error: "
    assert [name for name, text in told.items() if text.startswith(kind)]
    unsaid = [
        name
        for name, text in told.items()
        for line in text.splitlines()
        if line != "fine" and not line.startswith(("error: content/status.yml", "warning: content/status.yml"))
    ]
    assert unsaid == []
