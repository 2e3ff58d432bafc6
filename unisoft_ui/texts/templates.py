"""The words of the templates: their list, and the page that writes one."""

from __future__ import annotations

from backend.domain.templates import MOST_USES
from unisoft_ui.texts import number

# The list
TITLE = "Templates"
SUBTITLE = "Emails ready to reuse, with personal fields already in place."
SEARCH = "Search a template by name or subject"
CREATE = "Create a template"
LIST_LABEL = "Templates"
LOADING = "Loading the templates"
PAGES_LABEL = "Pages of templates"
EDIT = "Edit"
DUPLICATE = "Duplicate"
DELETE = "Delete"
CANCEL = "Cancel"
COPY_OF = "Copy of {name}"
DUPLICATED = "Template duplicated."
DELETED = "Template deleted."
EMPTY_TITLE = "No templates yet"
EMPTY_TEXT = "Write an email once, with its layout and personal fields, and use it in as many campaigns as you like."
NO_RESULT_TEXT = "Check the spelling, or search for part of the name or the subject."
CLEAR_SEARCH = "Clear search"
ERROR_TITLE = "The templates could not be loaded"
ERROR_TEXT = "They are safe. Try again in a moment."
RETRY = "Try again"
DELETE_TITLE = "Delete this template"
DELETE_QUESTION = "Are you sure you want to delete this template?"
FORMATS = {"html": "HTML", "mjml": "MJML"}

# Writing one
NEW_TITLE = "New template"
EDIT_TITLE = "Edit the template"
BACK = "Back to Templates"
NAME = "Name"
NAME_HELP = "Only you see it. It helps you find the template again."
SUBJECT = "Subject"
SUBJECT_HELP = "Personal fields work here too."
FORMAT = "Format"
SOURCE = "Source"
PERSONAL_FIELDS = "Personal fields"
FIELD_LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "hebrew_first_name": "Hebrew first name",
    "full_name": "Full name",
    "mailing_unsubscribe": "Unsubscribe link",
}
KEPT_VERSION = "Campaigns already created keep the version they were written with."
PREVIEW = "Preview"
PREVIEW_FRAME = "Preview of the email"
PREVIEW_FOR = "As Ruth Azoulay, an invented contact, would get it. Images of other sites are not loaded here."
PREVIEW_EMPTY = "Write something to see it here."
PREVIEW_OLD = "The preview shows the last version that could be read."
RENDERING = "Updating…"
WIDTH = "Width of the preview"
DESKTOP = "Desktop"
PHONE = "Phone"
SAVE = "Save template"
SAVING = "Saving…"
SAVED = "Template saved."
CANNOT_OPEN = "This template cannot be opened"
LOADING_ONE = "Loading the template"
LEAVE = "What you changed is not saved. Leave without saving?"

ERRORS = {
    ("required", "name"): "Give the template a name.",
    ("required", "subject"): "Write the subject of the email.",
    ("required", "source"): "Write the email.",
}
ERROR_CODES = {
    "required": "This is needed.",
    "too_long": "This is too long: at most {longest} characters.",
    "control_characters": "There is a character in this text that cannot be sent. Type it again without pasting.",
    "unknown_field": "Unknown personal field: {names}.",
    "unknown_format": "Choose MJML or HTML.",
    "not_mjml": "This is not MJML: begin with <mjml> and end with </mjml>.",
    "include_refused": "Line {line}: <mj-include> cannot be used. Put the content itself in its place.",
    "mjml_unclosed": "Line {line}: <{name}> is not closed.",
    "mjml_stray": "Line {line}: </{name}> closes nothing.",
    "mjml_unfinished": "Line {line}: a tag is not finished. Look for a missing > or quote.",
    "mjml_broken_at": "Line {line}: the MJML cannot be read here.",
    "mjml_broken": "The MJML cannot be read. Check that every tag is closed and every value is in quotes.",
    "css_broken": "The styles cannot be read. Check what is between <style> and </style>.",
    "nothing_left": "There is no text and no image in this email.",
    "compiled_too_long": "The email is too large: at most {longest} characters once it is compiled.",
    "too_complex": "This email is too complex to be compiled. Nest fewer elements in each other.",
    "busy": "Several emails are being compiled at the moment. Try again in a few seconds.",
    "changed_meanwhile": "Somebody saved this template meanwhile. Copy what you wrote, then open the template again.",
    "not_found": "This template does not exist any more. Copy what you wrote into a new one.",
}

STARTERS = {
    "mjml": """<mjml>
  <mj-body background-color="#f4f5f8">
    <mj-section background-color="#3358d4">
      <mj-column>
        <mj-text color="#ffffff" font-size="24px" line-height="32px">A title</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff">
      <mj-column>
        <mj-text font-size="16px" line-height="24px">Dear {{first_name}},</mj-text>
        <mj-text font-size="16px" line-height="24px">Write your message here.</mj-text>
        <mj-button href="https://example.org" background-color="#3358d4">A button</mj-button>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
""",
    "html": """<h1>A title</h1>
<p>Dear {{first_name}},</p>
<p>Write your message here.</p>
<p><a href="https://example.org">A link</a></p>
""",
}
"""What a new template begins with."""


def uses(count: int) -> str:
    """How many campaigns use it, as "Used 4 times"."""
    if count == 1:
        return "Used once"
    if not count:
        return "Not used yet"
    return f"Used {number(count)}{'+' if count == MOST_USES else ''} times"


def actions_for(name: str) -> str:
    return f"Actions for {name}"


def delete_consequence(name: str, count: int) -> str:
    """What deleting does, for the question."""
    if not count:
        return f"“{name}” leaves the list. No campaign uses it."
    campaigns = "The campaign that uses it keeps" if count == 1 else f"The {number(count)} campaigns that use it keep"
    return f"“{name}” leaves the list. {campaigns} the text."


def no_result(search: str) -> str:
    return f"No template matches “{search}”"


def error_reference(reference: str) -> str:
    return f"Reference: {reference}"
