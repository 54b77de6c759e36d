"""The walk as a resident taps through it: its questions in order, and an answer to each."""

from tests.end_to_end.people import Person

QUESTIONS = {
    "mood": "utter_ask_walk_form_mood",
    "loneliness": "utter_ask_walk_form_loneliness",
    "permission": "utter_ask_permission",
    "individual": "utter_ask_walk_form_individual",
    "life_situation": "utter_ask_walk_form_life_situation",
    "environment": "utter_ask_walk_form_environment",
    "society": "utter_ask_walk_form_society",
    "strengths": "utter_ask_walk_form_strengths",
    "reflection": "utter_ask_reflection",
    "municipality": "utter_ask_municipality",
}
STEPS = tuple(QUESTIONS)
TAPS = {
    "mood": "/express_neutral",
    "loneliness": "/inform_frequency",
    "permission": "/affirm",
    "reflection": "/affirm",
}
# What the bot says to an answer before it asks on.
HEARD = {"loneliness": ("utter_lonely_heard",)}
CHIPS = {
    "individual": "shyness",
    "life_situation": "moving",
    "environment": "transport",
    "society": "money",
    "strengths": "music",
    "municipality": "Jyväskylä",
}
# The response of a suggestion without a time; one with a time only has a button more.
SUGGESTIONS = ("utter_activity_untimed",) * 3


def answer(person: Person, step: str) -> None:
    """Answers the question of a step by a tap."""
    if step in TAPS:
        person.taps(TAPS[step])
    else:
        person.chooses(CHIPS[step])


def begin(person: Person) -> None:
    """Comes to the bot, and is greeted and asked how they are."""
    person.says("/start")
    person.hears("utter_hello", QUESTIONS["mood"])


def go_on(person: Person, step: str) -> None:
    """Answers the question of a step and hears what comes after it: the next, or suggestions."""
    answer(person, step)
    if step == STEPS[-1]:
        suggested(person)
    else:
        person.hears(*HEARD.get(step, ()), QUESTIONS[STEPS[STEPS.index(step) + 1]])


def walk_to(person: Person, step: str) -> None:
    """Comes to the bot and goes by taps to the question of a step."""
    begin(person)
    for done in STEPS[: STEPS.index(step)]:
        go_on(person, done)


def suggested(person: Person) -> list[str]:
    """The three suggestions with the question after them; each is explained and is a sample."""
    *cards, _ = person.hears(*SUGGESTIONS, "utter_after_suggestions")
    sample = person.words.phrase("activity.sample", person.language)
    for card in cards:
        assert any(reason.search(card) for reason in person.words.reasons(person.language)), card
        assert sample.search(card), card
    return cards
