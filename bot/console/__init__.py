"""The web console: where moderators and staff see more at once than a chat can show."""
