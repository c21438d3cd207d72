"""What all simulated terminals share: the bank, the cards, the script, the line."""
