"""What the hub wants of this device, as signed documents: verified, kept, applied, watched, taken back if harmful."""
