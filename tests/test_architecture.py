"""The arrows between the rooms: read from the source, nothing is imported."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT

DOMAIN = ("residents", "factors", "activities", "handoff", "safety", "people")
# What a domain room must do without: the ways in and out, and whatever knows them.
FACES = (
    "telegram", "rasa", "rasa_sdk", "starlette", "uvicorn", "jinja2", "httpx",
    "actions", "nlu",
    "bot.telegram", "bot.dialogue", "bot.console", "bot.sandbox", "bot.stories", "bot.bench",
    "bot.evaluation", "bot.model",
    "bot.app", "bot.cli", "bot.cli_activities", "bot.cli_people", "bot.cli_stories",
    "bot.fetching", "bot.settings",
)  # fmt: skip
# What a domain room leans on beside its like.
SMALL_PARTS = ("bot.store", "bot.errors", "bot.reading", "bot.tfidf")
# These two know everybody; bench and evaluation measure what they put together.
KNOW_EVERYBODY = (
    "bot/app.py", "bot/cli.py", "bot/cli_activities.py", "bot/cli_people.py",
    "bot/cli_stories.py", "bot/tryout.py", "bot/__main__.py", "bot/bench/", "bot/evaluation/",
    "bot/faults/",
)  # fmt: skip
# Finnish in order to hear it, not to say it.
LISTENERS = {"bot/residents/language.py", "bot/activities/wished_times.py"}
FINNISH_SENTENCE = re.compile(r"\w*[åäö]\w*\s|\s\w*[åäö]\w*", re.IGNORECASE)
ENGLISH_SENTENCE = re.compile(r"\b[A-Z]?[a-z']+ [a-z']+ [a-z']+\b")


def sources(*folders: str) -> list[Path]:
    """The Python files of the folders, migrations left out: these are made by a tool."""
    found = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    assert found, folders
    return [file for file in found if "migrations" not in file.parts]


def name(file: Path) -> str:
    """The file's path in the project."""
    return file.relative_to(ROOT).as_posix()


def imports(source: str) -> Iterator[str]:
    """Full names of what a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def against(files: list[Path], *forbidden: str) -> list[str]:
    """Imports that run against the arrows, to be shown by a failing test."""
    return [
        f"{name(file)} imports {imported}"
        for file in files
        for imported in imports(file.read_text(encoding="utf-8"))
        if any(imported == one or imported.startswith(f"{one}.") for one in forbidden)
    ]


def beyond(files: list[Path], *allowed: str) -> list[str]:
    """Imports from the project that are none of those allowed."""
    return [
        f"{name(file)} imports {imported}"
        for file in files
        for imported in imports(file.read_text(encoding="utf-8"))
        if imported.partition(".")[0] in {"bot", "actions", "nlu"}
        and not any(imported == one or imported.startswith(f"{one}.") for one in allowed)
    ]


# --- who may import whom ---------------------------------------------------------------------


@pytest.mark.parametrize("room", DOMAIN)
def test_a_domain_room_knows_no_telegram_no_rasa_and_no_web(room: str) -> None:
    assert against(sources(f"bot/{room}"), *FACES) == []


@pytest.mark.parametrize("room", DOMAIN)
def test_a_domain_room_leans_on_its_like_and_the_store_alone(room: str) -> None:
    rooms = [f"bot.{one}" for one in DOMAIN]
    assert beyond(sources(f"bot/{room}"), *rooms, *SMALL_PARTS) == []


def test_the_store_imports_no_room() -> None:
    assert beyond(sources("bot/store"), "bot.store", "bot.errors", "bot.keys") == []


def test_the_sandbox_stands_by_itself() -> None:
    assert beyond(sources("bot/sandbox"), "bot.sandbox", "bot.errors") == []


def test_the_dialogue_room_knows_neither_telegram_nor_the_actions() -> None:
    allowed = [
        f"bot.{one}"
        for one in (*DOMAIN, "store", "dialogue", "errors", "keys", "reading", "requests")
    ]
    assert beyond(sources("bot/dialogue"), *allowed) == []
    assert against(sources("bot/dialogue"), "telegram", "rasa", "rasa_sdk", "starlette") == []


def test_the_face_knows_neither_rasa_nor_the_actions_nor_the_web() -> None:
    leans_on = (*DOMAIN, "store", "dialogue", "telegram", "errors", "requests", "tracing")
    allowed = [f"bot.{one}" for one in leans_on]
    assert beyond(sources("bot/telegram"), *allowed) == []
    assert against(sources("bot/telegram"), "rasa", "rasa_sdk", "starlette", "uvicorn") == []


def test_the_console_knows_neither_telegram_nor_rasa_nor_the_actions() -> None:
    # The studio is the face of the stories.
    rooms = (*DOMAIN, "store", "dialogue", "stories", "console", "errors", "reading")
    allowed = [f"bot.{one}" for one in rooms]
    assert beyond(sources("bot/console"), *allowed) == []
    faces = ("telegram", "rasa", "rasa_sdk", "httpx", "uvicorn")
    assert against(sources("bot/console"), *faces) == []


def test_the_actions_know_no_telegram() -> None:
    faces = ("telegram", "starlette", "bot.telegram", "bot.sandbox", "bot.app", "bot.cli")
    assert against(sources("actions"), *faces) == []


def test_only_the_composition_root_and_the_command_line_know_everybody() -> None:
    others = [file for file in sources("bot", "actions") if not is_root(file)]
    assert against(others, "bot.app", "bot.cli", "bot.bench", "bot.evaluation") == []
    assert against([file for file in others if "bot/telegram/" not in name(file)], "telegram") == []
    assert against(
        [file for file in others if not name(file).startswith(("bot/sandbox/", "bot/console/"))],
        "starlette",
    ) == []  # fmt: skip


def is_root(file: Path) -> bool:
    """Whether it is one of the files that put the rooms together."""
    return name(file).startswith(KNOW_EVERYBODY)


def test_small_parts_that_all_lean_on_lean_on_nobody() -> None:
    assert beyond(sources_of("errors")) == []
    assert beyond(sources_of("keys"), "bot.errors") == []
    assert beyond(sources_of("reading", "settings", "supervisor", "serving"), "bot.errors") == []
    assert beyond(sources_of("embeddings", "tfidf")) == []
    assert beyond(sources_of("model"), "bot.embeddings", "bot.errors", "bot.settings") == []


def sources_of(*modules: str) -> list[Path]:
    """Modules that lie directly in `bot/`."""
    return [ROOT / "bot" / f"{module}.py" for module in modules]


def test_what_rasas_process_reads_of_the_app_needs_nothing_that_rasa_lacks() -> None:
    """Rasa has its own environment: an old Python, and none of the app's dependencies."""
    waiting, seen = sources("nlu"), set()
    while waiting:
        file = waiting.pop()
        for imported in imports(file.read_text(encoding="utf-8")):
            if imported.startswith("bot."):
                found = module_of(imported)
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)
    assert seen, "Rasa's components read nothing of the app: this test can go"
    strange = against(
        sorted(seen), "sqlalchemy", "pydantic", "structlog", "telegram", "httpx", "bot.store"
    )
    assert strange == []


