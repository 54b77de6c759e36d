"""The channel between Seura's app and Rasa.

Rasa's REST channel splits a message at blank lines, answers 200 when handling failed, and writes
the resident's words into its log. This one answers once, whole, and logs no words.

`POST /webhooks/seura/webhook` with `{"sender", "message", "message_id", "language"?, "again"?}`
gives `{"messages": [{"text", "buttons", "custom"}], "intent": {"name", "confidence", "leaf"?}}`.
With `language` the slot of that name is set first, so that the responses are chosen by it.
With `again` (the app asks a second time about a message whose answer it may have lost) a turn
that was taken already is not taken twice: its answer is read from the tracker.
"""

import hmac
import logging
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from sanic import Blueprint, Request, response
from sanic.response import HTTPResponse

from nlu.failures import TurnFailed

logger = logging.getLogger(__name__)

FIELDS = ("text", "buttons", "custom")


class Collected(OutputChannel):
    """Gathers what the bot says, each message whole."""

    def __init__(self) -> None:
        """Nothing is said yet."""
        self.messages: List[Dict[Text, Any]] = []

    @classmethod
    def name(cls) -> Text:
        """The channel's name in trackers and conditional responses."""
        return SeuraChannel.name()

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        """Keeps text, buttons and custom payload together."""
        self.messages.append({f: message[f] for f in FIELDS if message.get(f)})


class SeuraChannel(InputChannel):
    """Takes a resident's message by conversation id and answers with all that the bot says."""

    def __init__(self, token: Text) -> None:
        """`token` is what the app must show; an empty one lets everybody in."""
        self._token = token

    @classmethod
    def name(cls) -> Text:
        """Its place in the address: `/webhooks/seura/`."""
        return "seura"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "SeuraChannel":
        """Made from `credentials.yml`."""
        return cls(str((credentials or {}).get("token") or ""))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The two routes: health and webhook."""
        routes = Blueprint("seura_channel", __name__)

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            shown = request.token or ""
            if not hmac.compare_digest(shown, self._token):
                return response.json({"error": "wrong token"}, status=401)
            try:
                return response.json(await self._answer(request, on_new_message))
            except (Exception, TurnFailed) as error:
                # The boundary: the app is told, the words are not logged.
                logger.error("A message could not be handled: %s", _kinds(error))  # noqa: TRY400
                return response.json({"error": type(error).__name__}, status=500)

        return routes

    async def _answer(
        self, request: Request, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Dict[Text, Any]:
        body = request.json
        agent = request.app.ctx.agent
        if body.get("again"):
            tracker = await agent.tracker_store.retrieve(body["sender"])
            earlier = tracker and _answered(tracker, body["message_id"])
            if earlier:
                return earlier
        output = Collected()
        if body.get("language"):
            await self._speak(agent, body["sender"], body["language"], output)
        message = UserMessage(
            body["message"],
            output,
            body["sender"],
            input_channel=self.name(),
            message_id=body["message_id"],
        )
        message.parse_data = _payload(
            body["message"], agent.domain
        ) or await agent.processor.parse_message(message)
        await on_new_message(message)
        return {"messages": output.messages, "intent": _intent(message.parse_data)}

    @staticmethod
    async def _speak(agent: Agent, sender: Text, language: Text, output: OutputChannel) -> None:
        async with agent.lock_store.lock(sender):
            tracker = await agent.processor.fetch_tracker_and_update_session(sender, output)
            tracker.update(SlotSet("language", language))
            await agent.tracker_store.save(tracker)


def _payload(text: Text, domain: Domain) -> Optional[Dict[Text, Any]]:
    """What a button's payload says, as Rasa reads it; None for words, and for unknown intents.

    Rasa first has the whole pipeline understand the payload as if it were a sentence, and throws
    that away.
    """
    if not text.startswith(INTENT_MESSAGE_PREFIX):
        return None
    read = YAMLStoryReader.unpack_regex_message(
        Message({TEXT: text}), domain, entity_extractor_name=RegexMessageHandler.__name__
    )
    return read.as_dict(only_output_properties=True) if read.get(INTENT) else None


def _kinds(error: BaseException) -> Text:
    """What went wrong, and what lay behind it, without words that may be a resident's."""
    kinds = [type(error).__name__]
    while error.__cause__:
        error = error.__cause__
        kinds.append(type(error).__name__)
    return " < ".join(kinds)


def _intent(parse_data: Dict[Text, Any]) -> Dict[Text, Any]:
    intent = dict(parse_data.get("intent") or {})
    found = {"name": intent.get("name"), "confidence": intent.get("confidence", 0.0)}
    selected = (parse_data.get("response_selector") or {}).get(intent.get("name"))
    if selected:
        found["leaf"] = selected["response"]["intent_response_key"]
    return found


def _answered(tracker: DialogueStateTracker, message_id: Text) -> Optional[Dict[Text, Any]]:
    """What was answered to the message of this id; None when it has not been taken."""
    events = list(tracker.events)
    for index, event in enumerate(events):
        if isinstance(event, UserUttered) and event.message_id == message_id:
            said = [e for e in events[index + 1 :] if isinstance(e, BotUttered)]
            messages = [{"text": e.text, **(e.data or {})} for e in said]
            return {
                "messages": [{f: m[f] for f in FIELDS if m.get(f)} for m in messages],
                "intent": _intent(event.parse_data),
            }
    return None
