"""The control interface: how people, that is the page and the tests, act in the sandbox."""

import base64
import binascii
import json
from collections.abc import AsyncIterator, Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.sandbox import people
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.state import BOT_RIGHTS, Chat, World
from bot.sandbox.table import ApiError, Json, Upload, bad_request

_KEEP_ALIVE_SECONDS = 15.0
_INLINE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/")


class Act(BaseModel):
    """Somebody does something; what is said of them is remembered."""

    model_config = ConfigDict(extra="forbid")

    user_id: int = Field(gt=0)
    language_code: str | None = None
    first_name: str | None = None
    force: bool = False

    def who(self, request: Request) -> people.Person:
        """The person in the chat of the request's path."""
        facts = {"language_code": self.language_code, "first_name": self.first_name}
        return people.enter(
            _world(request),
            _chat_id(request),
            self.user_id,
            {key: value for key, value in facts.items() if value is not None},
            force=self.force or "force" in request.query_params,
        )


class Written(Act):
    """A message."""

    text: str
    message_thread_id: int | None = None
    reply_to_message_id: int | None = None


class Edited(Act):
    """A message corrected."""

    message_id: int
    text: str


class Tapped(Act):
    """A button tapped."""

    message_id: int
    button: str


class Located(Act):
    """A place sent."""

    latitude: float
    longitude: float
    horizontal_accuracy: float | None = None
    message_thread_id: int | None = None


class Sent(Act):
    """A file sent."""

    kind: Literal[
        "photo", "document", "voice", "sticker", "video", "video_note", "audio", "animation"
    ]
    content: str = Field(description="base64")
    name: str = "file"
    content_type: str = "application/octet-stream"
    caption: str | None = None
    message_thread_id: int | None = None
    media_group_id: str | None = None
    has_spoiler: bool = False


class Named(Act):
    """A topic opened by a person."""

    name: str = Field(min_length=1, max_length=128)


class TopicChange(BaseModel):
    """A topic closed, reopened or deleted by somebody; without `user_id`, by the first member."""

    user_id: int | None = None


class Member(BaseModel):
    """Somebody's standing in a group; the bot's own as well."""

    user_id: int
    status: Literal["member", "administrator", "left", "kicked"]
    rights: dict[str, bool] = {}


class Forum(BaseModel):
    """Whether a group is to have topics."""

    on: bool


class Migration(BaseModel):
    """The new id of a group."""

    to: int


def control_routes() -> list[Route]:
    """The routes below `/sandbox`; the app's state must hold `world`, `faults` and `calls`."""
    chat = "/sandbox/chats/{chat_id}"
    return [
        Route(f"{chat}/messages", read_messages, methods=["GET"]),
        Route(f"{chat}/messages", write_message, methods=["POST"]),
        Route(f"{chat}/taps", tap_button, methods=["POST"]),
        Route(f"{chat}/locations", send_location, methods=["POST"]),
        Route(f"{chat}/files", send_file, methods=["POST"]),
        Route(f"{chat}/edits", edit_message, methods=["POST"]),
        Route(f"{chat}/commands", read_commands, methods=["GET"]),
        Route(f"{chat}/members", set_member, methods=["POST"]),
        Route(f"{chat}/migrate", migrate_group, methods=["POST"]),
        Route(f"{chat}/forum", turn_topics, methods=["POST"]),
        Route(f"{chat}/topics", read_topics, methods=["GET"]),
        Route(f"{chat}/topics", open_topic, methods=["POST"]),
        Route(f"{chat}/topics/{{topic_id:int}}/{{act}}", change_topic, methods=["POST"]),
        Route("/sandbox/users/{user_id:int}/block", block_bot, methods=["POST"]),
        Route("/sandbox/users/{user_id:int}/unblock", unblock_bot, methods=["POST"]),
        Route("/sandbox/callbacks/{callback_id}", read_callback, methods=["GET"]),
        Route("/sandbox/faults", order_fault, methods=["POST"]),
        Route("/sandbox/updates", inject_update, methods=["POST"]),
        Route("/sandbox/updates", read_updates, methods=["GET"]),
        Route("/sandbox/calls", read_calls, methods=["GET"]),
        Route("/sandbox/files/{file_id}", read_file, methods=["GET"]),
        Route("/sandbox/events", stream_events, methods=["GET"]),
    ]


async def read_messages(request: Request) -> Response:
    """Messages after an id; waits for one if there is none yet and `wait` says so."""
    world, chat_id = _world(request), _chat_id(request)
    after = _number(request, "after", int)
    if chat_id < 0:
        people.group(world, chat_id)

    def newer() -> list[Json]:
        chat = world.chats.get(chat_id)
        return [one for key, one in chat.messages.items() if key > after] if chat else []

    await world.bell.until(newer, _wait(request))
    return JSONResponse({"messages": newer()})


