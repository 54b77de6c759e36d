"""Faults on purpose: processes killed, Telegram refusing, a full disk; and what became of it."""
