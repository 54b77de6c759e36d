"""The face on Telegram: updates in, rendering and sending out; residents' and moderators' talk."""
