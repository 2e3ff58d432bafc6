"""Asks before a template is left that holds something unsaved."""

from __future__ import annotations

import json

from unisoft_ui.components.kit.leaving import LeavingGuard
from unisoft_ui.states.template_editor import FORM
from unisoft_ui.texts import templates as texts


class TemplateGuard(LeavingGuard):
    """Fields keep their values by themselves, so they are compared with what they began with."""

    UNSAVED = f"""() => {{
  const form = document.getElementById({json.dumps(FORM)});
  return form !== null && form.dataset.saved !== "yes" && Array.from(form.elements).some((field) =>
    field.type === "radio" ? field.checked !== field.defaultChecked
      : "defaultValue" in field && field.value !== field.defaultValue);
}}"""
    QUESTION = texts.LEAVE
