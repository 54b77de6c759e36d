"""The map of the dialogue: a click leads to where a step is written."""

from markupsafe import Markup
from starlette.responses import Response

from bot.console.house import path
from bot.console.studio.desk import draft_of, show
from bot.console.visit import Page, Visit
from bot.people.permissions import Permission
from bot.stories.testing import talks_in


async def show_map(visit: Visit) -> Response:
    """The map, with the path of a conversation lit where one is chosen."""
    draft = draft_of(visit)
    talk = visit.parameters.get("talk", "")
    link = path("/stories?file={file}&line={line}&whole=1")
    drawn = await visit.house.studio.map(draft, visit.language, talk, link)
    talks = [one.get("story").text for one in talks_in(draft.folder)]
    # Everything in it that anybody wrote is escaped where it is drawn.
    return show(visit, "map.html", picture=Markup(drawn), talks=talks, talk=talk)  # noqa: S704


PAGES = (Page("/stories/map", Permission.EDIT_STORIES, show_map),)
