"""What each side owes, earned and must still learn."""
