"""What keeps others out: signed cookies, tokens in forms, headers on everything.

The cookies are read by no script (HttpOnly) and sent by no other site (SameSite=Strict). A form
must carry a token that belongs to the session, and come from a page of ours. The pages run only
our own scripts, and load nothing from elsewhere.
"""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import SettingsError

SESSION_COOKIE = "seura_console"
BROWSER_COOKIE = "seura_browser"
TOKEN_FIELD = "csrf"  # noqa: S105 - its name
TOKEN_HEADER = "x-csrf"  # noqa: S105 - its name
YEAR = 365 * 24 * 3600
OTHERS = 0o077
LOOPBACK = {"localhost", "127.0.0.1"}  # policies know no other addresses
HEADERS = {
    "x-content-type-options": "nosniff",
    # Not `no-referrer`: with it browsers hide from us, too, where a form comes from.
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{images}; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def load_secret(file: Path) -> str:
    """What cookies and tokens are signed with; made at the first start.

    Raises:
        SettingsError: others than the owner may read it.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48), encoding="ascii")
    if file.stat().st_mode & OTHERS:
        raise SettingsError(
            f"Others may read the console's secret in {file}: delete it, and everybody signs in "
            "again."
        )
    return file.read_text(encoding="ascii")


class Seal:
    """Signs what a browser keeps for us.

    Args:
        secret: signs.
        secure: cookies go over https alone.
        path: where the console is; its cookies go nowhere else.
    """

    def __init__(self, secret: str, *, secure: bool, path: str) -> None:
        self._cookies = URLSafeSerializer(secret, salt="cookie")
        self._tokens = URLSafeSerializer(secret, salt="token")
        self._secure = secure
        self._path = path

    def session_of(self, request: Request) -> str | None:
        """The session's secret that the browser brings, if it is of our making."""
        return self._read(request, SESSION_COOKIE)

    def set_session(self, response: Response, secret: str) -> None:
        """Gives the browser its session; it forgets it when it is closed."""
        self._set(response, SESSION_COOKIE, secret, None)

    def drop_session(self, response: Response) -> None:
        """Has the browser forget its session."""
        response.delete_cookie(
            SESSION_COOKIE, self._path, secure=self._secure, httponly=True, samesite="strict"
        )

    def browser_of(self, request: Request) -> str | None:
        """What tells this browser from others: a secret that it keeps, and what it says it is."""
        kept = self._read(request, BROWSER_COOKIE)
        return kept and f"{kept} {request.headers.get('user-agent', '')}"

    def new_browser(self, request: Request) -> tuple[str, str]:
        """For a browser that was never here: the secret it is to keep, and what tells it then."""
        secret = secrets.token_urlsafe(24)
        return secret, f"{secret} {request.headers.get('user-agent', '')}"

    def set_browser(self, response: Response, secret: str) -> None:
        """Has the browser keep its secret."""
        self._set(response, BROWSER_COOKIE, secret, YEAR)

    def token(self, session_id: int) -> str:
        """What a form of that session must carry."""
        token = self._tokens.dumps(session_id)
        return token if isinstance(token, str) else token.decode()

    def is_token(self, token: str, session_id: int) -> bool:
        """Whether a form carries it."""
        try:
            return bool(self._tokens.loads(token) == session_id)
        except BadSignature:
            return False

    def _read(self, request: Request, name: str) -> str | None:
        try:
            return str(self._cookies.loads(request.cookies[name]))
        except (KeyError, BadSignature):
            return None

    def _set(self, response: Response, name: str, value: str, age: int | None) -> None:
        signed = self._cookies.dumps(value)
        response.set_cookie(
            name,
            signed if isinstance(signed, str) else signed.decode(),
            max_age=age,
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )


def is_from_here(request: Request) -> bool:
    """Whether a page of ours sent this, as far as the browser tells."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def site_of(address: str) -> str:
    """The site of an address, as policies name one; all of its hosts where it has a `{s}`.

    Empty where what comes from there could be read or changed on the way.
    """
    parts = urlsplit(address.replace("{s}", "*"))
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return f"{parts.scheme}://{parts.netloc}"
    return ""


class SecurityHeaders:
    """Adds the headers to every answer.

    Args:
        app: answers.
        images: a site that pictures may come from, too: the map's tiles.
    """

    def __init__(self, app: ASGIApp, images: str = "") -> None:
        self._app = app
        self._policy = POLICY.format(images=f" {images}" if images else "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers["content-security-policy"] = self._policy
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
