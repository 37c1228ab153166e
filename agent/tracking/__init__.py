"""From detections to visitors on the shelf plane: who is there, where they stand, what they reach for."""
