"""The run directory, checkpoints, and the callbacks of `Model.fit`."""
