"""Keeps the catalogues in step with the messages of the code and the templates.

`python -m generator.locales.extract` adds what is new to each `LANG.po`, drops what is gone and keeps every
translation in its place; with `--check` it only says what is missing. For people who work on the package; the build
never runs it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).parent
PACKAGE = HERE.parent
TEMPLATES = PACKAGE.parent / "templates"
SPEAKERS = ("view/*.py", "words.py", "text.py", "plain.py", "vantage.py", "diagnosis/*.py", "incidents/*.py")
KEYWORDS = {"t": None, "_": None, "self": None, "n": (1, 2), "mark": None, "said": None, "counted": (1, 2)}


def sources() -> Iterator[tuple[str, Path]]:
    """(method of extraction, file): the page's own code, who makes sentences for it, and the templates."""
    for pattern in (*SPEAKERS, "outputs/html.py", "outputs/_html_*.py"):
        yield from (("python", path) for path in sorted(PACKAGE.glob(pattern)))
    yield from (("jinja2", path) for path in sorted(TEMPLATES.glob("*.html")) if path.name != "api.html")


def messages() -> dict[str, str]:
    """Every message with its plural (or an empty string), in the order of the sources."""
    found: dict[str, str] = {}
    for method, path in sources():
        for _line, message, _comments, _context in extract_from_file(method, path, keywords=KEYWORDS):
            one, many = message if isinstance(message, tuple) else (message, "")
            found[one] = found.get(one) or many
    return found


def catalogue(path: Path, wanted: dict[str, str]) -> Catalog:
    """The catalogue of a file with exactly the wanted messages, translated as far as it was.

    What stood there keeps its place, so that code may move without touching a catalogue; what is new stands at the end.
    """
    old = read_po(BytesIO(path.read_bytes()), locale=path.stem)
    new = Catalog(
        locale=path.stem,
        project="roadworthy",
        version="1",
        charset="utf-8",
        fuzzy=False,
        header_comment="# Roadworthy: interface text. Names, notes and causes are content and stay as written.",
        creation_date=old.creation_date,
        revision_date=old.revision_date,
    )
    places = {_id(message): place for place, message in enumerate(old)}
    for one, many in sorted(wanted.items(), key=lambda item: places.get(item[0], len(places))):
        known = old.get(one)
        same_kind = known is not None and isinstance(known.string, tuple) == bool(many)
        new.add((one, many) if many else one, known.string if known is not None and same_kind else "")
    return new


def untranslated(path: Path, wanted: dict[str, str]) -> list[str]:
    """Messages without a translation, or without one of their plural forms."""
    return [_id(m) for m in catalogue(path, wanted) if m.id and not _complete(m)]


def _id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _complete(message: Message) -> bool:
    strings = message.string
    return bool(strings) if isinstance(strings, str) else bool(strings) and all(strings or ())


def main() -> int:
    wanted = messages()
    missing = 0
    for path in sorted(HERE.glob("*.po")):
        if "--check" not in sys.argv:
            new = catalogue(path, wanted)
            written = BytesIO()
            write_po(written, new, no_location=True, width=120)
            path.write_bytes(written.getvalue())
        for message in untranslated(path, wanted):
            missing += 1
            print(f"{path.name}: {message}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
