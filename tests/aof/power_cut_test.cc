// Random runs of the log whose power is cut at a random operation, again and again.
#include "aof/log.h"
#include "aof/log_bytes.h"
#include "aof/recovery.h"
#include "base/diagnostics.h"
#include "support/power_cut_disk.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace duplex::aof {
namespace {

constexpr int cuts_per_run = 250;
constexpr std::uint64_t steps_max = 60;

// One store through many lives. Its data are the numbers from 0 on, each set by a record of its
// own, some in groups; so what is there after a cut says itself how much is missing.
class Lives {
 public:
  Lives(FsyncPolicy policy, std::uint64_t seed)
      : policy_(policy), random_(seed), disk_(seed * 7919 + 1) {
    position_.store_id = test::store_id;
    position_.epoch = 1;
  }

  void live_and_die() {
    disk_.cut_after(1 + random_() % steps_max);
    acknowledged_.clear();
    syncs_ = durable_ = 0;
    auto log = Log::open(disk_,
                         {.fsync = policy_,
                          .sync_interval = std::chrono::milliseconds(1),
                          .retry_interval = std::chrono::milliseconds(1),
                          .reserve_bytes = 8192,
                          .on_progress = {}},
                         manifest_,
                         position_);
    while (log && !disk_.is_off()) {
      if (random_() % 12 == 0)
        rewrite(**log);
      else
        write(**log);
    }
    if (!log) return;
    syncs_ = (*log)->stats().syncs;
    durable_ = (*log)->durable();
  }

  // Recovers what the cut has left, and checks it.
  void come_back() {
    const test::TemporaryFolder folder;
    const std::filesystem::path files = folder.path() / "appendonlydir";
    std::filesystem::create_directories(files);
    disk_.write_survivors(files);
    int found = 0;
    const RecoverySink sink{
        .on_rdb = [](std::string_view, std::string_view) { return std::size_t{0}; },
        .on_record =
            [&](std::span<const std::string_view> args) -> std::expected<void, std::string> {
          if (args[0] == "SET" && args[1] != std::to_string(found++))
            return std::unexpected("number " + std::string(args[1]) + " is not the next one");
          return {};
        }};
    auto recovered = recover({.directory = folder.path().string()}, sink);
    ASSERT_TRUE(recovered) << recovered.error();
    const int needed = must_be_there();
    EXPECT_GE(found, needed) << "acknowledged and lost";
    EXPECT_LE(found, next_) << "invented";
    EXPECT_TRUE(found == needed || whole_units_.contains(found)) << "half of a transaction";
    known_ = next_ = found;
    manifest_ = std::move(recovered->manifest);
    position_ = std::move(recovered->position);
    if (position_.store_id.empty()) position_ = {test::store_id, 1, 0};
    disk_.read_folder(files);
    whole_units_ = {found};
  }

 private:
  struct Acknowledged {
    int numbers = 0;  // this many were there
    Lsn lsn = 0;
    std::uint64_t syncs = 0;  // of the log, at the time of the reply
  };

  void write(Log& log) {
    LogUnit unit;
    const int size = random_() % 4 == 0 ? 3 : 1;
    for (int i = 0; i < size; ++i) {
      const std::string number = std::to_string(next_++);
      const std::string value(random_() % 200, 'v');
      const std::string_view args[] = {"SET", number, value};
      unit.add(0, args);
    }
    whole_units_.insert(next_);
    const Lsn lsn = log.append(unit);
    if (!log.commit(lsn)) return wait_for_death();
    if (policy_ == FsyncPolicy::always)
      while (log.durable() < lsn && !disk_.is_off())
        std::this_thread::yield();
    if (policy_ != FsyncPolicy::always || log.durable() >= lsn)
      acknowledged_.push_back({next_, lsn, log.stats().syncs});
  }

  void rewrite(Log& log) {
    const auto increment = log.prepare_increment();
    if (!increment) return wait_for_death();
    const int numbers = next_;
    log.switch_increment();
    if (random_() % 2 == 0) write(log);
    if (!log.flush()) return wait_for_death();
    ManifestEntry base = log.next_base(BaseForm::rdb);
    auto file = disk_.open(base.name);
    if (!file) return;
    std::string records = test::record({"SELECT", "0"});
    for (int i = 0; i < numbers; ++i)
      records += test::record({"SET", std::to_string(i), "base"});
    if ((*file)->truncate(0) || (*file)->write(0, records) || (*file)->sync() || disk_.sync())
      return;
    if (log.install_base(std::move(base), *increment)) log.delete_history();
  }

  // Nothing fails on this disk but by the cut.
  void wait_for_death() { EXPECT_TRUE(disk_.is_off()); }

  // How many numbers the promises of the policy cover. The clock of the model ticks with the log's
  // syncs, of which there is one a second under everysec. The first one after a reply may have been
  // under way before it; the second is a second later.
  int must_be_there() const {
    int needed = known_;
    for (const Acknowledged& reply : acknowledged_)
      if (policy_ == FsyncPolicy::always || reply.lsn <= durable_ || syncs_ >= reply.syncs + 2)
        needed = std::max(needed, reply.numbers);
    return needed;
  }

  const FsyncPolicy policy_;
  std::mt19937_64 random_;
  test::PowerCutDisk disk_;
  Manifest manifest_;
  StreamPosition position_;
  int known_ = 0;  // there when this life began
  int next_ = 0;
  std::deque<Acknowledged> acknowledged_;
  std::uint64_t syncs_ = 0;  // of the log, when it died
  Lsn durable_ = 0;
  std::set<int> whole_units_{0};
};

class PowerCut : public testing::TestWithParam<std::uint64_t> {
 protected:
  // Thousands of lines about failures tell nothing here.
  void SetUp() override { base::set_log_level(base::LogLevel::nothing); }
  void TearDown() override { base::set_log_level(base::LogLevel::notice); }

  static void run(FsyncPolicy policy, std::uint64_t seed) {
    Lives lives(policy, seed);
    for (int cut = 0; cut < cuts_per_run; ++cut) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", cut " + std::to_string(cut));
      lives.live_and_die();
      lives.come_back();
      if (testing::Test::HasFailure()) return;
    }
  }
};

TEST_P(PowerCut, LosesNothingAcknowledgedUnderAlways) {
  run(FsyncPolicy::always, GetParam());
}
TEST_P(PowerCut, LosesAtMostTheLastSecondUnderEverysec) {
  run(FsyncPolicy::everysec, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Seeds, PowerCut, testing::Values(1, 2, 3, 4, 5, 6));

}  // namespace
}  // namespace duplex::aof
