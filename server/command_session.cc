// A client without a socket.
#include "server/command_session.h"

#include "base/text.h"
#include "commands/acl_session.h"
#include "commands/services.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace duplex::server {

namespace {

// What belongs to a connection that lasts: subscriptions, the protocol, what is sent unasked.
constexpr std::string_view refused[] = {"hello",
                                        "monitor",
                                        "psubscribe",
                                        "psync",
                                        "punsubscribe",
                                        "quit",
                                        "reset",
                                        "ssubscribe",
                                        "subscribe",
                                        "sunsubscribe",
                                        "sync",
                                        "unsubscribe",
                                        "watch"};

// Of CLIENT, what concerns the connection.
constexpr std::string_view refused_of_client[] = {
    "caching", "no-evict", "no-touch", "reply", "setinfo", "setname", "tracking"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::any_of(
      words, [&](std::string_view each) { return base::equals_ignoring_case(each, word); });
}

bool is_refused(std::span<const std::string_view> words) {
  if (base::equals_ignoring_case(words[0], "client"))
    return words.size() > 1 && is_one_of(words[1], refused_of_client);
  return is_one_of(words[0], refused);
}

// How long until a script or a pause is asked again whether it is over.
constexpr std::chrono::milliseconds look_again{2};

}  // namespace

class CommandSessions::Session final : public realtime::CommandSession,
                                       public std::enable_shared_from_this<Session> {
 public:
  explicit Session(CommandSessions& owner) : owner_(&owner) { owner.sessions_.insert(this); }
  ~Session() override { end(); }

  // Nobody whom access control knows.
  void become_server() { client_.authenticated.store(true, std::memory_order_relaxed); }
  bool become(std::string_view user) {
    return commands::acl::become_user(loop().services(), client_, user);
  }
  bool log_in(std::string_view user, std::string_view password);
  void run(std::span<const std::string_view> arguments,
           std::function<void(realtime::Ran)> done) override;
  // The loop has stopped.
  void end();

 private:
  net::CommandLoop& loop() { return owner_->loop_; }
  void attempt();
  void end_wait();
  void later(void (Session::*step)());
  void finish();

  CommandSessions* owner_;  // nullptr when it has ended
  commands::Client client_;
  std::optional<commands::OwnedArgs> arguments_;
  std::function<void(realtime::Ran)> done_;
  base::Buffer out_;
};

bool CommandSessions::Session::log_in(std::string_view user, std::string_view password) {
  commands::Services& services = loop().services();
  const auto known = services.users.find(user).user;
  if (known && known->needs_no_password) return false;
  commands::acl::begin_session(services, client_);
  return commands::acl::authenticate(
      services, client_, user, password, "AUTH", loop().loop().now_ms());
}

void CommandSessions::Session::run(std::span<const std::string_view> arguments,
                                   std::function<void(realtime::Ran)> done) {
  if (is_refused(arguments))
    return done({.reply = "-ERR this command needs a connection of its own\r\n"});
  arguments_.emplace(arguments);
  done_ = std::move(done);
  attempt();
}

void CommandSessions::Session::attempt() {
  commands::Request request{
      .args = arguments_->view(), .command = nullptr, .key = {}, .has_key = false};
  loop().executor().set_now(loop().loop().now_ms());
  switch (loop().executor().execute(client_, request, out_)) {
    case commands::Outcome::done:
      return finish();
    case commands::Outcome::postponed:
      return later(&Session::attempt);
    case commands::Outcome::blocked:
      return end_wait();
  }
}

// Scripts are waited for; who waits for a key is told that there is none.
void CommandSessions::Session::end_wait() {
  loop().executor().set_now(loop().loop().now_ms());
  if (loop().executor().go_on(client_, out_)) return finish();
  if (client_.unit != nullptr)
    loop().drive_scripts();
  else if (loop().executor().time_out(client_, out_))
    return finish();
  later(&Session::end_wait);
}

void CommandSessions::Session::later(void (Session::*step)()) {
  loop().loop().after(look_again, [self = shared_from_this(), step] {
    if (self->owner_ != nullptr) (self.get()->*step)();
  });
}

void CommandSessions::Session::finish() {
  realtime::Ran ran{.reply = std::string(out_.view()), .log_position = client_.log_position};
  out_.clear();
  std::exchange(done_, nullptr)(std::move(ran));
}

void CommandSessions::Session::end() {
  if (owner_ == nullptr) return;
  if (client_.unit != nullptr) loop().executor().abandon(*client_.unit);
  loop().executor().forget(client_);
  done_ = nullptr;
  owner_->sessions_.erase(this);
  owner_ = nullptr;
}

CommandSessions::~CommandSessions() {
  while (!sessions_.empty())
    (*sessions_.begin())->end();
}

std::shared_ptr<CommandSessions::Session> CommandSessions::make() {
  return std::make_shared<Session>(*this);
}

std::shared_ptr<realtime::CommandSession> CommandSessions::open(std::string_view user) {
  auto session = make();
  return session->become(user) ? session : nullptr;
}

std::shared_ptr<realtime::CommandSession> CommandSessions::log_in(std::string_view user,
                                                                  std::string_view password) {
  auto session = make();
  return session->log_in(user, password) ? session : nullptr;
}

std::shared_ptr<realtime::CommandSession> CommandSessions::open_server() {
  auto session = make();
  session->become_server();
  return session;
}

}  // namespace duplex::server
