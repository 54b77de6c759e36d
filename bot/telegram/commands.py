"""The commands, in both languages: what each means, and how they are told to Telegram."""

from bot.dialogue.wording import Phrases
from bot.telegram.api import Api

# Command → payload. A payload that begins with `/` is for Rasa, with `!` for the face itself.
PAYLOADS = {
    "start": "/greet",
    "aloita": "/greet",
    "ihminen": "/ask_human",
    "human": "/ask_human",
    "tekemista": "/ask_activities",
    "activities": "/ask_activities",
    "tallennetut": "!saved",
    "saved": "!saved",
    "tiedot": "/ask_privacy",
    "privacy": "/ask_privacy",
    "tietoni": "!mydata",
    "mydata": "!mydata",
    "peru_lupa": "!withdraw",
    "withdraw": "!withdraw",
    "opeta": "!teach",
    "teach": "!teach",
    "lopeta": "/stop",
    "stop": "/stop",
    "unohda": "/delete_data",
    "forget": "/delete_data",
    "ohje": "/ask_capabilities",
    "help": "/ask_capabilities",
}
MENUS = {
    "fi": {
        "start": "start",
        "ihminen": "human",
        "tekemista": "activities",
        "tallennetut": "saved",
        "tiedot": "privacy",
        "tietoni": "mydata",
        "opeta": "teach",
        "peru_lupa": "withdraw",
        "lopeta": "stop",
        "unohda": "forget",
    },
    "en": {
        "start": "start",
        "human": "human",
        "activities": "activities",
        "saved": "saved",
        "privacy": "privacy",
        "mydata": "mydata",
        "teach": "teach",
        "withdraw": "withdraw",
        "stop": "stop",
        "forget": "forget",
    },
}


def payload_of(text: str) -> str | None:
    """What a text that is a command means; none when it is no command of ours."""
    if not text.startswith("/"):
        return None
    command = text.split(maxsplit=1)[0][1:].partition("@")[0].lower()
    return PAYLOADS.get(command)


async def publish(bot: Api, phrases: Phrases) -> None:
    """Tells Telegram the commands and the description, in English and for Finnish clients."""
    scope = {"type": "all_private_chats"}
    for language, menu in MENUS.items():
        commands = [
            {"command": c, "description": phrases(f"command.{p}", language)}
            for c, p in menu.items()
        ]
        code = "fi" if language == "fi" else None
        await bot.call(
            "setMyCommands", {"commands": commands, "scope": scope, "language_code": code}
        )
        description = phrases("about.description", language)
        await bot.call("setMyDescription", {"description": description, "language_code": code})
