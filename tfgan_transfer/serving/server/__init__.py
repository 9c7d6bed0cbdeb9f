"""A stand-in for TensorFlow Serving: REST and gRPC for one model."""
