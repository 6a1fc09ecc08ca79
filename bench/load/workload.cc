// Compiles templates and composes batches.
#include "bench/load/workload.h"

#include "bench/load/web_socket_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace duplex::load {
namespace {

constexpr std::size_t key_digits = 12;
constexpr std::string_view key_placeholder = "{key}";
constexpr std::string_view value_placeholder = "{value}";

constexpr std::array<char, 200> digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

void write_digits(char* out, std::uint64_t number) {
  for (std::size_t at = key_digits; at > 0; at -= 2) {
    std::memcpy(out + at - 2, &digit_pairs[2 * (number % 100)], 2);
    number /= 100;
  }
}

// Printable, of any length, and not compressible to nothing.
std::string make_value(std::uint64_t bytes, KeySource& source) {
  std::string value(bytes, '\0');
  for (char& c : value)
    c = static_cast<char>('a' + source.below(26));
  return value;
}

// Words are separated by spaces; double quotes keep spaces, and an empty word, together.
std::expected<std::vector<std::string>, std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  bool quoted = false;
  bool inside = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
      if (!inside) words.emplace_back();
      inside = true;
    } else if (c == ' ' && !quoted) {
      inside = false;
    } else {
      if (!inside) words.emplace_back();
      inside = true;
      words.back() += c;
    }
  }
  if (quoted) return std::unexpected(fmt::format("unclosed quote in template '{}'", text));
  if (words.empty()) return std::unexpected("empty template");
  return words;
}

}  // namespace

std::expected<Workload, std::string> Workload::create(const Options& options) {
  KeySource values(Distribution::uniform, 1, 1, options.seed);
  const std::string value = make_value(options.value_bytes, values);
  // The seed of the keys differs from the value's, or the first keys would follow from the value.
  Workload workload(
      KeySource(options.distribution, options.keys, options.skew, values.below(UINT64_MAX)));
  if (options.mode == Mode::echo) {
    workload.images_.push_back(
        {.bytes = client_frame(text_opcode, value), .keys = {}, .weight_until = 1});
    return workload;
  }
  for (const TemplateOption& option : options.templates) {
    if (std::string error = workload.add(option, value); !error.empty()) {
      return std::unexpected(std::move(error));
    }
  }
  return workload;
}

std::string Workload::add(const TemplateOption& option, const std::string& value) {
  const auto words = split_words(option.text);
  if (!words) return words.error();
  Image image;
  image.bytes = fmt::format("*{}\r\n", words->size());
  for (std::string_view rest : *words) {
    std::string word;
    std::vector<std::size_t> keys;
    while (!rest.empty()) {
      if (rest.starts_with(key_placeholder)) {
        keys.push_back(word.size());
        word.append(key_digits, '0');
        rest.remove_prefix(key_placeholder.size());
      } else if (rest.starts_with(value_placeholder)) {
        word += value;
        rest.remove_prefix(value_placeholder.size());
      } else {
        word += rest.front();
        rest.remove_prefix(1);
      }
    }
    image.bytes += fmt::format("${}\r\n", word.size());
    for (const std::size_t key : keys)
      image.keys.push_back(image.bytes.size() + key);
    image.bytes += word + "\r\n";
  }
  image.weight_until = option.weight + (images_.empty() ? 0 : images_.back().weight_until);
  images_.push_back(std::move(image));
  return {};
}

void Workload::compose(std::string& batch, std::uint64_t count) {
  if (images_.size() == 1 && !batch.empty()) {
    const Image& image = images_.front();
    for (std::uint64_t i = 0; i < count; ++i)
      patch(image, batch.data() + i * image.bytes.size());
    return;
  }
  batch.clear();
  for (std::uint64_t i = 0; i < count; ++i) {
    const Image& image = choose();
    const std::size_t at = batch.size();
    batch += image.bytes;
    patch(image, batch.data() + at);
  }
}

std::size_t Workload::request_bytes_max() const {
  return std::ranges::max(images_, {}, [](const Image& image) { return image.bytes.size(); })
      .bytes.size();
}

const Workload::Image& Workload::choose() {
  if (images_.size() == 1) return images_.front();
  const std::uint64_t drawn = keys_.below(images_.back().weight_until);
  for (const Image& image : images_) {
    if (drawn < image.weight_until) return image;
  }
  return images_.back();
}

void Workload::patch(const Image& image, char* request) {
  for (const std::size_t at : image.keys)
    write_digits(request + at, keys_.next());
}

}  // namespace duplex::load
