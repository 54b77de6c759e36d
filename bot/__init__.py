"""Seura: a bot that keeps company with lonely people, and the workplace of those behind it."""
