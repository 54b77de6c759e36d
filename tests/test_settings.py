from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings import ROOT, SAMPLES_LOADED, Settings, read_settings, require_telegram

TOKEN = "123456:ABC-DEF"


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env`, and no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SEURA_{name.upper()}", raising=False)


def run_settings(**given: object) -> Settings:
    """Settings that are fit for a run, but for what is given."""
    return read_settings(**{"telegram_token": TOKEN, "moderator_chat": -1001234567890} | given)


def test_with_nothing_set_data_is_kept_in_var_on_sqlite() -> None:
    settings = read_settings()
    assert settings.var == ROOT / "var"
    assert settings.database == f"sqlite+aiosqlite:///{ROOT / 'var' / 'seura.db'}"
    assert settings.tracker_database == ROOT / "var" / "rasa.db"
    assert settings.telegram_api == "https://api.telegram.org"


def test_the_environment_sets_and_what_is_given_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEURA_PORT", "1234")
    monkeypatch.setenv("SEURA_VAR", "/somewhere")
    monkeypatch.setenv("SEURA_DATABASE_URL", "postgresql+asyncpg://u@h/d")
    settings = read_settings(port=99)
    assert settings.port == 99
    assert settings.tracker_database == Path("/somewhere/rasa.db")
    assert settings.database == "postgresql+asyncpg://u@h/d"


def test_a_file_sets_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = "SEURA_PORT=1\nSEURA_ACTIONS_PORT=2\nANOTHERS_SETTING=x\n"
    (tmp_path / ".env").write_text(lines, encoding="utf-8")
    monkeypatch.setenv("SEURA_PORT", "3")
    settings = read_settings()
    assert (settings.port, settings.actions_port) == (3, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODERATOR_CHAT", "moderators"),
        ("MODERATOR_LANGUAGE", "sv"),
        ("RASA_TIMEOUT", "0"),
        ("PORT", "a"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SEURA_{name}", value)
    with pytest.raises(SettingsError, match=f"^SEURA_{name}: .*\\.$"):
        read_settings()


def test_every_setting_that_cannot_be_used_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEURA_PORT", "a")
    with pytest.raises(SettingsError) as fault:
        read_settings(rasa_timeout=-1)
    assert [line.split(":")[0] for line in str(fault.value).splitlines()] == [
        "SEURA_RASA_TIMEOUT",
        "SEURA_PORT",
    ]


def test_the_token_is_not_shown() -> None:
    settings = run_settings()
    assert settings.telegram_token == SecretStr(TOKEN)
    assert TOKEN not in repr(settings)
    assert TOKEN not in str(settings.model_dump())


def test_what_a_run_needs_is_there() -> None:
    require_telegram(run_settings())


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"telegram_token": ""}, "SEURA_TELEGRAM_TOKEN"),
        ({"telegram_token": "ABC"}, "SEURA_TELEGRAM_TOKEN"),
        ({"telegram_token": "123456:"}, "SEURA_TELEGRAM_TOKEN"),
        ({"telegram_token": "bot123:ABC"}, "SEURA_TELEGRAM_TOKEN"),
        ({"moderator_chat": 0}, "SEURA_MODERATOR_CHAT"),
        ({"moderator_chat": 12345}, "SEURA_MODERATOR_CHAT"),
        ({"telegram_api": "api.telegram.org"}, "SEURA_TELEGRAM_API"),
    ],
)
def test_what_a_run_cannot_do_without_is_asked_for(given: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError) as fault:
        require_telegram(run_settings(**given))
    [line] = str(fault.value).splitlines()
    assert line.startswith(named)
    assert line.endswith(".")


def test_all_that_is_missing_is_told_at_once_and_no_secret_with_it() -> None:
    faulty = run_settings(telegram_token="s3cret", moderator_chat=5, telegram_api="x")
    with pytest.raises(SettingsError) as fault:
        require_telegram(faulty)
    assert len(str(fault.value).splitlines()) == 3
    assert "s3cret" not in str(fault.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"telegram_api": "http://api.example.org"}, "without encryption"),
        ({"telegram_token": "9000:sandbox"}, "sandbox's"),
    ],
)
def test_what_would_be_unsafe_is_refused(tmp_path: Path, given: dict[str, str], told: str) -> None:
    safe: dict[str, object] = {"telegram_token": "1:a", "moderator_chat": -1, "var": tmp_path}
    require_telegram(read_settings(**safe))
    require_telegram(read_settings(**safe, telegram_api="http://127.0.0.1:8081"))
    with pytest.raises(SettingsError, match=told):
        require_telegram(read_settings(**(safe | given)))


def test_the_demos_data_are_not_run_on(tmp_path: Path) -> None:
    (tmp_path / SAMPLES_LOADED).touch()
    settings = read_settings(telegram_token="1:a", moderator_chat=-1, var=tmp_path)
    with pytest.raises(SettingsError, match="invented activities"):
        require_telegram(settings)
