"""Collections of examples, and the datasets cut from them."""
