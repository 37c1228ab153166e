"""What the suite with the real picamera2 needs beside it (tools/picamera2.sh)."""
