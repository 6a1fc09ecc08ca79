// A thread that frees what takes long to free: large values, whole tables.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "store/entry.h"
#include "store/table.h"

namespace duplex::server {

// Thread: any. The destructor frees what is left.
class Reclaimer {
 public:
  Reclaimer();
  ~Reclaimer();
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;

  void discard(store::EntryPtr entry);
  void discard(std::vector<store::Table> tables);
  // Frees it if nobody else uses it.
  void discard(std::shared_ptr<void> something);

  // For INFO: values waiting, and freed so far.
  std::size_t pending() const { return pending_.load(std::memory_order_relaxed); }
  std::size_t freed() const { return freed_.load(std::memory_order_relaxed); }

 private:
  using Garbage =
      std::variant<store::EntryPtr, std::vector<store::Table>, std::shared_ptr<void>>;

  void add(Garbage garbage, std::size_t values);
  void run();

  std::atomic<std::size_t> pending_{0};
  std::atomic<std::size_t> freed_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Garbage> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace duplex::server
