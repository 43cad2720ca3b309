"""Fills a new org with as many records as somebody wants: ``--generate opportunities=1000000``.

What comes out looks like a company that has grown for four years: seasons and quarter ends, sales people who win more
or less often, close dates that are pushed, deals that nobody touches any longer, records changed in bulk. The rows are
made by the parts of :mod:`playground.seed`; here is who does what when, and the way into the database.

The same order, seed and time make the same org. Memory does not grow with the number of opportunities, and only by
some forty bytes per account and contact.
"""

from playground.generate.filling import AlreadyFilled, Made, fill, make_file
from playground.generate.order import Order, WrongOrder, parse_order

__all__ = ["AlreadyFilled", "Made", "Order", "WrongOrder", "fill", "make_file", "parse_order"]
