import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.bodies import from_multipart
from bot.sandbox.table import ApiError, Upload
from tests.sandbox.driver import ANNA, TOKEN, Sandbox

URL = f"/bot{TOKEN}/sendMessage"
MARKUP = {"inline_keyboard": [[{"text": "Kyllä", "callback_data": "/affirm"}]]}


async def test_json_form_multipart_and_query_mean_the_same(anna: Sandbox) -> None:
    typed = {"chat_id": ANNA, "text": "Ä & ö", "reply_markup": MARKUP}
    form = {"chat_id": str(ANNA), "text": "Ä & ö", "reply_markup": json.dumps(MARKUP)}
    responses = [
        await anna.client.post(URL, json=typed),
        await anna.client.post(URL, data=form),
        await anna.client.post(URL, files={key: (None, value) for key, value in form.items()}),
        await anna.client.get(URL, params=form),
    ]
    for response in responses:
        message = response.json()["result"]
        assert message["text"] == "Ä & ö"
        assert message["reply_markup"] == MARKUP


async def test_an_attached_file_is_found_by_its_name(anna: Sandbox) -> None:
    response = await anna.client.post(
        f"/bot{TOKEN}/sendDocument",
        data={"chat_id": str(ANNA), "document": "attach://one"},
        files={"one": ("kutsu.ics", b"BEGIN:VCALENDAR", "text/calendar")},
    )
    document = response.json()["result"]["document"]
    assert (document["file_name"], document["file_size"]) == ("kutsu.ics", 15)


@pytest.mark.parametrize("body", [b"[1]", b"{", b"\xff"])
async def test_a_json_body_that_is_no_object_is_refused(sandbox: Sandbox, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = await sandbox.client.post(URL, content=body, headers=headers)
    assert response.json()["description"] == "Bad Request: can't parse JSON object"


async def test_a_body_over_fifty_megabytes_is_too_large(sandbox: Sandbox) -> None:
    response = await sandbox.client.post(URL, content=b"a" * (50 * 1024 * 1024 + 1))
    assert response.status_code == 413


@settings(deadline=None)
@given(data=st.binary(max_size=500), name=st.text(min_size=1, max_size=20))
def test_a_file_arrives_byte_by_byte_as_it_was_sent(data: bytes, name: str) -> None:
    request = httpx.Request(
        "POST", "http://x", data={"text": name}, files={"photo": ("k.png", data, "image/png")}
    )
    parts = from_multipart(request.read(), request.headers["content-type"])
    assert parts == {"text": name, "photo": Upload("k.png", "image/png", data)}


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=b"])
def test_a_malformed_multipart_body_is_refused(content_type: str) -> None:
    with pytest.raises(ApiError):
        from_multipart(b"--b\r\nnonsense\r\n--b--", content_type)
