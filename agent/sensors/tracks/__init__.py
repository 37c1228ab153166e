"""The door for a tracker outside this process: heads and hands on the shelf plane, as JSON lines (docs/tracks.md)."""
