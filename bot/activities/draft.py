"""An activity as a source gives it, before it is in the catalogue: checked field by field."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.activities.times import check_times

type Kind = Literal[
    "meeting_place", "group", "peer_group", "course", "service", "online", "friend", "volunteering"
]
KINDS: tuple[str, ...] = get_args(Kind.__value__)

type Words = Annotated[str, Field(min_length=1, max_length=4000)]
type LanguageCode = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
type Texts = dict[LanguageCode, Words]


class Draft(BaseModel):
    """The fields of an activity; what a source does not tell is left at its default.

    `title` and `text` are by language (`fi`, `en`, `sv` …), at least one; coordinates are WGS84
    degrees; `meant_for` are factors, none where it is for everybody; `times` as in `times.py`;
    `price_euros` 0 is free, None not known.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    source_id: Annotated[str, Field(min_length=1, max_length=300)]
    kind: Kind = "group"
    title: Annotated[Texts, Field(min_length=1)]
    text: Texts = Field(default_factory=dict)
    organiser: str | None = None
    municipality: str | None = None
    place: str | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    meant_for: list[str] = Field(default_factory=list)
    needs: list[str] = Field(default_factory=list)
    interests: list[str] = Field(default_factory=list)
    times: list[dict[str, Any]] = Field(default_factory=list)
    price_euros: Annotated[float, Field(ge=0, le=10_000)] | None = None
    languages: list[LanguageCode] = Field(default_factory=list)
    audience: Texts | None = None
    youngest: Annotated[int, Field(ge=0, le=120)] | None = None
    oldest: Annotated[int, Field(ge=0, le=120)] | None = None
    walk_in: bool = False
    step_free: bool | None = None
    hearing_loop: bool | None = None
    contact: Texts | None = None
    booking: Texts | None = None
    link: Annotated[str, Field(pattern="^https?://", max_length=2000)] | None = None
    licence: str | None = None
    attribution: str | None = None

    @field_validator("times")
    @classmethod
    def _readable(cls, times: list[dict[str, Any]]) -> list[dict[str, Any]]:
        check_times(times)
        return times

    @model_validator(mode="after")
    def _whole(self) -> "Draft":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together")
        if self.youngest is not None and self.oldest is not None and self.youngest > self.oldest:
            raise ValueError("youngest is above oldest")
        if not self.text:
            self.text = dict(self.title)
        return self

    def columns(self) -> dict[str, Any]:
        """The columns of the table."""
        return self.model_dump()

    def digest(self) -> str:
        """Tells this draft from any other one."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


@dataclass(frozen=True)
class Refused:
    """What can't be taken in: which row or id, which of its fields, and why."""

    row: str
    field: str
    reason: str


class Unfit(Exception):
    """A field of an entry that can't be used: `field` and a plain reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def check(row: str, fields: dict[str, Any]) -> Iterator[Draft | Refused]:
    """The draft, or everything that is wrong with it."""
    try:
        yield Draft.model_validate(fields)
    except ValidationError as error:
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"]) or "whole"
            reason = fault["msg"].removeprefix("Value error, ")
            yield Refused(row, where, "is missing" if fault["type"] == "missing" else reason)
