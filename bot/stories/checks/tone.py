"""How the bot speaks: one question at a time, no cheer, and nothing that a bot can't promise."""

from collections.abc import Iterator
from itertools import pairwise

from bot.stories.checks.wording import FOR_MODERATORS
from bot.stories.reading import Problem, words
from bot.stories.sources import Sources, language_of


def check_tone(sources: Sources) -> Iterator[Problem]:
    """A text asks one thing, cheers once at most, and says nothing that the bot never says."""
    never = words("tone")
    for name, variation in sources.variations:
        text = variation.get("text")
        if text.file == FOR_MODERATORS:  # who may be asked several things at once
            continue
        if text.text.count("?") + text.text.count("؟") > 1:
            yield text.problem("two_questions", name=name.text)
        if text.text.count("!") > 1:
            yield text.problem("too_much_cheer", name=name.text)
        spoken = text.text.casefold()
        for why, phrases in never.items():
            for phrase in phrases:
                if phrase in spoken:
                    yield text.problem(f"tone_{why}", name=name.text, phrase=phrase)


def check_questions_follow_answers(sources: Sources) -> Iterator[Problem]:
    """A rule or story doesn't ask one thing after another without waiting for an answer."""
    asks = {
        name.text
        for name, variation in sources.variations
        if not language_of(variation) and "?" in variation.get("text").text
    }
    for _, story in sources.titles:
        steps = [step.get("action").name for step in story.get("steps").each()]
        for step, following in pairwise(steps):
            if step.text in asks and following.text in asks:
                yield following.problem("question_after_question", name=step.text)


CHECKS = (check_tone, check_questions_follow_answers)
