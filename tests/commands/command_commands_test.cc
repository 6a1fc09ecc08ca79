// COMMAND: what it says about the commands there are.
#include "support/command_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

using CommandCommandsTest = CommandFixture;

TEST_F(CommandCommandsTest, CountAndListAgreeWithTheTable) {
  EXPECT_EQ(run("COMMAND COUNT"), fmt::format(":{}", table_.commands().size()));
  EXPECT_TRUE(raw("COMMAND").starts_with(fmt::format("*{}\r\n*10\r\n", table_.commands().size())));
  EXPECT_TRUE(raw("COMMAND LIST").starts_with(fmt::format("*{}\r\n", table_.all().size())));
  EXPECT_EQ(raw("COMMAND INFO"), raw("COMMAND"));
}

TEST_F(CommandCommandsTest, InfoOfACommandWithTwoKeys) {
  use_protocol(resp::Protocol::resp3);
  const auto key_spec = [](std::string_view flags, int index) {
    return fmt::format(
        "{{\"flags\"=>~[{}] \"begin_search\"=>{{\"type\"=>\"index\" \"spec\"=>{{\"index\"=>:{}}}}} "
        "\"find_keys\"=>{{\"type\"=>\"range\" "
        "\"spec\"=>{{\"lastkey\"=>:0 \"keystep\"=>:1 \"limit\"=>:0}}}}}}",
        flags,
        index);
  };
  EXPECT_EQ(run("COMMAND INFO copy"),
            fmt::format("[[\"copy\" :-3 ~[+write +denyoom] :1 :2 :1 ~[+@keyspace +@write +@slow] "
                        "~[] ~[{} {}] ~[]]]",
                        key_spec("+RO +access", 1),
                        key_spec("+OW +update", 2)));
}

TEST_F(CommandCommandsTest, InfoOfSubcommandsAndStrangers) {
  EXPECT_EQ(run("COMMAND INFO config|get nothing config|nothing"),
            "[[\"config|get\" :-3 [+admin +noscript +loading +stale] :0 :0 :0 "
            "[+@admin +@slow +@dangerous] [] [] []] nil nil]");
  const std::string container = run("COMMAND INFO object");
  EXPECT_TRUE(
      container.starts_with("[[\"object\" :-2 [] :0 :0 :0 [+@slow] [] [] "
                            "[[\"object|encoding\" :3 [+readonly] :2 :2 :1 "))
      << container;
}

TEST_F(CommandCommandsTest, KeyRangesForOldClients) {
  const auto range = [&](std::string_view name) {
    const std::string reply = run(fmt::format("COMMAND INFO {}", name));
    const std::size_t begin = reply.find("] :") + 2;
    return reply.substr(begin, reply.find(" [", begin) - begin);
  };
  EXPECT_EQ(range("get"), ":1 :1 :1");
  EXPECT_EQ(range("del"), ":1 :-1 :1");
  EXPECT_EQ(range("mset"), ":1 :-1 :2");
  EXPECT_EQ(range("bitop"), ":2 :-1 :1");
  EXPECT_EQ(range("rename"), ":1 :2 :1");
  EXPECT_EQ(range("scan"), ":0 :0 :0");
}

TEST_F(CommandCommandsTest, ListFilters) {
  EXPECT_EQ(run("COMMAND LIST FILTERBY PATTERN Expire*"),
            "[\"expire\" \"expireat\" \"expiretime\"]");
  EXPECT_EQ(run("COMMAND LIST filterby pattern config|*e*t"),
            "[\"config|get\" \"config|resetstat\" \"config|set\"]");
  EXPECT_EQ(run("COMMAND LIST FILTERBY MODULE x"), "[]");
  EXPECT_EQ(run("COMMAND LIST FILTERBY ACLCAT nothing"), "[]");
  EXPECT_EQ(run("COMMAND LIST FILTERBY ACLCAT TRANSACTION"),
            "[\"discard\" \"exec\" \"multi\" \"unwatch\" \"watch\"]");
  EXPECT_EQ(run("COMMAND LIST FILTERBY FOO x"), "-ERR syntax error");
  EXPECT_EQ(run("COMMAND LIST FILTERBY PATTERN"), "-ERR syntax error");
  EXPECT_EQ(run("COMMAND LIST FOO"), "-ERR syntax error");
}

