"""Opening the database of the settings with their keys."""

from bot.keys import Keys
from bot.settings import Settings
from bot.store.engine import Store


def open_store(settings: Settings) -> Store:
    """The store, without a look at whether its tables are there.

    Raises:
        SettingsError: the keys can't be used.
    """
    keys = Keys.load(settings.key_file, settings.keys.get_secret_value())
    return Store(settings.database, keys)
