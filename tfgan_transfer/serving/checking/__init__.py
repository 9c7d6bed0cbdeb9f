"""The rules by which a SavedModel is judged, and what it takes to try."""
