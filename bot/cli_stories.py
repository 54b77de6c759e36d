"""`./seura stories …`: what staff edit, from a slip that is told to a version that is live."""

import contextlib
import getpass
import json
import signal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bot.background import step_back
from bot.errors import SetupError
from bot.settings import ROOT, Settings, read_settings

cli = typer.Typer(
    no_args_is_help=True, help="What the bot says and how it talks: check it, try it, publish it."
)
out = Console(stderr=True, highlight=False)
page = Console(highlight=False, soft_wrap=True)

Language = Annotated[
    str, typer.Option(help="fi or en: the language of what is told.", metavar="fi|en")
]
Folder = Annotated[
    Path, typer.Option(help="Another folder with the same files, a draft's for example.")
]
DraftName = Annotated[str, typer.Option("--draft", help="Whose draft; your own by default.")]
Demo = Annotated[bool, typer.Option("--demo", help="What is published in the demo.")]
Author = Annotated[str, typer.Option(help="Who publishes; your name here by default.")]


@cli.command()
def check(language: Language = "fi", folder: Folder = ROOT) -> None:
    """Find what is wrong in stories, sentences, examples and catalogues, without training.

    Tells file, line, what is wrong and how to mend it; ends with status 1 if anything is.

    Example: ./seura stories check --language en
    """
    from bot.stories.check import check as find
    from bot.stories.reading import say

    language = _known(language)
    problems = find(folder)
    for problem in problems:
        page.print(problem.told(language), markup=False)
    if problems:
        raise SetupError(say("to_mend", language, count=len(problems)))
    page.print(say("all_well", language))


@cli.command(name="test")
def try_talks(language: Language = "fi", folder: Folder = ROOT) -> None:
    """Let the model have the conversations in tests/conversations/, and show where they differ.

    A talk that goes another way is shown whole, with the step that differs marked.

    Example: ./seura stories test --language en
    """
    from bot import model
    from bot.stories.reading import say
    from bot.stories.testing import run_tests

    language = _known(language)
    settings = read_settings()
    with out.status(say("stage_training", language)):
        trained = model.train(settings, lambda part: None, folder)
    with out.status(say("stage_testing", language)):
        report = run_tests(settings, trained, folder)
    for talk in report.failed:
        for line in talk.told(language):
            page.print(line, markup=False)
    if report.failed:
        failed = len(report.failed)
        raise SetupError(say("tests_failed", language, failed=failed, count=report.count))
    page.print(say("tests_well", language, count=report.count))


@cli.command()
def graph(
    file: Annotated[Path, typer.Option("--out", help="Where the picture goes.")] = Path(
        "var/dialogue.svg"
    ),
    language: Language = "fi",
    folder: Folder = ROOT,
) -> None:
    """Draw the map of the dialogue: what people say and what the bot does then, as SVG.

    Example: ./seura stories graph --out kartta.svg
    """
    from bot.stories.graph import svg
    from bot.stories.reading import Unreadable
    from bot.stories.sources import Sources

    language = _known(language)
    try:
        drawn = svg(Sources.read(folder, ROOT), language)
    except Unreadable as error:
        raise SetupError("\n".join(one.told(language) for one in error.problems)) from error
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise SetupError(f"{file} can't be written: {error.strerror}.") from error
    page.print(str(file))


@cli.command()
def draft(
    name: DraftName = "", *, demo: Demo = False, discard: Annotated[
        bool, typer.Option("--discard", help="Forget it.")
    ] = False,
) -> None:  # fmt: skip
    """Open a draft: a folder with all files, to be changed without touching what is live.

    Example: ./seura stories draft --draft aino
    """
    opened = _draft(_settings(demo=demo), name)
    if discard:
        opened.discard()
        return
    conflicts = opened.update() if opened.is_behind else []
    for file in conflicts:
        out.print(f"{file}: changed by somebody else, too", style="yellow", markup=False)
    page.print(str(opened.folder))


@cli.command()
def diff(name: DraftName = "", language: Language = "fi", *, demo: Demo = False) -> None:
    """Tell in words what a draft changes.

    Example: ./seura stories diff --draft aino --language en
    """
    from bot.stories.comparing import changes
    from bot.stories.reading import say

    language = _known(language)
    found = changes(_draft(_settings(demo=demo), name).changes())
    for change in found:
        page.print(change.told(language), markup=False)
    if not found:
        page.print(say("no_changes", language))


