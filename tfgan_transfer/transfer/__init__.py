"""Moving a trained model to new images: mapping, freezing, regularisers."""
