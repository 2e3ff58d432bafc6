"""The form that makes a campaign, or opens a draft again."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.confirmation.dialog import confirmation_dialog
from unisoft_ui.components.editor.channel import channel_step
from unisoft_ui.components.editor.content import content_step
from unisoft_ui.components.editor.frame import FORM, editor_bar, form_error, keeper, missing, phone_bar, title_field
from unisoft_ui.components.editor.leaving import DraftGuard
from unisoft_ui.components.editor.message import message_step
from unisoft_ui.components.editor.preview import preview_button, preview_column, preview_sheet
from unisoft_ui.components.editor.schedule import schedule_step
from unisoft_ui.components.editor.targets import targets_step
from unisoft_ui.components.kit.address import in_address, status_for
from unisoft_ui.components.kit.skeleton import shape
from unisoft_ui.components.shell import shell
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.preview import PreviewState
from unisoft_ui.texts import confirmation
from unisoft_ui.texts import editor as texts

_ID_IN_ADDRESS = rx.cond(in_address("id") == "", "none", in_address("id"))


def register(add_app_page: Callable[..., None]) -> None:
    add_app_page(new_page, routes.CAMPAIGN_NEW, texts.NEW_TITLE)
    add_app_page(edit_page, routes.CAMPAIGN_EDIT, texts.EDIT_TITLE)


def new_page() -> rx.Component:
    return _page(texts.NEW_TITLE, "")


def edit_page() -> rx.Component:
    return _page(texts.EDIT_TITLE, _ID_IN_ADDRESS)


def _page(heading: str, draft_id: rx.Var[str] | str) -> rx.Component:
    status = status_for(EditorState.place, draft_id, EditorState.status)
    # Opened when the page appears and not on each load of it: a connection that comes back loads again,
    # and would empty what was being written.
    return shell(
        rx.script(src="/drafts.js"),
        rx.el.div(
            rx.match(status, ("ready", _form()), ("missing", missing()), _loading()),
            rx.cond(EditorState.place == draft_id, preview_column(), rx.el.div(class_name="preview-column")),
            on_mount=[PreviewState.begin, EditorState.open(draft_id)],
            on_unmount=EditorState.close,
            class_name="editor",
        ),
        phone_bar(status, preview_button()),
        preview_sheet(),
        confirmation_dialog(confirmation.BACK_TO_EDITING),
        active="campaigns",
        topbar_start=editor_bar(heading, status),
    )


def _form() -> rx.Component:
    return rx.el.form(
        form_error(),
        rx.el.div(title_field(), class_name="step step-plain"),
        channel_step(),
        targets_step(),
        message_step(),
        content_step(),
        schedule_step(),
        keeper(),
        DraftGuard.create(),
        id=FORM,
        key=EditorState.form_key.to_string(),
        on_submit=EditorState.save,
        no_validate=True,
        class_name="editor-form",
    )


def _loading() -> rx.Component:
    heights = ("116px", "150px", "240px", "180px", "110px")
    return rx.el.div(
        *(rx.el.div(shape("100%", height, "step-skeleton")) for height in heights),
        aria_busy=True,
        aria_label=texts.LOADING,
        role="status",
        class_name="editor-form",
    )
