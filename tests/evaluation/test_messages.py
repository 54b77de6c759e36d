import pytest

from bot.errors import KnowledgeError
from bot.evaluation.messages import Labelled, read


def test_comments_and_empty_lines_are_left_out_and_a_message_may_hold_a_tab(tmp_path):
    file = tmp_path / "own.tsv"
    file.write_text("# mine\n\ngreet\tmoi\tvaan\nfactor/money\trahat loppu\n", encoding="utf-8")
    assert read(file) == [Labelled("greet", "moi\tvaan"), Labelled("factor/money", "rahat loppu")]


@pytest.mark.parametrize("line", ["greet moi", "\tmoi", "greet\t "])
def test_a_line_that_is_not_label_tab_text_is_named(tmp_path, line):
    file = tmp_path / "own.tsv"
    file.write_text(f"greet\tmoi\n{line}\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"own\.tsv:2"):
        read(file)


def test_a_file_that_is_not_there_or_holds_nothing_is_told(tmp_path):
    with pytest.raises(KnowledgeError, match="can't be read"):
        read(tmp_path / "none.tsv")
    (tmp_path / "empty.tsv").write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="no messages"):
        read(tmp_path / "empty.tsv")
