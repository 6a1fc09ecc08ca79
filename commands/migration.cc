// Keys on their way to another server: what MIGRATE found, and what came of it.
#include "commands/migration.h"

#include <atomic>
#include <memory>
#include <utility>

namespace duplex::commands {

Migration::~Migration() {
  for (const Item& item : items)
    watchers_.remove(from, item.key, item.changed);
}

void Migration::add(Item item) {
  item.changed = std::make_shared<std::atomic<bool>>(false);
  watchers_.add(from, item.key, item.changed);
  items.push_back(std::move(item));
}

}  // namespace duplex::commands
