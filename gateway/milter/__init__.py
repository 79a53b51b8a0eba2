"""The milter beside Postfix or Sendmail: the same Transaction, the same pipeline, another way in and out.

The protocol has no RFC; libmilter's mfdef.h and Postfix's MILTER_README are its references. Never replaces a body.
"""
