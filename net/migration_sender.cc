// MIGRATE's way over the network: a connection of its own, RESTOREs, and their replies.
#include "net/migration_sender.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::net {

namespace asio = boost::asio;
using boost::system::error_code;
using commands::Migration;
using tcp = asio::ip::tcp;

namespace {

// A reply is one line; more than this is none.
constexpr std::size_t reply_bytes_max = 16 * 1024;
// So much has to leave within the timeout, as in Redis.
constexpr std::size_t step_bytes = 64 * 1024;
// Names are looked up by another thread, which cannot wake the loop.
constexpr std::chrono::milliseconds lookup_interval{10};

std::string request(std::initializer_list<std::string_view> words) {
  std::string text = fmt::format("*{}\r\n", words.size());
  for (const std::string_view word : words) {
    fmt::format_to(std::back_inserter(text), "${}\r\n", word.size());
    text.append(word);
    text.append("\r\n");
  }
  return text;
}

std::string auth_request(const Migration& migration) {
  if (migration.user.empty()) return request({"AUTH", migration.password});
  return request({"AUTH", migration.user, migration.password});
}

std::string select_request(const Migration& migration) {
  return request({"SELECT", std::to_string(migration.database)});
}

std::string restore_request(const Migration& migration, const Migration::Item& item) {
  const std::string ttl = std::to_string(item.ttl_ms);
  return migration.replaces ? request({"RESTORE", item.key, ttl, item.payload, "REPLACE"})
                            : request({"RESTORE", item.key, ttl, item.payload});
}

// One migration being carried out: look up, connect, AUTH, SELECT, all RESTOREs, all replies.
//
// Lifetime: owned by what it waits for. Thread: the loop's.
class Sender : public std::enable_shared_from_this<Sender> {
 public:
  Sender(EventLoop& loop, std::shared_ptr<Migration> migration, std::function<void()> done)
      : loop_(loop),
        migration_(std::move(migration)),
        done_(std::move(done)),
        resolver_(loop.io_context()),
        socket_(loop.io_context()),
        timer_(loop.io_context()) {
    if (migration_->authenticates) introduction_.push_back(auth_request(*migration_));
    introduction_.push_back(select_request(*migration_));
  }

  void start();

 private:
  void connect(const tcp::resolver::results_type& found);
  // A target that does not know the client, or has no such database, must not get any keys.
  void introduce();
  void send_keys();
  void read_answers();
  void end();
  void fail(std::string_view step);
  void note_refusal(std::string_view line);

  // Each breaks off after the timeout, and ends everything after an error.
  void write(std::string text, std::function<void()> next);
  void write_rest();
  // The next line without its end, valid during the call.
  void read_line(std::function<void(std::string_view)> next);
  void start_timer();

  EventLoop& loop_;
  const std::shared_ptr<Migration> migration_;
  std::function<void()> done_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  TimerId polling_{};
  std::uint64_t step_ = 0;
  bool is_late_ = false;
  std::vector<std::string> introduction_;
  std::size_t introduced_ = 0;  // how much of it the target has agreed to
  std::size_t sent_ = 0;        // keys
  std::size_t answered_ = 0;    // keys
  std::string output_;
  std::size_t written_ = 0;  // of the output
  std::string input_;
  std::function<void()> after_write_;
};

// Breaks off whatever goes on when it takes too long. A handler that is on its way already cannot
// be cancelled: it finds that its step is over.
void Sender::start_timer() {
  timer_.expires_after(migration_->timeout);
  timer_.async_wait([sender = weak_from_this(), step = ++step_](const error_code& error) {
    const auto self = sender.lock();
    if (error || !self || self->step_ != step) return;
    self->is_late_ = true;
    self->resolver_.cancel();
    error_code ignored;
    self->socket_.close(ignored);
  });
}

void Sender::start() {
  start_timer();
  polling_ = loop_.every(lookup_interval, [this] { loop_.poll_asio_soon(); });
  resolver_.async_resolve(
      migration_->host,
      migration_->port,
      [self = shared_from_this()](const error_code& error, tcp::resolver::results_type found) {
        self->loop_.cancel(self->polling_);
        if (error || self->is_late_) return self->fail("connecting to the client");
        self->connect(found);
      });
}

void Sender::connect(const tcp::resolver::results_type& found) {
  start_timer();
  asio::async_connect(
      socket_, found, [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
        if (self->is_late_) return self->fail("connecting to the client");
        if (error) return self->fail("writing to target instance");
        error_code ignored;
        self->socket_.set_option(tcp::no_delay(true), ignored);
        self->introduce();
      });
}

void Sender::introduce() {
  if (introduced_ == introduction_.size()) return send_keys();
  write(introduction_[introduced_], [this] {
    read_line([this](std::string_view line) {
      if (!line.starts_with('+')) {
        note_refusal(line);
        return end();
      }
      ++introduced_;
      introduce();
    });
  });
}

void Sender::send_keys() {
  if (sent_ == migration_->items.size()) return read_answers();
  write(restore_request(*migration_, migration_->items[sent_++]), [this] { send_keys(); });
}

// Nothing counts as taken but what the target has confirmed with a line of its own.
void Sender::read_answers() {
  if (answered_ == migration_->items.size()) return end();
  read_line([this](std::string_view line) {
    Migration::Item& item = migration_->items[answered_++];
    item.is_taken = line == "+OK";
    if (!item.is_taken) note_refusal(line);
    read_answers();
  });
}

void Sender::write(std::string text, std::function<void()> next) {
  output_ = std::move(text);
  written_ = 0;
  after_write_ = std::move(next);
  write_rest();
}

void Sender::write_rest() {
  const std::size_t part = std::min(output_.size() - written_, step_bytes);
  start_timer();
  asio::async_write(socket_,
                    asio::buffer(output_.data() + written_, part),
                    [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                      if (error || self->is_late_) return self->fail("writing to target instance");
                      self->written_ += bytes;
                      if (self->written_ < self->output_.size()) return self->write_rest();
                      const std::function<void()> next = std::move(self->after_write_);
                      next();
                    });
}

void Sender::read_line(std::function<void(std::string_view)> next) {
  start_timer();
  asio::async_read_until(socket_,
                         asio::dynamic_buffer(input_, reply_bytes_max),
                         "\r\n",
                         [self = shared_from_this(), next = std::move(next)](
                             const error_code& error, std::size_t bytes) {
                           if (error || self->is_late_)
                             return self->fail("reading to target instance");
                           const std::string line = self->input_.substr(0, bytes - 2);
                           self->input_.erase(0, bytes);
                           next(line);
                         });
}

void Sender::note_refusal(std::string_view line) {
  if (!migration_->error.empty()) return;
  migration_->error =
      fmt::format("ERR Target instance replied with error: {}", line.substr(line.empty() ? 0 : 1));
}

void Sender::fail(std::string_view step) {
  if (migration_->error.empty()) migration_->error = fmt::format("IOERR error or timeout {}", step);
  end();
}

void Sender::end() {
  ++step_;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
  done_();
}

}  // namespace

void send_migration(EventLoop& loop,
                    std::shared_ptr<Migration> migration,
                    std::function<void()> done) {
  std::make_shared<Sender>(loop, std::move(migration), std::move(done))->start();
}

}  // namespace duplex::net