@cli.command()
def approve(
    name: DraftName,
    by: Author = "",
    comment: Annotated[str, typer.Option(help="What else there is to say.")] = "",
    *,
    demo: Demo = False,
    only_comment: Annotated[bool, typer.Option("--only-comment", help="No yes yet.")] = False,
) -> None:
    """Say yes to somebody's draft, or comment on it.

    With SEURA_STORIES_REVIEW=true a draft is published only after a second person's yes.

    Example: ./seura stories approve --draft aino --comment "Hyvä!"
    """
    _draft(_settings(demo=demo), name).approve(by or _me(), comment, yes=not only_comment)


@cli.command()
def publish(
    note: Annotated[str, typer.Option(help="Why: it stays with the version.")],
    name: DraftName = "",
    author: Author = "",
    language: Language = "fi",
    *,
    demo: Demo = False,
    measure: Annotated[
        bool, typer.Option(help="Also measure how messages are understood, before and after.")
    ] = True,
) -> None:
    """Make a draft live: check, train, try, measure, swap. A step that fails changes nothing.

    The running bot goes on talking meanwhile. Ctrl-C cancels.

    Example: ./seura stories publish --draft aino --note "Selkeämpi tervehdys"
    """
    language = _known(language)
    settings = _settings(demo=demo)
    opened = _draft(settings, name)
    publisher = _publisher(settings, language, measure=measure)
    _work(lambda: publisher.publish(opened, author or _me(), note), language)


@cli.command()
def rollback(
    version: Annotated[str, typer.Argument(help="The id, or its beginning: see versions.")],
    note: Annotated[str, typer.Option(help="Why.")] = "",
    author: Author = "",
    language: Language = "fi",
    *,
    demo: Demo = False,
) -> None:
    """Make an earlier version live again. Its model is still there, so nothing is trained.

    Example: ./seura stories rollback 1a2b3c4d --note "Liian pitkä"
    """
    language = _known(language)
    settings = _settings(demo=demo)
    publisher = _publisher(settings, language, measure=False)
    _work(lambda: publisher.roll_back(version, author or _me(), note), language)


@cli.command(name="try")
def try_draft(
    name: DraftName = "",
    *,
    demo: Demo = False,
    serve: Annotated[bool, typer.Option("--serve", hidden=True)] = False,
) -> None:
    """Talk to a draft here, and see what it understands. The live bot knows nothing of it.

    A line is what a person says; a line that begins with / is a tapped button. Ctrl-D ends it.

    Example: ./seura stories try --draft aino
    """
    import asyncio

    from bot.tryout import TryOut

    settings = _settings(demo=demo)
    opened = _draft(settings, name)
    step_back()
    trial = TryOut(settings, opened.folder, lambda stage: out.print(stage, markup=False))
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_served(trial) if serve else _talked(trial, opened))


