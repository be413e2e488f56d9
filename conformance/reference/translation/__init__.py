"""The reference translators: phrases of a glossary behind LibreTranslate's interface, and the clients that ask them."""
