"""What people do: write, tap, send, edit, block, join. Refusals are in plain words."""

from dataclasses import dataclass

from bot.sandbox.entities import from_plain, utf16_length
from bot.sandbox.profile import description
from bot.sandbox.sending import (
    MAX_TEXT,
    buttons_of,
    file_content,
    location_content,
)
from bot.sandbox.state import MODERATOR_CHAT, Callback, Chat, World, as_bot_sees
from bot.sandbox.table import ApiError, Json, Upload, bad_request


@dataclass(frozen=True)
class Person:
    """Who acts, where.

    Attributes:
        user: their `User`.
        chat: the chat they act in.
    """

    user: Json
    chat: Chat


def enter(world: World, chat_id: int, user_id: int, changes: Json, *, force: bool) -> Person:
    """The person at the door of a chat; their own chat is begun when they first come.

    Args:
        world: the sandbox.
        chat_id: a private chat has the id of its person.
        user_id: who.
        changes: what is new about them, such as `language_code`.
        force: let them in although Telegram would not.

    Raises:
        ApiError: 404, no such chat; 403, it is not theirs, or they blocked the bot.
    """
    if chat_id > 0 and chat_id != user_id and not force:
        raise ApiError(403, f"Chat {chat_id} is the private chat of another person")
    if chat_id < 0:
        chat = group(world, chat_id)
        if not (chat.has(user_id) or force):
            raise ApiError(403, f"{user_id} is not a member of the group and cannot write in it")
    user = world.meet(user_id, changes)
    if chat_id > 0:
        chat = world.private_chat(chat_id)
        if world.is_blocked(chat) and not force:
            raise ApiError(403, f"{user_id} has blocked the bot and must unblock it first")
    return Person(user, chat)


def group(world: World, chat_id: int) -> Chat:
    """A chat that is there already.

    Raises:
        ApiError: 404, it is not.
    """
    if chat_id not in world.chats:
        raise ApiError(404, f"There is no chat {chat_id}")
    return world.chats[chat_id]


def write(
    world: World, who: Person, text: str, thread: int | None = None, reply_to: int | None = None
) -> Json:
    """The person writes; returns the message.

    Raises:
        ApiError: 400, nothing or too much; 403, the topic is closed; 404, no such topic or
            message to answer.
    """
    text, entities = from_plain(text)
    if not text:
        raise ApiError(400, "There is nothing in the message")
    if utf16_length(text) > MAX_TEXT:
        raise ApiError(400, f"A message has at most {MAX_TEXT} characters")
    content = {"text": text} | ({"entities": entities} if entities else {})
    return _say(world, who, content, thread, reply_to)


def locate(
    world: World,
    who: Person,
    latitude: float,
    longitude: float,
    accuracy: float | None,
    thread: int | None,
) -> Json:
    """The person sends a place; returns the message."""
    return _say(world, who, location_content(latitude, longitude, accuracy), thread)


def send_file(
    world: World,
    who: Person,
    kind: str,
    upload: Upload,
    caption: str | None,
    thread: int | None,
    album: str | None,
    *,
    has_spoiler: bool = False,
) -> Json:
    """The person sends a photo, a document or the like; returns the message."""
    content = file_content(kind, world.store_file(f"{kind}s", upload))
    if caption:
        content["caption"] = caption
    if album:
        content["media_group_id"] = album
    if has_spoiler:
        content["has_media_spoiler"] = True
    return _say(world, who, content, thread)


def _say(
    world: World, who: Person, content: Json, thread: int | None, reply_to: int | None = None
) -> Json:
    chat = who.chat
    if thread is not None and _topic_closed(chat, thread):
        raise ApiError(403, f"Topic {thread} is closed")
    answered = pointed_at(chat, reply_to) if reply_to is not None else None
    if answered and thread is None:
        thread = answered.get("message_thread_id")
    return world.post(chat, who.user, content, thread=thread, reply_to=answered)


def _topic_closed(chat: Chat, thread: int) -> bool:
    if thread not in chat.topics:
        raise ApiError(404, f"There is no topic {thread} in chat {chat.id}")
    return chat.topics[thread].closed


def pointed_at(chat: Chat, message_id: int) -> Json:
    """A message that a person points at.

    Raises:
        ApiError: 404, it is not there.
    """
    if message_id not in chat.messages:
        raise ApiError(404, f"There is no message {message_id} in chat {chat.id}")
    return chat.messages[message_id]


