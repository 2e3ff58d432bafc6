"""What goes with the message: web links, documents and videos. `assets/uploads.js` brings the files."""

from __future__ import annotations

import json

import reflex as rx

from backend.domain.file_types import ALL_TYPES, FileKind
from backend.services.additional_content import LONGEST_TITLE, LONGEST_URL
from unisoft_ui.components.editor.step import step
from unisoft_ui.components.kit.buttons import quiet_button
from unisoft_ui.components.kit.fields import field_error
from unisoft_ui.states.content import ContentState
from unisoft_ui.states.editor import EditorState
from unisoft_ui.texts import content as texts
from unisoft_ui.view_models.content import FileLine, LinkLine


def content_step() -> rx.Component:
    return step(
        "4",
        texts.TITLE,
        content_fields(),
        summary=ContentState.summary,
        is_done=(ContentState.links.length() > 0) | (ContentState.files.length() > 0),
        is_open=rx.Var.create(False),
    )


def content_fields() -> rx.Component:
    """The rows and the buttons that add to them; goes inside the editor's form.

    Each link is a `link_url` and a `link_title`, each file a `file` whose value is its ref, in order.
    """
    return rx.el.div(
        rx.el.ul(
            rx.foreach(ContentState.links, _link),
            rx.foreach(ContentState.files, _file),
            aria_label=texts.LIST,
            class_name="content-list",
            custom_attrs={"data-content-list": ""},
        ),
        rx.el.ul(aria_label=texts.UPLOADS, class_name="content-list", custom_attrs={"data-upload-list": ""}),
        rx.el.p(role="status", class_name="visually-hidden", custom_attrs={"data-upload-status": ""}),
        _buttons(),
        rx.el.p(texts.HELP, " ", rx.el.span(texts.DROP_HERE, class_name="desktop-only"), class_name="small secondary"),
        rx.el.div(rx.cond(ContentState.notice != "", _sentence(ContentState.notice)), role="alert"),
        _place_of_error("links"),
        _place_of_error("files"),
        _bridge_to_script(),
        rx.el.script(src="/uploads.js", async_=True),
        class_name="content-fields",
        custom_attrs={"data-uploads": "", **_for_script()},
    )


def _for_script() -> dict[str, object]:
    words = {"uploading": texts.UPLOADING, "adding": texts.ADDING, "cancel": texts.CANCEL, "dismiss": texts.DISMISS}
    words |= {"added": texts.ADDED, "cancelled": texts.CANCELLED}
    return {
        "data-document-mb": ContentState.document_mb.to_string(),
        "data-video-mb": ContentState.video_mb.to_string(),
        "data-words": json.dumps(words),
        "data-errors": json.dumps(texts.UPLOAD_ERRORS),
    }


def _link(line: rx.Var[LinkLine]) -> rx.Component:
    return rx.el.li(rx.cond(line.editing, _link_form(line), _link_row(line)), key="link-" + line.key)


def _link_row(line: rx.Var[LinkLine]) -> rx.Component:
    return rx.el.div(
        rx.icon("link", size=16, aria_hidden="true", class_name="content-icon-link"),
        rx.el.span(
            rx.el.span(line.name, class_name="medium"),
            " ",
            rx.el.span(line.address, class_name="secondary"),
            dir="auto",
            class_name="truncate",
        ),
        rx.el.input(type="hidden", name="link_url", value=line.url),
        rx.el.input(type="hidden", name="link_title", value=line.title),
        _small_button("pencil", line.edit_label, ContentState.edit_link(line.key), id_="link-edit-" + line.key),
        _small_button("x", line.remove_label, ContentState.remove_link(line.key)),
        class_name="content-row",
    )


