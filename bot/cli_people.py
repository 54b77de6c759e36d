"""`./seura people …`: who may sign in to the web console."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.errors import PersonRefused, SetupError
from bot.people.permissions import Role
from bot.settings import read_settings

if TYPE_CHECKING:  # ./seura run reads all commands, and should hardly weigh anything
    from sqlalchemy.ext.asyncio import AsyncSession

cli = typer.Typer(no_args_is_help=True, help="Who may sign in to the web console.")
page = Console(highlight=False)

# What to do about a refusal, by its reason.
REASONS = {
    "name": "The name must not be empty.",
    "telegram_id": "A Telegram id is a number above 0.",
    "known": "That id is on the list already: change the role with ./seura people role.",
    "unknown": "That id is not on the list: see ./seura people list.",
    "last_admin": "This is the only admin: make somebody else one first.",
}

TelegramId = Annotated[
    int, typer.Argument(help="The number that the bot tells who writes /console in the group.")
]


@cli.command("list")
def show() -> None:
    """List who may sign in.

    Example: ./seura people list
    """
    from bot.people import registry

    table = Table("name", "Telegram id", "role", "added (UTC)")

    async def listed(session: "AsyncSession") -> None:
        for one in await registry.everybody(session):
            table.add_row(
                one.name, str(one.telegram_id), one.role, f"{one.added_at:%Y-%m-%d %H:%M}"
            )

    _run(listed)
    page.print(table)


@cli.command()
def add(
    telegram_id: TelegramId,
    name: Annotated[str, typer.Argument(help="As residents and colleagues see it.")],
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.MODERATOR,
    language: Annotated[str, typer.Option(help="Of their console: fi or en.")] = "fi",
) -> None:
    """Let somebody sign in.

    Example: ./seura people add 123456789 Aino --role admin
    """
    from bot.people import audit, registry

    if language not in ("fi", "en"):
        raise SetupError("--language must be fi or en.")

    async def added(session: "AsyncSession") -> None:
        person = await registry.add(session, telegram_id, name, role, language)
        audit.note(session, None, "person_add", f"person:{person.id}", role=role)

    _run(added)
    page.print(f"{name} may sign in as {role}: /konsoli or /console to the bot.")


@cli.command("role")
def give_role(
    telegram_id: TelegramId, role: Annotated[Role, typer.Argument(help="The new one.")]
) -> None:
    """Give somebody another role.

    Example: ./seura people role 123456789 staff
    """
    from bot.people import audit, registry

    async def changed(session: "AsyncSession") -> None:
        person = await registry.give_role(session, telegram_id, role)
        audit.note(session, None, "person_role", f"person:{person.id}", role=role)

    _run(changed)
    page.print(f"{telegram_id} is {role} now.")


@cli.command()
def remove(telegram_id: TelegramId) -> None:
    """Let somebody in no longer, and sign them out everywhere.

    Example: ./seura people remove 123456789
    """
    from bot.people import audit, registry

    async def removed(session: "AsyncSession") -> None:
        person = await registry.remove(session, telegram_id)
        audit.note(session, None, "person_remove", f"person:{person.id}")

    _run(removed)
    page.print(f"{telegram_id} may not sign in any more.")


def _run(work: "Callable[[AsyncSession], Awaitable[None]]") -> None:
    """Does it in one transaction.

    Raises:
        SetupError: it is refused; says why.
    """
    from bot.opening import open_store

    async def in_transaction() -> None:
        store = open_store(read_settings())
        try:
            await store.migrate()
            async with store.begin() as session:
                await work(session)
        finally:
            await store.close()

    try:
        asyncio.run(in_transaction())
    except PersonRefused as refusal:
        raise SetupError(REASONS[refusal.reason]) from refusal
