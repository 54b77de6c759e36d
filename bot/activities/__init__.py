"""What is on nearby: places, times, the catalogue, search and ranking."""
