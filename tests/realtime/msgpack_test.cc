// MessagePack and JSON: the bytes are those of the npm package notepack.io 3.0.1, where it says so.
#include "realtime/msgpack.h"

#include "realtime/json_text.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::realtime {
namespace {

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::string hex(std::string_view of) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : of) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

// "-" if the bytes are refused.
std::string json_of(std::string_view hex_bytes) {
  const auto read = json_from_msgpack(bytes(hex_bytes));
  return read ? read->json : "-";
}

TEST(Msgpack, ReadsAndWritesWhatNotepackWrites) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"[0,127,128,255,256,65535,65536,4294967295,4294967296,9007199254740991]",
       "9a007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000cf001fffffffffffff"},
      {"[-1,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649,-9007199254740991]",
       "9affe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffffd3ffe0000000000001"},
      {"[1.5,-0.1]", "92cb3ff8000000000000cbbfb999999999999a"},
      {"[null,true,false,{\"b\":1}]", "94c0c3c281a16201"},
      {"[\"\",\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"]",
       "93a0bf78787878787878787878787878787878787878787878787878787878787878a9c3a4e282acf09f9880"},
      {"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
       "d9207878787878787878787878787878787878787878787878787878787878787878"},
      {"[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", "dc001000000000000000000000000000000000"},
      {R"({"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"k10":10,)"
       R"("k11":11,"k12":12,"k13":13,"k14":14,"k15":15})",
       "de0010a26b3000a26b3101a26b3202a26b3303a26b3404a26b3505a26b3606a26b3707a26b3808a26b3909"
       "a36b31300aa36b31310ba36b31320ca36b31330da36b31340ea36b31350f"},
      // The emitter's broadcast of a checkbox.
      {R"(["emitter",{"type":2,"data":["server:checkbox:change",{"index":7,"checked":true}],)"
       R"("nsp":"/"},{"rooms":["room1"],"flags":{},"except":[]}])",
       "93a7656d697474657283a47479706502a46461746192b67365727665723a636865636b626f783a6368616e6765"
       "82a5696e64657807a7636865636b6564c3a36e7370a12f83a5726f6f6d7391a5726f6f6d31a5666c61677380"
       "a665786365707490"},
  };
  for (const auto& [json, packed] : cases) {
    EXPECT_EQ(json_of(packed), json);
    EXPECT_EQ(hex(msgpack_from_json(json)), packed) << json;
  }
}

TEST(Msgpack, ReadsLongTexts) {
  for (const std::size_t size : {std::size_t{256}, std::size_t{65'535}, std::size_t{65'536}}) {
    const std::string json = '"' + std::string(size, 'x') + '"';
    const std::string packed = msgpack_from_json(json);
    EXPECT_EQ(packed.front(), size <= 0xffff ? '\xda' : '\xdb');
    const auto back = json_from_msgpack(packed);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->json, json);
  }
}

TEST(Msgpack, MakesDatesTexts) {
  EXPECT_EQ(
      json_of("99d6ff00000000d6ff6553f100d7ff1d5353006553f100c70cff3b8b87c0ffffffffffffffffc70c"
              "ff0000000000000004a817c800c70cff00000000000007dba8218000c70cff00000000fffff82457"
              "de8000c70cff00000000fffffff184aa5080d6ff38bb0c00"),
      R"(["1970-01-01T00:00:00.000Z","2023-11-14T22:13:20.000Z","2023-11-14T22:13:20.123Z",)"
      R"("1969-12-31T23:59:59.999Z","2603-10-11T11:33:20.000Z","+275760-09-13T00:00:00.000Z",)"
      R"("-271821-04-20T00:00:00.000Z","-000001-01-01T00:00:00.000Z",)"
      R"("2000-02-29T00:00:00.000Z"])");
  EXPECT_EQ(json_of("c70cff000000007fffffffffffffff"), "null");
}

TEST(Msgpack, ReadsWhatOlderWritersWrote) {
  EXPECT_EQ(json_of("93d40000d700000000000000000501"), R"([null,"1970-01-01T00:00:00.005Z",1])");
  EXPECT_EQ(json_of("83a161d40000a16201a163d40000"), R"({"b":1})");
  EXPECT_EQ(json_of("c70200ffff"), R"({"_placeholder":true,"num":0})");
  EXPECT_EQ(json_of("d50700ff"), R"([7,{"_placeholder":true,"num":0}])");
}