def module_of(imported: str) -> Path:
    """The file of a module, or of the module that a name is imported from."""
    parts = imported.split(".")
    candidates = (ROOT.joinpath(*parts[:end]).with_suffix(".py") for end in (len(parts), -1))
    return next(file for file in candidates if file.exists())


# --- words stand where staff can edit them ---------------------------------------------------


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """String literals that read like a sentence, docstrings, errors and log lines left out."""
    tree = ast.parse(source)
    silent = {id(part) for node in ast.walk(tree) for part in _silent_parts(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_sentence = FINNISH_SENTENCE.search(node.value) or ENGLISH_SENTENCE.search(node.value)
            if is_sentence and id(node) not in silent:
                yield node.lineno, node.value


def _silent_parts(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.Raise) or _is_logging(node):
        yield from ast.walk(node)


def _is_logging(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    )


def test_no_sentence_that_is_read_on_telegram_stands_in_code() -> None:
    spoken = [f"bot/{room}" for room in (*DOMAIN, "telegram", "dialogue")]
    found = [
        f"{name(file)}:{line}: {text[:60]}"
        for file in sources(*spoken, "actions")
        if name(file) not in LISTENERS
        for line, text in sentences(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_finnish_sentence_stands_in_code_at_all() -> None:
    found = [
        f"{name(file)}:{line}: {text[:60]}"
        for file in sources("bot", "actions")
        if name(file) not in LISTENERS
        for line, text in sentences(file.read_text(encoding="utf-8"))
        if FINNISH_SENTENCE.search(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('say("Hyvää päivää, mitä kuuluu?")', True),
        ('say("how are you today")', True),
        ('say(f"You have {n} new messages there.")', True),
        ('WORDS = ("yksi kaksi kolme", "älä mene")', True),
        ('def f():\n    """How are you today, älä mene."""', False),
        ("# how are you today, älä mene", False),
        ('raise ValueError("how are you today")', False),
        ('log.info("how are you today")', False),
        ('say("utter_hello", "åäö", "SELECT name FROM events")', False),
    ],
)
def test_a_sentence_in_code_would_be_found(source: str, found: bool) -> None:
    assert bool(list(sentences(source))) == found


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("import telegram", "telegram"),
        ("from telegram import Bot", "telegram.Bot"),
        ("def f():\n    from bot.telegram import desk", "bot.telegram.desk"),
        ("if TYPE_CHECKING:\n    import bot.app as it", "bot.app"),
    ],
)
def test_an_import_is_found_wherever_it_stands(source: str, imported: str) -> None:
    assert list(imports(source)) == [imported]
