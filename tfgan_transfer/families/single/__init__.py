"""Models of one generator and one critic."""
