// Syntax lines of commands, read into trees.
#include "commands/command_syntax.h"

#include "commands/families.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::commands {

namespace {

std::string text_of(const std::vector<Argument>& arguments);

// "name:type", with TOKEN= in front, ? behind what is optional, + behind what may be repeated, ++
// if its token is repeated too, @0 for the key specification, {…} around what is inside.
std::string text_of(const Argument& argument) {
  std::string text;
  if (!argument.token.empty()) text += argument.token + "=";
  text += argument.name + ":" + std::string(type_name(argument.type));
  if (argument.key_spec >= 0) text += "@" + std::to_string(argument.key_spec);
  if (!argument.arguments.empty()) text += "{" + text_of(argument.arguments) + "}";
  if (argument.multiple) text += argument.multiple_token ? "++" : "+";
  if (argument.optional) text += "?";
  return text;
}

std::string text_of(const std::vector<Argument>& arguments) {
  std::string text;
  for (const Argument& argument : arguments)
    text += (text.empty() ? "" : " ") + text_of(argument);
  return text;
}

std::string tree(std::string_view syntax, KeySpecs specs = no_keys(), std::string_view name = "X") {
  CommandSpec spec;
  spec.name = name;
  spec.keys = specs;
  spec.syntax = syntax;
  return text_of(parse_syntax(spec));
}

constexpr KeySpecs one = keys(range(1, 0, 1, KeyFlag::ro));
constexpr KeySpecs two = keys(range(1, 0, 1, KeyFlag::ro), range(2, 0, 1, KeyFlag::ro));

TEST(CommandSyntaxTest, ValuesAndTheirTypes) {
  EXPECT_EQ(tree(""), "");
  EXPECT_EQ(tree("key seconds value", one), "key:key@0 seconds:integer value:string");
  EXPECT_EQ(tree("key unix-time-seconds", one), "key:key@0 unix-time-seconds:unix-time");
  EXPECT_EQ(tree("pattern"), "pattern:pattern");
  EXPECT_EQ(tree("key offset value", one, "SETBIT"), "key:key@0 offset:integer value:integer");
}

TEST(CommandSyntaxTest, KeysFollowTheirSpecifications) {
  EXPECT_EQ(tree("source destination", two), "source:key@0 destination:key@1");
  EXPECT_EQ(tree("key1 key2", one), "key1:key@0 key2:key@0");
  EXPECT_EQ(tree("key"), "key:string");
}

TEST(CommandSyntaxTest, OptionsAndChoices) {
  EXPECT_EQ(tree("[GET]"), "GET=get:pure-token?");
  EXPECT_EQ(tree("[NX|XX]"), "condition:oneof{NX=nx:pure-token XX=xx:pure-token}?");
  EXPECT_EQ(tree("[EX seconds|KEEPTTL]"),
            "expiration:oneof{EX=seconds:integer KEEPTTL=keepttl:pure-token}?");
  EXPECT_EQ(tree("<ON|OFF>"), "on-off:oneof{ON=on:pure-token OFF=off:pure-token}");
  EXPECT_EQ(tree("[count|RESET]"), "count-reset:oneof{count:integer RESET=reset:pure-token}?");
  EXPECT_EQ(tree("<host port|NO ONE>"),
            "host-port-no-one:oneof{host-port:block{host:string port:integer} "
            "no-one:block{NO=no:pure-token ONE=one:pure-token}}");
}

TEST(CommandSyntaxTest, AWordBeforeAChoice) {
  EXPECT_EQ(tree("[TYPE normal|master|pubsub]"),
            "TYPE=normal-master-pubsub:oneof{normal=normal:pure-token master=master:pure-token "
            "pubsub=pubsub:pure-token}?");
  EXPECT_EQ(tree("[FILTERBY MODULE module-name|PATTERN pattern]"),
            "FILTERBY=module-name-pattern:oneof{MODULE=module-name:string "
            "PATTERN=pattern:pattern}?");
  EXPECT_EQ(tree("[SKIPME <YES|NO>]"), "SKIPME=yes-no:oneof{YES=yes:pure-token NO=no:pure-token}?");
}

TEST(CommandSyntaxTest, BlocksAndNesting) {
  EXPECT_EQ(tree("[LIMIT offset count]"),
            "LIMIT=offset-count:block{offset:integer count:integer}?");
  EXPECT_EQ(tree("[start [end [BYTE|BIT]]]"),
            "start-end-unit:block{start:integer end-unit:block{end:integer "
            "unit:oneof{BYTE=byte:pure-token BIT=bit:pure-token}?}?}?");
}

TEST(CommandSyntaxTest, Repetition) {
  EXPECT_EQ(tree("key [key ...]", one), "key:key@0+");
  EXPECT_EQ(tree("key value [key value ...]", one), "key-value:block{key:key@0 value:string}+");
  EXPECT_EQ(tree("[section [section ...]]"), "section:string+?");
  EXPECT_EQ(tree("[PREFIX prefix [PREFIX prefix ...]]"), "PREFIX=prefix:string++?");
  EXPECT_EQ(tree("[ID client-id [client-id ...]]"), "ID=client-id:integer+?");
  EXPECT_EQ(tree("key [<GET offset|SET offset value> [<GET offset|SET offset value> ...]]", one),
            "key:key@0 offset-offset-value:oneof{GET=offset:integer "
            "SET=offset-value:block{offset:integer value:string}}+?");
}

void expect_readable(const CommandSpec& spec) {
  const std::string text = tree(spec.syntax, spec.keys, spec.name);
  EXPECT_EQ(spec.syntax.empty(), text.empty()) << spec.name;
  EXPECT_EQ(text.find_first_of("[]<>|"), std::string::npos) << spec.name << ": " << text;
  for (const CommandSpec& sub : spec.subcommands)
    expect_readable(sub);
}

TEST(CommandSyntaxTest, AllCommandsHaveReadableLines) {
  for (const auto& family : command_families())
    for (const CommandSpec& spec : family)
      expect_readable(spec);
}

}  // namespace

}  // namespace duplex::commands
