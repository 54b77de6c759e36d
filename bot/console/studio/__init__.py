"""The studio's pages: staff edit the dialogue, try it, publish it and take it back."""

from bot.console.studio import editing, examples, mapping, publishing, trying

PAGES = (*editing.PAGES, *examples.PAGES, *mapping.PAGES, *trying.PAGES, *publishing.PAGES)
