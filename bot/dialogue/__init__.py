"""What is said and decided: Rasa's client, and the wording that staff edit."""
