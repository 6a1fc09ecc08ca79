"""What INFO says."""


def info(client, field):
    """The text of a field, whichever section it stands in."""
    for line in client.call("INFO", "everything").value.decode().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return value
    raise KeyError(field)
