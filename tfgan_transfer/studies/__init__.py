"""Many training runs, and what is learnt from them."""
