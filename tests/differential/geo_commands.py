"""Random commands for places: members in a few towns, all over the world, and at its edges."""

TOWNS = [(13.361389, 38.115556), (15.087269, 37.502669), (2.349, 48.8534), (-74.006, 40.7128)]
EDGES = [(180, 85.05112878), (-180, -85.05112878), (179.9999, 0.01), (-179.9999, 0), (0.1, 0.2)]
UNITS = ["m", "km", "ft", "mi", "KM"]


def _key(c):
    return c.key_of("g")


def _member(c):
    return "place%d" % c.small(0, 25)


def _coordinates(c):
    kind = c.small(0, 9)
    if kind < 4:
        east, north = c.one_of(*TOWNS)
        return ["%.6f" % (east + c.small(-99, 99) / 503), "%.6f" % (north + c.small(-99, 99) / 509)]
    if kind < 6:
        return list(c.one_of(*EDGES))
    if kind < 7:
        return [c.one_of(181, -180.1, 10), c.one_of(86, -85.2, 90)]
    return ["%.4f" % (c.small(-1800, 1800) / 10), "%.4f" % (c.small(-850, 850) / 10)]


def _radius(c):
    return [c.one_of(0, 1, 50, 200.5, 1000, 5000, 30000, c.small(1, 20000)), c.one_of(*UNITS)]


def _with(c):
    return [word for word in ("WITHCOORD", "WITHDIST", "WITHHASH") if c.chance(0.4)]


def _order(c):
    return [c.one_of("ASC", "DESC"), *c.maybe("COUNT", c.small(1, 9))]


def _from(c):
    if c.chance(0.5):
        return ["FROMMEMBER", _member(c)]
    return ["FROMLONLAT", *_coordinates(c)]


def _by(c):
    if c.chance(0.6):
        return ["BYRADIUS", *_radius(c)]
    width, unit = _radius(c)
    return ["BYBOX", width, c.one_of(10, 500, 3000.5, 20000), unit]


def _search(c):
    return ["GEOSEARCH", _key(c), *_from(c), *_by(c), *_order(c), *_with(c)]


def _store(c):
    options = [*c.maybe(*_order(c)), *c.maybe("STOREDIST")]
    return ["GEOSEARCHSTORE", _key(c), _key(c), *_from(c), *_by(c), *options]


def _georadius(c):
    name = c.one_of("GEORADIUS", "GEORADIUS_RO")
    return [name, _key(c), *_coordinates(c), *_radius(c), *_with(c), *_order(c)]


def _georadiusbymember(c):
    name = c.one_of("GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO")
    return [name, _key(c), _member(c), *_radius(c), *_order(c), *_with(c)]


def _georadius_store(c):
    end = [c.one_of("STORE", "STOREDIST"), _key(c)]
    return ["GEORADIUS", _key(c), *_coordinates(c), *_radius(c), *c.maybe(*_order(c)), *end]


def _place(c):
    """A member with its coordinates. No two are at one place: their order would be anybody's."""
    number = c.small(0, 25)
    if number < len(EDGES):
        return [*EDGES[number], "place%d" % number]
    east, north = c.one_of(*TOWNS)
    if c.chance(0.2):
        east, north = c.small(-1700, 1700) / 10, c.small(-800, 800) / 10
    return ["%.6f" % (east + number / 97), "%.6f" % (north + number / 131), "place%d" % number]


def _geoadd(c):
    places = [word for _ in range(c.small(1, 5)) for word in _place(c)]
    if c.chance(0.05):
        places[:2] = [c.one_of(181, -180.1, 10), c.one_of(86, -85.2)]
    return ["GEOADD", _key(c), *c.one_of([], [], ["NX"], ["XX"]), *c.maybe("CH"), *places]


WEIGHTS = {
    _geoadd: 14,
    lambda c: ["GEODIST", _key(c), _member(c), _member(c), *c.maybe(c.one_of(*UNITS))]: 5,
    lambda c: ["GEOHASH", _key(c), *[_member(c) for _ in range(c.small(0, 3))]]: 4,
    lambda c: ["GEOPOS", _key(c), *[_member(c) for _ in range(c.small(0, 3))]]: 4,
    _search: 10,
    _store: 3,
    _georadius: 5,
    _georadiusbymember: 5,
    _georadius_store: 3,
    lambda c: ["ZREM", _key(c), _member(c)]: 2,
    lambda c: ["ZRANGE", _key(c), 0, -1, "WITHSCORES"]: 2,
}

EXACT = b"GEOADD GEODIST GEOHASH GEOPOS".split()
