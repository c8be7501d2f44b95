"""Colour and light, pixel by pixel."""

from __future__ import annotations

TRANSFORMS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("AutoContrast", "Stretches each channel to the full range.", "", ("contrast",)),
    ("CLAHE", "Equalises histograms tile by tile with a limit on contrast.", "", ("contrast", "histogram")),
    ("ChannelShuffle", "Puts the channels in a drawn order.", "", ("color",)),
    ("ColorJitter", "Draws brightness, contrast, saturation and hue, in a drawn order.", "", ("color", "light")),
    ("Equalize", "Equalises the histogram.", "", ("contrast", "histogram")),
    ("FancyPCA", "Shifts colours along their principal components.", "doi:10.1145/3065386", ("color",)),
    ("FromFloat", "Turns floats in 0..1 into unsigned integers.", "", ("dtype",)),
    ("HEStain", "Varies the two stains of a histology slide.", "", ("color", "medical")),
    ("HueSaturationValue", "Shifts hue, saturation and value by drawn amounts.", "", ("color",)),
    ("Illumination", "Adds a drawn gradient or spot of light.", "", ("light",)),
    ("InvertImg", "Subtracts every value from the highest.", "", ("color",)),
    ("Normalize", "Subtracts a mean and divides by a deviation; gives float32.", "", ("normalization", "dtype")),
    ("PlanckianJitter", "Shifts the colour temperature along Planck's curve.", "arXiv:2202.07993", ("color", "light")),
    ("PlasmaBrightnessContrast", "Varies brightness and contrast by a plasma fractal.", "", ("light", "contrast")),
    ("Posterize", "Keeps only the highest bits.", "", ("color", "quantization")),
    ("RGBShift", "Shifts each channel by a drawn amount.", "", ("color",)),
    ("RandomBrightnessContrast", "Draws brightness and contrast.", "", ("light", "contrast")),
    ("RandomGamma", "Draws the exponent of the values.", "", ("light", "contrast")),
    ("RandomToneCurve", "Bends the tone curve at two drawn points.", "arXiv:1912.06960", ("light", "contrast")),
    ("Solarize", "Inverts values above a drawn threshold.", "", ("color",)),
    ("ToFloat", "Divides integers by their highest value; gives float32.", "", ("dtype",)),
    ("ToGray", "Turns colours into greys, by one of six methods.", "", ("color", "grayscale")),
    ("ToRGB", "Repeats one grey channel as three.", "", ("color", "grayscale")),
    ("ToSepia", "Applies a sepia filter.", "", ("color",)),
)
"""Class name in albumentations, summary, what it follows (arXiv or DOI; empty for none), keywords."""
