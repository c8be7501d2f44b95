"""nlpaug's text augmenters as Practicum techniques: seeded per sample, spans carried along."""
