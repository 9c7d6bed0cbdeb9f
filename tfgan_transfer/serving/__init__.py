"""Exporting models, and serving them."""
