"""The skeleton RNN of Le Roux, 2017: recurrent layers over vectors of joints."""
