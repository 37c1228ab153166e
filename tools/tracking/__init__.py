"""How well the agent follows people and hands, against other trackers on the same detections: docs/tracking.md."""
