"""The command line: `./seura COMMAND`."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
import uvloop
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from bot import model, processes, tracing
from bot.cli_activities import cli as activities
from bot.cli_people import cli as people
from bot.cli_stories import cli as stories
from bot.errors import SettingsError, SetupError, SeuraError
from bot.safety.learning import learnt
from bot.settings import ROOT, Settings, read_settings, require_telegram, settings_of_the_sandbox
from bot.stories.publishing import prepare_copy
from bot.supervisor import SETTINGS_STATUS, Supervisor, check_port, free_port

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Seura: a bot that keeps company with lonely people. Try: ./seura demo",
)
cli.add_typer(activities, name="activities")
cli.add_typer(people, name="people")
cli.add_typer(stories, name="stories")
out = Console(stderr=True, highlight=False)

SANDBOX_TOKEN = "9000:sandbox"  # noqa: S105 - the sandbox's own, it opens nothing else
SANDBOX_GROUP = -1001000000001
KNOWLEDGE = ROOT / "bot" / "knowledge"
SAMPLES = KNOWLEDGE / "sample_activities.yml"


def main() -> None:
    """Runs a command; a fault that we know is one plain message and a status of its own."""
    _log_to_stderr()
    try:
        cli(prog_name="./seura")
    except SettingsError as error:
        out.print(str(error), style="red", soft_wrap=True, markup=False)
        sys.exit(SETTINGS_STATUS)
    except SeuraError as error:
        out.print(str(error), style="red", soft_wrap=True, markup=False)
        sys.exit(1)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Where the page is served.")] = 8900,
    *,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Try it here: no Telegram account, no internet. A phone and the moderators' group.

    Example: ./seura demo --port 8901 --no-browser
    """
    base = read_settings()
    settings = read_settings(
        telegram_token=SANDBOX_TOKEN,
        telegram_api=f"http://127.0.0.1:{port}",
        moderator_chat=SANDBOX_GROUP,
        database_url="",  # not the operator's: samples are loaded into it
        port=port,
        models=base.model_folder,
        var=base.var / "demo",
        # What is published in the demo is not published in the project.
        content=base.var / "demo" / "content",
        **settings_of_the_sandbox(),
    )
    check_port(port)
    prepare_copy(ROOT, settings.content)
    trained = _train(settings)
    _run(_demo(settings, trained, browser=browser))


@cli.command()
def run() -> None:
    """Run against Telegram, with the settings in the environment or in .env.

    SEURA_TELEGRAM_TOKEN   the token that BotFather gave
    SEURA_MODERATOR_CHAT   id of the moderators' group, which has topics
    SEURA_TELEGRAM_API     another Bot API server (default: Telegram's)
    SEURA_DATABASE_URL     postgresql+asyncpg://… (default: SQLite in var/)
    SEURA_PORT             where the web console is served (default: 8900)
    SEURA_CONSOLE_URL      how people reach it, https://… (default: on this machine)
    SEURA_VAR              where data, models and logs are kept (default: var/)

    Example: SEURA_TELEGRAM_TOKEN=123:ABC SEURA_MODERATOR_CHAT=-100123 ./seura run
    """
    settings = read_settings()
    require_telegram(settings)
    check_port(settings.port)
    # By a process of its own: what it takes would stay in this one for as long as Seura runs.
    status = subprocess.run([sys.executable, "-m", "bot", "meet"], check=False).returncode
    if status:
        raise typer.Exit(status)  # it has said why
    trained = _train(settings)
    _run(_supervise(settings, trained, settings.port, lambda: None))


@cli.command(hidden=True)
def app(*, samples: bool = False) -> None:
    """The app's process; started by demo and run. Example: ./seura app"""  # noqa: D415
    from bot.app import App

    settings = read_settings()
    token = os.environ.get("SEURA_RASA_TOKEN", "")
    if not token:
        raise SettingsError("SEURA_RASA_TOKEN is not set: start with ./seura run or ./seura demo.")
    if settings.profile:
        tracing.start(settings.profile, "app")
    if settings.log_level == "debug":
        _log_to_stderr(logging.DEBUG)
    uvloop.run(App(settings, token).run(SAMPLES if samples else None))


