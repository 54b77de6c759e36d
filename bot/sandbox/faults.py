"""Failures on order: what Telegram does only on its bad days."""

from dataclasses import dataclass, field

from bot.sandbox.table import ApiError, Json

_DESCRIPTIONS = {
    400: "Bad Request: ordered by the test",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running",
    429: "Too Many Requests: retry after {retry_after}",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


@dataclass
class Fault:
    """The next calls that match fail.

    Attributes:
        status: HTTP status and error code.
        method: only this method; `None` is any but getUpdates.
        chat_id: only calls for this chat.
        times: how many calls, before all is well again.
        retry_after: for 429.
        migrate_to_chat_id: for 400; says that the group has a new id.
        description: instead of Telegram's usual one.
        drop: break the connection off instead of answering.
        performed: do what is asked, and only then fail.
        hold: seconds until the answer comes; whoever asked may have lost patience by then.
    """

    status: int = 500
    method: str | None = None
    chat_id: int | None = None
    times: int = 1
    retry_after: int | None = None
    migrate_to_chat_id: int | None = None
    description: str | None = None
    drop: bool = False
    performed: bool = False
    hold: float = 0.0

    def strikes(self, method: str, chat_id: object) -> bool:
        """Whether it is meant for this call."""
        if self.method is None and method == "getUpdates":
            return False
        return (
            self.times > 0
            and self.method in (None, method)
            and (self.chat_id is None or str(self.chat_id) == str(chat_id))
        )

    def refusal(self) -> ApiError:
        """The answer."""
        parameters: Json = {}
        if self.migrate_to_chat_id is not None:
            return ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": self.migrate_to_chat_id},
            )
        if self.status == 429:
            parameters["retry_after"] = self.retry_after if self.retry_after is not None else 1
        usual = _DESCRIPTIONS.get(self.status, "Internal Server Error")
        return ApiError(self.status, self.description or usual.format(**parameters), parameters)


@dataclass
class Faults:
    """All failures on order, the oldest first."""

    ordered: list[Fault] = field(default_factory=list)

    def take(self, method: str, chat_id: object) -> Fault | None:
        """The failure that this call is to meet, once less from now on."""
        for fault in self.ordered:
            if fault.strikes(method, chat_id):
                fault.times -= 1
                return fault
        return None
