"""Banks of answers: wrong ones that must lose points, right ones that must not."""
