"""Calls held against the official method table.

`botapi.json` is the published table of methods and types, reduced to names, types and what is
required. Telegram forgives a misspelt parameter by ignoring it; the sandbox refuses it, because
nobody misspells one on purpose.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import SeuraError

Json = dict[str, Any]

_SCALARS = frozenset({"Integer", "Float", "Boolean", "String", "InputFile"})
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_AS_TELEGRAM_SAYS = {"chat_id": "chat_id is empty", "text": "message text is empty"}


class ApiError(SeuraError):
    """A refusal, answered as Telegram answers one.

    Attributes:
        code: HTTP status and `error_code`.
        description: Telegram's text, as far as it is known.
        parameters: `retry_after` or `migrate_to_chat_id`, where there is one.
    """

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters or {}


def bad_request(reason: str) -> ApiError:
    """The commonest refusal: 400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {reason}")


@dataclass(frozen=True)
class Upload:
    """A file sent in a multipart body."""

    name: str
    content_type: str
    data: bytes


class MethodTable:
    """The methods and types of the Bot API, and whether a value fits them."""

    def __init__(self, version: str, methods: Json, types: Json) -> None:
        self.version = version
        self.methods = methods
        self.types = types
        self._spelling = {name.lower(): name for name in methods}

    @classmethod
    def read(cls) -> "MethodTable":
        """The table that stands beside this module."""
        text = Path(__file__).with_name("botapi.json").read_text(encoding="utf-8")
        table = json.loads(text)
        return cls(table["version"], table["methods"], table["types"])

    def method(self, name: str) -> str:
        """The official spelling of a method; Telegram takes any case.

        Raises:
            ApiError: 404, there is no such method.
        """
        try:
            return self._spelling[name.lower()]
        except KeyError:
            raise ApiError(404, "Not Found") from None

    def parameters(self, method: str, given: Mapping[str, Any]) -> Json:
        """The parameters of a call, each with the type the table gives it.

        Values from a form are strings, objects JSON in a string; from a JSON body they may be
        typed already. An empty string is kept only where a string is wanted.

        Raises:
            ApiError: 400, a parameter is unknown, missing or of the wrong type.
        """
        fields = self.methods[method]
        for name in given:
            if name not in fields:
                raise bad_request(f"unknown parameter {name}")
        parameters = {}
        for name, field in fields.items():
            value = given.get(name)
            if value is None or (value == "" and "String" not in field["types"]):
                if field.get("required"):
                    raise bad_request(
                        _AS_TELEGRAM_SAYS.get(name, f"parameter {name} is required but missing")
                    )
                continue
            if isinstance(value, str) and not _SCALARS.intersection(field["types"]):
                value = _decoded(name, value)
            parameters[name] = self.fit(field["types"], value, name)
        return parameters

    def fit(self, types: list[str], value: Any, where: str, *, strict: bool = False) -> Any:
        """`value` as the first of `types` that it fits.

        Args:
            types: names as in the table, such as `Integer` or `Array of BotCommand`.
            value: what was given.
            where: path for the error message.
            strict: also refuse unknown fields of objects; for what the sandbox itself says.

        Raises:
            ApiError: 400, it fits none.
        """
        problem = bad_request(f"wrong type of {where}, expected {' or '.join(types)}")
        for kind in types:
            try:
                return self._fit_one(kind, value, where, strict)
            except ApiError as refusal:
                if len(types) == 1:
                    problem = refusal
        raise problem

    def _fit_one(self, kind: str, value: Any, where: str, strict: bool) -> Any:
        if kind in _SCALARS:
            return _scalar(kind, value, where)
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                raise bad_request(f"wrong type of {where}, expected an array")
            inner = [kind.removeprefix("Array of ")]
            return [
                self.fit(inner, item, f"{where}[{n}]", strict=strict)
                for n, item in enumerate(value)
            ]
        definition = self.types[kind]
        if "subtypes" in definition:
            return self.fit(definition["subtypes"], value, where, strict=strict)
        if kind == "KeyboardButton" and isinstance(value, str):
            return {"text": value}
        return self._fit_object(kind, definition["fields"], value, where, strict)

    def _fit_object(self, kind: str, fields: Json, value: Any, where: str, strict: bool) -> Json:
        if not isinstance(value, dict):
            raise bad_request(f"wrong type of {where}, expected {kind}")
        fitted = dict(value)
        for name, field in fields.items():
            path = f"{where}.{name}"
            if value.get(name) is None:
                if field.get("required"):
                    raise bad_request(f"can't parse {kind}: field {path} is required")
                continue
            fitted[name] = self.fit(field["types"], value[name], path, strict=strict)
            if field.get("is", fitted[name]) != fitted[name]:
                raise bad_request(f"{path} must be {field['is']}")
        unknown = value.keys() - fields.keys()
        if strict and unknown:
            raise bad_request(f"{kind} has no field {', '.join(sorted(unknown))}")
        return fitted


def _decoded(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise bad_request(f"can't parse {name}: not valid JSON") from None


def _scalar(kind: str, value: Any, where: str) -> Any:
    """A plain value, or the same written out in a form field."""
    text = isinstance(value, str)
    match kind:
        case "String" if text:
            return value
        case "InputFile" if isinstance(value, Upload):
            return value
        case "Boolean" if isinstance(value, bool):
            return value
        case "Boolean" if text and value.lower() in _BOOLEANS:
            return _BOOLEANS[value.lower()]
        case "Integer" if isinstance(value, int) and not isinstance(value, bool):
            return value
        case "Integer" if text and re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
            return int(value)
        case "Float" if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        case "Float" if text and _is_number(value):
            return float(value)
    raise bad_request(f"wrong type of {where}, expected {kind}")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
