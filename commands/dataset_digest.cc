// DEBUG DIGEST's numbers: equal for equal data, whichever server holds it and however it keeps it.
#include "commands/dataset_digest.h"

#include "base/numbers.h"
#include "store/hash.h"
#include "store/list.h"
#include "store/set.h"
#include "store/sorted_set.h"
#include "store/stream.h"

#include <fmt/format.h>

#include <bit>
#include <cstddef>

namespace duplex::commands {

using store::Entry;

namespace {

// The numbers that redis-server gives to types.
std::uint32_t type_number(store::ValueType type) {
  switch (type) {
    case store::ValueType::string:
      return 0;
    case store::ValueType::list:
      return 1;
    case store::ValueType::set:
      return 2;
    case store::ValueType::sorted_set:
      return 3;
    case store::ValueType::hash:
      return 4;
    case store::ValueType::stream:
      return 6;
  }
  return 0;
}

void mix_list(DataDigest& digest, const Entry& entry) {
  char scratch[base::int64_digits_max];
  store::ListView(entry).visit(0, [&](const store::ListpackItem& item) {
    digest.mix(item.text(scratch));
    return true;
  });
}

void mix_sorted_set(DataDigest& digest, const Entry& entry) {
  store::SortedSetView(entry).visit_all([&](std::string_view text, double score) {
    DataDigest member;
    member.mix(text);
    member.mix(fmt::format("{:.17g}", score));
    digest.add(member);
  });
}

void mix_hash(DataDigest& digest, const Entry& entry, std::int64_t now_ms) {
  store::HashView(entry, now_ms).for_each([&](std::string_view name, std::string_view value) {
    DataDigest field;
    field.mix(name);
    field.mix(value);
    digest.add(field);
  });
}

void mix_stream(DataDigest& digest, const Entry& entry) {
  char scratch[base::int64_digits_max];
  const store::StreamView stream(entry);
  stream->visit({}, false, [&](const store::StreamEntry& element) {
    digest.mix(fmt::format("{}.{}", element.id.ms, element.id.sequence));
    element.for_each_field([&](const store::ListpackItem& name, const store::ListpackItem& value) {
      digest.mix(name.text(scratch));
      digest.mix(value.text(scratch));
    });
    return true;
  });
}

}  // namespace

void DataDigest::add(std::string_view text) {
  const base::Sha1Digest other = base::sha1(text);
  for (std::size_t i = 0; i < bytes_.size(); ++i)
    bytes_[i] ^= other[i];
}

void DataDigest::merge(const DataDigest& other) {
  for (std::size_t i = 0; i < bytes_.size(); ++i)
    bytes_[i] ^= other.bytes_[i];
}

void DataDigest::mix(std::string_view text) {
  add(text);
  bytes_ = base::sha1(this->text());
}

void DataDigest::mix_number(std::uint32_t number) {
  const std::uint32_t highest_first = std::byteswap(number);
  mix({reinterpret_cast<const char*>(&highest_first), sizeof highest_first});
}

void DataDigest::mix_value(const Entry& entry, std::int64_t now_ms) {
  mix_number(type_number(entry.type()));
  char scratch[base::int64_digits_max];
  switch (entry.type()) {
    case store::ValueType::string:
      mix(entry.text(scratch));
      break;
    case store::ValueType::list:
      mix_list(*this, entry);
      break;
    case store::ValueType::set:
      store::SetView(entry).for_each([this](std::string_view member) { add(member); });
      break;
    case store::ValueType::sorted_set:
      mix_sorted_set(*this, entry);
      break;
    case store::ValueType::hash:
      mix_hash(*this, entry, now_ms);
      break;
    case store::ValueType::stream:
      mix_stream(*this, entry);
      break;
  }
  if (entry.has_expiry()) add("!!expire!!");
}

}  // namespace duplex::commands
