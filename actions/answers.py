"""What a message means as an answer to each question of the walk: plain rules, no Rasa."""

from dataclasses import dataclass, field, replace

DIMENSIONS = ("individual", "life_situation", "environment", "society")
QUESTIONS = (
    "mood",
    "loneliness",
    "permission",
    *DIMENSIONS,
    "strengths",
    "reflection",
    "municipality",
)

# A message of this many words that was not understood still is an answer in the person's own words.
STORY = 5
# A second reading of a message counts when it is at least this likely.
ALSO = 0.2
# Inside a question about factors, this much is enough to take a message for one.
LIKELY_FACTOR = 0.25

LOW = {
    "express_distress": "low",
    "express_loneliness": "low",
    "want_company": "low",
    "factor": "low",
    "deny": "low",
    "express_neutral": "so_so",
    "inform_frequency": "so_so",
    "skip": "so_so",
    "express_positive": "good",
    "affirm": "good",
}
TOLD = {"express_loneliness", "want_company"}
LONELY = {"inform_frequency", "affirm", "factor", "express_distress", "express_neutral", *TOLD}
IN_OWN_WORDS = {"express_loneliness", "express_distress", "express_neutral", "want_company"}

# The resident's own questions and wishes. The rules in stories/ answer them, and the question is
# asked again after that: whatever else is in such a message, it is no answer.
REQUESTS = {
    "ask_bot_identity",
    "ask_capabilities",
    "ask_human",
    "ask_privacy",
    "change_language",
    "clarify",
    "crisis",
    "delete_data",
    "offer_help",
    "resume",
    "start",
    "stop",
}
# Answered by the rules, too, except where a question takes them for an answer.
BESIDES = {"goodbye", "greet", "insult", "nlu_fallback", "out_of_scope", "thank"}


@dataclass(frozen=True)
class Heard:
    """A message as it was understood.

    Attributes:
        intent: what it was taken as; `nlu_fallback` when nothing was likely enough.
        guess: the likeliest reading of a message that was not understood.
        also: other readings that are likely enough to count beside the intent.
        words: how many there are.
        factors: that it names.
        likely_factor: the likeliest one, and how likely it is that it names any.
        interests: that it names.
        municipality: that it names.
    """

    intent: str
    guess: str | None = None
    also: tuple[str, ...] = ()
    words: int = 1
    factors: tuple[str, ...] = ()
    likely_factor: tuple[str, float] | None = None
    interests: tuple[str, ...] = ()
    municipality: str | None = None


@dataclass
class Meaning:
    """What the message settles: `slots` to set; factors and interests to remember."""

    slots: dict[str, str | None] = field(default_factory=dict)
    factors: list[str] = field(default_factory=list)
    interests: list[str] = field(default_factory=list)
    outcome: str | None = None

    @property
    def is_answer(self) -> bool:
        """False: it was an interruption, or not understood."""
        return bool(self.slots)


def interpret(question: str, heard: Heard) -> Meaning:
    """Reads a message as an answer to `question`, one of QUESTIONS."""
    if heard.intent in REQUESTS:
        return Meaning()
    if heard.intent == "nlu_fallback" and heard.guess and heard.guess not in BESIDES:
        # Within a question a reading that answers it needs to be less sure than out of the blue.
        # But nobody consents by a guess, and none ends the walk or goes past its questions.
        guessed = interpret(question, replace(heard, intent=heard.guess, guess=None))
        if guessed.slots.get(question) and question != "permission" and not guessed.outcome:
            return guessed
    meaning = Meaning(factors=list(heard.factors), interests=list(heard.interests))
    if heard.intent == "ask_activities" and question != "municipality":
        _go_to_the_search(meaning)
    elif question == "mood":
        _mood(meaning, heard)
    elif question == "loneliness":
        _loneliness(meaning, heard)
    elif question == "permission":
        _permission(meaning, heard)
    elif question in DIMENSIONS:
        _dimension(meaning, heard, question)
    elif question == "strengths":
        _strengths(meaning, heard)
    elif question == "reflection":
        _reflection(meaning, heard)
    elif question == "municipality":
        _municipality(meaning, heard)
    if question not in meaning.slots and heard.intent not in BESIDES:
        meaning.slots[question] = None  # heard, but no answer to this: the question is asked again
    if heard.municipality and (meaning.slots or question == "municipality"):
        meaning.slots["municipality"] = heard.municipality
    return meaning


