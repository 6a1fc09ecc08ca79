// The directives that route events: read, shown, written back, and refused with a sentence.
#include "server/config_loader.h"
#include "server/config_rewrite.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::server {
namespace {

TEST(ConfigSocketIo, KeepsRoutesAndBridgesInOrder) {
  const std::string text =
      "sio-route / client:change publish internal:change\n"
      "sio-route /chat say emit said to \"a room\"\n"
      "sio-route / box run SETBIT boxes $.index $.checked then emit boxed\n"
      "sio-bridge / internal:change emit server:change\n";
  ConfigReader reader("/");
  ASSERT_TRUE(reader.read_text(text, "test"));
  const Config& config = reader.config();

  ASSERT_EQ(config.sio_routes.size(), 3u);
  EXPECT_EQ(config.sio_routes[0].target, "internal:change");
  EXPECT_EQ(config.sio_routes[1].emit->room->text, "a room");
  EXPECT_EQ(config.sio_routes[2].command.size(), 4u);
  ASSERT_EQ(config.sio_bridges.size(), 1u);
  EXPECT_EQ(config.sio_bridges[0].emit.event, "server:change");
  EXPECT_EQ(rewritten_config(text, "/", config), text);
}

TEST(ConfigSocketIo, SaysWhatIsWrongWithALine) {
  ConfigReader reader("/");
  const auto read = reader.read_text("sio-route chat x publish y\n", "test");
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().reason.starts_with("'chat' is no namespace")) << read.error().reason;
}

}  // namespace
}  // namespace duplex::server
