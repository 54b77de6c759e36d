"""The console as an ASGI app, to be mounted where `house.PREFIX` says."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bot.console.house import STATIC, House, path
from bot.console.pages import (
    account,
    activities,
    audit,
    duty,
    front,
    numbers,
    people,
    queue,
    review,
    talk,
    volunteers,
)
from bot.console.security import SecurityHeaders, site_of
from bot.console.studio import PAGES as STUDIO
from bot.console.visit import Forged, NotSignedIn, Page, Visit
from bot.console.words import chosen_language
from bot.errors import NotPermitted, SetupError
from bot.stories.reading import Unreadable

PAGES: tuple[Page, ...] = (
    *account.PAGES,
    *queue.PAGES,
    *talk.PAGES,
    *review.PAGES,
    *numbers.PAGES,
    *duty.PAGES,
    *volunteers.PAGES,
    *activities.PAGES,
    *STUDIO,
    *people.PAGES,
    *audit.PAGES,
)
# Words for what went wrong, and the status that goes with it.
FAULTS: Mapping[type[Exception], tuple[str, int]] = {
    NotPermitted: ("not_permitted", 403),
    talk.Gone: ("not_found", 404),
    activities.NoActivity: ("not_found", 404),
    Forged: ("forged", 403),
    SetupError: ("not_found", 404),
    Unreadable: ("unreadable", 409),
}


class KeptFiles(StaticFiles):
    """Files beside the pages; their addresses change with them, so browsers keep them long."""

    def file_response(self, *args, **kwargs) -> Response:  # type: ignore[no-untyped-def]
        """Answers with a file."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def create_console(house: House) -> Starlette:
    """The console of a house."""
    routes: list[BaseRoute] = [
        Mount("/static", KeptFiles(directory=STATIC)),
        *front.routes(house),
        *(page.route(house) for page in PAGES),
    ]

    async def sign_in_first(request: Request, _: Exception) -> Response:
        if "hx-request" in request.headers:
            return Response(status_code=401, headers={"hx-redirect": path("/signed-out")})
        language = chosen_language(request.headers.get("accept-language", ""))
        return front.door(house, "asked", language, 401)

    async def tell(request: Request, fault: Exception) -> Response:
        name, status = FAULTS[type(fault)]
        return _tell(house, request, name, status)

    async def not_found(request: Request, _: Exception) -> Response:
        return _tell(house, request, "not_found", 404)

    async def broken(request: Request, _: Exception) -> Response:
        return _tell(house, request, "broken", 500)

    return Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, images=site_of(house.tiles))],
        exception_handlers={
            NotSignedIn: sign_in_first,
            404: not_found,
            405: not_found,
            500: broken,
            **dict.fromkeys(FAULTS, tell),
        },
    )


def _tell(house: House, request: Request, name: str, status: int) -> Response:
    """Says what went wrong, inside the page's frame where somebody is signed in."""
    visit: Visit | None = getattr(request.state, "visit", None)
    if visit is None:
        language = chosen_language(request.headers.get("accept-language", ""))
        return front.door(house, name, language, status)
    if visit.partial:
        # Shown above the page that is open, which stays as it is.
        note = visit.draw("note.html", text=visit.words(f"faults.{name}"), kind="bad")
        headers = {"hx-retarget": "#notes", "hx-reswap": "afterbegin"}
        return HTMLResponse(note, status, headers)
    return visit.show("fault.html", status, name=name)
