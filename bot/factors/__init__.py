"""The four dimensions of loneliness: catalogue, a resident's profile, and its reflection."""
