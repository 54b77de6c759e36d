"""Methods about the bot itself: who it is, its commands, its texts, its menu button."""

import re
from collections.abc import Callable

from bot.sandbox.state import World, scope_key
from bot.sandbox.table import Json, bad_request

_LONGEST = {"name": 64, "description": 512, "short_description": 120}


def get_me(world: World, p: Json) -> Json:
    """The bot."""
    return world.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_my_commands(world: World, p: Json) -> bool:
    """The commands for a scope and a language."""
    commands = p["commands"]
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        command["command"] = command["command"].removeprefix("/")
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"].strip()) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope_and_language(world, p)] = commands
    world.tell("commands")
    return True


def get_my_commands(world: World, p: Json) -> list[Json]:
    """The commands of exactly this scope and language."""
    return world.commands.get(_scope_and_language(world, p), [])


def delete_my_commands(world: World, p: Json) -> bool:
    """None of its own for this scope and language; a wider one is seen instead."""
    world.commands.pop(_scope_and_language(world, p), None)
    world.tell("commands")
    return True


def _scope_and_language(world: World, p: Json) -> tuple[str, str]:
    scope = p.get("scope", {"type": "default"})
    if "chat_id" in scope:
        world.chat(scope["chat_id"])
    return scope_key(scope), _language(p)


def _language(p: Json) -> str:
    language: str = p.get("language_code", "")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return language


def set_my(what: str) -> Callable[[World, Json], bool]:
    """The method that sets the bot's `name`, `description` or `short_description`."""

    def method(world: World, p: Json) -> bool:
        text = p.get(what, "").strip()
        if len(text) > _LONGEST[what]:
            raise bad_request(f"bot {what.replace('_', ' ')} is too long")
        if what == "name" and text and not p.get("language_code"):
            world.meet(world.bot_id, {"first_name": text})
        world.profile[what, _language(p)] = text
        world.tell("bot", bot=world.bot, description=description(world))
        return True

    return method


def get_my(what: str) -> Callable[[World, Json], Json]:
    """The method that reads the bot's `name`, `description` or `short_description`."""

    def method(world: World, p: Json) -> Json:
        plain = world.profile.get((what, "")) or (world.bot["first_name"] if what == "name" else "")
        return {what: world.profile.get((what, _language(p))) or plain}

    return method


def description(world: World) -> dict[str, str]:
    """What an empty chat with the bot shows, by language; `""` is for all the others."""
    return {
        language: text for (what, language), text in world.profile.items() if what == "description"
    }


def set_chat_menu_button(world: World, p: Json) -> bool:
    """The button beside the text field, of one private chat or of all."""
    chat_id = p.get("chat_id")
    if chat_id is not None:
        world.chat(chat_id)
    world.menu_buttons[chat_id] = p.get("menu_button", {"type": "default"})
    return True


def get_chat_menu_button(world: World, p: Json) -> Json:
    """The button of that chat, else the one of all."""
    everywhere = world.menu_buttons.get(None, {"type": "default"})
    return world.menu_buttons.get(p.get("chat_id"), everywhere)
