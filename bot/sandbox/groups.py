"""Methods about chats and who is in them: topics, pins, members, what the bot is doing."""

from bot.sandbox.state import Chat, Topic, World, as_bot_sees
from bot.sandbox.table import ApiError, Json, bad_request

MAX_TOPIC_NAME = 128
_TOPIC_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
_CHAT_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


def create_forum_topic(world: World, p: Json) -> Json:
    """A new topic."""
    chat = _forum(world, p, "can_manage_topics", "create a topic")
    color = p.get("icon_color", _TOPIC_COLORS[0])
    if color not in _TOPIC_COLORS:
        raise bad_request("TOPIC_ICON_COLOR_INVALID")
    icon = p.get("icon_custom_emoji_id")
    topic = world.open_topic(chat, world.bot, _topic_name(p["name"]), color, icon)
    answer: Json = {"message_thread_id": topic.id, "name": topic.name, "icon_color": color}
    return answer | ({"icon_custom_emoji_id": icon} if icon else {})


def edit_forum_topic(world: World, p: Json) -> bool:
    """Another name or icon."""
    chat, topic = _topic(world, p)
    change: Json = {}
    if p.get("name"):
        change["name"] = _topic_name(p["name"])
    if "icon_custom_emoji_id" in p:
        change["icon_custom_emoji_id"] = p["icon_custom_emoji_id"]
    if all((getattr(topic, key) or "") == value for key, value in change.items()):
        raise bad_request("TOPIC_NOT_MODIFIED")
    for key, value in change.items():
        setattr(topic, key, value)
    world.post(chat, world.bot, {"forum_topic_edited": change}, thread=topic.id)
    world.tell_topics(chat)
    return True


def close_forum_topic(world: World, p: Json) -> bool:
    """Closed: members cannot write in it, administrators can."""
    chat, topic = _topic(world, p)
    world.shut_topic(chat, world.bot, topic, closed=True)
    return True


def reopen_forum_topic(world: World, p: Json) -> bool:
    """Open again."""
    chat, topic = _topic(world, p)
    world.shut_topic(chat, world.bot, topic, closed=False)
    return True


def delete_forum_topic(world: World, p: Json) -> bool:
    """Gone with everything in it."""
    chat = _forum(world, p, "can_delete_messages", "delete the topic")
    world.delete_topic(chat, chat.topic(p["message_thread_id"]))
    return True


def _topic(world: World, p: Json) -> tuple[Chat, Topic]:
    chat = _forum(world, p, "can_manage_topics", "manage topics")
    return chat, chat.topic(p["message_thread_id"])


def _forum(world: World, p: Json, right: str, doing: str) -> Chat:
    chat = world.open_chat(p["chat_id"])
    if chat.is_private or not chat.is_forum:
        raise bad_request("the chat is not a forum")
    _demand(world, chat, right, doing)
    return chat


def _demand(world: World, chat: Chat, right: str, doing: str) -> None:
    if not chat.is_private and not world.bot_may(chat, right):
        raise bad_request(f"not enough rights to {doing}")


def _topic_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise bad_request("topic name must be non-empty")
    if len(name) > MAX_TOPIC_NAME:
        raise bad_request("TOPIC_TITLE_INVALID")
    return name


def pin_chat_message(world: World, p: Json) -> bool:
    """On top of the pinned ones, with a service message that says so."""
    chat = world.open_chat(p["chat_id"])
    message = chat.message(p["message_id"], "message to pin")
    _demand(world, chat, "can_pin_messages", "manage pinned messages in the chat")
    if p["message_id"] in chat.pinned:
        return True
    world.pin(chat, p["message_id"], pinned=True)
    quoted = {k: v for k, v in as_bot_sees(message).items() if k != "reply_to_message"}
    thread = message.get("message_thread_id")
    world.post(chat, world.bot, {"pinned_message": quoted}, thread=thread)
    return True


def unpin_chat_message(world: World, p: Json) -> bool:
    """No longer pinned: the message named, else the one pinned last."""
    chat = world.open_chat(p["chat_id"])
    _demand(world, chat, "can_pin_messages", "manage pinned messages in the chat")
    message_id = p.get("message_id", chat.pinned[-1] if chat.pinned else None)
    if message_id not in chat.pinned:
        raise bad_request("message to unpin not found")
    world.pin(chat, message_id, pinned=False)
    return True


def get_chat(world: World, p: Json) -> Json:
    """ChatFullInfo."""
    chat = world.chat(p["chat_id"])
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    info: Json = world.chat_json(chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }
    if chat.pinned:
        info["pinned_message"] = as_bot_sees(chat.messages[chat.pinned[-1]])
    return info


def get_chat_member(world: World, p: Json) -> Json:
    """Somebody's standing in a chat; whoever was never there has left."""
    return world.member_json(world.open_chat(p["chat_id"]), p["user_id"])


def get_chat_administrators(world: World, p: Json) -> list[Json]:
    """The administrators, other bots than this one left out unless asked for."""
    chat = world.open_chat(p["chat_id"])
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    ranks = {"creator", "administrator"}
    members = [world.member_json(chat, one) for one in chat.members]
    return [one for one in members if one["status"] in ranks]


def get_chat_member_count(world: World, p: Json) -> int:
    """How many are in the chat, the bot among them."""
    chat = world.open_chat(p["chat_id"])
    return sum(chat.has(one) for one in chat.members)


def leave_chat(world: World, p: Json) -> bool:
    """The bot goes."""
    chat = world.open_chat(p["chat_id"])
    if chat.is_private:
        raise bad_request("chat can't be left")
    world.set_member(chat, world.bot_id, {"status": "left"}, by=world.bot)
    return True


def create_chat_invite_link(world: World, p: Json) -> Json:
    """A link into the group. In the sandbox nobody can follow it."""
    chat = world.open_chat(p["chat_id"])
    if chat.is_private:
        raise bad_request("can't create invite links in the private chat")
    _demand(world, chat, "can_invite_users", "manage chat invite link")
    limit = p.get("member_limit")
    if limit is not None and not 1 <= limit <= 99999:
        raise bad_request("wrong member limit specified")
    world.invitations += 1
    link: Json = {
        "invite_link": f"https://t.me/+sandbox{world.invitations:08}",
        "creator": world.bot,
        "creates_join_request": bool(p.get("creates_join_request")),
        "is_primary": False,
        "is_revoked": False,
    }
    return link | {key: p[key] for key in ("name", "expire_date", "member_limit") if key in p}


def send_chat_action(world: World, p: Json) -> bool:
    """What the bot is doing, for five seconds at the most."""
    if p["action"] not in _CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = world.open_chat(p["chat_id"])
    thread = p.get("message_thread_id")
    if thread is not None:
        chat.topic(thread)
    world.tell("action", chat, message_thread_id=thread, action=p["action"])
    return True


def get_file(world: World, p: Json) -> Json:
    """Where a file can be downloaded, up to 20 MB."""
    stored = world.files.get(p["file_id"])
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    size = len(stored.upload.data)
    if size > 20 * 1024 * 1024:
        raise bad_request("file is too big")
    return {
        "file_id": stored.id,
        "file_unique_id": stored.unique_id,
        "file_size": size,
        "file_path": stored.path,
    }


def file_at(world: World, path: str) -> bytes:
    """The content of the file with that `file_path`.

    Raises:
        ApiError: 404, there is none.
    """
    for stored in world.files.values():
        if stored.path == path:
            return stored.upload.data
    raise ApiError(404, "Not Found")
