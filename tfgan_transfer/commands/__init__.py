"""Command lines: the only room that knows absl."""
