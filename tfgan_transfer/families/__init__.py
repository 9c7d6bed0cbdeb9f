"""Families of models: what it takes to plan, build and measure each."""
