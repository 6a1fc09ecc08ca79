// The rules of RFC 6455 for frames from a client.
#include "ws/frame_parser.h"

#include <algorithm>
#include <cstring>

namespace duplex::ws {

namespace {

// Copies and unmasks. The mask starts at its first byte.
void unmask(const char* from, char* to, std::size_t bytes, const unsigned char* mask) {
  std::uint64_t word_mask;
  std::memcpy(&word_mask, mask, 4);
  std::memcpy(reinterpret_cast<char*>(&word_mask) + 4, mask, 4);
  std::size_t at = 0;
  for (; at + 8 <= bytes; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, from + at, sizeof word);
    word ^= word_mask;
    std::memcpy(to + at, &word, sizeof word);
  }
  for (; at < bytes; ++at)
    to[at] = static_cast<char>(static_cast<unsigned char>(from[at]) ^ mask[at % 4]);
}

bool is_known(Opcode opcode) {
  switch (opcode) {
    case Opcode::continuation:
    case Opcode::text:
    case Opcode::binary:
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      return true;
  }
  return false;
}

}  // namespace

FrameParser::Event FrameParser::next(std::string_view& input) {
  if (failure_.code != 0) return Event::failed;
  forget_delivered();
  while (true) {
    if (!in_payload_ && !read_header(input)) break;
    if (!read_payload(input) || payload_missing_ != 0) break;
    in_payload_ = false;
    if (is_control(opcode_) || final_) return finish_frame();
  }
  return failure_.code != 0 ? Event::failed : Event::need_more;
}

// Returns true when the header is complete and the payload can be read.
bool FrameParser::read_header(std::string_view& input) {
  while (true) {
    const auto bytes = std::min<std::size_t>(input.size(), header_size_ - header_bytes_);
    std::copy_n(input.data(), bytes, header_.data() + header_bytes_);
    header_bytes_ = static_cast<std::uint8_t>(header_bytes_ + bytes);
    input.remove_prefix(bytes);
    if (header_bytes_ < header_size_) return false;
    if (header_size_ > 2) break;
    if (!check_first_bytes()) return false;
    const unsigned length = header_[1] & 0x7fu;
    header_size_ = length == 127 ? 14 : length == 126 ? 8 : 6;
  }
  std::uint64_t length = header_[1] & 0x7fu;
  if (header_size_ > 6) {
    length = 0;
    for (std::size_t i = 2; i < header_size_ - 4u; ++i)
      length = length << 8 | header_[i];
    if (length < (header_size_ == 8 ? 126u : 65536u))
      return fail(close_codes::protocol_error, "length not in its shortest form");
    if (length >> 63 != 0) return fail(close_codes::protocol_error, "length above 63 bits");
  }
  std::copy_n(header_.data() + header_size_ - 4, 4, mask_.data());
  header_bytes_ = 0;
  header_size_ = 2;
  return start_frame(length);
}

bool FrameParser::check_first_bytes() {
  constexpr unsigned compressed_bit = 0x40;
  opcode_ = static_cast<Opcode>(header_[0] & 0x0fu);
  const bool begins_message = opcode_ == Opcode::text || opcode_ == Opcode::binary;
  const unsigned reserved = header_[0] & 0x70u;
  if (reserved != 0 && !(reserved == compressed_bit && begins_message && limits_.compressed))
    return fail(close_codes::protocol_error, "reserved bits must be zero");
  final_ = (header_[0] & 0x80u) != 0;
  if (!is_known(opcode_)) return fail(close_codes::protocol_error, "unknown opcode");
  if ((header_[1] & 0x80u) == 0)
    return fail(close_codes::protocol_error, "frames from a client must be masked");
  if (is_control(opcode_)) {
    if (!final_) return fail(close_codes::protocol_error, "control frames cannot be fragmented");
    if ((header_[1] & 0x7fu) > control_payload_bytes_max)
      return fail(close_codes::protocol_error, "control frame longer than 125 bytes");
    return true;
  }
  const bool continues = opcode_ == Opcode::continuation;
  if (continues && fragments_ == 0) return fail(close_codes::protocol_error, "nothing to continue");
  if (!continues && fragments_ != 0)
    return fail(close_codes::protocol_error, "the last message is not finished");
  if (begins_message) compressed_ = reserved == compressed_bit;
  return true;
}

