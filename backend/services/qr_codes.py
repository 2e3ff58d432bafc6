"""QR codes as pictures for a page."""

from __future__ import annotations

import segno

_QUIET_MODULES = 4  # ISO/IEC 18004: cameras need that much around the code


def qr_svg(text: str) -> str:
    """`text` as an inline SVG without a size of its own: black on white in any theme, its quiet zone included.

    Raises:
        ValueError: the text is empty, or too long for one code (2,953 bytes).
    """
    if not text:
        raise ValueError("nothing to show")
    code = segno.make(text, micro=False)
    return code.svg_inline(border=_QUIET_MODULES, dark="#000", light="#fff", omitsize=True)