TEST_F(CommandCommandsTest, GetkeysFindsKeys) {
  EXPECT_EQ(run("COMMAND GETKEYS MSET a 1 b 2"), "[\"a\" \"b\"]");
  EXPECT_EQ(run("COMMAND GETKEYS object encoding k"), "[\"k\"]");
  EXPECT_EQ(run("COMMAND GETKEYS FOO bar"), "-ERR Invalid command specified");
  EXPECT_EQ(run("COMMAND GETKEYS OBJECT FOO k"), "-ERR Invalid command specified");
  EXPECT_EQ(run("COMMAND GETKEYS PING x"), "-ERR The command has no key arguments");
  EXPECT_EQ(run("COMMAND GETKEYS SPUBLISH a b"), "-ERR The command has no key arguments");
  EXPECT_EQ(run("COMMAND GETKEYS GET a b"),
            "-ERR Invalid number of arguments specified for command");
  EXPECT_EQ(run("COMMAND GETKEYS GET"), "-ERR Invalid number of arguments specified for command");
}

TEST_F(CommandCommandsTest, GetkeysandflagsLooksAtTheOptions) {
  EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS COPY a b"),
            "[[\"a\" [+RO +access]] [\"b\" [+OW +update]]]");
  EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS SET k v"), "[[\"k\" [+OW +update]]]");
  EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS SET k v GET"), "[[\"k\" [+RW +access +update]]]");
  EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 OVERFLOW SAT"),
            "[[\"k\" [+RO +access]]]");
  EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 SET u8 0 1"),
            "[[\"k\" [+RW +access +update]]]");
}

TEST_F(CommandCommandsTest, DocsHaveTheShapeThatRedisCliReads) {
  use_protocol(resp::Protocol::resp3);
  EXPECT_EQ(run("COMMAND DOCS ttl nothing"),
            "{\"ttl\"=>{\"summary\"=>\"Tells how many seconds a key has left.\" "
            "\"since\"=>\"1.0.0\" \"group\"=>\"generic\" \"complexity\"=>\"O(1)\" "
            "\"history\"=>~[[\"2.8.0\" \"Added the -2 reply.\"]] "
            "\"arguments\"=>[{\"name\"=>\"key\" \"type\"=>\"key\" \"display_text\"=>\"key\" "
            "\"key_spec_index\"=>:0}]}}");
  EXPECT_EQ(run("COMMAND DOCS nothing"), "{}");
  EXPECT_NE(
      run("COMMAND DOCS expire")
          .find("{\"name\"=>\"condition\" \"type\"=>\"oneof\" \"flags\"=>~[+optional] "
                "\"arguments\"=>[{\"name\"=>\"nx\" \"type\"=>\"pure-token\" \"token\"=>\"NX\"} "),
      std::string::npos);
}

TEST_F(CommandCommandsTest, DocsOfContainersAndOldCommands) {
  use_protocol(resp::Protocol::resp3);
  const std::string container = run("COMMAND DOCS config");
  EXPECT_NE(container.find("\"subcommands\"=>{\"config|get\"=>{\"summary\"=>"), std::string::npos);
  const std::string old = run("COMMAND DOCS getset");
  EXPECT_NE(old.find("\"doc_flags\"=>~[+deprecated] \"deprecated_since\"=>\"6.2.0\" "
                     "\"replaced_by\"=>\""),
            std::string::npos)
      << old;
  EXPECT_TRUE(raw("COMMAND DOCS").starts_with(fmt::format("%{}\r\n", table_.commands().size())));
}

TEST_F(CommandCommandsTest, Help) {
  EXPECT_TRUE(run("COMMAND HELP").starts_with("[+COMMAND <subcommand> "));
  EXPECT_EQ(run("COMMAND FOO"), "-ERR unknown subcommand 'FOO'. Try COMMAND HELP.");
}

}  // namespace

}  // namespace duplex::tests
