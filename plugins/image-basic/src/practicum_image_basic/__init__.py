"""Basic image changes for Practicum: noise, blur, shift, flip, brightness and contrast."""
