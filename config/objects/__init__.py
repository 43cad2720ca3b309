"""One file for each object that is mirrored from the start."""
