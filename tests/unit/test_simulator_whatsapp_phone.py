import pytest

from backend.simulator.whatsapp_phone import PretendPhone


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def phone(told: list[str], clock: Clock) -> PretendPhone:
    phone = PretendPhone(tell=told.append, now_s=clock)
    phone.log_out()
    told.clear()
    return phone


def test_the_first_code_lasts_a_minute_and_the_later_ones_twenty_seconds(phone, clock):
    codes = [phone.qr_text]
    for seconds in (59.9, 0.2, 19.0, 1.0):
        clock.now_s += seconds
        codes.append(phone.qr_text)
    assert codes[0] == codes[1] != codes[2] == codes[3] != codes[4]


def test_the_session_fails_when_nobody_scanned_any_of_seven_codes(phone, clock, told):
    clock.now_s += 60 + 6 * 20 - 1
    assert phone.status == "SCAN_QR_CODE"
    clock.now_s += 1
    assert (phone.status, phone.qr_text, told) == ("FAILED", None, ["FAILED"])
    assert not phone.scan(), "there is nothing to scan"
    phone.start()
    assert phone.status == "FAILED", "starting does nothing to a failed session"
    phone.restart()
    assert phone.status == "SCAN_QR_CODE"


def test_a_scan_connects_and_is_told(phone, told):
    assert phone.scan("+33600000001", "Talmud Torah")
    assert (phone.status, phone.number, phone.profile_name) == ("WORKING", "+33600000001", "Talmud Torah")
    assert (phone.qr_text, told) == (None, ["WORKING"])


def test_a_paired_phone_needs_no_code_after_a_stop(phone):
    phone.scan()
    phone.stop()
    assert phone.status == "STOPPED"
    phone.start()
    assert phone.status == "WORKING"


@pytest.mark.parametrize("action", ["refuse", "next_code", "expire", "scan"])
def test_nothing_is_scanned_while_no_code_is_shown(phone, action):
    phone.scan()
    assert not getattr(phone, action)()
    assert phone.status == "WORKING"


def test_a_phone_that_logs_out_has_to_be_scanned_again(phone, told):
    phone.scan()
    assert phone.unlink()
    assert told == ["WORKING", "FAILED"]
    phone.restart()
    assert phone.status == "SCAN_QR_CODE"
    assert phone.refuse()
    assert phone.status == "FAILED"


def test_the_codes_can_be_hurried(phone):
    first = phone.qr_text
    assert phone.next_code()
    assert phone.qr_text != first
    for _ in range(6):
        assert phone.next_code()
    assert phone.status == "FAILED"


def test_linking_takes_a_while_and_may_fail(phone, told):
    assert phone.link()
    assert (phone.status, phone.qr_text) == ("STARTING", None)
    assert not phone.expire()
    assert phone.scan()
    assert told == ["STARTING", "WORKING"]
    phone.log_out()
    assert phone.link()
    assert phone.refuse()
    assert phone.status == "FAILED"


def test_a_phone_that_drops_is_there_again_without_a_scan(phone, told):
    phone.scan()
    assert phone.drop()
    assert not phone.drop()
    phone.restart()
    assert told[-2:] == ["FAILED", "WORKING"]
