"""`python -m bot.bench.sandbox PORT`: the sandbox in a process of its own, to be weighed apart."""

import sys

import uvloop

from bot.sandbox.server import SandboxServer, create_app
from bot.sandbox.state import MODERATOR_CHAT

# Not the demo's: with that one `./seura run` would not run.
TOKEN = "9001:bench"  # noqa: S105 - opens the sandbox alone
GROUP = MODERATOR_CHAT


def main() -> None:
    """Serves until SIGTERM."""
    sandbox = create_app(TOKEN)
    uvloop.run(SandboxServer(sandbox, sandbox.state.world, int(sys.argv[1])).serve())


if __name__ == "__main__":
    main()
