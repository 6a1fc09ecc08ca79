// Messages to sessions, and revoked tokens.
#include "realtime/control.h"

#include "realtime/revocations.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::realtime {
namespace {

TEST(Control, IsReadAsItWasWritten) {
  const Control messages[] = {
      {.what = Control::What::disconnect, .number = 3503, .text = "force disconnect"},
      {.what = Control::What::subscribe, .number = 0, .text = "a channel with blanks"},
      {.what = Control::What::unsubscribe, .number = 0, .text = ""},
      {.what = Control::What::revoke, .number = 1'700'000'000, .text = ""}};
  for (const Control& message : messages)
    EXPECT_EQ(read_control(write_control(message)), message);
}

TEST(Control, OtherMessagesAreNone) {
  for (const char* payload : {"", "disconnect", "disconnect x y", "explode 1 x"})
    EXPECT_EQ(read_control(payload), std::nullopt) << payload;
}

// Answers MGET with what it was given.
class Store : public CommandRunner {
 public:
  explicit Store(std::string reply) : reply_(std::move(reply)) {}

  Ran run(std::span<const std::string_view> arguments, RunAs) override {
    asked.assign(arguments.begin(), arguments.end());
    return {.reply = reply_};
  }

  std::vector<std::string> asked;

 private:
  std::string reply_;
};

TEST(Revocations, LieInKeys) {
  Store store("*2\r\n_\r\n_\r\n");
  const Identity ann{.user = "ann", .token_id = "t1", .issued_s = 100, .has_token = true};

  EXPECT_FALSE(check_revoked(store, ann));
  EXPECT_EQ(store.asked,
            (std::vector<std::string>{"MGET", "rt:revoked:user:ann", "rt:revoked:token:t1"}));
  EXPECT_FALSE(check_revoked(store, Identity{}));
}

TEST(Revocations, RefuseTokensThatWereIssuedBefore) {
  Store store("*2\r\n$3\r\n100\r\n_\r\n");
  const auto is_revoked = [&](std::int64_t issued_s) {
    return check_revoked(store, {.user = "ann", .issued_s = issued_s, .has_token = true});
  };

  EXPECT_EQ(is_revoked(100)->code, 3500u);
  EXPECT_EQ(is_revoked(0)->code, 3500u);
  EXPECT_FALSE(is_revoked(101));
}

TEST(Revocations, RefuseATokenByItsId) {
  Store store("*2\r\n_\r\n$1\r\n1\r\n");
  EXPECT_EQ(check_revoked(store, {.token_id = "t", .has_token = true})->code, 3500u);
  EXPECT_FALSE(check_revoked(store, {.user = "ann", .has_token = true}));
}

TEST(Revocations, ThatCannotBeReadLetNobodyIn) {
  Store store("-ERR clients are paused\r\n");
  EXPECT_TRUE(check_revoked(store, {.user = "ann", .has_token = true})->is_temporary);
}

}  // namespace
}  // namespace duplex::realtime
