"""The world of the sandbox: people, chats, messages, topics and files, in memory.

Messages are kept as Telegram's `Message` objects and never changed in place: an edit puts a new
object where the old one was, so what has been handed out stays as it was then.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from bot.sandbox.table import ApiError, Json, Upload, bad_request
from bot.sandbox.updates import Bell, UpdateQueue

MODERATOR_CHAT = -1001000000001
MODERATOR_CHAT_TITLE = "Seuran moderaattorit"
MODERATORS = {9001: ("Aino", "Moderaattori"), 9002: ("Eero", "Moderaattori")}
BOT_RIGHTS = {
    "can_be_edited": False,
    "is_anonymous": False,
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_video_chats": False,
    "can_restrict_members": False,
    "can_promote_members": False,
    "can_change_info": False,
    "can_invite_users": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "can_pin_messages": True,
    "can_manage_topics": True,
}
GONE = frozenset({"left", "kicked"})


@dataclass
class Topic:
    """A forum topic; its id is that of the message that announced it."""

    id: int
    name: str
    icon_color: int
    icon_custom_emoji_id: str | None = None
    closed: bool = False


@dataclass
class Chat:
    """A private chat, or a forum.

    Attributes:
        members: by user id, `ChatMember` without its `user`.
        pinned: ids of pinned messages, the newest last.
        keyboard: the `ReplyKeyboardMarkup` that people see below the chat.
        reactions: the bot's, by message id.
        migrated_to: the id it has now, after it became a supergroup.
        is_forum: whether a group has topics; people may turn them off.
    """

    id: int
    type: str
    next_message_id: int
    title: str | None = None
    members: dict[int, Json] = field(default_factory=dict)
    messages: dict[int, Json] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    keyboard: Json | None = None
    reactions: dict[int, list[Json]] = field(default_factory=dict)
    migrated_to: int | None = None
    is_forum: bool = True

    @property
    def is_private(self) -> bool:
        """Whether it is a person's own chat with the bot."""
        return self.type == "private"

    def has(self, user_id: int) -> bool:
        """Whether the person or the bot is in it."""
        return user_id in self.members and self.members[user_id]["status"] not in GONE

    def message(self, message_id: int | None, what: str) -> Json:
        """A message of this chat.

        Raises:
            ApiError: 400 "`what` not found".
        """
        try:
            return self.messages[message_id or 0]
        except KeyError:
            raise bad_request(f"{what} not found") from None

    def topic(self, topic_id: int) -> Topic:
        """A topic of this forum.

        Raises:
            ApiError: 400 "message thread not found".
        """
        if topic_id not in self.topics or not self.is_forum:
            raise bad_request("message thread not found")
        return self.topics[topic_id]


@dataclass(frozen=True)
class StoredFile:
    """A file and where it is downloaded from."""

    id: str
    path: str
    upload: Upload

    @property
    def unique_id(self) -> str:
        """The same for the same file; in the sandbox every upload is another file."""
        return f"u{self.id}"


@dataclass
class Callback:
    """A tap that waits for answerCallbackQuery."""

    user_id: int
    chat_id: int
    message_id: int
    answer: Json | None = None


