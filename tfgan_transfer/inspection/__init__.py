"""What is odd about a set of images, before anybody trains on it."""
