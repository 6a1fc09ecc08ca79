"""Checks histories of concurrent operations against a model that runs one operation at a time.

A history is linearizable if its operations can be put into one order, in which each gives the
reply that was seen, such that an operation which had returned before another was sent stands
before it. Clients send several operations at once; those of one client keep their order.

The search goes forward through all orders that are still possible and remembers where it has
been: what each client has done together with the state of the model says everything about what
can follow (the algorithm of Wing and Gong, with the memory that Lowe gave it).
"""

import dataclasses
from typing import Any

# How many different points a search looks at before it gives up.
POINTS_MAX = 2_000_000


class Undecided(Exception):
    """The search was given up: the history leaves too much open."""


@dataclasses.dataclass
class Operation:
    """Something that a client asked for. The times count the driver's own steps."""

    name: tuple
    sent: int
    reply: Any = None
    returned: int = -1


def find_order(clients, state, apply):
    """Returns the operations in an order that explains their replies, or None if there is none.

    clients  a list of operations for each client, in the order in which it sent them
    state    what the model begins with; hashable
    apply    apply(state, operation) returns (state after it, reply); a reply of ANY fits always
    """
    counts = [len(operations) for operations in clients]
    start = ((0,) * len(clients), state)
    seen = {start}
    # A path through the search: each step has the point that it led to, the operation, and the
    # points that are still to be tried from there.
    path = [(None, _next_points(clients, start, apply))]
    while path:
        for operation, point in path[-1][1]:
            if point in seen:
                continue
            if len(seen) >= POINTS_MAX:
                raise Undecided
            seen.add(point)
            path.append((operation, _next_points(clients, point, apply)))
            if list(point[0]) == counts:
                return [step for step, _ in path[1:]]
            break
        else:
            path.pop()
    return None


def _next_points(clients, point, apply):
    """Yields the operations that may come next and the points that they lead to."""
    positions, state = point
    waiting = [
        (client, operations[position])
        for client, (operations, position) in enumerate(zip(clients, positions, strict=True))
        if position < len(operations)
    ]
    # What was sent after one of those that are missing had returned has to come after it.
    first_return = min(operation.returned for _, operation in waiting) if waiting else 0
    for client, operation in waiting:
        if operation.sent > first_return:
            continue
        after, reply = apply(state, operation.name)
        if reply is not ANY and reply != operation.reply:
            continue
        moved = positions[:client] + (positions[client] + 1,) + positions[client + 1 :]
        yield operation, (moved, after)


ANY = object()