async def write_message(request: Request) -> Response:
    """A person writes."""
    act = await _body(request, Written)
    return JSONResponse(
        people.write(
            _world(request),
            act.who(request),
            act.text,
            act.message_thread_id,
            act.reply_to_message_id,
        )
    )


async def send_location(request: Request) -> Response:
    """A person sends a place."""
    act = await _body(request, Located)
    message = people.locate(
        _world(request),
        act.who(request),
        act.latitude,
        act.longitude,
        act.horizontal_accuracy,
        act.message_thread_id,
    )
    return JSONResponse(message)


async def send_file(request: Request) -> Response:
    """A person sends a file."""
    act = await _body(request, Sent)
    try:
        data = base64.b64decode(act.content, validate=True)
    except binascii.Error:
        raise bad_request("content is not base64") from None
    message = people.send_file(
        _world(request),
        act.who(request),
        act.kind,
        Upload(act.name, act.content_type, data),
        act.caption,
        act.message_thread_id,
        act.media_group_id,
        has_spoiler=act.has_spoiler,
    )
    return JSONResponse(message)


async def edit_message(request: Request) -> Response:
    """A person edits what they wrote."""
    act = await _body(request, Edited)
    return JSONResponse(people.edit(_world(request), act.who(request), act.message_id, act.text))


async def tap_button(request: Request) -> Response:
    """A person taps a button; with `wait`, the answer says what they were shown."""
    act, world = await _body(request, Tapped), _world(request)
    seconds = _wait(request)
    result = people.tap(world, act.who(request), act.message_id, act.button)
    if "callback_query_id" in result and seconds:
        result |= await _answer(world, result["callback_query_id"], seconds)
    return JSONResponse({"ok": True, **result})


async def read_callback(request: Request) -> Response:
    """Whether a tap was answered, and how."""
    world, callback_id = _world(request), request.path_params["callback_id"]
    if callback_id not in world.callbacks:
        raise ApiError(404, f"There is no callback query {callback_id}")
    return JSONResponse({"ok": True, **await _answer(world, callback_id, _wait(request))})


async def _answer(world: World, callback_id: str, seconds: float) -> Json:
    callback = world.callbacks[callback_id]
    await world.bell.until(lambda: callback.answer is not None, seconds)
    silence = {"text": None, "show_alert": False, "url": None}
    return {"answered": callback.answer is not None} | (callback.answer or silence)


async def block_bot(request: Request) -> Response:
    """A person blocks the bot."""
    people.block(_world(request), request.path_params["user_id"], blocked=True)
    return JSONResponse({"ok": True})


async def unblock_bot(request: Request) -> Response:
    """A person lets the bot in again."""
    people.block(_world(request), request.path_params["user_id"], blocked=False)
    return JSONResponse({"ok": True})


async def read_topics(request: Request) -> Response:
    """The topics of a forum."""
    world = _world(request)
    chat = people.group(world, _chat_id(request))
    return JSONResponse({"topics": world.topics_json(chat)})


async def open_topic(request: Request) -> Response:
    """A person opens a topic."""
    act, world = await _body(request, Named), _world(request)
    who = act.who(request)
    topic = world.open_topic(who.chat, who.user, act.name, 7322096, None)
    return JSONResponse({"ok": True, "id": topic.id, "message_thread_id": topic.id})


async def change_topic(request: Request) -> Response:
    """A person closes, reopens or deletes a topic."""
    world = _world(request)
    chat = people.group(world, _chat_id(request))
    body = await _body(request, TopicChange)
    by = world.user(body.user_id) if body.user_id else world.people_of(chat)[0]
    topic_id = request.path_params["topic_id"]
    if topic_id not in chat.topics:
        raise ApiError(404, f"There is no topic {topic_id} in chat {chat.id}")
    topic = chat.topics[topic_id]
    match request.path_params["act"]:
        case "delete":
            world.delete_topic(chat, topic)
        case "close":
            world.shut_topic(chat, by, topic, closed=True)
        case "reopen":
            world.shut_topic(chat, by, topic, closed=False)
        case _:
            raise ApiError(404, "A topic can be closed, reopened or deleted")
    return JSONResponse({"ok": True})


async def read_commands(request: Request) -> Response:
    """The commands that somebody sees in a chat in their language."""
    world, chat_id = _world(request), _chat_id(request)
    chat = world.chats.get(chat_id) or Chat(chat_id, "private", 0)
    user_id = _number(request, "user_id", int, chat_id)
    language = request.query_params.get(
        "language_code", world.user(user_id).get("language_code", "")
    )
    return JSONResponse({"commands": world.commands_for(chat, user_id, language)})


