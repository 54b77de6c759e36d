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
LETTERS = str.maketrans("013457@$!", "oieastasi")
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
    plain = DIGIT_AS_LETTER.sub(lambda digit: digit.group().translate(LETTERS), plain)
    plain = NOT_WORD.sub(" ", plain).strip()
    plain = STRETCHED.sub(r"\1\1", plain)
    return plain if plain == text else normalise(plain)


def readings(text: str) -> list[str]:
    """The normal form, and a second one where "kuooolla" may have had one vowel, not two."""
    folded = fold(text)
    if not STRETCHED_VOWEL.search(folded):
        return [normalise(folded)]
    return [normalise(folded), normalise(STRETCHED_VOWEL.sub(r"\1", folded))]
