"""The documents of the demonstration: one page each, with its name on it."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import PurePath

from backend.file_store import get_file_store
from backend.models import CampaignFile, FileKind


def demo_document(name: str) -> bytes:
    """A PDF of one page that shows the name. The same name always gives the same bytes."""
    shown = PurePath(name).stem.encode("cp1252", "replace").translate(bytes.maketrans(b"()\\", b"   "))
    page = b"BT /F1 24 Tf 72 720 Td (" + shown + b") Tj ET"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    bodies = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(page), page),
        font,
    )
    document, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(document))
        document += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return document + b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(document),
    )


def store_documents(names: Iterable[str]) -> None:
    """Put the content of documents into the store, before rows refer to it. Blocks; may raise `OSError`."""
    store = get_file_store()
    for name in dict.fromkeys(names):
        incoming = store.receive()
        incoming.write(demo_document(name))
        incoming.close()
        store.keep(incoming)


def file_row(campaign_id: int, position: int, name: str) -> CampaignFile:
    """What a campaign says about a document."""
    content = demo_document(name)
    return CampaignFile(
        campaign_id=campaign_id,
        kind=FileKind.DOCUMENT,
        name=name,
        content_type="application/pdf",
        size_bytes=len(content),
        sha256=sha256(content).hexdigest(),
        position=position,
    )
