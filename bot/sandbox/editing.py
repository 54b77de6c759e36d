"""Methods that change, delete or mark a message that is there."""

from bot.sandbox.sending import caption_content, checked_markup, content_of, text_content
from bot.sandbox.state import Chat, World, as_bot_sees
from bot.sandbox.table import ApiError, Json, bad_request

_TWO_DAYS = 48 * 60 * 60
_NEVER_DELETED = ("forum_topic_created", "migrate_from_chat_id")


def edit_message_text(world: World, p: Json) -> Json:
    """Other words. Without `reply_markup` the keyboard below goes, as on Telegram."""
    chat, message = _own(world, p)
    if "rich_message" in p:
        raise ApiError(501, "Not implemented in the sandbox: rich messages")
    content = text_content(p)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _edited(world, chat, message, _replaced(message, ("text", "entities"), content), p)


def edit_message_caption(world: World, p: Json) -> Json:
    """Another caption, or none."""
    chat, message = _own(world, p)
    content = caption_content(p)
    if not message.keys() & {"photo", "document", "voice", "video", "audio", "animation"}:
        raise bad_request("there is no caption in the message to edit")
    changed = _replaced(message, ("caption", "caption_entities"), content)
    return _edited(world, chat, message, changed, p)


def edit_message_reply_markup(world: World, p: Json) -> Json:
    """Another keyboard below, or none."""
    chat, message = _own(world, p)
    return _edited(world, chat, message, message, p)


def _own(world: World, p: Json) -> tuple[Chat, Json]:
    if "inline_message_id" in p:
        raise ApiError(501, "Not implemented in the sandbox: inline messages")
    chat = world.open_chat(p.get("chat_id", ""))
    message = chat.message(p.get("message_id"), "message to edit")
    if message["from"]["id"] != world.bot_id or not content_of(message):
        raise bad_request("message can't be edited")
    return chat, message


def _replaced(message: Json, keys: tuple[str, ...], content: Json) -> Json:
    return {key: value for key, value in message.items() if key not in keys} | content


def _edited(world: World, chat: Chat, old: Json, new: Json, p: Json) -> Json:
    new = _replaced(new, ("reply_markup",), {})
    if "reply_markup" in p and p["reply_markup"].get("inline_keyboard"):
        new["reply_markup"] = checked_markup(chat, p["reply_markup"])
    if new == as_bot_sees(old):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are "
            "exactly the same as a current content and reply markup of the message"
        )
    said = ("text", "entities", "caption", "caption_entities")
    edited = any(old.get(key) != new.get(key) for key in said)
    return as_bot_sees(world.revise(chat, new, edited=edited))


def delete_message(world: World, p: Json) -> bool:
    """Gone for everyone: the bot's own, a person's in private, anyone's with the right to."""
    chat = world.open_chat(p["chat_id"])
    message = chat.message(p["message_id"], "message to delete")
    if not _may_delete(world, chat, message):
        raise bad_request("message can't be deleted for everyone")
    world.remove(chat, [p["message_id"]])
    return True


def delete_messages(world: World, p: Json) -> bool:
    """Several at once; those that are not there are passed over."""
    chat = world.open_chat(p["chat_id"])
    ids = p["message_ids"]
    if not 1 <= len(ids) <= 100:
        raise bad_request("message identifiers are not specified, or there are over 100")
    there = [chat.messages[one] for one in ids if one in chat.messages]
    if not all(_may_delete(world, chat, message) for message in there):
        raise bad_request("message can't be deleted for everyone")
    world.remove(chat, ids)
    return True


def _may_delete(world: World, chat: Chat, message: Json) -> bool:
    if any(service in message for service in _NEVER_DELETED):
        return False
    if not chat.is_private and world.bot_may(chat, "can_delete_messages"):
        return True
    own = message["from"]["id"] == world.bot_id
    return (own or chat.is_private) and world.clock() - message["date"] < _TWO_DAYS


def set_message_reaction(world: World, p: Json) -> bool:
    """The bot's reaction to a message; an empty list takes it back."""
    chat = world.open_chat(p["chat_id"])
    message = chat.message(p["message_id"], "message to react")
    reaction = p.get("reaction", [])
    if len(reaction) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(one["type"] != "emoji" or not one["emoji"] for one in reaction):
        raise bad_request("REACTION_INVALID")
    chat.reactions[message["message_id"]] = reaction
    world.tell("reactions", chat, message_id=message["message_id"], reactions=reaction)
    return True


def answer_callback_query(world: World, p: Json) -> bool:
    """Answer a tap, once."""
    callback = world.callbacks.get(p["callback_query_id"])
    if callback is None or callback.answer is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(p.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    callback.answer = {
        "text": p.get("text") or None,
        "show_alert": p.get("show_alert", False),
        "url": p.get("url"),
    }
    world.tell(
        "callback",
        world.chats[callback.chat_id],
        callback_query_id=p["callback_query_id"],
        user_id=callback.user_id,
        message_id=callback.message_id,
        **callback.answer,
    )
    return True
