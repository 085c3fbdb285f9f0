"""The meeting of a review: agenda, people, targets, dates."""
