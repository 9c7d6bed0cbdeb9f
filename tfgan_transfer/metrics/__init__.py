"""Metrics: arrays in, numbers with their protocol out."""
