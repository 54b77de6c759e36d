"""Those who talk: residents in their own chats, moderators in the topics of their group."""

import time
from collections import deque
from typing import Any

import httpx

from tests.end_to_end.stack import WAIT_SECONDS
from tests.end_to_end.words import Json, Words, titles_of

GROUP = -1001000000001
MESSAGES = f"/sandbox/chats/{GROUP}/messages"
TAPS = f"/sandbox/chats/{GROUP}/taps"


class Listener:
    """Reads what the bot says in one place, message by message, and misses none."""

    def __init__(
        self, sandbox: httpx.Client, words: Words, chat: int, topic: int | None, language: str
    ) -> None:
        self.sandbox = sandbox
        self.words = words
        self.chat = chat
        self.topic = topic
        self.language = language
        self.heard: list[tuple[str, Json]] = []
        self._arrived: deque[Json] = deque()
        self._last = 0
        self._transcript: list[str] = []

    def hears(self, *responses: str) -> list[str]:
        """Takes the bot's next messages, which must be these responses and nothing between them.

        Returns:
            Their texts.
        """
        texts = []
        for response in responses:
            message = self._next(response)
            fits = self.words.fits(response, self.language, message)
            assert fits, self._report(f"{response} ({self.language}) was expected", message)
            self.heard.append((response, message))
            texts.append(message.get("text") or message["caption"])
        return texts

    def hears_a_human(self) -> str:
        """Takes the next message, which is a person's own words brought by the bot."""
        return str(self._next("a human's message")["text"])

    def last_heard(self, response: str) -> Json:
        """The latest message that was heard as that response."""
        return next(message for name, message in reversed(self.heard) if name == response)

    def button(self, payload: str) -> tuple[int, str]:
        """The latest message that has a button of that payload, and what stands on the button."""
        for response, message in reversed(self.heard):
            title = self.words.title(response, self.language, payload)
            if title in titles_of(message):
                return message["message_id"], str(title)
        raise AssertionError(self._report(f"there is no button {payload}"))

    def post(self, path: str, **body: Any) -> Json:
        """Does something in the sandbox, which must go well."""
        response = self.sandbox.post(path, json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def _next(self, wanted: str) -> Json:
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._arrived:
            left = deadline - time.monotonic()
            assert left > 0, self._report(f"{wanted} was expected, and nothing came")
            self._read(left)
        return self._arrived.popleft()

    def _read(self, wait: float) -> None:
        answer = self.sandbox.get(
            f"/sandbox/chats/{self.chat}/messages",
            params={"after": self._last, "wait": wait},
        )
        for message in answer.json()["messages"]:
            self._last = max(self._last, message["message_id"])
            said = message.get("text") or message.get("caption")
            if not said or message.get("message_thread_id") != self.topic:
                continue
            is_bot = message["from"]["is_bot"]
            self._transcript.append(f"{'bot' if is_bot else message['from']['id']}: {said}")
            if is_bot:
                self._arrived.append(message)

    def _report(self, fault: str, message: Json | None = None) -> str:
        talk = "\n".join(self._transcript[-14:])
        what = f", but it was {self.words.name(self.language, message)}" if message else ""
        return f"{fault}{what}\n{talk}"


class Person(Listener):
    """A resident at their phone."""

    def __init__(
        self, sandbox: httpx.Client, words: Words, telegram_id: int, language: str, client: str
    ) -> None:
        super().__init__(sandbox, words, telegram_id, None, language)
        self.client = client
        self.taps_made = 0

    def says(self, text: str) -> None:
        """Writes something."""
        self._do("messages", text=text, language_code=self.client)

    def taps(self, payload: str) -> None:
        """Taps the button that has this payload in the wording files."""
        message_id, title = self.button(payload)
        self._tap(message_id, title)

    def chooses(self, key: str) -> None:
        """Taps a chip: a factor, an interest or a municipality."""
        title = self.words.label(key, self.language)
        for _, message in reversed(self.heard):
            if title in titles_of(message):
                self._tap(message["message_id"], title)
                return
        raise AssertionError(self._report(f"there is no chip {title}"))

    def sends_location(self, latitude: float, longitude: float) -> None:
        """Sends where they are."""
        self._do("locations", latitude=latitude, longitude=longitude)

    def asks_for_a_human(self) -> None:
        """Asks, sees what will be shown, and says yes."""
        self.says("haluun puhua ihmiselle" if self.language == "fi" else "human please")
        self.hears("utter_ask_handoff")
        self.taps("/affirm")
        self.hears("utter_handoff_requested")

    def alias(self) -> str:
        """The name that the moderators know them by, as the preview of a request tells it."""
        preview = self.last_heard("utter_ask_handoff")["text"]
        found = self.words.phrase("card.alias", self.language).search(preview)
        assert found
        return found[1].partition("\n")[0]

    def _tap(self, message_id: int, title: str) -> None:
        self.taps_made += 1
        self._do("taps", message_id=message_id, button=title)

    def _do(self, what: str, **body: Any) -> None:
        self.post(f"/sandbox/chats/{self.chat}/{what}", user_id=self.chat, **body)


class Topic(Listener):
    """A topic in the moderators' group, read by whoever is in the group."""

    def __init__(self, sandbox: httpx.Client, words: Words, number: int, name: str) -> None:
        super().__init__(sandbox, words, GROUP, number, "fi")
        self.number = number
        self.name = name

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return any(t["closed"] for t in topics(self.sandbox) if t["id"] == self.number)

    def card(self) -> Json:
        """The card as it stands now."""
        cards = [message for name, message in self.heard if name.startswith("utter_topic_card")]
        before = {"after": cards[-1]["message_id"] - 1}
        return dict(self.sandbox.get(MESSAGES, params=before).json()["messages"][0])

    def shows(self, response: str) -> bool:
        """Whether the card stands as this response."""
        return self.words.fits(response, self.language, self.card())


class Moderator:
    """A member of the moderators' group, or somebody who has no business there."""

    def __init__(self, telegram_id: int, name: str, *, member: bool = True) -> None:
        self.id = telegram_id
        self.name = name
        self._force = not member

    def taps(self, topic: Topic, payload: str) -> str | None:
        """Taps a button of the card; gives the words that are shown to them for it."""
        title = topic.words.title("utter_topic_card", "fi", payload)
        title = title or topic.words.title("utter_topic_card_claimed", "fi", payload)
        answer = topic.post(
            f"{TAPS}?wait={WAIT_SECONDS}",
            user_id=self.id,
            message_id=topic.card()["message_id"],
            button=title,
            force=self._force,
        )
        assert answer["answered"]
        return answer["text"] or None

    def writes(self, topic: Topic, text: str) -> None:
        """Writes in a topic."""
        topic.post(
            MESSAGES,
            user_id=self.id,
            text=text,
            message_thread_id=topic.number,
            force=self._force,
        )


def topics(sandbox: httpx.Client) -> list[Json]:
    """The topics of the moderators' group."""
    return list(sandbox.get(f"/sandbox/chats/{GROUP}/topics").json()["topics"])
