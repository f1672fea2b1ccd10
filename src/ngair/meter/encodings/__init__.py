"""How values are written inside a frame: A-XDR, SML, date-times; ciphered, in blocks. Bytes in, values out."""
