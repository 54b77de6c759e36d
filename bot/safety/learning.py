"""When the second look is learnt: once, and anew when what it is made of has changed."""

import hashlib
import subprocess
import sys
from pathlib import Path

from bot.errors import SetupError
from bot.safety.examples import read_examples

HERE = Path(__file__).parent
# A change in one of these changes what is learnt, or how it is kept.
MADE_BY = (
    *(HERE / f"{name}.py" for name in ("examples", "normalise", "second_look", "teaching")),
    HERE.parent / "tfidf.py",
)


def learnt(knowledge: Path, ordinary: Path, models: Path, *, anew: bool = False) -> Path:
    """The file with what the second look knows; has it learnt if need be, in about 5 seconds.

    Args:
        knowledge: the folder `bot/knowledge`.
        ordinary: the folder `nlu`.
        models: where the file is kept.
        anew: learn even if the file is there, since it can't be read.

    Raises:
        KnowledgeError: the examples can't be used.
        SetupError: it could not be learnt, or not be kept.
    """
    examples = knowledge / "crisis_examples.tsv"
    file = models / f"second-look-{_fingerprint(examples, ordinary)}.npz"
    if anew or not file.exists():
        read_examples(examples)  # a slip in them is told here, by its line
        _teach(examples, ordinary, file)
    return file


def _teach(examples: Path, ordinary: Path, file: Path) -> None:
    command = [sys.executable, "-m", "bot.safety.teaching"]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(  # noqa: S603 - our own module
            [*command, *(str(path.absolute()) for path in (examples, ordinary, file))],
            cwd=HERE.parent.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        reason = "\n".join(error.stderr.splitlines()[-3:])
        raise SetupError(f"What danger sounds like could not be learnt.\n{reason}") from error
    except OSError as error:
        raise SetupError(f"What danger sounds like could not be kept: {error}.") from error


def _fingerprint(examples: Path, ordinary: Path) -> str:
    digest = hashlib.sha256()
    for file in (examples, *sorted(ordinary.glob("*.yml")), *MADE_BY):
        digest.update(f"{file.name}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
