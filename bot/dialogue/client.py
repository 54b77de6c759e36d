"""The client of Rasa: kept-alive connections, one request a turn."""

import json
from typing import Any

import aiohttp
from pydantic import BaseModel, ValidationError

from bot.dialogue.sayings import Answer, Saying
from bot.errors import DialogueUnavailable
from bot.requests import open_session

# What loading a model may take.
MODEL_SECONDS = 60.0


class _Intent(BaseModel):
    name: str | None
    confidence: float
    leaf: str | None = None


class _Reply(BaseModel):
    """What `nlu/components/channel.py` answers."""

    messages: tuple[Saying, ...]
    intent: _Intent


class Requests:
    """Makes the requests.

    Args:
        url: where Rasa listens, `http://127.0.0.1:5005`.
        token: what the channel and the HTTP API ask for.
        seconds: after which an answer counts as lost.
    """

    def __init__(self, url: str, token: str, seconds: float) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._limit = aiohttp.ClientTimeout(total=seconds)
        self._session: aiohttp.ClientSession | None = None

    async def make(
        self, method: str, path: str, body: dict[str, Any] | None = None, **more: Any
    ) -> tuple[int, bytes]:
        """One request; the first one opens the session, on the loop that it runs on.

        Returns:
            The status and the body.

        Raises:
            DialogueUnavailable: there is no answer, or none in time.
        """
        if self._session is None:
            self._session = open_session(self._headers)
        try:
            async with self._session.request(
                method,
                self._url + path,
                data=None if body is None else json.dumps(body).encode(),
                allow_redirects=False,
                **{"timeout": self._limit} | more,
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise DialogueUnavailable("no answer in time") from error
        except aiohttp.ClientError as error:
            raise DialogueUnavailable(type(error).__name__) from error

    async def close(self) -> None:
        """Closes the connections."""
        session, self._session = self._session, None
        if session:
            await session.close()


class RasaClient:
    """Talks to Rasa by conversation id. Rasa never learns who the resident is.

    Args:
        url: where Rasa listens, `http://127.0.0.1:5005`.
        token: what the channel and the HTTP API ask for.
        timeout: seconds after which a turn counts as lost.
        requests: for tests.
    """

    def __init__(
        self, url: str, token: str, timeout: float, requests: Requests | None = None
    ) -> None:
        self._token = token
        self._requests = requests or Requests(url, token, timeout)

    async def ask(
        self,
        conversation_id: str,
        message: str,
        message_id: str,
        *,
        language: str | None = None,
        again: bool = False,
    ) -> Answer:
        """One turn of the conversation.

        Args:
            conversation_id: the resident's random id.
            message: their words, or a payload such as `/affirm`.
            message_id: the same for the same message, so that a turn is not taken twice.
            language: the language to speak from now on, where Rasa does not know it yet.
            again: the message was asked about before and the answer may have been lost.

        Raises:
            DialogueUnavailable: Rasa is down, slow, or its answer can't be read.
        """
        body = {
            "sender": conversation_id,
            "message": message,
            "message_id": message_id,
            "language": language,
            "again": again,
        }
        content = await self._make("POST", "/webhooks/seura/webhook", body)
        try:
            reply = _Reply.model_validate_json(content)
        except ValidationError:  # not chained: it holds what was said
            raise DialogueUnavailable("the answer can't be read") from None
        intent = reply.intent
        return Answer(reply.messages, intent.name, intent.leaf, intent.confidence)

    async def ready(self) -> bool:
        """Whether Rasa has its model loaded."""
        try:
            await self._make("GET", "/status", params={"token": self._token})
        except DialogueUnavailable:
            return False
        return True

    async def use_model(self, path: str) -> None:
        """Has Rasa load another model; talks go on, each turn with the one or the other.

        Raises:
            DialogueUnavailable: it could not, and has kept the one before.
        """
        await self._make(
            "PUT",
            "/model",
            {"model_file": path},
            params={"token": self._token},
            timeout=aiohttp.ClientTimeout(total=MODEL_SECONDS),
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._requests.close()

    async def _make(
        self, method: str, path: str, body: dict[str, Any] | None = None, **more: Any
    ) -> bytes:
        status, content = await self._requests.make(method, path, body, **more)
        if not 200 <= status < 300:
            raise DialogueUnavailable(f"status {status}")
        return content
