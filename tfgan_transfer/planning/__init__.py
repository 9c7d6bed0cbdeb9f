"""What to do with somebody's images: recipe, source, size, and time."""
