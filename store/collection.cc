// What an entry needs to know about the container behind its pointer, whatever type it is of.
#include "store/collection.h"

#include "base/assert.h"
#include "store/field_table.h"
#include "store/intset.h"
#include "store/listpack.h"
#include "store/member_table.h"
#include "store/quicklist.h"
#include "store/ranked_members.h"
#include "store/stream.h"

namespace duplex::store {

namespace {

// Calls `use(container)` with the class that keeps this type and encoding.
template <typename Use>
auto with_container(ValueType type, Encoding encoding, Use&& use) {
  switch (encoding) {
    case Encoding::hashtable:
      if (type == ValueType::set) return use(static_cast<MemberTable*>(nullptr));
      DUPLEX_ASSERT(type == ValueType::hash);
      return use(static_cast<FieldTable*>(nullptr));
    case Encoding::intset:
      return use(static_cast<Intset*>(nullptr));
    case Encoding::listpack:
      return use(static_cast<Listpack*>(nullptr));
    case Encoding::quicklist:
      return use(static_cast<Quicklist*>(nullptr));
    case Encoding::skiplist:
      return use(static_cast<RankedMembers*>(nullptr));
    case Encoding::stream:
      return use(static_cast<StreamData*>(nullptr));
    default:
      break;
  }
  DUPLEX_ASSERT(false);
}

}  // namespace

void destroy_collection(ValueType type, Encoding encoding, void* value) {
  with_container(
      type, encoding, [&]<typename Container>(Container*) { Container::destroy(value); });
}

void* clone_collection(ValueType type, Encoding encoding, const void* value) {
  return with_container(
      type, encoding, [&]<typename Container>(Container*) { return Container::clone(value); });
}

std::size_t collection_bytes(ValueType type,
                             Encoding encoding,
                             const void* value,
                             std::size_t samples) {
  return with_container(type, encoding, [&]<typename Container>(Container*) {
    if constexpr (requires { Container::memory_bytes(value, samples); })
      return Container::memory_bytes(value, samples);
    else
      return Container::memory_bytes(value);  // one block, or counted all the time
  });
}

bool is_heavy_collection(ValueType type, Encoding encoding, const void* value) {
  return with_container(
      type, encoding, [&]<typename Container>(Container*) { return Container::is_heavy(value); });
}

std::int64_t earliest_field_expiry_ms(const Entry& entry) {
  return static_cast<const FieldTable*>(entry.collection())->earliest_expiry_ms();
}

}  // namespace duplex::store
