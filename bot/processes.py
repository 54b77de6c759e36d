"""The processes that Seura consists of: how each is started, and what they know of each other."""

import asyncio
import secrets
import sys
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bot import model
from bot.settings import Settings
from bot.supervisor import Child, free_port


def of(
    settings: Settings, trained: Path, actions_port: int, *app_options: str
) -> tuple[Child, Child]:
    """Rasa and the app, not started yet.

    Args:
        settings: both go by them.
        trained: Rasa's model.
        actions_port: where the app serves actions and console.
        app_options: for `./seura app`.
    """
    token = secrets.token_hex(24)  # never begins with "-", which Rasa takes for an option
    rasa_port = free_port()
    environment = model.rasa_environment(settings, actions_port, token)
    rasa_url = f"http://127.0.0.1:{rasa_port}"
    logs = settings.var / "log"
    # A link, so that Rasa begins with what was published last when it is started again.
    model.point_to(settings.live_model, trained)
    rasa = Child(
        "rasa",
        model.rasa_command(
            "run", "--enable-api", "--auth-token", token, "--interface", "127.0.0.1",
            "--port", str(rasa_port), "--model", str(settings.live_model.absolute()),
            "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
            module=model.PROFILED if settings.profile else model.SERVE,
        ),
        environment,
        logs,
        partial(_answers, rasa_port, f"/status?token={token}"),
        settings.content,
    )  # fmt: skip
    app = Child(
        "app",
        [sys.executable, "-m", "bot", "app", *app_options],
        environment | _given(settings) | {
            "SEURA_RASA_URL": rasa_url,
            "SEURA_ACTIONS_PORT": str(actions_port),
            "PTB_TIMEDELTA": "true",  # else python-telegram-bot warns of what will change
        },
        logs,
        partial(_answers, actions_port, "/health"),
    )  # fmt: skip
    return rasa, app


def _given(settings: Settings) -> dict[str, str]:
    """The settings as the app's environment, so that both processes go by the same."""
    return {
        "SEURA_TELEGRAM_TOKEN": settings.telegram_token.get_secret_value(),
        "SEURA_TELEGRAM_API": settings.telegram_api,
        "SEURA_MODERATOR_CHAT": str(settings.moderator_chat),
        "SEURA_MODERATOR_LANGUAGE": settings.moderator_language,
        "SEURA_DATABASE_URL": settings.database_url,
        "SEURA_PORT": str(settings.port),
        "SEURA_CONSOLE_URL": settings.console_url,
        "SEURA_MAP_TILES": settings.map_tiles,
        "SEURA_VAR": str(settings.var),
        "SEURA_MODELS": str(settings.model_folder),
        "SEURA_CONTENT": str(settings.content),
        "SEURA_STORIES_REVIEW": str(settings.stories_review),
        "SEURA_TRACKER_DAYS": str(settings.tracker_days),
        "SEURA_HANDOFF_DAYS": str(settings.handoff_days),
        "SEURA_RESIDENT_DAYS": str(settings.resident_days),
        "SEURA_PROTECT_CONTENT": str(settings.protect_content),
        "SEURA_GROUP_MESSAGES": str(settings.group_messages),
        "SEURA_CHAT_BURST": str(settings.chat_burst),
        "SEURA_MESSAGES_A_SECOND": str(settings.messages_a_second),
        "SEURA_KEYS": settings.keys.get_secret_value(),
    }


async def _answers(port: int, path: str) -> bool:
    """Whether a server on the loopback interface answers that it is well."""

    def ask() -> bool:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    return await asyncio.to_thread(ask)
