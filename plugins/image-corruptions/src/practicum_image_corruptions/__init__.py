"""The fifteen common corruptions of Hendrycks and Dietterich at five severities, for Practicum."""
