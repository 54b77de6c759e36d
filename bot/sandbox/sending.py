"""Methods that put a message into a chat."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from bot.sandbox.entities import from_given, from_html, from_plain, utf16_length
from bot.sandbox.state import Chat, StoredFile, World, as_bot_sees
from bot.sandbox.table import ApiError, Json, Upload, bad_request

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024
_MAX_CALLBACK_BYTES = 64

_BUTTON_ACTIONS = frozenset(
    {
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    }
)
_CONTENT = frozenset(
    {
        "text",
        "entities",
        "caption",
        "caption_entities",
        "has_media_spoiler",
        "photo",
        "document",
        "voice",
        "sticker",
        "video",
        "video_note",
        "audio",
        "animation",
        "location",
        "contact",
    }
)


def send_message(world: World, p: Json) -> Json:
    """Text."""
    return send(world, p, text_content(p))


def send_location(world: World, p: Json) -> Json:
    """A place."""
    return send(world, p, location_content(p["latitude"], p["longitude"]))


def send_file(kind: str) -> Callable[[World, Json], Json]:
    """The method that sends a file of the kind, such as `photo` for sendPhoto."""

    def method(world: World, p: Json) -> Json:
        world.open_chat(p["chat_id"])
        content = file_content(kind, file_given(world, kind, p[kind])) | caption_content(p)
        if p.get("has_spoiler"):
            content["has_media_spoiler"] = True
        return send(world, p, content)

    return method


def copy_message(world: World, p: Json) -> Json:
    """The same content as a new message, without saying where it comes from."""
    source = world.chat(p["from_chat_id"]).message(p["message_id"], "message to copy")
    if not _can_be_taken(source):
        raise bad_request("message can't be copied")
    return {"message_id": send(world, p, _copied(source, p))["message_id"]}


def forward_message(world: World, p: Json) -> Json:
    """The same content, saying whose it was."""
    source = world.chat(p["from_chat_id"]).message(p["message_id"], "message to forward")
    if not _can_be_taken(source):
        raise bad_request("message can't be forwarded")
    return send(world, p, _forwarded(source, p))


def copy_messages(world: World, p: Json) -> list[Json]:
    """Several copies, albums kept together; what cannot be copied is left out."""
    return _send_all(world, p, _copied, "copy")


def forward_messages(world: World, p: Json) -> list[Json]:
    """Several forwards, albums kept together; what cannot be forwarded is left out."""
    return _send_all(world, p, _forwarded, "forward")


def _can_be_taken(source: Json) -> bool:
    return bool(content_of(source)) and not source.get("has_protected_content")


def _copied(source: Json, p: Json) -> Json:
    content = content_of(source)
    if "text" not in content and ("caption" in p or p.get("remove_caption")):
        words = ("caption", "caption_entities")
        return {k: v for k, v in content.items() if k not in words} | caption_content(p)
    return content


def _forwarded(source: Json, p: Json) -> Json:
    return content_of(source) | {"forward_origin": source.get("forward_origin", _origin(source))}


def _origin(message: Json) -> Json:
    return {"type": "user", "sender_user": message["from"], "date": message["date"]}


def _send_all(world: World, p: Json, build: Callable[[Json, Json], Json], verb: str) -> list[Json]:
    ids = p["message_ids"]
    if not 1 <= len(ids) <= 100 or ids != sorted(set(ids)):
        raise bad_request("message identifiers must be 1-100, in strictly increasing order")
    there = world.chat(p["from_chat_id"]).messages
    sources = [there[one] for one in ids if one in there and _can_be_taken(there[one])]
    if not sources:
        raise bad_request(f"there are no messages to {verb}")
    batch = world.open_chat(p["chat_id"]).next_message_id
    sent = []
    for source in sources:
        content = build(source, p)
        if "media_group_id" in source:
            content["media_group_id"] = f"{source['media_group_id']}-{batch}"
        sent.append({"message_id": send(world, p, content)["message_id"]})
    return sent


def send(world: World, p: Json, content: Json) -> Json:
    """Post content as the bot, with the parameters that all sending methods share.

    Raises:
        ApiError: 400 or 403, chat, topic, replied message or keyboard is not as it must be.
    """
    chat = world.open_chat(p["chat_id"])
    reply_to = _replied(world, chat, p.get("reply_parameters"))
    if reply_to and reply_to["chat"]["id"] != chat.id:
        content = content | {"external_reply": {"origin": _origin(reply_to)}}
        reply_to = None
    thread = _thread(world, chat, p.get("message_thread_id"), reply_to)
    if p.get("protect_content"):
        content = content | {"has_protected_content": True}
    if markup := p.get("reply_markup"):
        content = content | {"reply_markup": checked_markup(chat, markup)}
    message = world.post(chat, world.bot, content, thread=thread, reply_to=reply_to)
    return as_bot_sees(message)


def _replied(world: World, chat: Chat, reply: Json | None) -> Json | None:
    if reply is None:
        return None
    where = world.chat(reply["chat_id"]) if "chat_id" in reply else chat
    try:
        return where.message(reply["message_id"], "message to be replied")
    except ApiError:
        # As documented, a reply into another chat is never sent without what it replies to.
        if reply.get("allow_sending_without_reply") and where is chat:
            return None
        raise


def _thread(world: World, chat: Chat, thread: int | None, reply_to: Json | None) -> int | None:
    if thread is None:
        return reply_to.get("message_thread_id") if reply_to else None
    if chat.topic(thread).closed and not world.bot_may(chat, "can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")
    return thread


def text_content(p: Json) -> Json:
    """`text` and `entities` of a message.

    Raises:
        ApiError: 400, it is empty, too long or badly marked up.
    """
    text, entities = _marked_up(p.get("text", ""), p, "entities")
    if not text.strip():
        raise bad_request("message text is empty")
    if utf16_length(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return {"text": text} | ({"entities": entities} if entities else {})


def caption_content(p: Json) -> Json:
    """`caption` and `caption_entities` of a message; nothing without a caption.

    Raises:
        ApiError: 400, it is too long or badly marked up.
    """
    caption, entities = _marked_up(p.get("caption", ""), p, "caption_entities")
    if utf16_length(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    content: Json = {"caption": caption} if caption else {}
    return content | ({"caption_entities": entities} if entities else {})


def _marked_up(text: str, p: Json, entities_key: str) -> tuple[str, list[Json]]:
    match p.get("parse_mode", "").lower():
        case "html":
            return from_html(text)
        case "markdown" | "markdownv2":
            raise ApiError(501, "Not implemented in the sandbox: Markdown, use HTML")
        case "":
            given = p.get(entities_key)
            return from_given(text, given) if given else from_plain(text)
        case _:
            raise bad_request("unsupported parse_mode")


def location_content(latitude: float, longitude: float, accuracy: float | None = None) -> Json:
    """`location` of a message.

    Raises:
        ApiError: 400, it is nowhere on Earth.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad_request("wrong latitude or longitude")
    location: Json = {"latitude": latitude, "longitude": longitude}
    if accuracy is not None:
        location["horizontal_accuracy"] = accuracy
    return {"location": location}


