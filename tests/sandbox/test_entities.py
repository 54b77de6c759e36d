from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.entities import from_html, from_plain, utf16_length
from bot.sandbox.table import ApiError, Json


def marked(text: str, entities: list[Json]) -> list[tuple[str, str]]:
    """Each entity with the words it covers."""
    units = text.encode("utf-16-le")
    return [
        (
            one["type"],
            units[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le"),
        )
        for one in entities
    ]


@pytest.mark.parametrize(
    ("html", "text", "expected"),
    [
        ("<b>hei</b> sinä", "hei sinä", [("bold", "hei")]),
        ("👋🏽 <i>moi</i>", "👋🏽 moi", [("italic", "moi")]),
        ("<b>a<i>b</i></b>", "ab", [("bold", "ab"), ("italic", "b")]),
        ("1 &lt; 2 &amp; &quot;3&quot; &#228;", '1 < 2 & "3" ä', []),
        ("  <u> hei </u>\n", "hei", [("underline", "hei")]),
        ('<a href="https://seura.fi/?a=1&amp;b=2">tänne</a>', "tänne", [("text_link", "tänne")]),
        ("<a>tyhjä</a>", "tyhjä", []),
        ('<span class="tg-spoiler">salaa</span>', "salaa", [("spoiler", "salaa")]),
        (
            "<blockquote expandable>pitkä</blockquote>",
            "pitkä",
            [("expandable_blockquote", "pitkä")],
        ),
        ("<pre><code class='language-py'>x = 1</code></pre>", "x = 1", [("pre", "x = 1")]),
        (
            "<code>/start</code> /start",
            "/start /start",
            [("code", "/start"), ("bot_command", "/start")],
        ),
        ("<b></b>tyhjä", "tyhjä", []),
        ("<STRONG>iso</STRONG>", "iso", [("bold", "iso")]),
    ],
)
def test_html_becomes_text_with_entities(
    html: str, text: str, expected: list[tuple[str, str]]
) -> None:
    parsed, entities = from_html(html)
    assert parsed == text
    assert marked(parsed, entities) == expected


def test_a_link_keeps_its_address_and_a_pre_its_language() -> None:
    assert (
        from_html('<a href="https://a.fi/?x=1&amp;y=2">a</a>')[1][0]["url"]
        == "https://a.fi/?x=1&y=2"
    )
    assert from_html('<pre><code class="language-py">x</code></pre>')[1][0]["language"] == "py"


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<p>kappale</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("ä <div>", 'Unsupported start tag "div" at byte offset 3'),
        ("ikä < 18", 'Unsupported start tag "" at byte offset 5'),
        ("<span>a</span>", 'Unsupported start tag "span" at byte offset 0'),
        ("<b>auki", 'Can\'t find end tag corresponding to start tag "b"'),
        ("hei</b>", "Unexpected end tag at byte offset 3"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
    ],
)
def test_html_that_telegram_does_not_take_is_refused(html: str, reason: str) -> None:
    with pytest.raises(ApiError) as refusal:
        from_html(html)
    assert refusal.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/start abc", [("bot_command", "/start")]),
        ("kerro /help@seura_bot", [("bot_command", "/help@seura_bot")]),
        ("ja/tai 1/2", []),
        ("katso https://mieli.fi/apua.", [("url", "https://mieli.fi/apua")]),
        (
            "katso seura.fi, tai kirjoita a.b@seura.fi",
            [("url", "seura.fi"), ("email", "a.b@seura.fi")],
        ),
        ("hei @aino_m #ilta", [("mention", "@aino_m"), ("hashtag", "#ilta")]),
        ("112", []),
    ],
)
def test_plain_text_shows_its_commands_and_links(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert marked(*from_plain(text)) == expected


def test_length_is_counted_as_telegram_counts() -> None:
    assert [utf16_length(text) for text in ("", "ä", "😀", "👨‍👩‍👧")] == [0, 1, 2, 8]


@settings(deadline=None)
@given(st.text())
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    assert from_html(escape(text))[0] == text.strip()


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<b>", "</b>", "<i>", "</i>", "<code>", "</code>", "a ", "😀", "\n", "&lt;"]
        )
    )
)
def test_whatever_is_taken_has_its_entities_inside_the_text(pieces: list[str]) -> None:
    try:
        text, entities = from_html("".join(pieces))
    except ApiError:
        return
    assert "<b>" not in text
    for one in entities:
        assert 0 <= one["offset"] < one["offset"] + one["length"] <= utf16_length(text)
