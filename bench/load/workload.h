// Turns request templates into batches of RESP bytes, or an echo's message into frames.
#pragma once

#include "bench/load/key_source.h"
#include "bench/load/options.h"

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace duplex::load {

// Composes batches of requests. Placeholders have a fixed width, so that a request is an image with
// a few digits to overwrite; with one template, a batch that was composed before is only patched.
// Thread:   confined to its owner.
class Workload {
 public:
  // Fails if a template is empty or has an unclosed quote.
  static std::expected<Workload, std::string> create(const Options& options);

  // Makes `batch` hold `count` requests with freshly drawn keys. Requires: `batch` is empty or was
  // composed by this workload with the same count.
  void compose(std::string& batch, std::uint64_t count);

  // Bytes of the longest request.
  std::size_t request_bytes_max() const;

 private:
  struct Image {
    std::string bytes;
    std::vector<std::size_t> keys;   // where the twelve digits of a key stand
    std::uint64_t weight_until = 0;  // the running sum of the weights
  };

  explicit Workload(KeySource keys) : keys_(std::move(keys)) {}
  std::string add(const TemplateOption& option, const std::string& value);
  const Image& choose();
  void patch(const Image& image, char* request);

  KeySource keys_;
  std::vector<Image> images_;
};

}  // namespace duplex::load
