"""Turn what the author of a template wrote into HTML that can be sent."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import inscriptis

from backend.domain.mjml import check_mjml, explained
from backend.domain.templates import HTML_LENGTH, TemplateFormat
from backend.errors import ConflictError, InvalidInputError
from backend.services.email_cleaning import clean_document, clean_layout

_PROGRAM = str(Path(__file__).with_name("email_compiler.py"))
_LONGEST_S = 6
_WAIT_S = 10
# Each costs a process for a moment: typing authors shall not slow down everybody else.
_turns = threading.BoundedSemaphore(2)
_WHOLE_DOCUMENT = re.compile(r"<(?:!doctype|html|body)\b", re.IGNORECASE)


def compile_template(form: TemplateFormat, source: str) -> str:
    """The cleaned HTML of a source, with its CSS inlined; personal fields stay as they are.

    Raises:
        InvalidInputError: `field="source"`, and a code that says what is wrong and, where it is known, the line.
        ConflictError: `busy`: too many are compiled at the moment.
    """
    if form is TemplateFormat.MJML:
        check_mjml(source)
    inlined = _inlined(form, source)
    whole = form is TemplateFormat.MJML or _WHOLE_DOCUMENT.search(source) is not None
    html = clean_document(inlined) if whole else clean_layout(inlined).strip()
    if "<img" not in html and not inscriptis.get_text(html).strip():
        raise InvalidInputError(code="nothing_left", field="source")
    if len(html) > HTML_LENGTH:
        raise InvalidInputError(code="compiled_too_long", field="source", longest=HTML_LENGTH)
    return html


def _inlined(form: TemplateFormat, source: str) -> str:
    answer = _ask_compiler(json.dumps({"format": form.value, "source": source}))
    if answer is None:
        raise InvalidInputError(code="too_complex", field="source")
    if "html" in answer:
        return answer["html"]
    if form is TemplateFormat.MJML:
        raise explained(source, answer["error"])
    raise InvalidInputError(code="css_broken", field="source")


def _ask_compiler(request: str) -> dict[str, str] | None:
    """The answer of the program; None when it was lost, or took too long."""
    if not _turns.acquire(timeout=_WAIT_S):
        raise ConflictError(code="busy")
    try:
        done = subprocess.run(
            [sys.executable, "-I", _PROGRAM],
            input=request,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    finally:
        _turns.release()
    return json.loads(done.stdout) if done.returncode == 0 else None
