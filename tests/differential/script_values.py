"""Random pieces of Lua: values, formats and patterns, written as source."""

import random

NUMBERS = ["0", "1", "-1", "2", "-0", "127", "128", "255", "256", "-128", "-129", "32767", "32768",
           "65535", "65536", "-32769", "2147483647", "2147483648", "-2147483649", "4294967295",
           "4294967296", "9007199254740991", "9007199254740992", "-9007199254740993",
           "9223372036854775807", "1e15", "1e16", "1e17", "123456789012345678", "0.1", "-0.5",
           "1.5", "3.14159265358979", "1e100", "1e-7", "1e308*10", "-1e308*10", "0/0", "100000",
           "1e14", "12345.678"]  # fmt: skip
TEXTS = [b"", b"a", b"abc", b"1", b"1.5", b"\0", b"a\0b", b"\xff\xfe", "ä€😀".encode(), b"\"\\/\n\t",
         b"x" * 31, b"x" * 32, b"y" * 255, b"z" * 256, b"\x7f\x1f", b"err", b"ok"]  # fmt: skip
FORMATS = list("bBhHlLfd") + ["i%d", "I%d", "s", "c0", "c%d", "x", "<", ">", "!", "!%d", " ", "i",
                              "I", "c", "q", "T", "=", "i33", "!3", "i0", "c99"]  # fmt: skip
PATTERN_PARTS = ["a", "b", ".", "%a", "%d", "%s", "%w", "%x", "%p", "%c", "%l", "%u", "%z", "%A",
                 "%D", "%S", "[ab]", "[^a]", "[a-c]", "[%d_]", "[]]", "[^]]", "[a-]", "[%]]",
                 "(", ")",
                 "()",
                 "%1", "%2", "%b()", "%bxx", "%f[%w]", "^", "$", "%%", "%.", "-", "é", "[", "%",
                 "%b", "%f", "[a", "[%", "\\0", "%0", "[b-a]", "[^%s%d]"]  # fmt: skip
PATTERN_SUFFIXES = ["", "", "", "*", "+", "-", "?"]
SUBJECTS = ["", "a", "aab", "abcabc", "key = value", "(a(b)c)", "12 34 56", "  x  ", "a_b-c.d",
            "THE (quick) fox", "xx", "a\\0b", "hello world from Lua", "[a]%b]",
            "aaaaaaaaaa"]  # fmt: skip


