import pytest

from backend.domain.channels import Medium
from backend.domain.refusals import Meaning, meaning, meaning_on, stops_run, stops_run_on
from backend.domain.vendors import VENDORS_OF, VOCABULARIES


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("21610", Meaning.OPTED_OUT),
        ("21211", Meaning.BAD_ADDRESS),
        ("21614", Meaning.BAD_ADDRESS),
        ("21217", Meaning.BAD_ADDRESS),
        ("30005", Meaning.BAD_ADDRESS),
        ("30006", Meaning.BAD_ADDRESS),
        ("63003", Meaning.NOT_ON_MEDIUM),
        ("63024", Meaning.NOT_ON_MEDIUM),
        ("30003", Meaning.RETRIABLE),
        ("30008", Meaning.RETRIABLE),
        ("30007", Meaning.BLOCKED),
        ("21408", Meaning.BLOCKED),
        ("99999", Meaning.OTHER),
        (None, Meaning.OTHER),
    ],
)
def test_twilio_codes(code, expected):
    assert meaning("twilio", code) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("unsubscribed", Meaning.OPTED_OUT),
        ("spam", Meaning.OPTED_OUT),
        ("bounced_address", Meaning.BAD_ADDRESS),
        ("invalid", Meaning.BAD_ADDRESS),
        ("bounce", Meaning.BAD_ADDRESS),
        ("5.1.1", Meaning.BAD_ADDRESS),
        ("5.2.2", Meaning.RETRIABLE),
        ("4.4.1", Meaning.RETRIABLE),
        ("5.7.1", Meaning.BLOCKED),
        ("blocked", Meaning.BLOCKED),
        ("5.3.0", Meaning.OTHER),
        (None, Meaning.OTHER),
    ],
)
def test_sendgrid_codes(code, expected):
    assert meaning("sendgrid", code) is expected


def test_a_code_means_nothing_for_another_provider():
    assert meaning("whatsapp", "21610") is Meaning.OTHER
    assert meaning("nobody", "21610") is Meaning.OTHER
    assert not stops_run("sendgrid", "20003")


@pytest.mark.parametrize("code", ["20003", "21606", "21659", "63016", "63028", "21602", "21617", "21605", "30034"])
def test_faults_of_ours_stop_the_run(code):
    assert stops_run("twilio", code)


@pytest.mark.parametrize("code", ["21211", "21610", "30003", "63003", None, ""])
def test_faults_of_one_recipient_do_not(code):
    assert not stops_run("twilio", code)


def test_vendors_of_one_medium_mean_nothing_different_by_the_same_code():
    for vendors in VENDORS_OF.values():
        known = [
            code for vendor in vendors for code in {*VOCABULARIES[vendor].meanings, *VOCABULARIES[vendor].stops_run}
        ]
        assert len(known) == len(set(known))


@pytest.mark.parametrize("code", ["63003", "not_on_whatsapp"])
def test_a_code_is_read_for_whoever_carried_the_message(code):
    assert meaning_on(Medium.WHATSAPP, code) is Meaning.NOT_ON_MEDIUM
    assert meaning_on(Medium.EMAIL, code) is Meaning.OTHER
    assert stops_run_on(Medium.WHATSAPP, "63016")
    assert stops_run_on(Medium.WHATSAPP, "http_401")
    assert not stops_run_on(Medium.SMS, "http_401")
