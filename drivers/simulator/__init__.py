"""Card terminals made of our own frames and packets, with a bank behind them."""