@cli.command(hidden=True)
def meet() -> None:
    """Check that Telegram knows the token and the group; started by run. Example: ./seura meet"""  # noqa: D415
    from bot.telegram.api import Api
    from bot.telegram.meeting import check

    settings = read_settings()
    bot = Api(settings.telegram_token.get_secret_value(), settings.telegram_api)
    asyncio.run(check(bot, settings.telegram_api, settings.moderator_chat))


@cli.command()
def train() -> None:
    """Train the model of the present stories and examples, unless it is there.

    Example: ./seura train
    """
    typer.echo(_train(read_settings()))


@cli.command()
def vectors() -> None:
    """Keep the sentence vectors of the examples with the project, for trainings elsewhere.

    Without them a first training makes them all, which takes most of a minute. For developers,
    after many new examples.

    Example: ./seura vectors
    """
    from bot.evaluation import measuring

    settings = read_settings()
    given = {"config": str(ROOT / "config.yml"), "data": str(ROOT / "nlu")}
    with _progress() as progress:
        show = partial(_show, progress, progress.add_task("Starting", total=None))
        [done] = measuring.ask(settings, "vectors", given, "Making the vectors", show).found
    typer.echo(f"nlu/vectors.npz: {done['vectors']} vectors")


@cli.command()
def check() -> None:
    """Check style, types, import directions, stories and wording: what CI runs first.

    Example: ./seura check
    """
    from bot import quality

    quality.check(read_settings(), out)


benches = typer.Typer(invoke_without_command=True)
cli.add_typer(benches, name="bench")


@benches.callback()
def bench(
    context: typer.Context,
    turns: Annotated[
        int | None, typer.Option(min=1, help="Turns of each way that are counted: 200.")
    ] = None,
    residents: Annotated[int, typer.Option(min=1, help="Residents who talk at once.")] = 8,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Train the stock model for fewer epochs than Rasa.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--out", help="Where the numbers go, a page beside: var/bench/bench.json."),
    ] = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Less of everything: to try it.")] = False,
) -> None:
    """Measure a turn: bare Rasa, the full way, and Rasa as it comes, with the same messages.

    Then how it grows with the conversation, what kinds of turns cost, many residents at once,
    start, memory, disk, training. The first time after a change of stories or examples the stock
    model is trained, too, which may take half an hour; the rest takes a quarter of an hour. Let
    nothing else run on the machine.

    Example: ./seura bench --out docs/bench/bench.json
    """
    if context.invoked_subcommand:
        return
    from bot.bench import page as pages
    from bot.bench.machine import describe
    from bot.bench.measure import QUICK, Bench, Size
    from bot.bench.report import as_json, notes, tables

    settings = read_settings()
    path = file or settings.var / "bench" / "bench.json"
    _make_room(path)
    trained = _train(settings)
    size = replace(QUICK if quick else Size(), residents=residents)
    size = replace(size, turns=turns or size.turns)
    measured = []

    async def measure(show: Callable[[str, int, int | None], None]) -> None:
        measured.append(await Bench(settings, trained, SAMPLES, size, show, epochs).run())

    with _progress() as progress:
        _run(measure(partial(_show, progress, progress.add_task("Starting", total=None))))
    if not measured:
        raise typer.Exit(130)  # stopped by hand
    results, set_up = measured[0]
    told = notes(results, set_up, residents)
    numbers = as_json(results, set_up, told, describe(), residents)
    path.write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".html").write_text(pages.page(numbers), encoding="utf-8")
    page = Console(highlight=False)
    for part in (*tables(results, set_up, residents), *(f"- {note}" for note in told)):
        page.print(part)
    page.print(f"All numbers: {path}. To look at: {path.with_suffix('.html')}")


@benches.command(name="profile")
def bench_profile(
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Train the stock model for fewer epochs than Rasa.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--out", help="Where the numbers go: var/bench/profile.json.")
    ] = None,
) -> None:
    """Show where a turn's time goes: each step of it, and within Rasa, ours and as it comes.

    Each process notes its times while it runs (SEURA_PROFILE). Let nothing else run.

    Example: ./seura bench profile --out docs/bench/profile.json
    """
    from bot.bench import phases
    from bot.bench.machine import describe

    settings = read_settings()
    path = file or settings.var / "bench" / "profile.json"
    _make_room(path)
    trained = _train(settings)
    measured: list[dict[str, Any]] = []

    async def measure(show: Callable[[str, int, int | None], None]) -> None:
        measured.append(await phases.measure(settings, trained, SAMPLES, show, epochs))

    with _progress() as progress:
        _run(measure(partial(_show, progress, progress.add_task("Starting", total=None))))
    if not measured:
        raise typer.Exit(130)  # stopped by hand
    numbers = {"machine": describe()} | measured[0]
    path.write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = Console(highlight=False)
    for part in phases.tables(numbers):
        page.print(part)
    page.print(f"All numbers: {path}")


