"""Before somebody is signed in: the link from the bot, and what is told at the door."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.console.house import House, path
from bot.console.security import is_from_here
from bot.console.words import chosen_language
from bot.errors import SignInRefused
from bot.people import audit, registry, sign_in

LINK = "/link/{secret}"


def link_path(secret: str) -> str:
    """Where a link leads to, from the site's root."""
    return path(LINK.format(secret=secret))


def routes(house: House) -> Sequence[Route]:
    """The ways in."""

    async def look_at_link(request: Request) -> Response:
        """Binds the link to this browser. A click alone uses it up: programs look at links."""
        if request.method == "HEAD":
            return Response()
        secret = request.path_params["secret"]
        browser = house.seal.browser_of(request)
        kept = None
        if browser is None:
            kept, browser = house.seal.new_browser(request)
        try:
            async with house.store.begin() as session:
                person = await sign_in.open_link(session, secret, browser)
        except SignInRefused:
            return await _turn_away(house, request)
        response = HTMLResponse(
            house.draw(
                "link.html", name=person.name, secret=secret, **_words(house, person.language)
            )
        )
        if kept:
            house.seal.set_browser(response, kept)
        return response

    async def use_link(request: Request) -> Response:
        browser = house.seal.browser_of(request)
        if browser is None or not is_from_here(request):
            return await _turn_away(house, request)
        try:
            async with house.store.begin() as session:
                secret, signed_in = await sign_in.use_link(
                    session, request.path_params["secret"], browser
                )
                audit.note(session, signed_in.person, "sign_in")
        except SignInRefused:
            return await _turn_away(house, request)
        response = RedirectResponse(path("/"), 303)
        house.seal.set_session(response, secret)
        return response

    async def signed_out(request: Request) -> Response:
        language = chosen_language(request.headers.get("accept-language", ""))
        return door(house, "signed_out", language, 200)

    async def as_sample(request: Request) -> Response:
        """In the demo everybody may be any of the sample people."""
        wanted = request.query_params.get("as", "")
        async with house.store.begin() as session:
            person = await registry.by_telegram_id(session, int(wanted)) if _is_id(wanted) else None
            if person is None:
                return door(house, "not_found", "fi", 404)
            kept, browser = house.seal.new_browser(request)
            secret, signed_in = await sign_in.begin(session, person, browser)
            audit.note(session, signed_in.person, "sign_in")
        response = RedirectResponse(path("/"), 303)
        house.seal.set_browser(response, kept)
        house.seal.set_session(response, secret)
        return response

    ways = [
        Route(LINK, look_at_link, methods=["GET"]),
        Route(LINK, use_link, methods=["POST"]),
        Route("/signed-out", signed_out),
    ]
    return [*ways, Route("/demo", as_sample)] if house.demo else ways


def door(house: House, told: str, language: str, status: int) -> Response:
    """A page for somebody who is not signed in."""
    return HTMLResponse(house.draw("door.html", told=told, **_words(house, language)), status)


async def _turn_away(house: House, request: Request) -> Response:
    async with house.store.begin() as session:
        audit.note(session, None, "link_refused")
    language = chosen_language(request.headers.get("accept-language", ""))
    return door(house, "link", language, 403)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _words(house: House, language: str) -> dict[str, object]:
    def words(name: str, /, **values: object) -> str:
        return house.words(name, language, **values)

    return {"t": words, "language": language}
