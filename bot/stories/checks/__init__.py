"""What the files that staff edit must keep, by subject. Each check finds what breaks it."""
