"""`./seura stories …`: what staff edit, from a slip that is told to a version that is live."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.errors import SetupError
from bot.settings import ROOT

cli = typer.Typer(
    no_args_is_help=True, help="What the bot says and how it talks: check it, try it, publish it."
)
out = Console(stderr=True, highlight=False)
page = Console(highlight=False, soft_wrap=True)

type Language = Annotated[
    str, typer.Option(help="fi or en: the language of what is told.", metavar="fi|en")
]
type Folder = Annotated[
    Path, typer.Option(help="Another folder with the same files, a draft's for example.")
]


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


def _known(language: str) -> str:
    if language not in {"fi", "en"}:
        raise SetupError("--language must be fi or en.")
    return language