def _link_form(line: rx.Var[LinkLine]) -> rx.Component:
    return rx.el.div(
        _link_field(line, "url", texts.LINK_URL, type="url", input_mode="url", placeholder=texts.LINK_URL_EXAMPLE,
                    max_length=LONGEST_URL, dir="ltr", default_value=line.url,
                    aria_invalid=rx.cond(line.error != "", "true", "false"),
                    aria_describedby="link-error-" + line.key),
        _link_field(line, "title", texts.LINK_TITLE, type="text", max_length=LONGEST_TITLE, dir="auto",
                    default_value=line.title),
        rx.el.div(
            rx.button(
                texts.LINK_DONE,
                type="button",
                variant="surface",
                color_scheme="gray",
                high_contrast=True,
                on_click=ContentState.finish_link(line.key),
                custom_attrs={"data-link-done": ""},
            ),
            _small_button("x", line.remove_label, ContentState.remove_link(line.key)),
            class_name="link-actions",
        ),
        rx.el.div(
            rx.cond(line.error != "", _sentence(line.error)), id="link-error-" + line.key, role="alert",
            class_name="link-error",
        ),
        class_name="link-form",
    )  # fmt: skip


def _link_field(line: rx.Var[LinkLine], name: str, label: str, **props: object) -> rx.Component:
    id_ = f"link-{name}-" + line.key
    return rx.el.div(
        rx.el.label(label, html_for=id_, class_name="field-label"),
        rx.el.input(
            id=id_,
            name=f"link_{name}",
            auto_complete="off",
            on_blur=lambda value: ContentState.write_link(line.key, name, value),
            class_name="text-input",
            custom_attrs={"data-link-field": ""},
            **props,
        ),
    )


def _file(line: rx.Var[FileLine]) -> rx.Component:
    icon = rx.match(
        line.icon,
        ("video", rx.icon("video", size=16, aria_hidden="true")),
        ("image", rx.icon("image", size=16, aria_hidden="true", class_name="content-icon-file")),
        rx.icon("file-text", size=16, aria_hidden="true", class_name="content-icon-file"),
    )
    return rx.el.li(
        rx.el.div(
            icon,
            rx.el.span(
                rx.el.bdi(line.name, class_name="medium"),
                " ",
                rx.el.span(line.size, rx.cond(line.note != "", ", " + line.note, ""), class_name="secondary"),
                class_name="truncate",
            ),
            rx.el.input(type="hidden", name="file", value=line.ref),
            _small_button("x", line.remove_label, ContentState.remove_file(line.ref)),
            class_name="content-row",
        ),
        key="file-" + line.ref,
    )


def _small_button(icon: str, label: rx.Var[str], act: object, id_: rx.Var[str] | None = None) -> rx.Component:
    return rx.icon_button(
        rx.icon(icon, size=16, aria_hidden="true"),
        type="button",
        variant="ghost",
        color_scheme="gray",
        aria_label=label,
        title=label,
        on_click=act,
        class_name="icon-target",
        **({"id": id_} if id_ is not None else {}),
    )


def _sentence(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(rx.icon("circle-x", size=14, aria_hidden="true"), rx.el.span(text), class_name="field-error")


def _place_of_error(name: str) -> rx.Component:
    """Where the editor says what is wrong, and puts the focus."""
    return rx.el.div(field_error(name, EditorState.errors), tab_index=-1, custom_attrs={"data-error-for": name})


def _buttons() -> rx.Component:
    return rx.el.div(
        _button("link", texts.ADD_LINK, "add-link", on_click=ContentState.add_link),
        _button("paperclip", texts.ADD_DOCUMENT, "add-document", custom_attrs={"data-upload-pick": "document"}),
        _button("video", texts.ADD_VIDEO, "add-video", custom_attrs={"data-upload-pick": "video"}),
        class_name="content-buttons",
    )


def _button(icon: str, label: str, id_: str, **props: object) -> rx.Component:
    return quiet_button(icon, label, id=id_, type="button", **props)


def _bridge_to_script() -> rx.Component:
    """What the script needs and nobody sees: the pickers, and the field by which it says what has arrived."""
    return rx.el.div(
        *(
            rx.el.input(
                type="file", multiple=True, accept=_accepted(kind), custom_attrs={"data-upload-input": kind.value}
            )
            for kind in FileKind
        ),
        rx.el.input(type="text", on_change=ContentState.uploaded, custom_attrs={"data-upload-ref": ""}),
        hidden=True,
    )


def _accepted(kind: FileKind) -> str:
    return ",".join(f".{extension}" for found in ALL_TYPES if found.kind is kind for extension in found.extensions)
