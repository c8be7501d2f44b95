"""The hot loops: one folder an operation, with its reference and its fast form."""
