"""One's own: the way to one's first page, language, signing out."""

from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from bot.console.house import path
from bot.console.navigation import places
from bot.console.visit import Page, Visit
from bot.console.words import LANGUAGES
from bot.people import audit, sign_in
from bot.store.tables import Person


async def first_page(visit: Visit) -> Response:
    """The first place of their menu."""
    return visit.go(places(visit.person.role)[0].inside)


async def show(visit: Visit) -> Response:
    """Where they are signed in."""
    async with visit.house.store.begin() as session:
        sessions = await sign_in.sessions_of(session, visit.person)
    return visit.show("account.html", sessions=sessions, this=visit.signed_in.session.id)


async def choose_language(visit: Visit) -> Response:
    """The console's language for them."""
    language = str(visit.form.get("language"))
    if language in LANGUAGES:
        async with visit.house.store.begin() as session:
            (await session.get_one(Person, visit.person.id)).language = language
    # Back to where they were; the path alone, so that it is a page of ours.
    back = urlsplit(visit.request.headers.get("referer", "")).path
    return RedirectResponse(back if back.startswith(path("/")) else path("/"), 303)


async def sign_out(visit: Visit) -> Response:
    """Here, or everywhere."""
    async with visit.house.store.begin() as session:
        if visit.form.get("everywhere"):
            await sign_in.sign_out_everywhere(session, visit.person)
            audit.note(session, visit.person, "sign_out_everywhere")
        else:
            await sign_in.sign_out(session, visit.signed_in)
            audit.note(session, visit.person, "sign_out")
    response = RedirectResponse(path("/signed-out"), 303)
    visit.house.seal.drop_session(response)
    return response


PAGES = (
    Page("/", None, first_page),
    Page("/account", None, show),
    Page("/account/language", None, choose_language, "POST"),
    Page("/account/sign-out", None, sign_out, "POST"),
)
