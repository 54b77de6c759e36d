"""What must never wait: crisis screening, helplines. Needs neither Rasa nor the network."""
