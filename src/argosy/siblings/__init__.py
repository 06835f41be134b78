"""The processes of one server, and the one that keeps them: how they ask each other, and how one that dies is replaced.

`channel.py` is a connection of two of them, `siblings.py` what a serving process sees of the others, `keeper.py` the
process that starts them, through which every question goes.
"""
