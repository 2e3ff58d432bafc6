"""Free-text search: how a text and the words looked for in it are brought to the same form."""

from __future__ import annotations

import unicodedata

_LOOK_ALIKES = str.maketrans({
    **dict.fromkeys("‘’ʼ´׳", "'"),
    **dict.fromkeys("“”„«»״", '"'),
    **dict.fromkeys("־‐‑–—", "-"),
})  # fmt: skip
_MAX_WORDS = 8
_INDEXED_LENGTH = 3  # the index holds every three characters in a row


def fold(text: str) -> str:
    """Case, accents, niqqud and typographic quotes gone: "Hôtel שָׁלוֹם" becomes "hotel שלום".

    Stored in `Campaign.search_text` and applied to what is looked for, so both sides agree.
    """
    if text.isascii():
        return text.lower()
    return "".join(_folded(character) for character in text)


def search_words(text: str) -> list[str]:
    """The folded words of a search, each once, at most eight: every one of them has to be found."""
    return list(dict.fromkeys(fold(text).split()))[:_MAX_WORDS]


def is_indexed(word: str) -> bool:
    """Whether the search index finds a folded word; shorter ones have to be looked for in the texts themselves."""
    return len(word) >= _INDEXED_LENGTH


def matches(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Where `words` (folded) stand in `text`: (start, end) in its own characters, merged, in order."""
    if not words:
        return []
    pieces = [_folded(character) for character in text]
    folded = "".join(pieces)
    # One origin for each folded character, as one character may fold to none, or to several.
    origins = [index for index, piece in enumerate(pieces) for _ in piece]
    found = sorted(
        (origins[start], origins[start + len(word) - 1] + 1) for word in words for start in _occurrences(folded, word)
    )
    return _merged([(start, _past_marks(pieces, end)) for start, end in found])


def _folded(character: str) -> str:
    # Again after it is taken apart: "™" becomes "TM".
    decomposed = unicodedata.normalize("NFKD", character.casefold()).casefold().translate(_LOOK_ALIKES)
    return "".join(part for part in decomposed if not unicodedata.combining(part))


def _occurrences(text: str, word: str) -> list[int]:
    starts, start = [], text.find(word)
    while start >= 0:
        starts.append(start)
        start = text.find(word, start + len(word))
    return starts


def _past_marks(pieces: list[str], end: int) -> int:
    """Keep combining marks with the letter before them."""
    while end < len(pieces) and not pieces[end]:
        end += 1
    return end


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
