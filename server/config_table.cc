// Every directive, in the order in which CONFIG GET * shows them.
#include "server/config_table.h"

#include "base/assert.h"
#include "base/text.h"

#include <string>
#include <unordered_map>

namespace duplex::server {

namespace {

using Index = std::unordered_map<std::string, const Directive*>;

std::vector<const Directive*> collect() {
  std::vector<const Directive*> rows;
  for (const auto subject : {network_directives(),
                             tls_directives(),
                             browser_directives(),
                             realtime_directives(),
                             process_directives(),
                             data_directives(),
                             accepted_directives()})
    for (const Directive& row : subject)
      rows.push_back(&row);
  return rows;
}

Index make_index() {
  Index index;
  for (const Directive* row : all_directives()) {
    DUPLEX_ASSERT(index.emplace(row->name, row).second);
    if (!row->alias.empty()) DUPLEX_ASSERT(index.emplace(row->alias, row).second);
  }
  return index;
}

}  // namespace

std::span<const Directive* const> all_directives() {
  static const std::vector<const Directive*> rows = collect();
  return rows;
}

const Directive* find_directive(std::string_view name) {
  static const Index index = make_index();
  const auto found = index.find(base::lowered(name));
  return found == index.end() ? nullptr : found->second;
}

}  // namespace duplex::server
