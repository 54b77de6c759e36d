"""Taking out of a sentence what would tell whose it is: names, numbers, places, addresses.

Rather too much than too little: a person reads what is left before anything comes of it. What a
list can't tell, a capital letter does; what the bot's own examples say in small letters is an
ordinary word ("anna", "toivon") and stays.
"""

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from bot.activities.places import Gazetteer
from bot.reading import read_mapping, words

GONE = "…"
SHORTEST_PLACE = 6

_CHUNK = re.compile(r"\S+")
_ADDRESS = re.compile(r"@|://|www\.|\w\.\w{2,}", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’:-][^\W\d_]+)*")
_GONE_RUN = re.compile(rf"{GONE}[\s,;&/-]*(?={GONE})")
# "nimeni on …", "my name is …"
_NAMING = frozenset({"nimi", "nimeni", "nimein", "nimeltä", "nimeltäni", "nimeltään", "name"})
_LINKS = frozenset({"on", "oli", "is", "was", "oon", "olen"})
# Ages and house numbers, written out; "yksi" and "one" say too much else.
_NUMBER = re.compile(
    r"\w*(?:toista|kymmen\w*|kyt\w{0,5}|sata\w*|tuhat\w*|tuhan\w*)"
    r"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-?\w+)?|\w+teen|eleven|twelve",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\w{3,}(?:katu|kadu\w+|kuja\w{0,4}|tiellä|tieltä|tielle|street)", re.IGNORECASE
)
# How a Finnish word ends when it bends, in writing and in speech.
_ENDING = re.compile(
    r"(?:n|[aä]|t[aä]|[sl]|s?s[aä]|s?t[aä]?|l?l[aä]|l?t[aä]?|lle|l?l|ks|ksi|n[aä]|"
    r"[aeiouyäö]n|h[aeiouyäö]n|seen|t|i[ae]n|id?en|j[aä]|je?n|i[lst][lst]?[aä]?|ille|iin)?"
    r"(?:ni|si|mme|nne|ns[aä])?(?:ki+n?|k[aä]+n|k[oö]s?|ks|h[aä]n|p[aä]s?)?"
)
_FOREIGN_ENDING = re.compile(rf"(?:['’:]?(?:s|i?{_ENDING.pattern}))?")
# The consonants before the last vowel, as they bend: Pekka, Pekan; Antti, Antin.
_WEAK = (
    ("kk", "k"), ("pp", "p"), ("tt", "t"), ("nt", "nn"), ("nk", "ng"), ("mp", "mm"),
    ("lt", "ll"), ("rt", "rr"), ("ht", "hd"), ("t", "d"), ("p", "v"), ("k", ""),
)  # fmt: skip
_VOWELS = "aeiouyäö"


class Stripper:
    """Takes it out.

    Args:
        finnish: names of people that bend as Finnish words do.
        foreign: names of people that take an `i` before an ending.
        places: elsewhere in Finland.
        gazetteer: the places around here.
        ordinary: words in small letters that are no names here, whatever the lists say.
    """

    def __init__(
        self,
        finnish: Iterable[str],
        foreign: Iterable[str],
        places: Iterable[str],
        gazetteer: Gazetteer,
        ordinary: Iterable[str],
    ) -> None:
        self._stems = {stem for name in finnish for stem in _stems(name.lower())}
        self._foreign = {name.lower() for name in foreign}
        self._places = {stem for name in places for stem in _stems(name.lower())}
        self._gazetteer = gazetteer
        self._ordinary = frozenset(ordinary)

    @classmethod
    def load(cls, names: Path, examples: Path, gazetteer: Gazetteer) -> "Stripper":
        """Reads it.

        Args:
            names: `names.yml`.
            examples: the folder `nlu`, whose words in small letters are ordinary ones.
            gazetteer: the places around here.

        Raises:
            KnowledgeError: the lists can't be read.
        """
        lists = read_mapping(names)
        finnish, foreign, places = (
            words(lists.get(part), f"{names.name}: {part}")
            for part in ("finnish", "foreign", "places")
        )
        texts = (file.read_text(encoding="utf-8") for file in sorted(examples.glob("*.yml")))
        ordinary = {word for text in texts for word in _WORD.findall(text) if word.islower()}
        return cls(finnish, foreign, places, gazetteer, ordinary)

    def __call__(self, sentence: str) -> str:
        """The sentence with `…` for what was taken out. Never raises."""
        text = sentence.lower() if sentence.isupper() else sentence
        found = sorted(self._found(text))
        kept, end = [], 0
        for start, stop in found:
            if start >= end:
                kept += [text[end:start], GONE]
            end = max(end, stop)
        stripped = "".join([*kept, text[end:]])
        return " ".join(_GONE_RUN.sub("", stripped).split())

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        for chunk in _CHUNK.finditer(text):
            if _ADDRESS.search(chunk[0]) or any(map(str.isnumeric, chunk[0])):
                yield chunk.span()
        for mention in self._gazetteer.find(text):
            yield mention.start, mention.end
        before: list[str] = []
        for word in _WORD.finditer(text):
            begins = text[: word.start()].rstrip("\"'”’«»([-–—*_ \t\n")[-1:] in {*".!?:…", ""}
            if self._tells(word[0], before, begins=begins):
                yield word.span()
            before = [*before[-1:], word[0].lower()]

    def _tells(self, word: str, before: list[str], *, begins: bool) -> bool:
        """Whether a word tells who or where; `before` are the two that stand before it."""
        lower = word.lower()
        is_ordinary = lower in self._ordinary
        if _NUMBER.fullmatch(word) or _STREET.fullmatch(word):
            return not is_ordinary
        if set(before) & _NAMING and before[-1] in _NAMING | _LINKS:
            return lower not in _LINKS
        # Our examples name places as well; only the short ones are words besides ("salo").
        if len(word) >= SHORTEST_PLACE and _is_one_of(self._places, lower):
            return True
        if word.islower():
            return not is_ordinary and self._is_name(lower)
        if begins:  # where everybody writes a capital letter
            return lower in self._stems or lower in self._foreign or not is_ordinary
        if lower.partition("'")[0].partition("’")[0] == "i":  # in English
            return False
        return not (word.isupper() and is_ordinary)

    def _is_name(self, word: str) -> bool:
        return (
            _is_one_of(self._stems, word)
            or _is_one_of(self._places, word)
            or _is_one_of(self._foreign, word, _FOREIGN_ENDING)
            or ("-" in word and any(map(self._is_name, word.split("-"))))
        )


def _is_one_of(stems: Set[str], word: str, ending: re.Pattern[str] = _ENDING) -> bool:
    return any(
        word[:end] in stems and ending.fullmatch(word[end:].removeprefix(":"))
        for end in range(2, len(word) + 1)
    )


def _stems(name: str) -> Iterator[str]:
    """What stands before the endings of a Finnish name: pekka, peka; virtanen, virtase, virtas."""
    yield name
    if name.endswith("nen"):
        yield from (name[:-3] + "se", name[:-3] + "s", name[:-3] + "si")
    elif name.endswith("s"):
        yield from (name[:-1] + "kse", name[:-1] + "ksi", name[:-1], name[:-1] + "h")
    elif name[-1] in "ei" and name[-2] not in _VOWELS:
        yield from (name[:-1] + "e", name + "e")
    if name[-1] in _VOWELS:
        for strong, weak in _WEAK:
            if name[:-1].endswith(strong):
                bent = name[:-1].removesuffix(strong) + weak
                yield bent + name[-1]
                if name[-1] == "i":
                    yield bent + "e"
                break
    else:
        yield name + "i"
