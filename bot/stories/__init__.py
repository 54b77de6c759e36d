"""What staff edit: checks it in seconds, before a model is trained on it."""
