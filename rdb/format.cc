// The names of value types.
#include "rdb/format.h"

namespace duplex::rdb {

std::string_view name_of(ValueType type) {
  switch (type) {
    case ValueType::string:
      return "string";
    case ValueType::list:
      return "list";
    case ValueType::set:
      return "set";
    case ValueType::zset:
      return "sorted set with text scores";
    case ValueType::hash:
      return "hash";
    case ValueType::zset_2:
      return "sorted set";
    case ValueType::module_preview:
    case ValueType::module_2:
      return "value of a module";
    case ValueType::hash_zipmap:
      return "hash as zipmap";
    case ValueType::list_ziplist:
      return "list as ziplist";
    case ValueType::set_intset:
      return "set as intset";
    case ValueType::zset_ziplist:
      return "sorted set as ziplist";
    case ValueType::hash_ziplist:
      return "hash as ziplist";
    case ValueType::list_quicklist:
      return "list as quicklist of ziplists";
    case ValueType::stream_listpacks:
      return "stream";
    case ValueType::hash_listpack:
      return "hash as listpack";
    case ValueType::zset_listpack:
      return "sorted set as listpack";
    case ValueType::list_quicklist_2:
      return "list as quicklist of listpacks";
    case ValueType::stream_listpacks_2:
      return "stream, second form";
    case ValueType::set_listpack:
      return "set as listpack";
    case ValueType::stream_listpacks_3:
      return "stream, third form";
    case ValueType::hash_timed_valkey:
      return "hash with times of fields in Valkey's form";
    case ValueType::hash_timed:
      return "hash with times of fields";
    case ValueType::hash_timed_listpack:
      return "hash with times of fields as listpack";
    case ValueType::hash_timed_preview:
      return "hash with times of fields of a release candidate";
    case ValueType::hash_timed_preview_listpack:
      return "hash with times of fields as listpack of a release candidate";
  }
  return "unknown";
}

}  // namespace duplex::rdb
