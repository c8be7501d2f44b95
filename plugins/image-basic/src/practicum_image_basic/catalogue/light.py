"""Operations on the values of pixels."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("brightness", "light:Brightness", "Scales all values by a factor drawn per sample.", "", ("light", "color")),
    ("contrast", "light:Contrast", "Scales the distance from the mean grey by a factor drawn per sample.", "",
     ("light", "color")),
    ("gamma", "light:Gamma", "Raises values to a power drawn per sample.", "", ("light",)),
    ("invert", "tone:Invert", "Makes the negative.", "", ("light", "negative")),
    ("solarize", "tone:Solarize", "Inverts all values above a threshold.", "", ("light",)),
    ("posterize", "tone:Posterize", "Keeps the first bits of every level.", "", ("light", "quantisation")),
    ("equalize", "tone:Equalize", "Spreads levels until all are about equally frequent.", "", ("light", "histogram")),
    ("autocontrast", "tone:AutoContrast", "Stretches each channel to the whole range.", "", ("light", "histogram")),
    ("saturation", "colour:Saturation", "Scales the distance from grey by a factor drawn per sample.", "", ("color",)),
    ("hue", "colour:Hue", "Turns the hue by an angle drawn per sample.", "", ("color",)),
    ("grayscale", "colour:Grayscale", "Replaces colours by their grey.", "", ("color",)),
    ("sepia", "colour:Sepia", "Tones the image brown.", "", ("color",)),
    ("rgb-shift", "colour:RgbShift", "Adds an offset drawn for each channel and sample.", "", ("color",)),
    ("color-jitter", "jitter:ColorJitter", "Changes brightness, contrast, saturation and hue in a drawn order.", "",
     ("light", "color")),
    ("normalize", "normalize:Normalize", "Subtracts a mean and divides by a deviation, channel by channel.", "",
     ("standardisation",)),
    ("channel-shuffle", "colour:ChannelShuffle", "Puts the channels in an order drawn per sample.", "", ("color",)),
    ("channel-dropout", "colour:ChannelDropout", "Blanks channels drawn per sample.", "", ("color", "dropout")),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
