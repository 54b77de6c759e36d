"""The methods the sandbox plays, by their official names."""

import re
from collections.abc import Callable

from bot.sandbox import editing, groups, profile, sending
from bot.sandbox.state import World
from bot.sandbox.table import ApiError, Json, bad_request
from bot.sandbox.updates import Webhook, webhook_info

Method = Callable[[World, Json], object]


async def get_updates(world: World, p: Json) -> list[Json]:
    """The unconfirmed updates; an offset confirms all before it."""
    return await world.updates.poll(
        offset=p.get("offset", 0),
        limit=min(max(p.get("limit", 100), 1), 100),
        seconds=min(max(p.get("timeout", 0), 0), 50),
        allowed=p.get("allowed_updates"),
    )


async def set_webhook(world: World, p: Json) -> bool:
    """Post updates to an address; an empty one is the same as deleteWebhook."""
    url, secret = p["url"].strip(), p.get("secret_token")
    if not url:
        return await delete_webhook(world, p)
    if not re.match(r"https?://[^/\s]+", url):
        raise bad_request("invalid webhook URL specified")
    if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    if "allowed_updates" in p:
        world.updates.allowed = p["allowed_updates"]
    webhook = Webhook(
        url=url,
        secret_token=secret,
        max_connections=p.get("max_connections", 40),
        ip_address=p.get("ip_address"),
        has_custom_certificate="certificate" in p,
        last_error={},
    )
    await world.updates.set_webhook(webhook, drop_pending=p.get("drop_pending_updates", False))
    return True


async def delete_webhook(world: World, p: Json) -> bool:
    """Back to getUpdates."""
    await world.updates.set_webhook(None, drop_pending=p.get("drop_pending_updates", False))
    return True


def get_webhook_info(world: World, p: Json) -> Json:
    """WebhookInfo."""
    return webhook_info(world.updates)


def nothing(world: World, p: Json) -> bool:
    """A method that has nothing to do here: there is no other server to move to."""
    return True


PLAYED: dict[str, Method] = {
    "answerCallbackQuery": editing.answer_callback_query,
    "close": nothing,
    "closeForumTopic": groups.close_forum_topic,
    "copyMessage": sending.copy_message,
    "copyMessages": sending.copy_messages,
    "createChatInviteLink": groups.create_chat_invite_link,
    "createForumTopic": groups.create_forum_topic,
    "deleteForumTopic": groups.delete_forum_topic,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "deleteMyCommands": profile.delete_my_commands,
    "deleteWebhook": delete_webhook,
    "editForumTopic": groups.edit_forum_topic,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "editMessageText": editing.edit_message_text,
    "forwardMessage": sending.forward_message,
    "forwardMessages": sending.forward_messages,
    "getChat": groups.get_chat,
    "getChatAdministrators": groups.get_chat_administrators,
    "getChatMember": groups.get_chat_member,
    "getChatMemberCount": groups.get_chat_member_count,
    "getChatMenuButton": profile.get_chat_menu_button,
    "getFile": groups.get_file,
    "getMe": profile.get_me,
    "getMyCommands": profile.get_my_commands,
    "getMyDescription": profile.get_my("description"),
    "getMyName": profile.get_my("name"),
    "getMyShortDescription": profile.get_my("short_description"),
    "getUpdates": get_updates,
    "getWebhookInfo": get_webhook_info,
    "leaveChat": groups.leave_chat,
    "logOut": nothing,
    "pinChatMessage": groups.pin_chat_message,
    "reopenForumTopic": groups.reopen_forum_topic,
    "sendAnimation": sending.send_file("animation"),
    "sendAudio": sending.send_file("audio"),
    "sendChatAction": groups.send_chat_action,
    "sendDocument": sending.send_file("document"),
    "sendLocation": sending.send_location,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_file("photo"),
    "sendSticker": sending.send_file("sticker"),
    "sendVideo": sending.send_file("video"),
    "sendVideoNote": sending.send_file("video_note"),
    "sendVoice": sending.send_file("voice"),
    "setChatMenuButton": profile.set_chat_menu_button,
    "setMessageReaction": editing.set_message_reaction,
    "setMyCommands": profile.set_my_commands,
    "setMyDescription": profile.set_my("description"),
    "setMyName": profile.set_my("name"),
    "setMyShortDescription": profile.set_my("short_description"),
    "setWebhook": set_webhook,
    "unpinChatMessage": groups.unpin_chat_message,
}


def played(method: str) -> Method:
    """The function behind an official method.

    Raises:
        ApiError: 501, the sandbox does not play it.
    """
    try:
        return PLAYED[method]
    except KeyError:
        raise ApiError(501, f"Not implemented in the sandbox: {method}") from None
