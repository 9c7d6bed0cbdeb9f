"""Models of two translators between two sets of images."""
