"""What the editor says an SMS costs is what validating it reserves."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from backend.database import unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.rights import Role
from backend.errors import ForbiddenError, InvalidInputError
from backend.repositories import opt_outs
from backend.services import drafts, validation
from backend.services.acting import OPERATOR, ActingUser
from backend.services.draft_input import DraftInput
from backend.services.sms_cost import SmsCost, sms_cost
from backend.settings import get_settings
from tests.makers import CONTENT, buy_credits, connect_whatsapp, make_category, make_contacts, make_household

pytestmark = pytest.mark.usefixtures("database")

DRAFT = DraftInput(**{"title": "Kol Nidre", "channel": Channel.SMS, "everyone": True, **CONTENT})
FIRST_NAMES = ("Ruth", "Maximilienne", "Anaïs", "רות", "", "A" * 40, "{{nom}}", " Léa\t", "O€€")
LAST_NAMES = ("Azoulay", "Lévy", "Benhamou-Çelik", "")
TEXTS = (
    "Shalom",
    "Shalom {{prenom}} " + "x" * 140,
    "{{first_name}} {{nom}} fête " + "€" * 30,
    "{{full_name}}{{hebrew_first_name}}" + "[]" * 65,
    " \r\n{{full_name}}\r\nKol Nidre\r\n " + "a" * 125 + "\n\n",
    "{{first_name}}",
    "ש" * 60 + "{{first_name}}" + "🕎" * 5,
)


def reserved(draft: DraftInput) -> int:
    campaign_id = drafts.create_campaign(OPERATOR, draft)
    return validation.summarise(OPERATOR, campaign_id).credits_needed


@pytest.mark.parametrize(("seed", "held"), [(0, 20_000), (1, 3)])
def test_it_is_what_validating_reserves(monkeypatch: pytest.MonkeyPatch, seed: int, held: int) -> None:
    monkeypatch.setattr("backend.services.sms_cost._MOST_HELD", held)
    monkeypatch.setattr("backend.services.targets._MOST_KNOWN", held)
    chance = random.Random(seed)
    categories, household = [make_category(name) for name in ("Members", "Youth")], make_household()
    for number in range(25):
        names = {"first_name": chance.choice(FIRST_NAMES), "last_name": chance.choice(LAST_NAMES)}
        more = {
            "hebrew_first_name": chance.choice(("", "רות")),
            "household_id": chance.choice((None, household)),
            "is_deceased": chance.random() < 0.1,
            **({"mobile_e164": None} if chance.random() < 0.2 else {}),
            **({"email": None} if chance.random() < 0.4 else {}),
        }
        make_contacts(1, first=number, category_id=chance.choice(categories), **names, **more)
    connect_whatsapp()
    for text in TEXTS:
        draft = replace(
            DRAFT,
            channel=chance.choice(list(Channel)),
            sms_text=text,
            everyone=chance.random() < 0.5,
            category_ids=tuple(chance.sample(categories, chance.randint(1, 2))),
            one_per_household=chance.random() < 0.5,
        )
        assert sms_cost(OPERATOR, draft).needed == reserved(draft), draft


def test_recipients_credit_and_the_longest_sms() -> None:
    make_contacts(3, first_name="Ruth")
    make_contacts(1, first=3, first_name="Maximilienne")
    buy_credits(10)
    cost = sms_cost(OPERATOR, replace(DRAFT, sms_text="{{first_name}}" + "x" * 150))
    assert cost == SmsCost(
        recipients=4, needed=5, available=10, fewest=1, most=2, longest={"first_name": "Maximilienne"}
    )


@pytest.mark.parametrize(("threshold", "low_below"), [("0", 0), ("5", 0), ("6", 6)])
def test_little_credit_afterwards_is_told(monkeypatch: pytest.MonkeyPatch, threshold: str, low_below: int) -> None:
    monkeypatch.setenv("LOW_CREDIT_THRESHOLD", threshold)
    get_settings.cache_clear()
    make_contacts(5)
    buy_credits(10)
    assert sms_cost(OPERATOR, replace(DRAFT, sms_text="Shalom")).low_below == low_below


def test_a_name_outside_gsm7_makes_the_longest_sms() -> None:
    make_contacts(1, first_name="Maximilienne")
    make_contacts(1, first=1, first_name="Anaïs")
    cost = sms_cost(OPERATOR, replace(DRAFT, sms_text="{{first_name}}" + "x" * 100))
    assert (cost.longest, cost.fewest, cost.most) == ({"first_name": "Anaïs"}, 1, 2)


def test_who_opted_out_costs_nothing() -> None:
    make_contacts(2)
    assert sms_cost(OPERATOR, DRAFT).recipients == 2
    with unit_of_work() as session:
        opt_outs.add(session, Medium.SMS, ["+33600000077"], "test")
    assert sms_cost(OPERATOR, DRAFT).recipients == 1


@pytest.mark.parametrize(
    ("draft", "recipients"),
    [
        (replace(DRAFT, sms_text="  "), 2),
        (replace(DRAFT, everyone=False), 0),
        (replace(DRAFT, channel=Channel.EMAIL), 0),
    ],
    ids=["no text", "nobody", "no SMS"],
)
def test_nothing_to_send_costs_nothing(draft: DraftInput, recipients: int) -> None:
    make_contacts(2)
    cost = sms_cost(OPERATOR, draft)
    assert (cost.needed, cost.most, cost.recipients) == (0, 0, recipients)


def test_only_who_may_edit_campaigns_is_told() -> None:
    stranger = ActingUser(None, "x@example.org", "X", Role.SECONDARY)
    with pytest.raises(ForbiddenError):
        sms_cost(stranger, DRAFT)
    with pytest.raises(InvalidInputError):
        sms_cost(OPERATOR, replace(DRAFT, channel="pigeon"))
