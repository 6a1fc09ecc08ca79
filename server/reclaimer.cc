// A thread that frees what takes long to free: large values, whole tables.
#include "server/reclaimer.h"

#include <utility>

namespace duplex::server {

Reclaimer::Reclaimer() : thread_([this] { run(); }) {}

Reclaimer::~Reclaimer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Reclaimer::discard(store::EntryPtr entry) { add(std::move(entry), 1); }

void Reclaimer::discard(std::shared_ptr<void> something) { add(std::move(something), 1); }

void Reclaimer::discard(std::vector<store::Table> tables) {
  std::size_t values = 0;
  for (const store::Table& table : tables)
    values += table.size();
  add(std::move(tables), values);
}

void Reclaimer::add(Garbage garbage, std::size_t values) {
  pending_.fetch_add(values, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(garbage));
  }
  wake_.notify_one();
}

void Reclaimer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::vector<Garbage> work = std::exchange(queue_, {});
    lock.unlock();
    for (Garbage& garbage : work) {
      std::size_t values = 1;
      if (const auto* tables = std::get_if<std::vector<store::Table>>(&garbage)) {
        values = 0;
        for (const store::Table& table : *tables)
          values += table.size();
      }
      garbage = store::EntryPtr();
      pending_.fetch_sub(values, std::memory_order_relaxed);
      freed_.fetch_add(values, std::memory_order_relaxed);
    }
    work.clear();
    lock.lock();
  }
}

}  // namespace duplex::server