@benches.command(name="training")
def bench_training(
    file: Annotated[
        Path | None, typer.Option("--out", help="Where the numbers go: var/bench/training.json.")
    ] = None,
) -> None:
    """Measure how the running bot answers while a model is trained, and while models are swapped.

    Exits with 1 where a criterion is missed. Let nothing else run; it takes three minutes.

    Example: ./seura bench training --out docs/bench/training.json
    """
    from bot.bench import training
    from bot.bench.machine import describe

    settings = read_settings()
    path = file or settings.var / "bench" / "training.json"
    _make_room(path)
    trained = _train(settings)
    measured: list[dict[str, Any]] = []

    async def measure(show: Callable[[str, int, int | None], None]) -> None:
        measured.append(await training.measure(settings, trained, SAMPLES, show))

    with _progress() as progress:
        _run(measure(partial(_show, progress, progress.add_task("Starting", total=None))))
    if not measured:
        raise typer.Exit(130)  # stopped by hand
    numbers = training.as_json(measured[0], describe())
    path.write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = Console(highlight=False)
    for part in (*training.tables(numbers), *(f"- {note}" for note in numbers["notes"])):
        page.print(part)
    page.print(f"All numbers: {path}")
    if any(not criterion.met for criterion in training.judge(numbers)):
        raise typer.Exit(1)


@benches.command(name="document")
def bench_document(
    folder: Annotated[Path, typer.Option(help="Where the numbers are.")] = ROOT / "docs" / "bench",
) -> None:
    """Write docs/performance.md, and its pictures, from the numbers in docs/bench/.

    Example: ./seura bench document
    """
    from bot.bench import page as pages

    bench, profile = (_numbers(folder / f"{name}.json") for name in ("bench", "profile"))
    for name, drawing in pages.drawings(bench).items():
        (folder / f"{name}.svg").write_text(drawing + "\n", encoding="utf-8")
    path = folder.parent / "performance.md"
    path.write_text(pages.document(bench, profile), encoding="utf-8")
    typer.echo(path)


