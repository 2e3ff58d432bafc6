"""What a file is, by its content alone."""

from __future__ import annotations

import io
import zipfile

import pytest

from backend.domain.file_names import LONGEST, clean_name
from backend.domain.file_types import ALL_TYPES, PDF, TEXT, FileKind, UnknownTypeError, looks_like_video, recognise
from tests.files import AVI, GIF, JPEG, MKV, MOV, MP4, MPEG, OGV, OLD_MOV, PDF_FILE, PNG, WEBM, WEBP, WMV, ole, zipped

WORD = zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
DOCUMENTS = {
    "pdf": PDF_FILE,
    "png": PNG,
    "jpg": JPEG,
    "gif": GIF,
    "webp": WEBP,
    "docx": WORD,
    "xlsx": zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}),
    "pptx": zipped({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}),
    "odt": zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<c/>"}),
    "ods": zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
    "odp": zipped({"mimetype": b"application/vnd.oasis.opendocument.presentation"}),
    "doc": ole("WordDocument"),
    "xls": ole("Workbook"),
    "ppt": ole("PowerPoint Document"),
    "txt": "Kol Nidre à 19 h 15, כל נדרי\r\n".encode(),
}
VIDEOS = {
    "mp4": MP4, "mov": MOV, "webm": WEBM, "mkv": MKV, "avi": AVI, "mpg": MPEG, "wmv": WMV, "ogv": OGV,
}  # fmt: skip


def code_of(content: bytes) -> str:
    with pytest.raises(UnknownTypeError) as caught:
        recognise(io.BytesIO(content))
    return caught.value.code


@pytest.mark.parametrize("extension", DOCUMENTS)
def test_documents(extension: str) -> None:
    found = recognise(io.BytesIO(DOCUMENTS[extension]))
    assert (found.kind, found.extensions[0]) == (FileKind.DOCUMENT, extension)
    assert not looks_like_video(DOCUMENTS[extension][:64])


@pytest.mark.parametrize("extension", VIDEOS)
def test_videos(extension: str) -> None:
    found = recognise(io.BytesIO(VIDEOS[extension]))
    assert (found.kind, found.extensions[0]) == (FileKind.VIDEO, extension)
    assert looks_like_video(VIDEOS[extension][:64])


def test_a_quicktime_video_of_the_first_years() -> None:
    assert recognise(io.BytesIO(OLD_MOV)).content_type == "video/quicktime"


REFUSED = {
    "Windows program": b"MZ\x90\x00" + b"\x00" * 200,
    "Windows program that mentions WebP": b"MZ\x90\x00\x00\x00\x00\x00WEBP" + b"\x00" * 200,
    "Linux program": b"\x7fELF\x02\x01\x01" + b"\x00" * 200,
    "page": b"<!DOCTYPE html><html></html>",
    "page after blanks": b"\xef\xbb\xbf \n\t<html><body></body></html>",
    "page inside text": b"Hello\n<ScRiPt>alert(1)</script>",
    "drawing": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "drawing after XML": b'<?xml version="1.0"?><svg onload="alert(1)"/>',
    "shell script": b"#!/bin/sh\nrm -rf /\n",
    "PHP": b"hello <?php system('id'); ?>",
    "rich text": b"{\\rtf1 hello}",
    "PostScript": b"%!PS-Adobe-3.0",
    "PDF behind something else": b"junk\n%PDF-1.4\n\x00",
    "plain archive": zipped({"a.txt": b"x"}),
    "Java archive": zipped({"META-INF/MANIFEST.MF": b"x", "A.class": b"\xca\xfe\xba\xbe"}),
    "installer": ole("Installer"),
    "Latin-1": "é".encode("latin-1") * 10,
    "UTF-16": "hello".encode("utf-16"),
    "text with a zero": b"hello\x00world",
    "sound": b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00",
    "picture of a phone": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "gzip": b"\x1f\x8b\x08\x00" + b"\x00" * 20,
    "WAVE": b"RIFF\x24\x00\x00\x00WAVEfmt ",
}


@pytest.mark.parametrize("what", REFUSED)
def test_everything_else_is_refused(what: str) -> None:
    assert code_of(REFUSED[what]) == "file_type"


def test_what_is_wrong_is_said() -> None:
    assert code_of(b"") == "file_empty"
    assert code_of(WORD[: len(WORD) // 2]) == "file_damaged"
    macros = {"[Content_Types].xml": b"x", "word/document.xml": b"x", "word/vbaProject.bin": b"x"}
    assert code_of(zipped(macros)) == "file_macros"
    assert code_of(ole("WordDocument", "_VBA_PROJECT")) == "file_macros"


def test_text_is_read_to_its_end() -> None:
    long = b"a" * (3 << 20)
    assert recognise(io.BytesIO(long)) is TEXT
    assert code_of(long + b"\xff") == "file_type"
    assert code_of(long + b"<script>") == "file_type"
    assert recognise(io.BytesIO(b"a" * ((1 << 20) - 1) + "é".encode())) is TEXT, "a letter across two pieces"


def test_a_mark_across_two_pieces_is_found() -> None:
    assert code_of(b"a" * ((1 << 20) - 3) + b"<script>") == "file_type"


def test_an_archive_is_not_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", b"\x00" * (50 << 20))
    assert len(bomb.getvalue()) < 100_000
    assert code_of(bomb.getvalue()) == "file_type"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Service times 5787.pdf", "Service times 5787.pdf"),
        ("SERVICE.PDF", "SERVICE.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("..\\..\\windows\\system32.pdf", "system32.pdf"),
        ("C:\\Users\\ruth\\plan.pdf", "plan.pdf"),
        ("/", "file.pdf"),
        ("", "file.pdf"),
        (".pdf", "pdf.pdf"),
        ("...", "file.pdf"),
        ("plan\r\nSet-Cookie: x.pdf", "planSet-Cookie x.pdf"),
        ("plan\x00.pdf", "plan.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe.pdf"),
        ("\u2066plan\u2069.pdf", "plan.pdf"),
        ("photo.png", "photo.pdf"),
        ("plan.exe", "plan.exe.pdf"),
        ("סדר תפילות.pdf", "סדר תפילות.pdf"),
        ("Cafe\u0301.pdf", "Café.pdf"),
        ('a"b<c>d|e?f*g.pdf', "a b c d e f g.pdf"),
        ("plan  .pdf", "plan.pdf"),
    ],
)
def test_names_are_harmless_and_agree_with_the_content(given: str, expected: str) -> None:
    assert clean_name(given, PDF) == expected


@pytest.mark.parametrize("name", ["run.bat", "run.js", "run.VBS", "page.html", "drawing.svg", "run.ps1", "x.pdf"])
def test_a_text_that_is_named_like_a_program_is_refused(name: str) -> None:
    with pytest.raises(UnknownTypeError):
        clean_name(name, TEXT)


@pytest.mark.parametrize(("name", "kept"), [("a.csv", "a.csv"), ("a.TXT", "a.txt"), ("README", "README.txt")])
def test_names_of_texts(name: str, kept: str) -> None:
    assert clean_name(name, TEXT) == kept


def test_a_long_name_keeps_its_ending() -> None:
    for name in ("a" * 400 + ".pdf", "é" * 400, "a." * 300 + "pdf"):
        cleaned = clean_name(name, PDF)
        assert len(cleaned) <= LONGEST
        assert cleaned.endswith(".pdf")


def test_no_two_types_share_an_ending() -> None:
    endings = [extension for found in ALL_TYPES for extension in found.extensions]
    assert len(endings) == len(set(endings))
