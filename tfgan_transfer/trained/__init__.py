"""What is done with a finished model."""