def _numbers(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(
            f"{file} can't be read: measure first, see ./seura bench --help."
        ) from error
    return found


@benches.command(name="activities")
def bench_activities(
    sizes: Annotated[
        str, typer.Option(help="How many activities, the smallest first, with commas between.")
    ] = "10000,100000",
    *,
    postgres: Annotated[bool, typer.Option(help="On PostgreSQL, too.")] = True,
    file: Annotated[
        Path | None, typer.Option("--out", help="Where the numbers go: var/bench/activities.json.")
    ] = None,
) -> None:
    """Measure how fast activities are found and taken in, as the catalogue grows.

    Exits with 1 where a search or an import is slower than it may be. Let nothing else run.

    Example: ./seura bench activities --sizes 1000,10000 --no-postgres
    """
    from bot.bench import activities as bench
    from bot.bench.machine import describe

    path = file or read_settings().var / "bench" / "activities.json"
    _make_room(path)
    counts = tuple(int(size) for size in sizes.split(",") if size.strip().isdigit())
    if not counts:
        raise SetupError("--sizes must be numbers with commas between, such as 10000,100000.")
    measured: list[dict[str, Any]] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("Starting", total=None)

        async def measure() -> None:
            show = partial(_show, progress, task)
            measured.extend(await bench.measure(counts, show, postgres=postgres))

        _run(measure())
    if not measured:
        raise typer.Exit(130)  # stopped by hand
    ratios, faults = bench.judge(measured)
    numbers = {"machine": describe(), "measured": measured, "ratios": ratios, "faults": faults}
    path.write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = Console(highlight=False)
    page.print(bench.table(measured))
    for name, ratio in ratios.items():
        page.print(f"{name}: the 95 % of the largest is {ratio} times that of the smallest")
    page.print(f"All numbers: {path}")
    if faults:
        raise SetupError("\n".join(faults))


@cli.command()
def evaluate(
    file: Annotated[
        Path | None,
        typer.Option(
            "--set", help="Measure this file instead: an intent, a tab, a message a line."
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where the page goes: var/evaluation/report.html.")
    ] = None,
    *,
    crisis: Annotated[bool, typer.Option("--crisis", help="How well danger is heard.")] = False,
    suggestions: Annotated[
        bool, typer.Option("--suggestions", help="How well suggestions suit.")
    ] = False,
) -> None:
    """Measure how people are understood: the development set, and the examples cross-validated.

    Prints a table, writes a page with what was taken for what, and ends with status 1 where a
    number lies under its floor in tests/nlu/floors.yml. A factor is written factor/NAME.

    --crisis prints recall and false alarms by kind, level and language, and every miss; its floors
    are in tests/safety/crisis_floors.yml.

    --suggestions prints how much of what 60 people are shown would do for them, and what would not.

    Example: ./seura evaluate --set my_messages.tsv
    """
    if crisis:
        _evaluate_crisis()
        return
    if suggestions:
        _evaluate_suggestions()
        return
    from bot.evaluation import floors, history, measuring
    from bot.evaluation.report import page, table

    settings = read_settings()
    folder = settings.var / "evaluation"
    path = report or folder / "report.html"
    kept = folder / (f"last-{file.stem}.json" if file else "last.json")
    _make_room(path)
    _make_room(kept)
    trained = _train(settings)
    with _progress() as progress:
        show = partial(_show, progress, progress.add_task("Starting", total=None))
        if file:
            found = measuring.of_file(settings, trained, file, show)
        else:
            found = measuring.development(settings, trained, show)
    before = history.last(kept)
    path.write_text(page(found, before, model.fingerprint(), model.threshold()), encoding="utf-8")
    history.keep(kept, history.numbers(found, model.fingerprint()))
    shown = _wide()
    shown.print(table(found, before))
    if found.several:
        shown.print(f"Several factors in a message, found exactly: {found.several.exact:.3f}")
    shown.print(f"The page: {path}", soft_wrap=True)
    fallen = floors.fallen(found)
    if fallen:
        raise SetupError("Under the floor:\n" + "\n".join(fallen))


@cli.command()
def compare(
    epochs: Annotated[int, typer.Option(min=1, help="The neural networks' training.")] = 10,
    file: Annotated[
        Path | None, typer.Option("--out", help="The numbers: var/evaluation/comparison.json.")
    ] = None,
) -> None:
    """Hold our way to understand beside others, trained on the same examples, in one run.

    The stock pipeline of Rasa, letters, meaning, both, neighbours, DIET; and the conversation
    tests with and without the TED policy. Rasa trains its networks for 100 and more epochs by
    default, which takes hours here: fewer are written beside the numbers.

    Example: ./seura compare --epochs 20
    """
    from bot.evaluation import comparing

    settings = read_settings()
    path = file or settings.var / "evaluation" / "comparison.json"
    _make_room(path)
    with _progress() as progress:
        show = partial(_show, progress, progress.add_task("Starting", total=None))
        found = comparing.compare(settings, epochs, show)
    numbers = json.dumps(comparing.as_json(found), ensure_ascii=False, indent=1)
    path.write_text(numbers + "\n", encoding="utf-8")
    shown = _wide()
    shown.print(comparing.table(found))
    shown.print(comparing.table_of_policies(found))
    shown.print(f"All numbers: {path}", soft_wrap=True)


@cli.command()
def faults(
    kills: Annotated[int, typer.Option(min=1, help="How many processes are killed.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed makes the same choices.")] = 1,
) -> None:
    """Kill, refuse, cut off and fill the disk while a town talks, and account for every message.

    Residents and moderators talk through the sandbox while Rasa and the app are killed again and
    again. In the end a ledger is printed; the status is 1 where anything was lost, said twice, out
    of order, or said to somebody else.

    Example: ./seura faults --kills 200 --seed 7
    """
    from bot.faults import run as fault_run
    from bot.faults.report import tables

    settings = read_settings()
    trained = _train(settings)
    outcomes = []

    async def make(show: Callable[[str, int, int | None], None]) -> None:
        outcomes.append(await fault_run.run(settings, trained, kills, seed, show))

    with _progress() as progress:
        _run(make(partial(_show, progress, progress.add_task("Starting", total=None))))
    if not outcomes:
        raise typer.Exit(130)  # stopped by hand
    page = _wide()
    for table in tables(outcomes[0]):
        page.print(table)
    if outcomes[0].faults:
        raise SetupError("\n".join(outcomes[0].faults))
    page.print("Clean: nothing lost, nothing said twice, nothing to the wrong chat.")


@cli.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where it goes: a new folder.")],
) -> None:
    """Copy the databases while everything runs. The keys in var/keys are yours to keep, elsewhere.

    With PostgreSQL use pg_dump.

    Example: ./seura backup /srv/backups/2026-11-24
    """
    from bot.store import backup as copying

    settings = read_settings()
    files = copying.files_of(settings.database, settings.tracker_database)
    with out.status("Copying"):
        copies = copying.back_up(files, folder)
    for copy in copies:
        typer.echo(f"{copy}: {copy.stat().st_size / 1e6:.1f} MB, whole")


@cli.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="What ./seura backup made.")],
) -> None:
    """Put a backup in the place of what is there, which is kept beside it. Stop Seura first.

    Example: ./seura restore /srv/backups/2026-11-24
    """
    from bot.store import backup as copying

    settings = read_settings()
    files = copying.files_of(settings.database, settings.tracker_database)
    for file in copying.restore(folder, files):
        typer.echo(f"{file} is as it was in the backup; what was there is in {file}.before")


