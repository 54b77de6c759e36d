"""One plain spelling for what people type, so that patterns meet it however it was typed."""

import re
import unicodedata

STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
STRETCHED_VOWEL = re.compile(r"([aeiouy])\1{2,}", re.IGNORECASE)
# "h a l u a n", "k.u.o.l.l.a": single letters, the same separator between all of them.
SPACED_OUT = re.compile(r"(?<!\w)[^\W_](?:([ ._*-])[^\W_])(?:\1[^\W_])+(?!\w)")
SEPARATOR = re.compile(r"[ ._*-]")
# "don't" and "itsem*rha" are one word each.
INSIDE_WORD = re.compile(r"(?<=\w)['’‘`´ʼ*\u0640]+(?=\w)")
DIGIT_AS_LETTER = re.compile(r"(?<=[a-z])(?:[013457@$](?!\d)|!(?=[a-z]))")
# "v11ltelen", "1tsari"; but "15min" and "10kms" are numbers.
LEET_WORD = re.compile(r"(?<!\w)(?=\d*[a-z])(?=[a-z]*\d)[a-z0134578]{3,}(?!\w)")
QUANTITY = re.compile(
    r"\d+(?:kg|kms?|kk|min|cm|mm|mg|ml|dl|vk?|vuot\w*|pv|kpl|th|nd|rd|st|am|pm|euro\w*|yo|hours?|days?)"
)
LETTERS = str.maketrans("0134578@$!", "oieastbasi")
NOT_WORD = re.compile(r"[\W_]+")
UNSEEN = {"Mn", "Me", "Cf"}


def fold(text: str) -> str:
    """Takes the dots and marks off letters (ä→a, й→и, أ→ا) and drops unseen characters."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if unicodedata.category(char) not in UNSEEN)


def normalise(text: str) -> str:
    """Brings a message into the spelling that the catalogue's patterns are matched against.

    Lower-case words with single spaces between them: no marks on letters, punctuation or emoji;
    letters stretched to three or more cut to two; spaced-out letters joined; digits that
    stand for letters read as letters. Never raises; normalising twice changes nothing.
    """
    plain = fold(fold(text).casefold())
    plain = SPACED_OUT.sub(lambda run: SEPARATOR.sub("", run.group()), plain)
    plain = INSIDE_WORD.sub("", plain)
    plain = LEET_WORD.sub(_as_letters, plain)
    plain = DIGIT_AS_LETTER.sub(lambda digit: digit.group().translate(LETTERS), plain)
    plain = NOT_WORD.sub(" ", plain).strip()
    plain = STRETCHED.sub(r"\1\1", plain)
    return plain if plain == text else normalise(plain)


def _as_letters(found: re.Match[str]) -> str:
    word = found.group()
    written = sum(char.isalpha() for char in word)
    if QUANTITY.fullmatch(word) or written < 2 or written * 2 < len(word):
        return word
    return word.translate(LETTERS)


def readings(text: str) -> list[str]:
    """The normal form, and a second one where "kuooolla" may have had one vowel, not two."""
    folded = fold(text)
    if not STRETCHED_VOWEL.search(folded):
        return [normalise(folded)]
    return [normalise(folded), normalise(STRETCHED_VOWEL.sub(r"\1", folded))]
