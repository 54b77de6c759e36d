"""`python -m bot.bench.actions`: our custom actions alone, for a Rasa without the app."""

import uvicorn

from actions.rooms import Rooms
from bot.app import actions_app
from bot.settings import KEEP_ALIVE, read_settings


def main() -> None:
    """Serves until SIGTERM."""
    settings = read_settings()
    uvicorn.run(
        actions_app(Rooms.open(settings), None),
        host="127.0.0.1",
        port=settings.actions_port,
        ws="none",
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE,
    )


if __name__ == "__main__":
    main()