keys = typer.Typer(no_args_is_help=True, help="The keys that encrypt what people write.")
cli.add_typer(keys, name="keys")


@keys.command()
def rotate() -> None:
    """Encrypt with a new key from now on, and again what is kept; the old keys are forgotten.

    Stop ./seura run first: it goes on with the keys that it began with.

    Example: ./seura keys rotate
    """
    from bot.dialogue import tracker
    from bot.keys import Keys, add_key, keep_first_key
    from bot.store.rotation import encrypt_again

    settings = read_settings()
    if settings.keys.get_secret_value():
        raise SetupError("The keys are set in SEURA_KEYS: put a new one before the others there.")
    name = add_key(settings.key_file)
    count = asyncio.run(encrypt_again(settings.database, settings.key_file))
    count += asyncio.run(
        tracker.encrypt_again(settings.tracker_database, Keys.load(settings.key_file))
    )
    keep_first_key(settings.key_file)
    typer.echo(f"{count} texts are encrypted with the new key {name}; the old keys are gone.")


safety = typer.Typer(no_args_is_help=True, help="What was taken as danger.")
cli.add_typer(safety, name="safety")


@safety.command("review")
def safety_review(
    count: Annotated[int, typer.Option(min=1, help="How many, the latest first.")] = 50,
) -> None:
    """List what was taken as danger, what moderators marked wrong first. No words are kept.

    Example: ./seura safety review --count 20
    """
    from bot.opening import open_store
    from bot.safety import review

    async def listed() -> None:
        store = open_store(read_settings())
        try:
            await store.migrate()
            async with store.begin() as session:
                for one in await review.latest(session, count):
                    mark = "wrong" if one.wrong_at else ""
                    table.add_row(
                        f"{one.assessed_at:%Y-%m-%d %H:%M}",
                        one.kind,
                        one.level,
                        ", ".join(one.pattern_ids),
                        mark,
                    )
        finally:
            await store.close()

    table = Table("when (UTC)", "kind", "level", "found by", "marked")
    asyncio.run(listed())
    Console(highlight=False).print(table)


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run all tests; with arguments, what pytest takes for them.

    Example: ./seura test tests/handoff -k race
    """
    from bot import quality

    _train(read_settings())
    quality.test(context.args, out)


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def rasa(context: typer.Context) -> None:
    """Run Rasa's own command line in its environment.

    Example: ./seura rasa data validate --data nlu stories
    """
    settings = read_settings()
    environment = model.rasa_environment(settings, settings.actions_port, "")
    command = model.rasa_command(*context.args)
    raise typer.Exit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)  # noqa: S603


def _evaluate_crisis() -> None:
    from bot.evaluation import crisis
    from bot.safety.assessing import Assessor

    folder = ROOT / "tests" / "safety"
    with out.status("Learning the examples, weighing the messages"):
        assessor = Assessor.load(KNOWLEDGE, ROOT / "nlu", read_settings().model_folder)
        examples = crisis.read_set(folder)
        weighed = crisis.weigh(assessor, examples)
    page = Console(highlight=False, soft_wrap=True)
    for table in crisis.tables(weighed):
        page.print(table)
    for line in crisis.wrong(weighed):
        page.print(line, markup=False)
    page.print(f"The first layer takes {crisis.milliseconds(assessor, examples):.2f} ms a message.")
    under = list(crisis.Floors.load(folder / "crisis_floors.yml").missed(weighed))
    if under:
        raise SetupError("\n".join(under))


def _evaluate_suggestions() -> None:
    from bot.evaluation import suggestions

    with out.status("Suggesting to 60 people"):
        judged = asyncio.run(suggestions.evaluate())
    page = Console(highlight=False, soft_wrap=True)
    for one in judged:
        if one.unfit:
            page.print(f"{one.case.who}: {', '.join(one.unfit)}", markup=False)
    numbers = suggestions.summary(judged)
    for name, value in numbers.items():
        page.print(f"{name}: {value}")
    if numbers["precision_at_3"] < suggestions.LEAST_PRECISION:
        raise SetupError(f"precision_at_3 is under {suggestions.LEAST_PRECISION}.")


def _train(settings: Settings) -> Path:
    """The model of the present files; learns what is not learnt yet, and shows how far it is."""
    trained = _train_rasa(settings)
    with out.status("Learning what danger sounds like"):
        learnt(settings.knowledge, settings.content / "nlu", settings.model_folder)
    return trained


def _train_rasa(settings: Settings) -> Path:
    unfit = model.letters_only()
    if unfit:
        out.print(f"{unfit} Seura understands by letters alone, which is less.", style="yellow")
    if model.model_path(settings, settings.content).exists():
        return model.model_path(settings, settings.content)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:
        task = progress.add_task("Training the model (about a minute): reading")

        def show(stage: str) -> None:
            progress.update(task, description=f"Training the model (about a minute): {stage}")
            if not out.is_terminal:
                out.print(f"Training the model: {stage}")

        return model.train(settings, show, settings.content)


def _wide() -> Console:
    """Where tables go: as wide as they need where there is no terminal."""
    shown = Console(highlight=False)
    if not shown.is_terminal:
        shown.width = 160
    return shown


def _progress() -> Progress:
    """A bar for work of known length."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=out, transient=True)


