"""What is exported: signatures around networks, and their directory."""
