"""The body of a Bot API call as plain parameters, whichever of the three ways it was sent."""

import json
from email import message_from_string
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.sandbox.table import ApiError, Json, Upload, bad_request

MAX_BODY_BYTES = 50 * 1024 * 1024
_ATTACHED = "attach://"


async def read_parameters(request: Request) -> Json:
    """Query and body together; the body wins.

    Raises:
        ApiError: 413 over 50 MB, 400 for a body that cannot be read.
    """
    body = await request.body()
    if len(body) > MAX_BODY_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    parameters: Json = dict(request.query_params)
    content_type = request.headers.get("content-type", "")
    if not body:
        return parameters
    if content_type.startswith("application/json"):
        parameters |= _from_json(body)
    elif content_type.startswith("multipart/form-data"):
        parameters |= from_multipart(body, content_type)
    else:
        parameters |= dict(parse_qsl(_text(body), keep_blank_values=True))
    return _with_attachments(parameters)


def from_multipart(body: bytes, content_type: str) -> dict[str, str | Upload]:
    """The parts of a multipart body: files as `Upload`, the others as text.

    Raises:
        ApiError: 400, there is no boundary or a part is malformed.
    """
    envelope = Message()
    envelope["content-type"] = content_type
    boundary = envelope.get_boundary()
    if not boundary:
        raise bad_request("multipart body without a boundary")
    parts: dict[str, str | Upload] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, separator, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = message_from_string(_text(head))
        name = headers.get_param("name", header="content-disposition")
        if not separator or not isinstance(name, str):
            raise bad_request("malformed multipart body")
        file_name = headers.get_filename()
        if file_name is None:
            parts[name] = _text(data)
        else:
            parts[name] = Upload(file_name, headers.get_content_type(), data)
    return parts


def _from_json(body: bytes) -> dict[str, Any]:
    try:
        parameters = json.loads(body)
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(parameters, dict):
        raise bad_request("can't parse JSON object")
    return parameters


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None


def _with_attachments(parameters: Json) -> Json:
    """`attach://name` replaced by the file of that name, which is no parameter of its own."""
    attached = {
        key: value.removeprefix(_ATTACHED)
        for key, value in parameters.items()
        if isinstance(value, str) and value.startswith(_ATTACHED)
    }
    resolved = {key: parameters[name] for key, name in attached.items() if name in parameters}
    return {
        key: value for key, value in parameters.items() if key not in attached.values()
    } | resolved
