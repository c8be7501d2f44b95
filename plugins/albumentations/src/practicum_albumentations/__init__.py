"""The transforms of albumentations (the MIT releases, 2.0.x) for Practicum; importing this imports no OpenCV."""
