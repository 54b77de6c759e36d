"""Our Rasa components. They run in Rasa's own environment (Python 3.10)."""
