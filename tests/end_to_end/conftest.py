"""One demo for all the tests here, and the people who meet in it."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.browsing import chromium, opened  # noqa: F401 - fixtures
from tests.end_to_end.people import Moderator, Person, Topic, topics
from tests.end_to_end.stack import Stack, running_stack, until
from tests.end_to_end.words import Words

Somebody = Callable[..., Person]
NewTopic = Callable[[], Topic]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them in one process: they share a demo, and two would be slower than one."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("end_to_end"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running demo; ended, with all its processes, after the last test."""
    with running_stack(tmp_path_factory.mktemp("seura")) as stack:
        yield stack


@pytest.fixture(scope="session")
def words() -> Words:
    """What staff wrote."""
    return Words()


@pytest.fixture(scope="session")
def telegram_ids() -> Iterator[int]:
    """Ids that nobody has used yet; as long as Telegram's have become."""
    return itertools.count(7_000_000_001)


@pytest.fixture
def somebody(stack: Stack, words: Words, telegram_ids: Iterator[int]) -> Somebody:
    """Brings somebody who has never been here: `somebody(language="en", client="fi")`."""

    def come(language: str = "fi", client: str | None = None) -> Person:
        telegram_id = next(telegram_ids)
        return Person(stack.sandbox, words, telegram_id, language, client or language)

    return come


@pytest.fixture
def anna(somebody: Somebody) -> Person:
    """A resident who speaks Finnish."""
    return somebody()


@pytest.fixture
def new_topic(stack: Stack, words: Words) -> NewTopic:
    """Waits for a topic that was not in the moderators' group before."""
    known = {topic["id"] for topic in topics(stack.sandbox)}

    def fresh() -> list[dict[str, object]]:
        return [topic for topic in topics(stack.sandbox) if topic["id"] not in known]

    def wait() -> Topic:
        until(fresh, "a new topic in the moderators' group")
        [topic] = fresh()
        known.add(topic["id"])
        return Topic(stack.sandbox, words, int(str(topic["id"])), str(topic["name"]))

    return wait


@pytest.fixture
def aino() -> Moderator:
    """A moderator."""
    return Moderator(9001, "Aino")


@pytest.fixture
def eero() -> Moderator:
    """Another moderator."""
    return Moderator(9002, "Eero")


@pytest.fixture
def outsider() -> Moderator:
    """Somebody who is not in the moderators' group and acts in it nevertheless."""
    return Moderator(777, "Ulla", member=False)