class World:
    """Everything the sandbox remembers about one bot.

    Args:
        token: the bot's, of the form digits, colon, text.
        clock: seconds since 1970, for the dates of messages.
        first_message_id: where the group and the private chats start to count. A sandbox
            restarted beside a bot with a lasting memory starts higher, or old ids would come to
            mean new messages.
        first_update_id: where updates start to count; the seconds of the clock if not given.
        webhook_retry: seconds between two attempts at a webhook that failed.
    """

    def __init__(
        self,
        token: str,
        *,
        clock: Callable[[], float] = time.time,
        first_message_id: int = 1,
        first_update_id: int | None = None,
        webhook_retry: float = 1.0,
    ) -> None:
        digits, _, secret = token.partition(":")
        if not (digits.isdecimal() and secret):
            raise ValueError("a bot token has the form 123456:text")
        self.token = token
        self.bot_id = int(digits)
        self.clock = clock
        self.bell = Bell()
        self.updates = UpdateQueue(
            self.bell,
            clock,
            int(clock()) if first_update_id is None else first_update_id,
            webhook_retry,
        )
        self.users: dict[int, Json] = {
            self.bot_id: {
                "id": self.bot_id,
                "is_bot": True,
                "first_name": "Seura",
                "username": "seura_sandbox_bot",
            }
        }
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.callbacks: dict[str, Callback] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.menu_buttons: dict[int | None, Json] = {}
        self.events: list[Json] = []
        self.invitations = 0
        self._first_message_id = self._next_private_id = first_message_id
        self._last_callback_id = 0
        self._found_moderators()

    def _found_moderators(self) -> None:
        # As on Telegram, message 1 founded the group, so no topic can ever have that id.
        group = Chat(MODERATOR_CHAT, "supergroup", self._first_message_id + 1, MODERATOR_CHAT_TITLE)
        for user_id, (first_name, last_name) in MODERATORS.items():
            self.users[user_id] = self.user(user_id, first_name) | {"last_name": last_name}
            group.members[user_id] = {"status": "member"}
        group.members[self.bot_id] = {"status": "administrator", **BOT_RIGHTS}
        self.chats[group.id] = group

    @property
    def bot(self) -> Json:
        """The bot as a `User`."""
        return self.users[self.bot_id]

    def user(self, user_id: int, first_name: str | None = None) -> Json:
        """A `User`: the one known by that id, else somebody with a name to go by."""
        return self.users.get(user_id) or {
            "id": user_id,
            "is_bot": False,
            "first_name": first_name or f"Asukas {user_id}",
            "language_code": "fi",
        }

    def meet(self, user_id: int, changes: Json) -> Json:
        """A person does something; remember who they are now and return their `User`."""
        self.users[user_id] = self.user(user_id) | changes
        return self.users[user_id]

    def private_chat(self, user_id: int) -> Chat:
        """The person's own chat with the bot, begun if it is not there yet."""
        if user_id not in self.chats:
            members = {user_id: {"status": "member"}, self.bot_id: {"status": "member"}}
            self.chats[user_id] = Chat(user_id, "private", self._first_message_id, members=members)
        return self.chats[user_id]

    def chat(self, chat_id: int | str) -> Chat:
        """The chat, for the bot to look at.

        Raises:
            ApiError: 400, there is none, or it has another id now.
        """
        if chat_id == "":
            raise bad_request("chat_id is empty")
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": chat.migrated_to},
            )
        return chat

    def open_chat(self, chat_id: int | str) -> Chat:
        """The chat, for the bot to act in.

        Raises:
            ApiError: 400 as for `chat`; 403, the person never wrote to the bot, or blocked it,
                or the bot is no longer in the group.
        """
        if isinstance(chat_id, int) and chat_id > 0 and chat_id not in self.chats:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        chat = self.chat(chat_id)
        status = chat.members.get(self.bot_id, {"status": "left"})["status"]
        if status in GONE and chat.is_private:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if status == "kicked":
            raise ApiError(403, "Forbidden: bot was kicked from the supergroup chat")
        if status == "left":
            raise ApiError(403, "Forbidden: bot is not a member of the supergroup chat")
        return chat

    def bot_may(self, chat: Chat, right: str) -> bool:
        """Whether the bot has an administrator's right in a group."""
        return bool(chat.members[self.bot_id].get(right))

    def chat_json(self, chat: Chat) -> Json:
        """The chat as Telegram's `Chat`."""
        if chat.is_private:
            names = ("first_name", "last_name", "username")
            user = self.user(chat.id)
            return {"id": chat.id, "type": chat.type} | {k: user[k] for k in names if k in user}
        kind = {"id": chat.id, "type": chat.type, "title": chat.title}
        return kind | ({"is_forum": True} if chat.is_forum else {})

    def member_json(self, chat: Chat, user_id: int) -> Json:
        """Someone as a `ChatMember` of the chat; whoever was never there has left."""
        member = chat.members.get(user_id, {"status": "left"})
        return {"user": self.user(user_id), **member}

    def set_member(self, chat: Chat, user_id: int, member: Json, by: Json) -> None:
        """Change somebody's standing; the bot hears of it when it is its own."""
        old = self.member_json(chat, user_id)
        chat.members[user_id] = member
        new = self.member_json(chat, user_id)
        if old == new:
            return
        self.updates.add(
            "my_chat_member" if user_id == self.bot_id else "chat_member",
            {
                "chat": self.chat_json(chat),
                "from": by,
                "date": int(self.clock()),
                "old_chat_member": old,
                "new_chat_member": new,
            },
        )
        self.tell("chat", chat, members=self.people_of(chat), blocked=self.is_blocked(chat))

    def people_of(self, chat: Chat) -> list[Json]:
        """The `User`s in the chat, without the bot."""
        return [self.user(one) for one in chat.members if one != self.bot_id and chat.has(one)]

    def is_blocked(self, chat: Chat) -> bool:
        """Whether the bot is shut out of the chat."""
        return not chat.has(self.bot_id)

    def post(
        self,
        chat: Chat,
        sender: Json,
        content: Json,
        *,
        thread: int | None = None,
        reply_to: Json | None = None,
    ) -> Json:
        """Put a message into the chat; what a person posts becomes an update."""
        message_id = self._next_id(chat)
        message: Json = {
            "message_id": message_id,
            "date": int(self.clock()),
            "chat": self.chat_json(chat),
            "from": sender,
        }
        if thread is not None:
            message |= {"message_thread_id": thread, "is_topic_message": True}
            # Telegram's own quirk: what answers nothing answers the topic's first message.
            reply_to = reply_to or chat.messages.get(thread)
        if reply_to:
            message["reply_to_message"] = _without(as_bot_sees(reply_to), "reply_to_message")
        chat.messages[message_id] = message = message | content
        self._keep_keyboard(chat, message)
        self.tell("message", chat, message=message, keyboard=chat.keyboard)
        if not sender["is_bot"]:
            self.updates.add("message", as_bot_sees(message))
        return message

    def _next_id(self, chat: Chat) -> int:
        """A group counts for itself; all private chats of a bot count together, as on Telegram."""
        message_id = self._next_private_id if chat.is_private else chat.next_message_id
        self._next_private_id += chat.is_private
        chat.next_message_id = message_id + 1
        return message_id

    def _keep_keyboard(self, chat: Chat, message: Json) -> None:
        markup = message.get("reply_markup", {})
        used = not message["from"]["is_bot"] and (chat.keyboard or {}).get("one_time_keyboard")
        if "keyboard" in markup:
            chat.keyboard = markup
        elif "remove_keyboard" in markup or used:
            chat.keyboard = None

    def revise(self, chat: Chat, message: Json, *, edited: bool) -> Json:
        """Put `message` where the one with its id was.

        Args:
            chat: where it is.
            message: the whole message as it is from now on.
            edited: whether people are to see that it was edited.
        """
        if edited:
            message = message | {"edit_date": int(self.clock())}
        chat.messages[message["message_id"]] = message
        self.tell("message", chat, message=message, keyboard=chat.keyboard)
        if not message["from"]["is_bot"]:
            self.updates.add("edited_message", as_bot_sees(message))
        return message

    def remove(self, chat: Chat, message_ids: Iterable[int]) -> None:
        """Delete messages; the bot hears nothing of it, as on Telegram."""
        gone = [one for one in message_ids if chat.messages.pop(one, None)]
        chat.pinned = [one for one in chat.pinned if one not in gone]
        self.tell("deleted", chat, message_ids=gone, pinned=chat.pinned)

    def open_topic(self, chat: Chat, by: Json, name: str, color: int, icon: str | None) -> Topic:
        """Create a topic with the message that announces it."""
        topic = Topic(chat.next_message_id, name, color, icon)
        created: Json = {"name": name, "icon_color": color}
        if icon:
            created["icon_custom_emoji_id"] = icon
        chat.topics[topic.id] = topic
        self.post(chat, by, {"forum_topic_created": created}, thread=topic.id)
        self.tell_topics(chat)
        return topic

    def shut_topic(self, chat: Chat, by: Json, topic: Topic, *, closed: bool) -> None:
        """Close a topic, or open it again, with the message that says so.

        Raises:
            ApiError: 400, it is so already.
        """
        if topic.closed == closed:
            raise bad_request("TOPIC_NOT_MODIFIED")
        topic.closed = closed
        service = "forum_topic_closed" if closed else "forum_topic_reopened"
        self.post(chat, by, {service: {}}, thread=topic.id)
        self.tell_topics(chat)

    def delete_topic(self, chat: Chat, topic: Topic) -> None:
        """Delete a topic with all that was written in it."""
        del chat.topics[topic.id]
        self.remove(
            chat,
            [one["message_id"] for one in chat.messages.values() if thread_of(one) == topic.id],
        )
        self.tell_topics(chat)

    def pin(self, chat: Chat, message_id: int, *, pinned: bool) -> None:
        """Put a message on top of the pinned ones, or take it from there."""
        chat.pinned = [one for one in chat.pinned if one != message_id]
        if pinned:
            chat.pinned.append(message_id)
        self.tell("chat", chat, pinned=chat.pinned)

    def store_file(self, folder: str, upload: Upload) -> StoredFile:
        """Keep a file for getFile and for the page."""
        number = len(self.files) + 1
        suffix = PurePosixPath(upload.name).suffix
        stored = StoredFile(f"sandbox{number}", f"{folder}/file_{number}{suffix}", upload)
        self.files[stored.id] = stored
        return stored

    def new_callback(self, callback: Callback) -> str:
        """Remember a tap; returns the id of the callback query."""
        self._last_callback_id += 1
        callback_id = f"{int(self.clock())}{self._last_callback_id:05}"
        self.callbacks[callback_id] = callback
        return callback_id

    def commands_for(self, chat: Chat, user_id: int, language: str) -> list[Json]:
        """The commands that somebody sees in a chat: the narrowest scope that has any."""
        here = {"chat_id": chat.id}
        admin = chat.members.get(user_id, {}).get("status") in {"creator", "administrator"}
        scopes: list[Json] = [{"type": "chat", **here}]
        if chat.is_private:
            scopes += [{"type": "all_private_chats"}]
        else:
            scopes.insert(0, {"type": "chat_member", "user_id": user_id, **here})
            if admin:
                scopes.insert(1, {"type": "chat_administrators", **here})
                scopes.append({"type": "all_chat_administrators"})
            scopes.append({"type": "all_group_chats"})
        for scope in [*scopes, {"type": "default"}]:
            for spoken in (language, ""):
                if commands := self.commands.get((scope_key(scope), spoken)):
                    return commands
        return []

    def topics_json(self, chat: Chat) -> list[Json]:
        """The topics of a forum for the page and the tests."""
        return [
            {
                "id": topic.id,
                "message_thread_id": topic.id,
                "name": topic.name,
                "closed": topic.closed,
                "icon_color": topic.icon_color,
            }
            for topic in chat.topics.values()
        ]

    def tell(self, kind: str, chat: Chat | None = None, /, **facts: object) -> None:
        """Note a change for the page, and wake whoever waits for one."""
        event = {"kind": kind, **facts}
        if chat:
            event["chat_id"] = chat.id
        self.events.append(event)
        self.bell.ring()

    def tell_topics(self, chat: Chat) -> None:
        """Note that topics have changed."""
        self.tell("topics", chat, topics=self.topics_json(chat))


def scope_key(scope: Json) -> str:
    """A `BotCommandScope` as a key."""
    return json.dumps(scope, sort_keys=True)


def thread_of(message: Json) -> int | None:
    """The topic a message is in; `None` is General, or no forum."""
    return message.get("message_thread_id")


def as_bot_sees(message: Json) -> Json:
    """A message for the bot: of keyboards, only those under a message are part of it."""
    if "inline_keyboard" in message.get("reply_markup", {"inline_keyboard": []}):
        return message
    return _without(message, "reply_markup")


def _without(message: Json, key: str) -> Json:
    return {name: value for name, value in message.items() if name != key}
