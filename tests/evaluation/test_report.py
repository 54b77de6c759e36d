import re

from rich.console import Console

from bot.evaluation.history import keep, last, numbers
from bot.evaluation.measuring import Evaluation
from bot.evaluation.report import changes, newly_wrong, page, table
from bot.evaluation.scores import Several
from tests.evaluation.making import measured, told

HELLO = told("greet", "greet", text="moi <b>vaan</b>")
MONEY = told("factor/money", "factor/digital", 0.4, text="rahat & netti loppu")


def run(*messages):
    return Evaluation((measured(*messages),), Several(1.0, 1.0, 1.0))


def test_the_page_needs_no_net_and_shows_the_confused_sentences_as_text():
    html = page(run(HELLO, MONEY), None, "abc", 0.4)
    assert re.findall(r"(?:src|href)=\"(?!#)", html) == []
    assert "rahat &amp; netti loppu" in html
    assert html.count("<svg") == 3
    assert "the first run here" in html


def test_what_was_kept_is_what_the_next_run_is_compared_with(tmp_path):
    file = tmp_path / "last.json"
    assert last(file) is None
    keep(file, numbers(run(HELLO, MONEY), "abc"))
    before = last(file)
    mended = told("factor/money", "factor/money", text=MONEY.text)
    broken = told("greet", "deny", text=HELLO.text)
    now = measured(mended, broken)
    assert newly_wrong(now, before) == ([broken], [MONEY.text])
    assert {one.what: round(one.difference, 1) for one in changes(now, before)} == {
        "intents": -0.5,
        "factors": 1.0,
        "F1 of greet": -1.0,
    }
    html = page(Evaluation((now,)), before, "def", 0.4)
    assert "Wrong now, right before: 1" in html


def test_a_file_that_is_no_earlier_run_is_passed_over(tmp_path):
    file = tmp_path / "last.json"
    file.write_text('{"sets": []}', encoding="utf-8")
    assert last(file) is None
    file.write_text("{", encoding="utf-8")
    assert last(file) is None


def test_the_table_shows_the_change_beside_the_number():
    before = numbers(run(HELLO), "abc")
    console = Console(width=160)
    with console.capture() as printed:
        console.print(table(run(HELLO, told("greet", "deny", text="hei")), before))
    assert "0.500 (-0.500)" in printed.get()
