"""One request of somebody who is signed in, and the guard that lets it in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.console import times
from bot.console.house import House, path
from bot.console.navigation import places
from bot.console.security import TOKEN_FIELD, TOKEN_HEADER, is_from_here
from bot.errors import HandoffRefused, NotPermitted
from bot.people import audit, permissions, sign_in
from bot.people.permissions import Permission
from bot.people.sign_in import SignedIn
from bot.store.tables import Person


class NotSignedIn(Exception):
    """There is no session, or it is not good."""


class Forged(Exception):
    """Something is to be done that no page of ours asked for."""


@dataclass(frozen=True)
class Visit:
    """Who asks, what for, and what they are answered with."""

    request: Request
    house: House
    signed_in: SignedIn
    form: FormData

    @property
    def person(self) -> Person:
        """Who asks."""
        return self.signed_in.person

    @property
    def language(self) -> str:
        """In which language they read."""
        return self.person.language

    @property
    def parameters(self) -> Mapping[str, str]:
        """What stands after the `?`."""
        return self.request.query_params

    @property
    def partial(self) -> bool:
        """Whether a part of a page is asked for, to be put into the one that is open."""
        return "hx-request" in self.request.headers

    def number(self, name: str) -> int:
        """A number in the path."""
        return int(self.request.path_params[name])

    def count(self, name: str) -> int | None:
        """A number after the `?`; none where there is none that makes sense."""
        return _number(self.parameters.get(name))

    def given(self, name: str) -> int:
        """A number in the form; 0 where there is none that makes sense."""
        return _number(self.form.get(name)) or 0

    def may(self, permission: Permission) -> bool:
        """Whether their role has the permission."""
        return permissions.allows(self.person.role, permission)

    def words(self, name: str, /, **values: object) -> str:
        """Words of the console in their language."""
        return self.house.words(name, self.language, **values)

    def draw(self, template: str, **values: Any) -> str:
        """A page, or a part of one, for them."""
        house, language = self.house, self.language
        return house.draw(
            template,
            person=self.person,
            may=lambda permission: self.may(Permission(permission)),
            language=language,
            t=self.words,
            has_word=house.words.has,
            count=lambda name, count: house.words.count(name, count, language),
            span=self.span,
            refused=self.refused,
            language_name=lambda code: house.language_name(code, language),
            danger_name=lambda kind: house.phrases(f"danger.{kind}", language),
            reason_asked=lambda why: house.phrases(f"reason_asked.{why or 'unknown'}", language),
            feedback_name=lambda code: house.phrases(f"feedback.{code}", language),
            in_words=self.in_words,
            csrf=house.seal.token(self.signed_in.session.id),
            places=places(self.person.role),
            here=self.request.url.path,
            **values,
        )

    def in_words(self, texts: Mapping[str, str]) -> str:
        """A text in their language; in Finnish, or any, where it is not there."""
        return texts.get(self.language) or texts.get("fi") or next(iter(texts.values()), "")

    def refused(self, refusal: HandoffRefused) -> str:
        """Why something was refused, in words."""
        if refusal.reason == "behind":
            return self.house.words.count("refusals.behind", refusal.newer, self.language)
        at = times.clock(refusal.at) if refusal.at else ""
        return self.words(f"refusals.{refusal.reason}", holder=refusal.holder or "", at=at)

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """Answers with a page, or a part of one."""
        return HTMLResponse(self.draw(template, **values), status)

    def go(self, inside: str) -> Response:
        """Sends them to a page of the console."""
        if self.partial:
            return Response(headers={"hx-redirect": path(inside)})
        return RedirectResponse(path(inside), 303)

    def span(self, length: timedelta) -> str:
        """How long something takes, in words."""
        return times.span(self.house.words, self.language, length)


def _number(given: object) -> int | None:
    text = str(given or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


type Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """Where something is, what it takes to be let in, and who answers.

    Attributes:
        inside: its path in the console.
        permission: which one it takes; None lets in everybody who is signed in.
        handler: answers.
        method: `GET` shows, `POST` does.
    """

    inside: str
    permission: Permission | None
    handler: Handler
    method: str = "GET"

    def route(self, house: House) -> Route:
        """The page behind its guard."""

        async def guarded(request: Request) -> Response:
            return await self.handler(await self._enter(request, house))

        return Route(self.inside, guarded, methods=[self.method])

    async def _enter(self, request: Request, house: House) -> Visit:
        """Lets a visit in.

        Raises:
            NotSignedIn: there is no good session.
            Forged: a form without its token, or from elsewhere.
            NotPermitted: their role does not have the permission.
        """
        signed_in = await who(request, house)
        if signed_in is None:
            raise NotSignedIn
        form = FormData()
        if self.method != "GET":
            form = await request.form(max_part_size=64 * 1024)
            token = request.headers.get(TOKEN_HEADER) or str(form.get(TOKEN_FIELD, ""))
            if not is_from_here(request) or not house.seal.is_token(token, signed_in.session.id):
                async with house.store.begin() as session:
                    audit.note(session, signed_in.person, "forged", about=self.inside)
                raise Forged
        visit = Visit(request, house, signed_in, form)
        request.state.visit = visit
        if self.permission:
            try:
                permissions.check(signed_in.person.role, self.permission)
            except NotPermitted:
                async with house.store.begin() as session:
                    audit.note(session, signed_in.person, "refused", about=self.permission)
                raise
        return visit


async def who(request: Request, house: House) -> SignedIn | None:
    """Who is signed in, in the browser that asks."""
    secret = house.seal.session_of(request)
    browser = house.seal.browser_of(request)
    if secret is None:
        return None
    async with house.store.begin() as session:
        return await sign_in.find(session, secret, browser or "")