bool FrameParser::start_frame(std::uint64_t length) {
  if (!is_control(opcode_)) {
    if (length > limits_.message_bytes_max - message_bytes_)
      return fail(close_codes::message_too_big, "message too big");
    if (++fragments_ > limits_.fragments_max)
      return fail(close_codes::message_too_big, "too many fragments");
    if (opcode_ != Opcode::continuation) message_opcode_ = opcode_;
  }
  payload_missing_ = length;
  in_payload_ = true;
  return true;
}

// Returns false if the text is not UTF-8.
bool FrameParser::read_payload(std::string_view& input) {
  const auto bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), payload_missing_));
  if (bytes == 0) return true;
  char* out = buffer_.prepare(bytes);
  unmask(input.data(), out, bytes, mask_.data());
  buffer_.commit(bytes);
  std::rotate(mask_.begin(), mask_.begin() + static_cast<std::ptrdiff_t>(bytes % 4), mask_.end());
  input.remove_prefix(bytes);
  payload_missing_ -= bytes;
  if (is_control(opcode_)) return true;
  message_bytes_ += bytes;
  if (message_opcode_ == Opcode::text && !compressed_ && !text_.feed({out, bytes}))
    return fail(close_codes::invalid_payload, "text is not UTF-8");
  return true;
}

FrameParser::Event FrameParser::finish_frame() {
  switch (opcode_) {
    case Opcode::ping:
      delivered_ = Delivered::control;
      return Event::ping;
    case Opcode::pong:
      delivered_ = Delivered::control;
      return Event::pong;
    case Opcode::close:
      return finish_close();
    default:
      break;
  }
  if (message_opcode_ == Opcode::text && !compressed_ && !text_.complete()) {
    fail(close_codes::invalid_payload, "text ends inside a character");
    return Event::failed;
  }
  fragments_ = 0;
  delivered_ = Delivered::message;
  return message_opcode_ == Opcode::text ? Event::text : Event::binary;
}

FrameParser::Event FrameParser::finish_close() {
  const std::string_view body = buffer_.view().substr(message_bytes_);
  close_code_ = close_codes::no_status;
  if (body.size() == 1) {
    fail(close_codes::protocol_error, "close frame with half a code");
    return Event::failed;
  }
  if (body.size() >= 2) {
    close_code_ = static_cast<CloseCode>(static_cast<unsigned char>(body[0]) << 8 |
                                         static_cast<unsigned char>(body[1]));
    if (!is_sendable(close_code_)) {
      fail(close_codes::protocol_error, "close code not allowed");
      return Event::failed;
    }
    if (!base::is_utf8(body.substr(2))) {
      fail(close_codes::invalid_payload, "close reason is not UTF-8");
      return Event::failed;
    }
  }
  delivered_ = Delivered::control;
  return Event::close;
}

std::string_view FrameParser::payload() const {
  const std::string_view bytes = buffer_.view();
  switch (delivered_) {
    case Delivered::message:
      return bytes;
    case Delivered::control: {
      const std::string_view control = bytes.substr(message_bytes_);
      return opcode_ == Opcode::close && !control.empty() ? control.substr(2) : control;
    }
    case Delivered::nothing:
      break;
  }
  return {};
}

void FrameParser::forget_delivered() {
  if (delivered_ == Delivered::message) {
    buffer_.clear();
    message_bytes_ = 0;
    text_.reset();
  } else if (delivered_ == Delivered::control) {
    buffer_.truncate(message_bytes_);
  }
  delivered_ = Delivered::nothing;
}

void FrameParser::release_idle_memory() {
  forget_delivered();
  if (buffer_.empty()) buffer_.release();
}

bool FrameParser::fail(CloseCode code, std::string_view reason) {
  failure_ = {code, reason};
  return false;
}

}  // namespace duplex::ws