async def _served(trial: Any) -> None:
    """Runs until it is told to end."""
    import asyncio

    task = asyncio.ensure_future(trial.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


async def _talked(trial: Any, opened: Any) -> None:
    """Reads lines, and shows what the draft answers and why."""
    import asyncio

    from bot.stories import trying

    running = asyncio.ensure_future(trial.run())
    try:
        while trying.state_of(opened).get("stage") != "ready":
            if running.done():
                await running
            await asyncio.sleep(0.2)
        while True:
            try:
                line = await asyncio.to_thread(input, "> ")
            except EOFError:
                return
            turn = await trying.say(trying.state_of(opened), line)
            for saying in turn.sayings:
                page.print(saying.text, markup=False)
                for button in saying.buttons:
                    page.print(f"  [{button.title}] {button.payload}", markup=False)
            done = ", ".join(action for action, _ in turn.actions)
            why = f"{turn.intent} {turn.confidence:.2f} → {done}; {', '.join(turn.slots)}"
            out.print(why, style="dim", markup=False)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@cli.command()
def versions(
    count: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    *,
    demo: Demo = False,
) -> None:
    """List the versions: when, by whom, why, and how the talks have gone under each.

    Example: ./seura stories versions --count 5
    """
    from bot.stories.history import History
    from bot.stories.live import Board
    from bot.stories.tally import counts_of

    settings = _settings(demo=demo)
    counts = counts_of(Board(settings.studio))
    table = Table("version", "when (UTC)", "by", "note", "tests", "understood", "not understood")
    for one in History(settings.content).versions(count):
        watched = counts.get(one.id)
        share = f"{watched.not_understood_share:.0%} of {watched.turns}" if watched else ""
        note = one.note.partition("\n")[0]
        table.add_row(
            one.short, f"{one.at:%Y-%m-%d %H:%M}", one.author, note,
            one.facts.get("Tests", ""), one.facts.get("Understood", ""), share,
        )  # fmt: skip
    page.print(table)


def _work(work: Any, language: str) -> None:
    """Publishes with a lower place in the queue for the processor, and tells what failed."""
    from bot.stories.publishing import NotPublished
    from bot.stories.reading import say

    step_back()
    # Whoever cancels from the console sends this.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        progress = work()
    except KeyboardInterrupt:
        raise SetupError(say("stage_cancelled", language)) from None
    except NotPublished as error:
        for problem in error.problems:
            page.print(problem.told(language), markup=False)
        for talk in error.talks:
            for line in talk.told(language):
                page.print(line, markup=False)
        raise
    for text, label, found in progress.hurt[:20]:
        page.print(say("hurt", language, text=text, label=label, found=found), markup=False)
    key = "published" if progress.is_live else "published_later"
    seconds = round(sum(progress.seconds.values()))
    values = {"version": progress.version[:8], "seconds": seconds, "model": progress.model}
    page.print(say(key, language, **values))


def _publisher(settings: Settings, language: str, *, measure: bool) -> Any:
    from bot.stories.history import History
    from bot.stories.publishing import Progress, Publisher
    from bot.stories.reading import say

    shown: list[str] = []

    def show(progress: Progress) -> None:
        words = say(f"stage_{progress.stage}", language)
        line = f"{words}: {progress.part}" if progress.part else words
        if line not in shown:
            shown.append(line)
            out.print(line, markup=False)

    history = History(settings.content)
    return Publisher(settings, history, _measure(settings) if measure else None, show)


def _measure(settings: Settings) -> Any:
    """How a model understands the development messages; kept, until other examples are learnt."""
    from bot.evaluation import measuring
    from bot.evaluation.messages import read
    from bot.evaluation.scores import intent_of
    from bot.stories.drafts import digest

    def measured(trained: Path, folder: Path) -> dict[str, tuple[str, str]]:
        learnt = [*sorted(folder.glob("nlu/*.yml")), folder / "config.yml"]
        learnt.append(folder / "bot" / "knowledge" / "puhekieli.yml")
        name = digest("".join(file.read_text(encoding="utf-8") for file in learnt))
        kept = settings.studio / "understood" / f"{name}.json"
        if kept.exists():
            found = json.loads(kept.read_text(encoding="utf-8"))
            return {text: (label, taken) for text, (label, taken) in found.items()}
        files = [measuring.DEVELOPMENT / f"messages_{one}.tsv" for one in ("fi", "en", "other")]
        messages = [message for file in files for message in read(file)]
        texts = [message.text for message in messages]
        parsed = measuring.parse(settings, trained, texts, lambda *_: None).found
        understood = {
            message.text: (intent_of(message.label), str(one["intent"]["name"]))
            for message, one in zip(messages, parsed, strict=True)
        }
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(understood, ensure_ascii=False), encoding="utf-8")
        return understood

    return measured


def _settings(*, demo: bool) -> Settings:
    base = read_settings()
    if not demo:
        return base
    var = base.var / "demo"
    if not (var / "content").exists():
        raise SetupError("There is no demo here yet: start it once with ./seura demo.")
    return read_settings(var=var, content=var / "content", models=base.model_folder)


def _draft(settings: Settings, name: str) -> Any:
    from bot.stories.drafts import Drafts
    from bot.stories.history import History

    history = History(settings.content)
    return Drafts(settings.studio / "drafts", history).open(name or _me())


def _me() -> str:
    return getpass.getuser()


def _known(language: str) -> str:
    if language not in {"fi", "en"}:
        raise SetupError("--language must be fi or en.")
    return language
