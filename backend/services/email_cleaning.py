"""What an author's HTML may hold when it is sent: the text of a campaign, or the layout of a template."""

from __future__ import annotations

import re

import nh3

_SCHEMES = {"http", "https", "mailto", "tel"}
_TAGS = nh3.ALLOWED_TAGS | {"center", "font"}
_LAYOUT_TAGS = (_TAGS | {"main", "section", "s", "big"}) - {"map", "area"}
# Their content is no text of the email.
_DROPPED_WHOLE = {"script", "style", "title", "noscript", "template", "svg", "math", "object", "iframe", "select"}

_TABLE = {"width", "height", "align", "valign", "bgcolor", "border", "cellpadding", "cellspacing"}
_CELL = {*_TABLE, "colspan", "rowspan", "headers", "scope", "abbr"}
_ATTRIBUTES = {
    "*": {"style", "class", "dir", "lang", "title", "align", "role", "aria-label", "aria-hidden"},
    "a": {"href", "target"},
    "img": {"src", "alt", "width", "height", "border"},
    "table": _TABLE,
    "tbody": _TABLE,
    "thead": _TABLE,
    "tfoot": _TABLE,
    "tr": _TABLE,
    "td": _CELL,
    "th": _CELL,
    "col": {"width", "span"},
    "hr": {"width", "size"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
}
_SIDES = ("top", "right", "bottom", "left")
# No `position`, no transforms: nothing leaves its place, and nothing lies over the link that unsubscribes.
_PROPERTIES = {
    "background", "background-color", "border", "border-collapse", "border-color", "border-radius", "border-spacing",
    "border-style", "border-width", "box-sizing", "clear", "color", "direction", "display", "float", "font",
    "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing", "line-height", "list-style",
    "list-style-type", "margin", "max-height", "max-width", "min-height", "min-width", "opacity", "outline",
    "overflow", "overflow-wrap", "padding", "table-layout", "text-align", "text-decoration", "text-transform",
    "unicode-bidi", "vertical-align", "white-space", "width", "word-break", "word-spacing", "word-wrap",
    *(f"{name}-{side}" for name in ("border", "margin", "padding") for side in _SIDES),
    *(f"border-{a}-{b}-radius" for a in ("top", "bottom") for b in ("left", "right")),
}  # fmt: skip
# Neither colons nor backslashes: no address and no disguise of one fits in.
_VALUE = re.compile(r"[\w\s#%.,+!'\"()/-]{1,300}")
_FUNCTION = re.compile(r"([\w-]*)\(")
_FUNCTIONS = {"rgb", "rgba", "hsl", "hsla", "linear-gradient"}
_NEGATIVE = re.compile(r"-\s*[\d.]")
_KEPT_CLASS = re.compile(r"document|mj-full-width-mobile|mj-column-(?:per|px)-\d{1,4}(?:-\d{1,6})?")

_UNTIL_BODY = re.compile(r"^.*?<body\b", re.DOTALL | re.IGNORECASE)
_DOCUMENT = '<div class="document"'


def clean_html(source: str) -> str:
    """What the author of a campaign may send: no scripts, no handlers, no styles that hide or move things."""
    return nh3.clean(source, tags=_TAGS, url_schemes=_SCHEMES, link_rel=None)


def clean_layout(source: str) -> str:
    """What the author of a template may send: as `clean_html`, with tables, widths, colours and inlined styles.

    Cleaning what is clean changes nothing.
    """
    return nh3.clean(
        source,
        tags=_LAYOUT_TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes=_SCHEMES,
        link_rel=None,
    )


def clean_document(page: str) -> str:
    """The body of a whole document, in an element of its own that keeps its colours: see `is_document`."""
    return clean_layout(_UNTIL_BODY.sub(_DOCUMENT, page, count=1)).strip()


def is_document(html: str) -> bool:
    """Whether cleaned HTML was a whole document: it brings its own width and background."""
    return html.startswith(_DOCUMENT)


def _kept(tag: str, attribute: str, value: str) -> str | None:
    del tag
    if attribute == "style":
        return _safe_style(value) or None
    if attribute == "class":
        return " ".join(name for name in value.split() if _KEPT_CLASS.fullmatch(name)) or None
    if attribute == "target":
        return value if value == "_blank" else None
    return value


def _safe_style(style: str) -> str:
    declarations = (declaration.partition(":") for declaration in style.split(";"))
    pairs = ((name.strip().lower(), value.strip()) for name, _, value in declarations)
    return ";".join(f"{name}:{value}" for name, value in pairs if name in _PROPERTIES and _is_safe(name, value))


def _is_safe(name: str, value: str) -> bool:
    return (
        _VALUE.fullmatch(value) is not None
        and "/*" not in value
        and value.count('"') % 2 == value.count("'") % 2 == 0
        and all(function.lower() in _FUNCTIONS for function in _FUNCTION.findall(value))
        and not (name.startswith("margin") and _NEGATIVE.search(value))
    )