class Lua:
    """Makes source; the same seed makes the same."""

    def __init__(self, rng):
        self._random = rng

    def text(self, data):
        return '"%s"' % "".join("\\%03d" % byte for byte in data)

    def scalar(self):
        roll = self._random.random()
        if roll < 0.45:
            return self._random.choice(NUMBERS)
        if roll < 0.85:
            return self.text(self._random.choice(TEXTS))
        return self._random.choice(["true", "false", "nil", "cjson.null"])

    def value(self, depth=3):
        if depth == 0 or self._random.random() < 0.5:
            return self.scalar()
        items = [self.value(depth - 1) for _ in range(self._random.randrange(4))]
        roll = self._random.random()
        if roll < 0.6:
            return "{%s}" % ", ".join(items)
        # Tables with several fields have no order that could be compared.
        keys = ["['k']", "[1]", "[2]", "[0]", "[1.5]", "[-1]", "['']", "[true]", "[17]"]
        return "{[%s] = %s}" % (self._random.choice(keys)[1:-1], items[0] if items else "1")

    def reply(self):
        """Something that a script returns."""
        value = self.value(2)
        return self._random.choice([
            value, value, "{ok = %s}" % value, "{err = %s}" % value, "{double = %s}" % value,
            "{map = {a = %s}}" % value, "{set = {[%s] = true}}" % self.key(),
            "{big_number = %s}" % self.text(b"12345678901234567890"),
            "{verbatim_string = {format = 'txt', string = %s}}" % self.text(b"text"),
            "{verbatim_string = {string = %s}}" % value, "redis.status_reply(%s)" % value,
            "redis.error_reply(%s)" % value, "{%s, {ok = 'x'}, {err = 'y'}, %s}" % (value, value),
            "tostring(%s)" % self.scalar(), "tonumber(%s)" % self.scalar(),
            "{1, 2, nil, 4}", "{double = 1.5}", "{map = %s}" % value, "{set = %s}" % value,
        ])  # fmt: skip

    def key(self):
        return self._random.choice(["1", "'a'", "2.5", "true"])

    def json(self):
        return self._random.choice([
            "return cjson.encode(%s)" % self.value(),
            "return cjson.encode(cjson.decode(cjson.encode(%s)))" % self.value(),
            "local v = cjson.decode(%s) return {type(v), tostring(v)}"
            % self.text(self.json_text()),
            "return cjson.encode(cjson.decode(%s))" % self.text(self.json_text()),
        ])  # fmt: skip

    def json_text(self):
        piece = self._random.choice([
            b"[1,2,3]", b'{"a":[true,false,null]}', b'"\\u00e4\\ud83d\\ude00"', b"[1e5,-0.0,1E-2]",
            b'{"a":{"b":{"c":1}}}', b"  [ 1 , 2 ] ", b"[]", b"{}", b"12345678901234567890",
            b'"\\n"', b"[1,]", b"nul", b"tru", b"[1", b'{"a"}', b"'a'", b"0x10", b"nan",
            b"-inf", b"01",
            b"+1", b'"\\ud800"', b'"\\q"', b'"a\nb"', b"[1]x", b"", b"\xff", b"1.", b".5", b"1e",
            b"[[[[]]]]",
        ])  # fmt: skip
        return self._spoilt(piece)

    def _spoilt(self, data):
        if not data or self._random.random() < 0.7:
            return data
        at = self._random.randrange(len(data))
        return data[:at] + bytes([self._random.randrange(256)]) + data[at + 1 :]

    def message_pack(self):
        values = ", ".join(self.value() for _ in range(self._random.randrange(1, 3)))
        packed = "cmsgpack.pack(%s)" % values
        return self._random.choice([
            "return %s" % packed,
            "return cjson.encode({cmsgpack.unpack(%s)})" % packed,
            "return {cmsgpack.unpack(%s:sub(1, %d))}" % (packed, self._random.randrange(9)),
            "return {cmsgpack.unpack_one(%s, %d)}" % (packed, self._random.randrange(3)),
            "return {cmsgpack.unpack_limit(%s, %d, %d)}" % (
                packed, self._random.randrange(4), self._random.randrange(3)),
            "return {cmsgpack.unpack(%s)}" % self.text(
                bytes(self._random.randrange(256) for _ in range(self._random.randrange(8)))),
        ])  # fmt: skip

    def structure(self):
        parts = []
        for _ in range(self._random.randrange(1, 5)):
            part = self._random.choice(FORMATS)
            parts.append(part % self._random.choice([1, 2, 3, 4, 8]) if "%d" in part else part)
        form = self.text("".join(parts).encode())
        values = ", ".join(self.scalar() for _ in range(self._random.randrange(5)))
        data = bytes(self._random.randrange(256) for _ in range(self._random.randrange(24)))
        return self._random.choice([
            "return struct.pack(%s%s)" % (form, ", " + values if values else ""),
            "local t = {struct.unpack(%s, %s)} for i = 1, #t do t[i] = tostring(t[i]) end return t"
            % (form, self.text(data)),
            "return struct.size(%s)" % form,
        ])  # fmt: skip

    def bits(self):
        number = lambda: self._random.choice(NUMBERS)  # noqa: E731
        names = ["band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror"]
        name = self._random.choice(names)
        return self._random.choice([
            "return bit.%s(%s, %s)" % (name, number(), number()),
            "return bit.bnot(%s)" % number(),
            "return bit.tobit(%s)" % number(),
            "return bit.bswap(%s)" % number(),
            "return bit.tohex(%s, %d)" % (number(), self._random.randrange(-9, 10)),
            "return bit.%s(%s)" % (name, self.scalar()),
        ])  # fmt: skip

    def pattern(self):
        parts = [self._random.choice(PATTERN_PARTS) + self._random.choice(PATTERN_SUFFIXES)
                 for _ in range(self._random.randrange(1, 6))]  # fmt: skip
        return '"%s"' % "".join(parts)

    def matching(self):
        subject, pattern = '"%s"' % self._random.choice(SUBJECTS), self.pattern()
        number = self._random.choice(["", ", %d" % self._random.randrange(-4, 9)])
        replacement = self._random.choice(['"<%0>"', '"%1-%2"', '"x"', '"%%"', '"%"', "5",
                                           "function(a, b) return b or a end", "string.upper",
                                           "{a = 'A', b = 1, ab = false}", "{}", "true",
                                           "function() return {} end", '"%9"'])  # fmt: skip
        show = "local t = {%s} for i = 1, #t do t[i] = tostring(t[i]) end return t"
        return self._random.choice([
            show % "string.find(%s, %s%s)" % (subject, pattern, number),
            show % "string.find(%s, %s, %d, true)" % (subject, pattern, self._random.randrange(4)),
            show % "string.match(%s, %s%s)" % (subject, pattern, number),
            show % "string.gsub(%s, %s, %s%s)" % (subject, pattern, replacement, number),
            "local t = {} for a, b in string.gmatch(%s, %s) do "
            "t[#t + 1] = tostring(a) .. tostring(b) if #t > 50 then break end end return "
            "t" % (subject, pattern),
            "return string.rep(%s, %d)" % (subject, self._random.randrange(-1, 4)),
        ])  # fmt: skip

    def catching(self):
        value = self.value(2)
        return self._random.choice([
            "return {pcall(error, %s)}" % value,
            "error(%s)" % self.scalar(),
            # Anything but a text breaks redis-server.
            "error({err = %s})" % self.text(self._random.choice(TEXTS[1:5])),
            "local ok, e = pcall(function() error(%s) end) return {tostring(ok), type(e)}"
            % self.scalar(),
            "local t = {xpcall(function() error(%s) end, function(e) return type(e) end)} "
            "return {tostring(t[1]), t[2]}" % value,
            "local t = {xpcall(function() return %s end, tostring)} return #t" % value,
            "return {xpcall(function() error('a') end, function(e) error('b') end)}",
            "return redis.error_reply('%s')"
            % self._random.choice(["My Err", "ERR", "", "-X y", "a b"]),
            "return redis.pcall('nosuch').err",
            "return nosuch", "nosuch = 1", "return #nil", "return {} + 1", "return ('x').y.z",
            "return redis.call()", "return redis.call({})", "return redis.call('get')",
            "return redis.call('get', {})", "return redis.call('eval', 'return 1', 0)",
            "redis.setresp(%s)" % self.scalar(), "redis.log(%s, 'x')" % self.scalar(),
            "return redis.sha1hex(%s)" % self.scalar(), "return redis.sha1hex()",
        ])  # fmt: skip


def seeded(seed):
    return Lua(random.Random(seed))
