// One request of the REST door being carried out: its commands, one after the other.
#pragma once

#include "realtime/command_runner.h"
#include "ws/http_door.h"
#include "ws/rest_reply.h"
#include "ws/rest_request.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace duplex::ws {

enum class RestForm : std::uint8_t {
  single,       // one command: one result
  pipeline,     // a list of results, each by itself
  transaction,  // the same, all or nothing
};

// What is to be done, and as whom.
struct RestWork {
  std::shared_ptr<realtime::CommandSession> session;
  std::vector<RestCommand> commands;
  RestForm form = RestForm::single;
  RestEncoding encoding = RestEncoding::plain;
};

// Thread: confined to its loop. Lifetime: kept alive by the command that is under way.
class RestExchange : public std::enable_shared_from_this<RestExchange> {
 public:
  static void start(RestWork work, Respond respond);

  RestExchange(RestWork work, Respond respond);

 private:
  void go_on();
  void take(realtime::Ran ran);
  void finish();
  void fail(unsigned status, std::string_view error);

  RestWork work_;
  Respond respond_;
  std::vector<RestCommand> commands_;  // with MULTI and EXEC
  std::vector<std::string> replies_;   // of commands that count
  std::size_t next_ = 0;
  std::uint64_t log_position_ = 0;
  bool is_asking_ = false;  // within go_on()
  bool has_failed_ = false;
};

}  // namespace duplex::ws
