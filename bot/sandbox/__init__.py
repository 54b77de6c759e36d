"""Telegram without Telegram: a small stateful server that plays the Bot API, and its page.

The bot is pointed here by its API address and cannot tell the difference; people write, tap and
read through the control interface (`/sandbox/...`), which the page at `/` and the tests use.
Everything is kept in memory and gone when the process ends.

    table.py     every call held against the official method table (`botapi.json`)
    bodies.py    JSON, form and multipart bodies as plain parameters
    entities.py  HTML and plain text as text with entities
    state.py     the world: people, chats, messages, topics, files
    updates.py   what the bot has not confirmed yet: long polling and webhook
    methods.py   which methods are played, gathered from
                 sending.py, editing.py, groups.py and profile.py
    people.py    what people do: write, tap, edit, block, join
    faults.py    failures on order: 429, 500, a dropped connection
    control.py   the control interface over HTTP
    server.py    the Starlette app, and a uvicorn server that stops at once
    page/        a phone for the resident, the moderators' group beside it

It plays Telegram and knows nothing of the bot: of the other rooms it imports only `bot.errors`.
"""
