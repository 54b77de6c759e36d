"""Run in Rasa's own environment: reads texts as JSON, prints how the model understands each.

echo '["moi"]' | .venv-rasa/bin/python -m tests.nlu.parse_messages var/models/seura-….tar.gz
"""

import asyncio
import json
import sys
from typing import Any

from nlu import lean

lean.prepare()

from rasa.core.agent import Agent  # noqa: E402


async def parse(model: str, texts: list[str]) -> list[dict[str, Any]]:
    """Each text as the model's pipeline understands it."""
    agent = Agent.load(model)
    return [await agent.parse_message(text) for text in texts]


if __name__ == "__main__":
    print("FOUND", json.dumps(asyncio.run(parse(sys.argv[1], json.load(sys.stdin)))))  # noqa: T201
