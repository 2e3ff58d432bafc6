import pytest

from backend.domain.keywords import Keyword, keyword_of


@pytest.mark.parametrize(
    "text",
    [
        "STOP", " Stop. ", "stop!", "*STOP*", "STOP 🛑", "S.T.O.P", "stop stop", "STOPALL", "opt-out",
        "stop sms", "STOP au 36111", "Stop all messages, please", "s'il vous plaît STOP", "Unsubscribe me",
        "ARRET", "Arrêt", "arre\u0302t sms", "me désabonner", "Désabonnez-moi svp",
        "הסר", "\u200fהסר\u200f.", "הָסֵר", "נא להסיר אותי, תודה",
    ],
)  # fmt: skip
def test_stop_in_its_variants(text):
    assert keyword_of(text, is_out=False) is Keyword.STOP


@pytest.mark.parametrize("text", ["START", "unstop.", "Reprendre", "REPRENDRE SMS svp", "Réabonner", "התחל", " התחל! "])
def test_start_in_its_variants(text):
    assert keyword_of(text, is_out=False) is Keyword.START


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "🛑", "SMS", "merci", "Thank you", "STOP it", "Please don't stop", "nonstop", "the end",
        "Arrêt maladie", "Où est l'arrêt de bus ?", "Je reprends lundi", "start at 8", "Oui", "Yes please",
        "stop " + "x" * 100, " ".join(["stop"] * 500),
    ],
)  # fmt: skip
def test_a_sentence_is_none(text):
    assert keyword_of(text, is_out=False) is None
    assert keyword_of(text, is_out=True) is None


def test_yes_asks_for_messages_only_from_whoever_gets_none():
    assert keyword_of("Yes.", is_out=True) is Keyword.START
    assert keyword_of("Yes.", is_out=False) is None