async def set_member(request: Request) -> Response:
    """Somebody joins, leaves, or gets other rights."""
    world, body = _world(request), await _body(request, Member)
    chat = people.group(world, _chat_id(request))
    # As on Telegram, an administrator's rights are all named.
    rights = dict.fromkeys(BOT_RIGHTS, False) if body.status == "administrator" else {}
    member: Json = {"status": body.status, **rights, **body.rights}
    if body.status == "kicked":
        member["until_date"] = 0
    world.users.setdefault(body.user_id, world.user(body.user_id))
    by = next((one for one in world.people_of(chat) if one["id"] != body.user_id), world.bot)
    world.set_member(chat, body.user_id, member, by=by)
    return JSONResponse({"ok": True})


async def migrate_group(request: Request) -> Response:
    """A group gets a new id."""
    body = await _body(request, Migration)
    people.migrate(_world(request), _chat_id(request), body.to)
    return JSONResponse({"ok": True})


async def turn_topics(request: Request) -> Response:
    """Somebody turns a group's topics on or off. Telegram tells the bot nothing of it."""
    body = await _body(request, Forum)
    world = _world(request)
    chat = people.group(world, _chat_id(request))
    chat.is_forum = body.on
    world.tell("chat", chat, **people.chat_state(world, chat))
    return JSONResponse({"ok": True})


async def order_fault(request: Request) -> Response:
    """Make the next calls fail."""
    faults: Faults = request.app.state.faults
    faults.ordered.append(await _body(request, Fault))
    return JSONResponse({"ok": True})


async def inject_update(request: Request) -> Response:
    """Queue an update as it is."""
    update = _world(request).updates.inject(await _body(request, Json))
    return JSONResponse({"ok": True, "update": update})


async def read_updates(request: Request) -> Response:
    """The updates so far, confirmed or not, each with its number `n` and when it was queued."""
    after = _number(request, "after", int)
    return JSONResponse({"updates": _world(request).updates.queued[max(after, 0) :]})


async def read_calls(request: Request) -> Response:
    """The calls of the Bot API so far, each with its number `n`."""
    after = _number(request, "after", int)
    calls: list[Json] = request.app.state.calls
    await _world(request).bell.until(lambda: len(calls) > after, _wait(request))
    return JSONResponse({"calls": calls[max(after, 0) :]})


async def read_file(request: Request) -> Response:
    """A file for the page; shown if it is a picture or a sound, else only to be saved."""
    stored = _world(request).files.get(request.path_params["file_id"])
    if stored is None:
        raise ApiError(404, "There is no such file")
    kind = stored.upload.content_type
    shown = kind.startswith(_INLINE_TYPES)
    return Response(
        stored.upload.data,
        media_type=kind if shown else "application/octet-stream",
        headers={"content-disposition": "inline" if shown else "attachment"},
    )


async def stream_events(request: Request) -> Response:
    """Server-sent events: first everything there is, then each change."""
    return StreamingResponse(
        _events(_world(request), bool(request.app.state.console)),
        media_type="text/event-stream",
        headers={"cache-control": "no-store"},
    )


async def _events(world: World, has_console: bool) -> AsyncIterator[str]:
    seen = len(world.events)
    yield _event(people.everything(world) | {"console": has_console})
    while not world.bell.closed:
        fresh = await _events_after(world, seen)
        seen += len(fresh)
        yield "".join(_event(one) for one in fresh) or ": still here\n\n"


async def _events_after(world: World, seen: int) -> list[Json]:
    await world.bell.until(lambda: len(world.events) > seen, _KEEP_ALIVE_SECONDS)
    return world.events[seen:]


def _event(data: Json) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


def _chat_id(request: Request) -> int:
    written = request.path_params["chat_id"]
    try:
        return int(written)
    except ValueError:
        raise ApiError(404, f"There is no chat {written}") from None


async def _body[T](request: Request, kind: type[T]) -> T:
    try:
        return TypeAdapter(kind).validate_json(await request.body() or b"{}")
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise bad_request(f"{place}: {first['msg']}") from None


def _wait(request: Request) -> float:
    return max(0.0, _number(request, "wait", float))


def _number[T](
    request: Request, name: str, kind: Callable[[str], T], default: T | None = None
) -> T:
    given = request.query_params.get(name)
    if given is None:
        return default if default is not None else kind("0")
    try:
        return kind(given)
    except ValueError:
        raise bad_request(f"{name} must be a number") from None