def _make_room(path: Path) -> None:
    """Finds out before the work that its outcome can be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"{path.parent} can't be made: {error.strerror}.") from error
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise SetupError(f"{path} can't be written.")


def _show(progress: Progress, task: TaskID, what: str, done: int, total: int | None) -> None:
    """Says how far the work is; a line for each part of it where there is no terminal."""
    if not out.is_terminal and what != progress.tasks[0].description:
        out.print(what)
    progress.update(task, description=what, completed=done, total=total)


async def _demo(settings: Settings, trained: Path, *, browser: bool) -> None:
    from bot.sandbox.server import SandboxServer, create_app
    from bot.serving import serve

    page = f"http://127.0.0.1:{settings.port}"
    # Beside the sandbox's page, which has the port that was asked for.
    app_port = free_port()
    settings.console_url = f"http://127.0.0.1:{app_port}"

    def ready() -> None:
        out.print(f"The demo is at {page} - end it with Ctrl-C.")
        out.print(f"The web console, as a sample moderator: {page}/console")
        if browser:
            webbrowser.open(page)

    sandbox = create_app(SANDBOX_TOKEN, console=f"{settings.console_url}/console/demo?as=9001")
    server = SandboxServer(sandbox, sandbox.state.world, settings.port)
    serving = asyncio.create_task(serve(server))
    try:
        await server.listening.wait()
        await _supervise(settings, trained, app_port, ready, "--samples")
    finally:
        server.should_exit = True
        await serving


async def _supervise(
    settings: Settings,
    trained: Path,
    actions_port: int,
    ready: Callable[[], None],
    *app_options: str,
) -> None:
    """Runs Rasa and the app until cancelled; the app serves actions and console at that port."""
    children = processes.of(settings, trained, actions_port, *app_options)

    def announce() -> None:
        ready()
        typer.echo("ready")

    with out.status("Starting Rasa and the app (about half a minute)"):
        await Supervisor(*children).run(announce)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Runs until SIGINT or SIGTERM; what was started is ended before this returns."""

    async def until_stopped() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    uvloop.run(until_stopped())


def _log_to_stderr(level: int = logging.INFO) -> None:
    """Facts with ids, JSON on each line. Other libraries only warn: URLs have the token in them."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
