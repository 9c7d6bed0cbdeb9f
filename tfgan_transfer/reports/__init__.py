"""Reports: what a run or a study came to, as one page for people."""
