import tomllib

from bot.bench.machine import disk, packages_of
from bot.settings import ROOT

LOCK = {
    "package": [
        {
            "name": "seura",
            "dev-dependencies": {
                "app": [{"name": "server", "extra": ["fast"]}, {"name": "server"}],
                "dev": [{"name": "tests"}],
            },
        },
        {
            "name": "server",
            "dependencies": [{"name": "loop"}],
            "optional-dependencies": {"fast": [{"name": "parser"}], "slow": [{"name": "other"}]},
        },
        {"name": "loop", "dependencies": [{"name": "server"}]},
        {"name": "parser"},
        {"name": "other"},
        {"name": "tests", "dependencies": [{"name": "loop"}]},
    ]
}


def test_a_group_brings_what_its_packages_need_and_the_extras_that_were_asked_for() -> None:
    assert packages_of(LOCK, "app") == {"server", "loop", "parser"}
    assert packages_of(LOCK, "dev") == {"tests", "loop", "server"}


def test_the_lock_of_the_project_is_understood() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    app, dev = packages_of(lock, "app"), packages_of(lock, "dev")
    assert {"uvicorn", "sqlalchemy", "greenlet"} <= app
    assert "pytest" in dev - app


def test_what_only_developers_have_is_not_counted() -> None:
    sizes = disk()
    whole = sum(
        {
            file.lstat().st_ino: file.lstat().st_blocks * 512
            for file in (ROOT / ".venv").rglob("*")
            if not file.is_symlink()
        }.values()
    )
    assert 0 < sizes[".venv"] < whole