def file_given(world: World, kind: str, given: Upload | str) -> StoredFile:
    """The file of a send: one just uploaded, or one of ours by its id.

    Raises:
        ApiError: 400, no such file, or it is empty or too big.
    """
    if isinstance(given, Upload):
        if not given.data:
            raise bad_request("file must be non-empty")
        if kind == "photo" and len(given.data) > MAX_PHOTO_BYTES:
            raise bad_request("file is too big")
        return world.store_file(f"{kind}s", given)
    if given.startswith(("http://", "https://")):
        raise ApiError(501, "Not implemented in the sandbox: sending a file by its URL")
    if given not in world.files:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return world.files[given]


def file_content(kind: str, stored: StoredFile) -> Json:
    """A file as content of a message. Sizes and lengths of pictures and sounds are made up."""
    upload = stored.upload
    base: Json = {
        "file_id": stored.id,
        "file_unique_id": stored.unique_id,
        "file_size": len(upload.data),
    }
    size = {"width": 640, "height": 480}
    named = {"file_name": upload.name, "mime_type": upload.content_type}
    match kind:
        case "photo":
            return {"photo": [base | size]}
        case "sticker":
            flags = {"type": "regular", "is_animated": False, "is_video": False}
            return {"sticker": base | flags | {"width": 512, "height": 512}}
        case "video":
            return {"video": base | size | named | {"duration": 1}}
        case "animation":
            # Telegram gives every animation as a document as well.
            return {"animation": base | size | named | {"duration": 1}, "document": base | named}
        case "video_note":
            return {"video_note": base | {"length": 240, "duration": 1}}
        case "voice":
            return {"voice": base | {"duration": 1, "mime_type": upload.content_type}}
        case "audio":
            return {"audio": base | named | {"duration": 1}}
        case _:
            return {"document": base | named}


def content_of(message: Json) -> Json:
    """What a message says, without who said it, where and when; empty for a service message."""
    return {key: value for key, value in message.items() if key in _CONTENT}


def buttons_of(markup: Json) -> Iterator[Json]:
    """The buttons of an inline or a reply keyboard, row by row."""
    rows = chain(markup.get("inline_keyboard", []), markup.get("keyboard", []))
    return chain.from_iterable(rows)


def checked_markup(chat: Chat, markup: Json) -> Json:
    """The keyboard, if Telegram would take it.

    Raises:
        ApiError: 400, a button is not as it must be.
    """
    for button in buttons_of(markup):
        if not button["text"].strip():
            raise bad_request("BUTTON_TEXT_INVALID")
        if "inline_keyboard" in markup:
            _check_inline(button)
        elif not chat.is_private and (
            button.get("request_location") or button.get("request_contact")
        ):
            asked = "location" if button.get("request_location") else "phone number"
            raise bad_request(f"{asked} can be requested in private chats only")
    return markup


def _check_inline(button: Json) -> None:
    actions = _BUTTON_ACTIONS & button.keys()
    if not actions:
        raise bad_request("Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request("an inline keyboard button must have exactly one action")
    data: Any = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= _MAX_CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and not url.startswith(("http://", "https://", "tg://")):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