TEST(Msgpack, CutsBinaryOut) {
  const auto read = json_from_msgpack(bytes("93c403010203a178c401ff"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->json, R"([{"_placeholder":true,"num":0},"x",{"_placeholder":true,"num":1}])");
  EXPECT_EQ(read->attachments, (std::vector<std::string>{"\x01\x02\x03", "\xff"}));

  EXPECT_EQ(hex(msgpack_from_json(read->json, read->attachments)), "93c403010203a178c401ff");
  const std::vector<std::string> large{std::string(256, 'b'), std::string(65'536, 'b')};
  EXPECT_EQ(json_from_msgpack(msgpack_from_json(read->json, large))->attachments, large);
}

TEST(Msgpack, KeepsWhatOnlyLooksLikeAPlaceholder) {
  const std::vector<std::string> one{"x"};
  for (const std::string_view json : {R"({"_placeholder":true,"num":1})",
                                      R"({"_placeholder":true,"num":-1})",
                                      R"({"_placeholder":true})",
                                      R"({"_placeholder":false,"num":0})"}) {
    const auto back = json_from_msgpack(msgpack_from_json(json, one));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->json, json);
    EXPECT_TRUE(back->attachments.empty());
  }
}

TEST(Msgpack, ReadsNumbersThatJsonHasNoWordFor) {
  EXPECT_EQ(json_of("cb7ff8000000000000"), "null");
  EXPECT_EQ(json_of("ca7f800000"), "null");
  EXPECT_EQ(json_of("ca3fc00000"), "1.5");
  EXPECT_EQ(json_of("cfffffffffffffffff"), "18446744073709551615");
  EXPECT_EQ(json_of("d38000000000000000"), "-9223372036854775808");
  EXPECT_EQ(hex(msgpack_from_json("1e3")), "cd03e8");
  EXPECT_EQ(hex(msgpack_from_json("1e30")), "cb46293e5939a08cea");
  EXPECT_EQ(hex(msgpack_from_json("0.30000000000000004")), "cb3fd3333333333334");
  EXPECT_EQ(json_of("cb48ff7fffff1fffff"),
            json_of(hex(msgpack_from_json(json_of("cb48ff7fffff1fffff")))));
}

TEST(Msgpack, TakesNumbersAsKeys) {
  EXPECT_EQ(json_of("8207a161ffa162"), R"({"7":"a","-1":"b"})");
  EXPECT_EQ(json_of("81c001"), "-");
  EXPECT_EQ(json_of("81cb3ff800000000000001"), "-");
}

TEST(Msgpack, RepairsTextThatIsNotUtf8) {
  EXPECT_EQ(json_of("a3ff6180"),
            "\"\xef\xbf\xbd"
            "a\xef\xbf\xbd\"");
  EXPECT_EQ(json_of("a4c3a4e282"), "\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(Msgpack, RefusesEveryValueThatIsCut) {
  const std::string whole = bytes(
      "9881a16101c403010203cb3ff8000000000000d7ff1d5353006553f100d9026162d50700ffdc0001c0"
      "de0001a178c3");
  ASSERT_TRUE(json_from_msgpack(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(json_from_msgpack(std::string_view(whole).substr(0, size))) << size;
  EXPECT_FALSE(json_from_msgpack(whole + "\x01"));
  EXPECT_EQ(json_of("c1"), "-");
}

TEST(Msgpack, HasLimits) {
  std::string deep(json_depth_max + 7, '\x91');
  deep += '\x01';
  EXPECT_TRUE(json_from_msgpack(deep));
  EXPECT_FALSE(json_from_msgpack("\x91" + deep));

  const std::string many = bytes("dd00100000") + std::string(1 << 20, '\xc0');
  EXPECT_TRUE(json_from_msgpack(many));
  EXPECT_FALSE(json_from_msgpack(many, {.depth = 64, .json_bytes = 1 << 20}));
}

}  // namespace
}  // namespace duplex::realtime
