import re
import xml.etree.ElementTree as ET

import pytest

from backend.services.qr_codes import qr_svg

TEXT = "2@" + "x" * 128 + ",key,key,key,1"


def test_the_picture_is_black_on_white_in_any_theme():
    svg = qr_svg(TEXT)
    colours = re.findall(r'(?:fill|stroke)="([^"]+)"', svg)
    assert colours == ["#fff", "#000"], "a white ground below black modules"
    assert "currentColor" not in svg


def test_the_ground_reaches_four_modules_around_the_code():
    root = ET.fromstring(qr_svg("short"))  # noqa: S314 - our own
    side = int(root.attrib["viewBox"].split()[-1])
    modules = side - 2 * 4
    assert (modules - 17) % 4 == 0, "17 + 4 modules a version"
    assert modules >= 21, "no micro code: phones do not read them here"
    ground = next(element for element in root if element.attrib.get("fill") == "#fff")
    assert ground.attrib["d"] == f"M0 0h{side}v{side}h-{side}z"
    assert "width" not in root.attrib, "the page gives it its size"


def test_other_texts_are_other_pictures():
    assert qr_svg(TEXT) == qr_svg(TEXT) != qr_svg(TEXT + "2")


def test_markup_in_the_text_is_not_in_the_picture():
    assert "script" not in qr_svg("<script>alert(1)</script>")


@pytest.mark.parametrize("text", ["", "x" * 3000])
def test_what_no_code_can_say_is_refused(text):
    with pytest.raises(ValueError, match=r"\S"):
        qr_svg(text)
