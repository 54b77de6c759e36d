"""What the studio's pages share: whose draft it is, and what is drawn on each of them."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from bot.console.visit import Visit
from bot.stories.drafts import Draft
from bot.stories.reading import Problem

TABS = (
    ("/stories", "write"),
    ("/stories/examples", "examples"),
    ("/stories/map", "map"),
    ("/stories/try", "try"),
    ("/stories/publish", "publish"),
)


def draft_name(visit: Visit) -> str:
    """The name of somebody's draft: theirs, with their number, as two may have the same."""
    plain = unicodedata.normalize("NFKD", visit.person.name).encode("ascii", "ignore").decode()
    slug = re.sub(r"\W+", "-", plain.lower()).strip("-")[:30]
    return f"{slug or 'x'}-{visit.person.id}"


def draft_of(visit: Visit) -> Draft:
    """Their draft."""
    return visit.house.studio.draft(draft_name(visit))


def show(visit: Visit, template: str, status: int = 200, **values: Any) -> Response:
    """Answers with a page of the studio."""
    return visit.show(f"studio/{template}", status, **{"tabs": TABS, "fault": "", **values})


def told(problems: Sequence[Problem], language: str) -> list[dict[str, Any]]:
    """Problems as the pages show them."""
    return [
        {
            "file": problem.file,
            "line": problem.line,
            "what": problem.what(language),
            "mend": problem.mend(language),
        }
        for problem in problems
    ]
