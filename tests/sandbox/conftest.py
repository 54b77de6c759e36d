from collections.abc import AsyncIterator

import pytest

from tests.sandbox.driver import ANNA, Sandbox, in_memory


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A fresh sandbox in which nobody has said anything."""
    sandbox = in_memory()
    async with sandbox.client:
        yield sandbox


@pytest.fixture
async def anna(sandbox: Sandbox) -> Sandbox:
    """A sandbox in which Anna has greeted the bot, and the bot has heard it."""
    await sandbox.write(ANNA, "hei")
    [update] = await sandbox.updates()
    await sandbox.updates(offset=update["update_id"] + 1)
    return sandbox
