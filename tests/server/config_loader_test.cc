// The grammar of configuration files and of the command line.
#include "server/config_loader.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace duplex::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A folder of its own for each test.
class ConfigLoader : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "duplex-config-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = std::filesystem::canonical(name);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string file(const std::string& name, const std::string& text) {
    const std::filesystem::path path = dir_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  // What the text leads to; the test fails if it is refused.
  Config read(const std::string& text) {
    ConfigReader reader(dir_.string());
    const auto outcome = reader.read_text(text, "test");
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message("test"));
    return reader.config();
  }
  // Why the text is refused.
  ConfigError refusal(const std::string& text) {
    ConfigReader reader(dir_.string());
    const auto outcome = reader.read_text(text, "test");
    EXPECT_FALSE(outcome);
    return outcome ? ConfigError{} : outcome.error();
  }

  std::filesystem::path dir_;
};

TEST_F(ConfigLoader, SkipsCommentsAndEmptyLines) {
  const Config config = read("# port 1\n\n   \t\r\n  # two\nport 7000\r\n");

  EXPECT_EQ(config.port, 7000);
}

TEST_F(ConfigLoader, ReadsQuotesAndEscapes) {
  struct Case {
    std::string name, line, value;
  };
  const Case cases[] = {
      {"plain", "requirepass abc", "abc"},
      {"double quotes", "requirepass \"a b\"", "a b"},
      {"hexadecimal", "requirepass \"\\x41\\x0a\"", "A\n"},
      {"letters", "requirepass \"\\n\\t\\\\\\\"\"", "\n\t\\\""},
      {"single quotes", "requirepass 'a \\'b\\' \\n'", "a 'b' \\n"},
      {"empty", "requirepass \"\"", ""},
      {"name in quotes and capitals", "'RequirePass' x", "x"},
      {"hash sign inside", "requirepass a#b", "a#b"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(read(c.line).requirepass, c.value);
  }
}

TEST_F(ConfigLoader, KeepsTheLastOfSeveralLines) {
  EXPECT_EQ(read("port 1\nport 2\nPORT 3").port, 3);
}

TEST_F(ConfigLoader, CollectsSavePointsAfterForgettingTheDefaults) {
  EXPECT_THAT(read("save 60 1\nsave 900 2 30 3").save,
              ElementsAre(SavePoint{60, 1}, SavePoint{900, 2}, SavePoint{30, 3}));
  EXPECT_THAT(read("save \"60 1 30 2\"").save, ElementsAre(SavePoint{60, 1}, SavePoint{30, 2}));
  EXPECT_TRUE(read("save 60 1\nsave \"\"").save.empty());
  EXPECT_THAT(read("save \"\"\nsave 60 1").save, ElementsAre(SavePoint{60, 1}));
}

TEST_F(ConfigLoader, ReadsListsAndClasses) {
  const Config config = read(
      "bind 127.0.0.1 -::1\n"
      "client-output-buffer-limit normal 1mb 2kb 3\n"
      "client-output-buffer-limit replica 4 5 6 pubsub 7 8 9\n"
      "rt-origins https://a.example https://*.b.example");

  EXPECT_THAT(config.bind, ElementsAre("127.0.0.1", "-::1"));
  EXPECT_EQ(config.client_output_buffer_limit[normal_output], (OutputLimit{1 << 20, 2048, 3}));
  EXPECT_EQ(config.client_output_buffer_limit[replica_output], (OutputLimit{4, 5, 6}));
  EXPECT_EQ(config.client_output_buffer_limit[pubsub_output], (OutputLimit{7, 8, 9}));
  EXPECT_THAT(config.rt_origins, ElementsAre("https://a.example", "https://*.b.example"));
}

TEST_F(ConfigLoader, OpensChannelsOnlyAsFarAsARuleSays) {
  const Config config = read("channel news:* sub=anon\nchannel chat:? sub=anon pub=anon\n");

  using realtime::Access;
  EXPECT_THAT(config.channels,
              ElementsAre(realtime::ChannelRule{"news:*", Access::anonymous},
                          realtime::ChannelRule{"chat:?", Access::anonymous, Access::anonymous}));
  EXPECT_THAT(refusal("channel x sub=all").reason, HasSubstr("must be none, anon or jwt"));
  EXPECT_THAT(refusal("channel x colour=5").reason, HasSubstr("unknown channel option"));
  EXPECT_THAT(refusal("channel \"\" sub=anon").reason, HasSubstr("pattern is missing"));
}

TEST_F(ConfigLoader, NamesLineTextAndReasonOfAMistake) {
  struct Case {
    std::string text;
    int line;
    std::string shown, reason;
  };
  const Case cases[] = {
      {"port 1\nxyz 1\n", 2, "xyz 1", "Bad directive or wrong number of arguments"},
      {"\n\n  port  abc # c\n", 3, "port  abc # c", "wrong number of arguments"},
      {"port", 1, "port", "wrong number of arguments"},
      {"port abc", 1, "port abc", "argument couldn't be parsed into an integer"},
      {"port 65536", 1, "port 65536", "argument must be between 0 and 65535 inclusive"},
      {"loglevel \"a", 1, "loglevel \"a", "Unbalanced quotes in configuration line"},
      {"loglevel foo",
       1,
       "loglevel foo",
       "argument(s) must be one of the following: debug, verbose, notice, warning, nothing"},
      {"appendonly maybe", 1, "appendonly maybe", "argument must be 'yes' or 'no'"},
      {"maxmemory 1x", 1, "maxmemory 1x", "argument must be a memory value"},
      {"maxmemory kb", 1, "maxmemory kb", "argument must be a memory value"},
      {"maxmemory 99999999999gb", 1, "maxmemory 99999999999gb", "argument must be a memory value"},
      {"unixsocketperm 999",
       1,
       "unixsocketperm 999",
       "argument couldn't be parsed as an octal number"},
      {"save 1", 1, "save 1", "Invalid save parameters"},
      {"dir /nonexistent", 1, "dir /nonexistent", "No such file or directory"},
      {"dbfilename a/b", 1, "dbfilename a/b", "dbfilename can't be a path, just a filename"},
      {"appenddirname a/b",
       1,
       "appenddirname a/b",
       "appenddirname can't be a path, just a dirname"},
      {"bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
       1,
       "bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
       "Too many bind addresses specified."},
      {"client-output-buffer-limit normal 1 2",
       1,
       "client-output-buffer-limit normal 1 2",
       "Wrong number of arguments in buffer limit configuration."},
      {"requirepass a b", 1, "requirepass (hidden)", "wrong number of arguments"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const ConfigError error = refusal(c.text);
    EXPECT_EQ(error.line, c.line);
    EXPECT_EQ(error.text, c.shown);
    EXPECT_EQ(error.reason, c.reason);
  }
}

TEST_F(ConfigLoader, WritesTheErrorInTheShapeOfRedis) {
  const ConfigError error{"/etc/d.conf", 3, "xyz 1", "reason"};

  EXPECT_EQ(error.message("Duplex 0.1.0"),
            "\n*** FATAL CONFIG FILE ERROR (Duplex 0.1.0) ***\n"
            "Reading the configuration file '/etc/d.conf', at line 3\n"
            ">>> 'xyz 1'\n"
            "reason\n");
}

TEST_F(ConfigLoader, IncludesFilesByNameAndByPattern) {
  file("one.conf", "port 1\n");
  file("two-a.conf", "hz 20\n");
  file("two-b.conf", "timeout 30");

  const Config config =
      read("port 9\ninclude one.conf\ninclude \"two-*.conf\"\ninclude none*.conf");

  EXPECT_EQ(config.port, 1);
  EXPECT_EQ(config.hz, 20);
  EXPECT_EQ(config.timeout_s, 30);
}

TEST_F(ConfigLoader, ReportsTheIncludedFileThatIsWrong) {
  const std::string path = file("bad.conf", "# x\nfoo bar\n");

  const ConfigError error = refusal("hz 1\ninclude bad.conf\n");

  EXPECT_EQ(error.origin, path);
  EXPECT_EQ(error.line, 2);
  EXPECT_EQ(error.text, "foo bar");
  EXPECT_EQ(refusal("include nowhere.conf").reason, "No such file or directory");
}

TEST_F(ConfigLoader, EndsIncludesThatGoInCircles) {
  file("circle.conf", "include circle.conf\n");

  EXPECT_THAT(refusal("include circle.conf").reason, HasSubstr("nested too deeply"));
}

TEST_F(ConfigLoader, MakesTheFolderAbsolute) {
  std::filesystem::create_directory(dir_ / "data");

  EXPECT_EQ(read("").dir, dir_.string());
  EXPECT_EQ(read("dir ./data").dir, (dir_ / "data").string());
  file("plain", "");
  EXPECT_EQ(refusal("dir ./plain").reason, "Not a directory");
}

TEST_F(ConfigLoader, NotesOnceWhatHasNoEffect) {
  ConfigReader reader(dir_.string());

  ASSERT_TRUE(reader.read_text("activedefrag no\nport 1\nactivedefrag yes\n", "f.conf"));

  EXPECT_THAT(reader.notes(),
              ElementsAre("'activedefrag' is accepted but has no effect here (f.conf, line 1)"));
  EXPECT_EQ(reader.config().accepted.at("activedefrag"), "yes");
}

TEST_F(ConfigLoader, ReadsUsers) {
  const Config config = read("user bob on >secret (~a* +get) +@all\nuser al\naclfile users.acl\n");
  ASSERT_EQ(config.users.size(), 2u);
  EXPECT_EQ(config.users[0].name, "bob");
  EXPECT_THAT(config.users[0].rules, ElementsAre("on", ">secret", "(~a* +get)", "+@all"));
  EXPECT_EQ(config.aclfile, "users.acl");
}

TEST_F(ConfigLoader, TellsWhatIsWrongWithAUserWithoutItsSecrets) {
  EXPECT_EQ(refusal("user bob on nosuch").reason,
            "Error in user declaration 'nosuch': Syntax error");
  EXPECT_EQ(refusal("user bob on <secret").reason,
            "Error in user declaration '<': The password you are trying to remove from the user "
            "does not exist");
  EXPECT_EQ(refusal("user bob on <secret").text, "user (hidden)");
  EXPECT_THAT(refusal("user bob on (+get").reason, HasSubstr("Unmatched parenthesis"));
  EXPECT_THAT(refusal("user bob on\nuser bob off").reason, HasSubstr("Duplicate user found"));
}

TEST_F(ConfigLoader, KeepsRenamedCommands) {
  const Config config = read("rename-command CONFIG \"\"\nrename-command flushall wipe\n");

  EXPECT_THAT(config.renamed_commands,
              ElementsAre(std::pair("CONFIG", ""), std::pair("flushall", "wipe")));
}

TEST(CommandLineOptions, BecomeLines) {
  struct Case {
    std::vector<std::string> arguments;
    std::string file, lines;
    bool standard_input;
  };
  const Case cases[] = {
      {{}, "", "", false},
      {{"a.conf"}, "a.conf", "", false},
      {{"-"}, "", "", true},
      {{"a.conf", "-"}, "a.conf", "", true},
      {{"--port", "7000"}, "", "port \"7000\" ", false},
      {{"--port 7000"}, "", "port 7000 ", false},
      {{"a.conf", "--save", "60", "1", "--hz", "5"},
       "a.conf",
       "save \"60\" \"1\" \nhz \"5\" ",
       false},
      {{"--save"}, "", "save \"\"", false},
      {{"--save", "--hz", "5"}, "", "save \"\"\nhz \"5\" ", false},
      {{"--save", ""}, "", "save \"\" ", false},
      {{"--requirepass", "--x"}, "", "requirepass \"--x\" ", false},
      {{"--unixsocket", "a b\n"}, "", "unixsocket \"a b\\n\" ", false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.lines);
    const CommandLine result = parse_command_line(c.arguments);
    EXPECT_EQ(result.file, c.file);
    EXPECT_EQ(result.lines, c.lines);
    EXPECT_EQ(result.standard_input, c.standard_input);
  }
}

TEST(CommandLineOptions, AskForHelpAndVersion) {
  EXPECT_TRUE(parse_command_line(std::vector<std::string>{"--help"}).help);
  EXPECT_TRUE(parse_command_line(std::vector<std::string>{"-h"}).help);
  EXPECT_TRUE(parse_command_line(std::vector<std::string>{"--version"}).version);
  EXPECT_TRUE(parse_command_line(std::vector<std::string>{"-v"}).version);
}

TEST_F(ConfigLoader, LetsTheCommandLineWinOverTheFile) {
  const std::string path = file("d.conf", "port 1\nhz 20\n");

  const auto loaded =
      load_config(parse_command_line(std::vector<std::string>{path, "--port", "7000"}));

  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.port, 7000);
  EXPECT_EQ(loaded->config.hz, 20);
  EXPECT_EQ(loaded->file, path);
}

TEST(CommandLineOptions, AllowConformanceEndpointsOnPrivateAddressesOnly) {
  struct Case {
    std::string address;
    bool allowed;
  };
  const Case cases[] = {{"127.0.0.1", true},
                        {"-::1", true},
                        {"localhost", true},
                        {"10.1.2.3", true},
                        {"172.31.0.1", true},
                        {"192.168.0.1", true},
                        {"fd00::1", true},
                        {"172.32.0.1", false},
                        {"8.8.8.8", false},
                        {"0.0.0.0", false},
                        {"::", false},
                        {"*", false},
                        {"2001:db8::1", false},
                        {"example.org", false}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.address);
    const auto loaded = load_config(parse_command_line(std::vector<std::string>{
        "--conformance-endpoints", "yes", "--http-bind", "127.0.0.1", c.address}));
    EXPECT_EQ(loaded.has_value(), c.allowed);
    const std::string message = loaded ? "" : loaded.error().message("Duplex");
    EXPECT_EQ(message.find("'" + c.address + "'") != std::string::npos, !c.allowed);
  }
}

TEST_F(ConfigLoader, SaysWhenTheFileCannotBeOpened) {
  const auto loaded = load_config(parse_command_line(std::vector<std::string>{"/nope.conf"}));

  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message("Duplex"),
            "Fatal error, can't open config file '/nope.conf': No such file or directory\n");
}

}  // namespace
}  // namespace duplex::server