def edit(world: World, who: Person, message_id: int, text: str) -> Json:
    """The person corrects what they wrote, text or caption; returns the message.

    Raises:
        ApiError: 403, it is not theirs; 404, it is not there.
    """
    message = pointed_at(who.chat, message_id)
    if message["from"]["id"] != who.user["id"]:
        raise ApiError(403, f"Message {message_id} was written by somebody else")
    words = "text" if "text" in message else "caption"
    marks = "entities" if words == "text" else "caption_entities"
    text, entities = from_plain(text)
    if not text and words == "text":
        raise ApiError(400, "There is nothing in the message")
    kept = {key: value for key, value in message.items() if key != marks}
    kept |= {words: text} | ({marks: entities} if entities else {})
    return world.revise(who.chat, kept, edited=True)


def tap(world: World, who: Person, message_id: int, button: str) -> Json:
    """The person taps a button, named by its text or its callback data.

    Returns:
        `callback_query_id` for a button that asks the bot, `url` for one that opens a page,
        `message` for one of the keyboard below the chat.

    Raises:
        ApiError: 404, there is no such message or button; 400, this button asks for a place.
    """
    message = pointed_at(who.chat, message_id)
    inline = list(buttons_of({"inline_keyboard": _rows(message)}))
    if found := _named(inline, button):
        if "url" in found:
            return {"url": found["url"]}
        if "callback_data" not in found:
            raise ApiError(400, f'The sandbox does not play what the button "{button}" does')
        return {"callback_query_id": _ask(world, who, message, found["callback_data"])}
    below = list(buttons_of(who.chat.keyboard or {}))
    if found := _named(below, button):
        if found.get("request_location"):
            raise ApiError(400, f'The button "{button}" asks for a place: post one to /locations')
        return {"message": write(world, who, found["text"])}
    there = ", ".join(f'"{one["text"]}"' for one in inline + below) or "none"
    raise ApiError(
        404, f'There is no button "{button}" on message {message_id}; its buttons: {there}'
    )


def _rows(message: Json) -> list[list[Json]]:
    rows: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return rows


def _named(buttons: list[Json], name: str) -> Json | None:
    for key in ("text", "callback_data"):
        for button in buttons:
            if button.get(key) == name:
                return button
    return None


def _ask(world: World, who: Person, message: Json, data: str) -> str:
    callback_id = world.new_callback(Callback(who.user["id"], who.chat.id, message["message_id"]))
    world.updates.add(
        "callback_query",
        {
            "id": callback_id,
            "from": who.user,
            "message": as_bot_sees(message),
            "chat_instance": str(who.chat.id),
            "data": data,
        },
    )
    return callback_id


def block(world: World, user_id: int, *, blocked: bool) -> None:
    """The person blocks the bot, or lets it in again.

    Raises:
        ApiError: 404, they have no chat with it.
    """
    chat = group(world, user_id)
    standing = {"status": "kicked", "until_date": 0} if blocked else {"status": "member"}
    world.set_member(chat, world.bot_id, standing, by=world.user(user_id))


def migrate(world: World, chat_id: int, new_id: int) -> None:
    """The group becomes a supergroup: same people, new id, no history.

    Raises:
        ApiError: 400, the new id is taken; 404, there is no such group.
    """
    old = group(world, chat_id)
    if new_id in world.chats or new_id > 0:
        raise bad_request(f"{new_id} cannot be the id of the new group")
    new = Chat(new_id, "supergroup", old.next_message_id, old.title, dict(old.members))
    world.chats[new_id] = new
    by = next(iter(world.people_of(old)), world.bot)
    world.post(old, by, {"migrate_to_chat_id": new_id})
    old.migrated_to = new_id
    world.post(new, by, {"migrate_from_chat_id": chat_id})
    world.tell("chat", new, **chat_state(world, new))


def chat_state(world: World, chat: Chat) -> Json:
    """All of a chat, for the page."""
    return {
        "chat": world.chat_json(chat),
        "members": world.people_of(chat),
        "messages": list(chat.messages.values()),
        "topics": world.topics_json(chat),
        "pinned": chat.pinned,
        "keyboard": chat.keyboard,
        "reactions": chat.reactions,
        "blocked": world.is_blocked(chat),
    }


def everything(world: World) -> Json:
    """All there is to see, for a page that has just been opened."""
    return {
        "kind": "everything",
        "bot": world.bot,
        "description": description(world),
        "moderator_chat": MODERATOR_CHAT,
        "chats": [chat_state(world, chat) for chat in world.chats.values() if not chat.migrated_to],
    }
