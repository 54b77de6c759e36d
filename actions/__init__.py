"""Rasa's custom actions, a module per topic. Thin: read the tracker, call the domain, answer.

They run inside Seura's app. `python -m rasa_sdk --actions actions` runs them on their own, too.
"""
