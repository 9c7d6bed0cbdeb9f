"""What `import tfgan_transfer` offers: models and images as Python objects."""
