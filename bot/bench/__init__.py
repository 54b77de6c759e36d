"""The benchmark: the same messages through bare Rasa, the full way, and the stock pipeline."""

from bot.errors import SeuraError


class BenchFailed(SeuraError):
    """A way could not be measured to the end. The message says where it stopped and why."""