def let_be(meaning: Meaning) -> None:
    """What was told instead of a yes or a no to the permission: it is not asked for once more.

    Whoever names a place is shown what there is; nothing is kept without a yes.
    """
    if meaning.slots.get("permission") or meaning.outcome:
        return
    if meaning.slots.get("municipality"):
        place = meaning.slots["municipality"]
        _go_to_the_search(meaning)
        meaning.slots["municipality"] = place
    else:
        meaning.slots["permission"] = "refused"
        meaning.outcome = "let_be"


def _go_to_the_search(meaning: Meaning) -> None:
    meaning.slots = dict.fromkeys(QUESTIONS[:-1], "not_asked")
    meaning.outcome = "ready"


def _mood(meaning: Meaning, heard: Heard) -> None:
    mood = LOW.get(heard.intent)
    if not mood:
        return
    meaning.slots["mood"] = mood
    if mood == "good":
        meaning.outcome = "glad"
    if mood != "good" and TOLD.intersection((heard.intent, *heard.also)):
        meaning.slots["loneliness"] = "told"


def _loneliness(meaning: Meaning, heard: Heard) -> None:
    if heard.intent in LONELY:
        meaning.slots["loneliness"] = "told"
    elif heard.intent in {"deny", "skip", "express_positive"}:
        meaning.slots["loneliness"] = "not_told"
        meaning.outcome = "declined"


def _permission(meaning: Meaning, heard: Heard) -> None:
    if heard.intent == "affirm":
        meaning.slots["permission"] = "given"
    elif heard.intent in {"deny", "skip"}:
        meaning.slots["permission"] = "refused"
        meaning.outcome = "no_questions"


def _dimension(meaning: Meaning, heard: Heard, question: str) -> None:
    if not meaning.factors and heard.intent not in {"deny", "skip", "affirm"}:
        likely, how_likely = heard.likely_factor or ("", 0.0)
        if how_likely >= LIKELY_FACTOR:
            meaning.factors.append(likely)
    if meaning.factors:
        meaning.slots[question] = "told"
    elif heard.intent in {"deny", "skip"}:
        meaning.slots[question] = "skipped"
    elif heard.intent in IN_OWN_WORDS or heard.interests or _is_story(heard):
        meaning.slots[question] = "own_words"


def _strengths(meaning: Meaning, heard: Heard) -> None:
    if heard.intent in {"deny", "skip"} and not heard.interests:
        meaning.slots["strengths"] = "skipped"
    elif heard.interests or heard.intent in {
        "inform_interest",
        "express_positive",
        "want_company",
        "factor",
        "out_of_scope",
        "nlu_fallback",
    }:
        meaning.slots["strengths"] = "told"


def _reflection(meaning: Meaning, heard: Heard) -> None:
    if heard.intent in {"affirm", "skip", "thank"}:
        meaning.slots["reflection"] = "right"
    elif heard.intent == "deny" or heard.factors:
        meaning.slots["reflection"] = None  # asked again: as corrections, or with what was added
    elif heard.intent in IN_OWN_WORDS or _is_story(heard):
        meaning.slots["reflection"] = "own_words"


def _municipality(meaning: Meaning, heard: Heard) -> None:
    if heard.intent == "skip":
        meaning.slots["municipality"] = "anywhere"
    elif heard.intent in {"deny", "inform_municipality"}:
        meaning.slots["municipality"] = None


def _is_story(heard: Heard) -> bool:
    return heard.intent == "nlu_fallback" and heard.words >= STORY
