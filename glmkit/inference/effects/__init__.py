"""Effects on the scale of the response, by evaluating the formula again on changed data."""
