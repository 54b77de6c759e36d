"""The client of Rasa: one kept-alive connection, one request a turn."""

from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from bot.dialogue.sayings import Answer, Saying
from bot.errors import DialogueUnavailable

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


class RasaClient:
    """Talks to Rasa by conversation id. Rasa never learns who the resident is.

    Args:
        url: where Rasa listens, `http://127.0.0.1:5005`.
        token: what the channel and the HTTP API ask for.
        timeout: seconds after which a turn counts as lost.
        transport: for tests.
    """

    def __init__(
        self,
        url: str,
        token: str,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._token = token
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=timeout,
            transport=transport,
            headers={"Authorization": f"Bearer {token}"},
        )

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
        content = await self._post("/webhooks/seura/webhook", body)
        try:
            reply = _Reply.model_validate_json(content)
        except ValidationError:  # not chained: it holds what was said
            raise DialogueUnavailable("the answer can't be read") from None
        intent = reply.intent
        return Answer(reply.messages, intent.name, intent.leaf, intent.confidence)

    async def ready(self) -> bool:
        """Whether Rasa has its model loaded."""
        try:
            response = await self._http.get("/status", params={"token": self._token})
        except httpx.HTTPError:
            return False
        return response.is_success

    async def use_model(self, path: str) -> None:
        """Has Rasa load another model; talks go on, each turn with the one or the other.

        Raises:
            DialogueUnavailable: it could not, and has kept the one before.
        """
        try:
            response = await self._http.put(
                "/model",
                params={"token": self._token},
                json={"model_file": path},
                timeout=MODEL_SECONDS,
            )
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise DialogueUnavailable(f"status {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise DialogueUnavailable(type(error).__name__) from error

    async def close(self) -> None:
        """Closes the connection."""
        await self._http.aclose()

    async def _post(self, path: str, body: dict[str, Any]) -> bytes:
        try:
            response = await self._http.post(path, json=body)
            response.raise_for_status()
        except httpx.TimeoutException as error:
            raise DialogueUnavailable("no answer in time") from error
        except httpx.HTTPStatusError as error:
            raise DialogueUnavailable(f"status {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise DialogueUnavailable(type(error).__name__) from error
        return response.content
