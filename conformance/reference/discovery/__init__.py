"""The reference assistants with their catalogue, their claims and their instructions for use, and a client that finds them."""
