"""What the hub wants of this device: signed documents, verified, kept, applied, watched, and taken back where they harm."""
