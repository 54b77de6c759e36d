"""From the bot to a human and back: states of a request, the queue, who may write."""
