"""A module for each part of the console; its `PAGES` are what it answers to."""
