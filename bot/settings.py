"""Settings, read once from the environment (prefix `SEURA_`) or a `.env` file."""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
# The number of the sandbox's bot, and the file that says that samples were loaded.
SANDBOX_BOT = "9000"
SAMPLES_LOADED = "samples"

# Seconds that our servers keep an idle connection: longer than any client of ours. The client must
# be the first to let go, or a request goes into a connection that is just being closed.
KEEP_ALIVE = 75


class Settings(BaseSettings):
    """Everything an operator may set. `./seura run --help` lists the names.

    `profile` is a folder: there each process notes where a turn's time goes (`bot/tracing.py`).
    """

    model_config = SettingsConfigDict(env_prefix="SEURA_", env_file=".env", extra="ignore")

    telegram_token: SecretStr = SecretStr("")
    telegram_api: str = "https://api.telegram.org"
    moderator_chat: int = 0
    moderator_language: str = Field("fi", pattern="^(fi|en)$")
    database_url: str = ""
    danger_minutes: float = Field(5.0, gt=0)
    unclaimed_minutes: float = Field(3.0, gt=0)
    lead_minutes: float = Field(15.0, gt=0)
    silent_minutes: float = Field(10.0, gt=0)
    idle_hours: float = Field(12.0, gt=0)
    hopeless_hours: float = Field(48.0, gt=0)
    group_messages: int = Field(20, gt=0)
    chat_burst: int = Field(20, gt=0)
    messages_a_second: int = Field(30, gt=0)
    protect_content: bool = False
    moderators_talk: str = Field("group", pattern="^(group|private)$")
    leads: str = Field("", pattern=r"^[\d, ]*$")
    rasa_url: str = "http://127.0.0.1:5005"
    rasa_timeout: float = Field(10.0, gt=0)
    actions_port: int = 5055
    port: int = 8900
    console_url: str = ""
    map_tiles: str = ""
    tracker_days: float = Field(30.0, gt=0)
    handoff_days: float = Field(14.0, gt=0)
    resident_days: float = Field(180.0, gt=0)
    keys: SecretStr = SecretStr("")
    var: Path = ROOT / "var"
    models: Path | None = None
    profile: Path | None = None
    log_level: Literal["info", "debug"] = "info"
    content: Path = ROOT
    stories_review: bool = False

    @property
    def lead_ids(self) -> tuple[int, ...]:
        """Telegram ids of those who are told when something is escalated."""
        return tuple(int(one) for one in self.leads.replace(",", " ").split())

    @property
    def knowledge(self) -> Path:
        """The catalogues that staff edit."""
        return self.content / "bot" / "knowledge"

    @property
    def live_model(self) -> Path:
        """A link to the model that Rasa begins with."""
        return self.var / "live.tar.gz"

    @property
    def studio(self) -> Path:
        """Drafts, and what is being published."""
        return self.var / "studio"

    @property
    def database(self) -> str:
        """The database's address; SQLite in `var/` unless one is set."""
        return self.database_url or f"sqlite+aiosqlite:///{self.var / 'seura.db'}"

    @property
    def model_folder(self) -> Path:
        """Where is kept what was learnt; in `var/` unless it is set."""
        return self.models or self.var / "models"

    @property
    def key_file(self) -> Path:
        """The file with the keys that encrypt what people write, unless SEURA_KEYS holds them."""
        return self.var / "keys"

    @property
    def console_address(self) -> str:
        """Where people reach the console, without a path; this machine unless one is set."""
        return self.console_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def console_secret(self) -> Path:
        """The file with the secret that signs the console's cookies."""
        return self.var / "console.secret"

    @property
    def tracker_database(self) -> Path:
        """The file in which Rasa keeps its trackers."""
        return self.var / "rasa.db"


def read_settings(**given: object) -> Settings:
    """Reads the settings; `given` wins over the environment.

    Raises:
        SettingsError: one sentence for each setting that can't be used.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = [
            f"SEURA_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}."
            for fault in error.errors()
        ]
        raise SettingsError("\n".join(faults)) from error


def _is_sheltered(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in {"127.0.0.1", "::1", "localhost"}


def require_telegram(settings: Settings) -> None:
    """Checks what a run against Telegram can't do without.

    Raises:
        SettingsError: one sentence for each setting that is missing or wrong.
    """
    faults = []
    token = settings.telegram_token.get_secret_value()
    number, _, secret = token.partition(":")
    if not token:
        faults.append(
            "SEURA_TELEGRAM_TOKEN is not set: it is the token that BotFather gave for your bot."
        )
    elif not (number.isdigit() and secret):
        faults.append("SEURA_TELEGRAM_TOKEN is not a bot token: one looks like 123456:ABC-DEF.")
    if not settings.moderator_chat:
        faults.append(
            "SEURA_MODERATOR_CHAT is not set: it is the id of the moderators' group, "
            "a negative number such as -1001234567890."
        )
    elif settings.moderator_chat > 0:
        faults.append(
            "SEURA_MODERATOR_CHAT must be a group's id, a negative number such as -1001234567890."
        )
    if not settings.telegram_api.startswith(("http://", "https://")):
        faults.append("SEURA_TELEGRAM_API must be an address that begins with http:// or https://.")
    elif not _is_sheltered(settings.telegram_api):
        faults.append(
            "SEURA_TELEGRAM_API goes over the network without encryption: it must begin with "
            "https://, unless it is on this machine."
        )
    if settings.console_url and not _is_sheltered(settings.console_url):
        faults.append(
            "SEURA_CONSOLE_URL must begin with https://, unless it is on this machine: whoever "
            "reads along could sign in."
        )
    if number == SANDBOX_BOT:
        faults.append(
            "SEURA_TELEGRAM_TOKEN is the sandbox's, which everybody knows: set your bot's own."
        )
    if (settings.var / SAMPLES_LOADED).exists():
        faults.append(
            f"The data in {settings.var} are the demo's, with invented activities: set SEURA_VAR "
            "to another folder."
        )
    if faults:
        raise SettingsError("\n".join(faults))


def settings_of_the_sandbox() -> dict[str, int]:
    """How fast the bot may write where nobody counts its messages, unless the environment says."""
    hurried = {"group_messages": 100_000, "chat_burst": 100_000, "messages_a_second": 100_000}
    return {k: v for k, v in hurried.items() if f"SEURA_{k.upper()}" not in os.environ}
