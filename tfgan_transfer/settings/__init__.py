"""Every setting of a run: its default, its rules, who may use it."""
