"""`${NAME}` in `status.yml`: replaced once, from the environment that was passed in, never again.

Remembers which place used which name, so that a check knows its secrets and no message ever shows one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import Problem
from ..yamltext import Document, Path

_REFERENCE = re.compile(r"\$(\$)?\{([^}]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

# What stands here is published, so that it is no secret; a host's own address may come from its environment.
PUBLIC = ("site",)

PLACEHOLDER = "missing-secret"
PLACEHOLDER_HOST = "https://missing-secret.invalid"


@dataclass(slots=True)
class Filler:
    """Fills the references of one document. `missing_allowed`: a missing one leaves a value that is never sent."""

    document: Document
    env: Mapping[str, str]
    missing_allowed: bool = False
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    used: dict[Path, frozenset[str]] = field(default_factory=dict)
    missing: dict[Path, str] = field(default_factory=dict)
    asked: bool = False  # whether there was any reference at all

    def fill(self, value: Any, path: Path = ()) -> Any:
        """The value with every reference replaced; keys are left alone."""
        if isinstance(value, dict):
            return {key: self.fill(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner, (*path, index)) for index, inner in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return self._text(value, path)
        return value

    def names_below(self, path: Path) -> frozenset[str]:
        """The names used at or below a place."""
        return frozenset(name for at, names in self.used.items() if at[: len(path)] == path for name in names)

    def missing_below(self, path: Path) -> frozenset[str]:
        """The names at or below a place that have no value."""
        return frozenset(name for at, name in self.missing.items() if at[: len(path)] == path)

    def redact(self, problem: Problem) -> Problem:
        """The problem without any secret value; without its words if a part of one still shows."""
        message, fix = problem.message, problem.fix
        for name, value in sorted(self.values.items(), key=lambda pair: -len(pair[1])):
            message, fix = message.replace(value, f"${{{name}}}"), fix.replace(value, f"${{{name}}}")
            if _shows(value, message + fix):
                message, fix = f"the value with ${{{name}}} is wrong here", "look at the secret itself"
        return Problem(problem.file, problem.line, problem.col, problem.rule, message, fix, problem.severity)

    def _text(self, text: str, path: Path) -> Any:
        self.asked = True
        names: set[str] = set()
        key = next((step for step in reversed(path) if isinstance(step, str)), "")
        address = key.endswith(("url", "urls")) or key == "controls"

        def one(found: re.Match[str]) -> str:
            escaped, name = found.groups()
            if escaped:
                return found.group()[1:]
            if not found.group().endswith("}") or not _NAME.match(name):
                fix = "write ${NAME} with letters, digits and _; write $${ for the characters themselves"
                self.problems.append(self.document.problem(path, "secret", f"`{found.group()}` names no variable", fix))
                return ""
            names.add(name)
            value = self._value(name, path)
            # Where an address begins is missing: an address stands there, so that nothing else is said of it.
            return PLACEHOLDER_HOST if address and not found.start() and value == PLACEHOLDER else value

        # One pass: what a value says is never read again, whatever it looks like.
        filled = _REFERENCE.sub(one, text)
        if path[:1] and path[0] not in PUBLIC and names:
            self.used[path] = frozenset(names)
            self.values.update({name: self.env[name] for name in names if self.env.get(name)})
        return filled

    def _value(self, name: str, path: Path) -> str:
        value = self.env.get(name, "")
        if not value:
            self.missing[path] = name
            if not self.missing_allowed:
                state = "is empty" if name in self.env else "is not set"
                fix = "set it, or run with --allow-missing-secrets: its checks become unknown"
                self.problems.append(self.document.problem(path, "secret", f"the variable `{name}` {state}", fix))
            return PLACEHOLDER
        if any(c in value for c in "\r\n\0") and "headers" in path:
            fix = "a header is one line; set the variable without a line break"
            message = f"the value of `{name}` holds a line break"
            self.problems.append(self.document.problem(path, "secret", message, fix))
            return PLACEHOLDER
        return value


def _shows(value: str, text: str) -> bool:
    """Whether a recognisable part of a value stands in a text, as a parser may have cut or changed it."""
    there, secret = text.lower(), value.lower()
    return any(secret[at : at + 8] in there for at in range(max(0, len(secret) - 7)))
