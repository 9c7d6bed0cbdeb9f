"""Evaluations: what is measured, shown, kept and compared."""
