"""Basic image changes for Practicum: geometry, light and colour, blur, sharpening, noise, and policies over them."""
