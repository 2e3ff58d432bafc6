"""What people answer to be written to no more, or again: a word, not a sentence.

The English words are those that Twilio obeys by itself; French and Hebrew ones it knows nothing of.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

_LONGEST = 60
_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset({
    "stop", "stopall", "unsubscribe", "unsub", "cancel", "end", "quit", "revoke", "optout", "optmeout",
    "removeme", "unsubscribeme",
    "arret", "arreter", "arretez", "desabonner", "desabonnez", "desabonnement", "desabonnezmoi",
    "desabonnermoi", "medesabonner", "sedesabonner", "desinscrire", "desinscription", "desinscrivezmoi",
    "medesinscrire", "הסר", "הסרה", "הסירו", "להסיר", "הסראותי", "הסירואותי", "להסיראותי", "עצור",
})  # fmt: skip
_START = frozenset({
    "start", "unstop", "restart", "subscribe", "resubscribe", "optin", "reprendre", "reprenez", "redemarrer",
    "reabonner", "reabonnement", "reabonnezmoi", "mereabonner", "reinscrire", "reinscription", "התחל", "התחילו",
    "להתחיל", "הצטרף", "להצטרף",
})  # fmt: skip
_YES = frozenset({"yes"})
# What may stand around the word: courtesy, what is to stop, and the short number that French senders ask to name.
_AROUND = re.compile(
    r"""\b(?:please|pls|plz|thanks|thank\ you|hello|hi|svp|stp|s\ il\ (?:vous|te)\ plait|merci|bonjour
    |בבקשה|תודה|נא|שלום
    |(?:to|au|aux|les|des|vos|ces|the|your|all)\ (?=sms|mms|texto|text|message|msg|whatsapp|\d{5})
    |sms|mms|textos?|texts?|messages?|msgs?|whatsapp|all|tous|\d{5,})\b""",
    re.VERBOSE,
)


class Keyword(StrEnum):
    """What an inbound message asks for."""

    STOP = "stop"
    START = "start"


def keyword_of(text: str, *, is_out: bool) -> Keyword | None:
    """What a message asks for, whatever its case, accents, punctuation and courtesy; None for anything else.

    `is_out`: whether its sender gets no messages now. Only then YES is START, as it is to Twilio; otherwise it answers
    something that was asked.
    """
    if len(text.strip()) > _LONGEST:
        return None
    words = _words(text)
    whole = "".join(words)
    said = {whole, "".join(_AROUND.sub(" ", " ".join(words)).split())}
    if len(set(words)) == 1:  # STOP STOP STOP
        said.add(words[0])
    if said & _STOP:
        return Keyword.STOP
    return Keyword.START if said & _START or (is_out and whole in _YES) else None


def _words(text: str) -> list[str]:
    """Without accents, vowel points, and the invisible marks that put right-to-left text in its place."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return _WORD.findall("".join(c for c in folded if unicodedata.category(c) not in {"Mn", "Cf"}))
