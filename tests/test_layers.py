"""The house holds its shape: dependencies point one way, extensions are found by file, every template escapes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "generator"

PURE = (
    "model", "errors", "siteview", "vantage", "states", "history", "diagnosis", "incidents", "view", "text", "hosting",
    "deploys", "plain", "judging", "signature", "outage_groups", "words",
)  # fmt: skip
"""Modules and folders that must never touch the world: no clock, no file, no network, no environment."""

WORLD = {"os", "socket", "asyncio", "subprocess", "httpx", "sqlite3", "pathlib", "shutil", "tempfile", "ssl"}

FORBIDDEN = {
    # who must never know whom; a folder stands for all of its files
    "model": {"*"},
    "errors": {"*"},
    "registry": {"*"},
    "probes": {"engines", "stores", "outputs", "view", "states", "run", "cli", "commands", "publish"},
    "engines": {"stores", "outputs", "view", "states", "run", "cli", "commands", "publish"},
    "stores": {"engines", "probes", "outputs", "view", "states", "run", "cli", "commands", "publish"},
    "outputs": {"engines", "probes", "stores", "states", "view", "run", "cli", "commands", "publish", "diagnosis"},
    "states": {"engines", "stores", "outputs", "view", "run", "cli", "commands", "publish", "notes", "diagnosis"},
    "vantage": {"engines", "stores", "outputs", "view", "run", "cli", "commands", "publish", "notes", "states"},
    "diagnosis": {"engines", "stores", "outputs", "view", "run", "cli", "commands", "publish", "remember"},
    "incidents": {"engines", "stores", "outputs", "view", "run", "cli", "commands", "publish", "remember"},
    "view": {"engines", "stores", "outputs", "run", "cli", "commands", "publish", "remember"},
    "publish": {"engines", "probes", "stores", "states", "view", "run", "cli", "commands"},
    "run": {"cli", "commands"},
}


def imports(file: Path) -> dict[str, int]:
    """Modules a file imports for use (not only for type checking): own ones by first name below the package."""
    tree = ast.parse(file.read_text("utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    depth = len(file.relative_to(PACKAGE).parts)
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found.update({alias.name.split(".")[0]: node.lineno for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found[(node.module or "").split(".")[0]] = node.lineno
        elif isinstance(node, ast.ImportFrom):
            at_top = node.level == depth
            names = [node.module.split(".")[0]] if node.module and at_top else []
            if at_top and not node.module:
                names = [alias.name for alias in node.names]
            found.update({f".{name}": node.lineno for name in names})
    return found


def files(name: str) -> list[Path]:
    single = PACKAGE / f"{name}.py"
    return [single] if single.exists() else sorted((PACKAGE / name).glob("*.py"))


@pytest.mark.parametrize("name", FORBIDDEN)
def test_dependencies_point_one_way(name: str) -> None:
    wrong = [
        f"{file.name}:{line} imports {imported}"
        for file in files(name)
        for imported, line in imports(file).items()
        if imported.startswith(".") and (imported[1:] in FORBIDDEN[name] or "*" in FORBIDDEN[name])
    ]
    assert files(name), f"there is no {name} any more: tell this table"
    assert not wrong, wrong


@pytest.mark.parametrize("name", PURE)
def test_the_pure_core_never_touches_the_world(name: str) -> None:
    assert files(name), f"there is no {name} any more: tell this table"
    for file in files(name):
        touched = sorted(WORLD & set(imports(file)))
        assert not touched, f"{file.name} imports {touched}"
        tree = ast.parse(file.read_text("utf-8"))
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        clocks = calls & {
            "time.time",
            "time.monotonic",
            "datetime.now",
            "datetime.utcnow",
            "date.today",
            "open",
            "print",
        }
        assert not clocks, f"{file.name} calls {clocks}"


def test_the_check_for_purity_can_fail() -> None:
    assert [file for file in files("publish") if WORLD & set(imports(file))]


def test_no_file_of_the_package_swallows_what_it_does_not_know() -> None:
    bare = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body)
    ]
    assert not bare, bare
