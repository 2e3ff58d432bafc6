"""MJML sources: what is refused in them, and where one breaks. Compiling is a service's work.

The compiler says little: often no line at all. What is wrong with the tags is found here, for one clear sentence.
"""

from __future__ import annotations

import re

from backend.errors import InvalidInputError

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_ROOT = re.compile(r"\s*<mjml[\s>]", re.IGNORECASE)
_INCLUDE = re.compile(r"<\s*mj-include\b", re.IGNORECASE)
_START = re.compile(r"</?[a-z]", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-z][\w:-]*)((?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)>", re.IGNORECASE)
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_POSITION = re.compile(r"position (\d+)")


def check_mjml(source: str) -> None:
    """Refuse what is not MJML, and what would include something from elsewhere.

    Raises:
        InvalidInputError: `not_mjml`, or `include_refused` with the `line`; `field="source"`.
    """
    bare = _without_comments(source)
    if not _ROOT.match(bare):
        raise InvalidInputError(code="not_mjml", field="source")
    if found := _INCLUDE.search(bare):
        raise InvalidInputError(code="include_refused", field="source", line=_line(bare, found.start()))


def explained(source: str, message: str) -> InvalidInputError:
    """What to say of a source that the compiler refused with `message`."""
    if problem := _first_problem(_without_comments(source)):
        return problem
    if position := _POSITION.search(message):
        before = source.encode(errors="replace")[: int(position[1])]
        return InvalidInputError(code="mjml_broken_at", field="source", line=before.count(b"\n") + 1)
    return InvalidInputError(code="mjml_broken", field="source")


def _first_problem(bare: str) -> InvalidInputError | None:
    """The first tag that is not finished, closes nothing, or is never closed."""
    opened: list[tuple[str, int]] = []
    for start in _START.finditer(bare):
        line = _line(bare, start.start())
        tag = _TAG.match(bare, start.start())
        if tag is None:
            return InvalidInputError(code="mjml_unfinished", field="source", line=line)
        name = tag[2].lower()
        if not tag[1]:
            if not tag[3].endswith("/") and name not in _VOID:
                opened.append((name, line))
        elif opened and opened[-1][0] == name:
            opened.pop()
        else:
            return _misplaced(name, line, opened)
    return _never_closed(*opened[-1]) if opened else None


def _misplaced(name: str, line: int, opened: list[tuple[str, int]]) -> InvalidInputError:
    if any(other == name for other, _ in opened):
        return _never_closed(*opened[-1])
    return InvalidInputError(code="mjml_stray", field="source", name=name, line=line)


def _never_closed(name: str, line: int) -> InvalidInputError:
    return InvalidInputError(code="mjml_unclosed", field="source", name=name, line=line)


def _without_comments(source: str) -> str:
    """Comments blanked, lines kept."""
    return _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), source)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
