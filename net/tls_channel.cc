// OpenSSL's records between a receive buffer and a queue.
#include "net/tls_channel.h"

#include "net/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace duplex::net {

namespace {

// A record's header, nonce, type, tag and padding, generously.
constexpr std::size_t record_overhead_max = 128;
// Pieces that are joined in one record.
constexpr std::size_t record_pieces_max = 64;

// What others have left in this thread's queue would be taken for an error of ours.
void forget_old_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

const bio_method_st* TlsChannel::method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket queue");
    BIO_meth_set_read(fresh, bio_read);
    BIO_meth_set_write(fresh, bio_write);
    BIO_meth_set_ctrl(fresh, bio_control);
    return fresh;
  }();
  return made;
}

TlsChannel::TlsChannel(const TlsContext& context, OutQueue& wire) : wire_(&wire) {
  ssl_ = SSL_new(context.native());
  BIO* bio = BIO_new(method());
  if (ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    fail(take_tls_error());
    return;
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
}

TlsChannel::~TlsChannel() {
  if (ssl_ == nullptr) return;
  // A session whose connection just ended may be resumed; OpenSSL would forget it otherwise.
  if (state_ != State::failed) SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

int TlsChannel::bio_read(bio_st* bio, char* into, int bytes) {
  auto& self = *static_cast<TlsChannel*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t count = std::min(self.input_.size(), static_cast<std::size_t>(bytes));
  if (count == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(into, self.input_.data(), count);
  self.input_ = self.input_.subspan(count);
  return static_cast<int>(count);
}

int TlsChannel::bio_write(bio_st* bio, const char* from, int bytes) {
  auto& self = *static_cast<TlsChannel*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto count = static_cast<std::size_t>(bytes);
  self.wire_->tail().append({from, count});
  self.answer_bytes_ += count;
  return bytes;
}

long TlsChannel::bio_control(bio_st*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

void TlsChannel::feed(std::span<const char> sealed) {
  input_ = sealed;
  if (state_ == State::shaking) handshake_bytes_ += sealed.size();
}

std::size_t TlsChannel::read(std::span<char> into) {
  if (state_ == State::failed || state_ == State::ended) return 0;
  forget_old_errors();
  if (wire_->empty()) answer_bytes_ = 0;
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &bytes);
  if (state_ == State::shaking && SSL_is_init_finished(ssl_) == 1) {
    state_ = State::open;
    answer_bytes_ = 0;
  }
  if (state_ == State::open && answer_bytes_ > tls_answer_bytes_max) {
    fail("too many key updates");
    return 0;
  }
  if (result == 1) return bytes;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      if (state_ == State::shaking && handshake_bytes_ > tls_handshake_bytes_max)
        fail("the handshake is too long");
      break;
    case SSL_ERROR_ZERO_RETURN:
      if (state_ == State::shaking)
        fail("closed by the peer");
      else
        state_ = State::ended;
      break;
    default:
      fail(take_tls_error());
      break;
  }
  return 0;
}

void TlsChannel::seal(bool last) {
  if (state_ == State::failed) plain_.clear();
  if (state_ != State::open && state_ != State::ended) return;
  while (!plain_.empty() && wire_->size() < tls_sealed_bytes_max) {
    std::array<iovec, record_pieces_max> pieces;
    const auto record = plain_.gather(pieces, tls_record_bytes_max);
    if (record.segments == 1) {
      if (!write(static_cast<const char*>(pieces[0].iov_base), record.bytes)) return;
    } else {
      char joined[tls_record_bytes_max];
      std::size_t filled = 0;
      for (std::size_t i = 0; i < record.segments; ++i) {
        std::memcpy(joined + filled, pieces[i].iov_base, pieces[i].iov_len);
        filled += pieces[i].iov_len;
      }
      if (!write(joined, filled)) return;
    }
    plain_.consume(record.bytes);
  }
  if (!last || goodbye_said_ || !plain_.empty()) return;
  goodbye_said_ = true;
  forget_old_errors();
  SSL_shutdown(ssl_);
}

bool TlsChannel::write(const char* bytes, std::size_t count) {
  forget_old_errors();
  wire_->tail().prepare(count + record_overhead_max);
  const std::size_t answers = answer_bytes_;
  std::size_t written = 0;
  const bool done = SSL_write_ex(ssl_, bytes, count, &written) == 1;
  answer_bytes_ = answers;
  if (!done) fail(take_tls_error());
  return done;
}

void TlsChannel::fail(std::string reason) {
  state_ = State::failed;
  error_ = std::move(reason);
  plain_.clear();
}

}  // namespace duplex::net
