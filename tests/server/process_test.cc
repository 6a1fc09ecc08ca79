// Titles, CPU lists and what a signal means.
#include "server/process.h"

#include "gtest/gtest.h"

#include <sched.h>

namespace duplex::server {
namespace {

int cpus_of_this_thread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return CPU_COUNT(&set);
}

TEST(Process, MakesItsTitleFromTheTemplate) {
  Config config;
  config.port = 7000;
  config.bind = {"127.0.0.1", "::1"};
  EXPECT_EQ(process_title(config, "duplex-server", ""), "duplex-server 127.0.0.1:7000");

  config.proc_title_template = "{title} {config-file} {port}{server-mode}|{unixsocket} {";
  config.unixsocket = "/run/s";
  EXPECT_EQ(process_title(config, "me", "/etc/d.conf"), "me /etc/d.conf 7000|/run/s {");

  config.port = 0;
  config.proc_title_template = "{listen-addr}";
  EXPECT_EQ(process_title(config, "me", ""), "/run/s");
}

TEST(Process, ReadsWhatASignalMeans) {
  using commands::ShutdownMode;
  EXPECT_EQ(signal_shutdown("default").mode, ShutdownMode::normal);
  EXPECT_FALSE(signal_shutdown("default").force);
  EXPECT_EQ(signal_shutdown("save now").mode, ShutdownMode::save);
  EXPECT_EQ(signal_shutdown("nosave force").mode, ShutdownMode::nosave);
  EXPECT_TRUE(signal_shutdown("nosave force").force);
}

TEST(Process, RunsOnTheCpusOfAListForAWhile) {
  const int before = cpus_of_this_thread();
  {
    const CpuList cpus("0", "server_cpulist");
    EXPECT_EQ(cpus_of_this_thread(), 1);
  }
  EXPECT_EQ(cpus_of_this_thread(), before);
  {
    const CpuList cpus("0-1:2,0", "server_cpulist");
    EXPECT_EQ(cpus_of_this_thread(), 1);
  }
  EXPECT_EQ(cpus_of_this_thread(), before);
}

TEST(Process, LeavesTheCpusAloneWhenAListIsWrong) {
  const int before = cpus_of_this_thread();
  for (const std::string_view list :
       {"", "x", "1-", "-1", "3-1", "0-1:0", "0:", "0,,1", "99999", "1000", "0-9999999999"}) {
    const CpuList cpus(list, "server_cpulist");
    EXPECT_EQ(cpus_of_this_thread(), before) << list;
  }
}

}  // namespace
}  // namespace duplex::server
