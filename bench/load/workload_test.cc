// Tests of the templates.
#include "bench/load/workload.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace duplex::load {
namespace {

Options sequential(std::vector<TemplateOption> templates) {
  Options options;
  options.distribution = Distribution::sequential;
  options.keys = 1'000'000;
  options.value_bytes = 3;
  options.templates = std::move(templates);
  return options;
}

TEST(Workload, WritesKeysOfSixteenBytes) {
  auto workload = Workload::create(sequential({{.text = "GET key:{key}"}}));
  ASSERT_TRUE(workload);
  std::string batch;

  workload->compose(batch, 2);

  EXPECT_EQ(batch,
            "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000000\r\n"
            "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n");
}

TEST(Workload, PatchesABatchThatItComposedBefore) {
  auto workload = Workload::create(sequential({{.text = "DEL {key}{key} x"}}));
  ASSERT_TRUE(workload);
  std::string batch;

  workload->compose(batch, 1);
  workload->compose(batch, 1);

  EXPECT_EQ(batch, "*3\r\n$3\r\nDEL\r\n$24\r\n000000000002000000000003\r\n$1\r\nx\r\n");
}

TEST(Workload, PutsValuesWhereTheTemplateSaysSo) {
  auto workload = Workload::create(sequential({{.text = R"(SET "a b" <{value}> "")"}}));
  ASSERT_TRUE(workload);
  std::string batch;

  workload->compose(batch, 1);

  ASSERT_TRUE(batch.starts_with("*4\r\n$3\r\nSET\r\n$3\r\na b\r\n$5\r\n<")) << batch;
  EXPECT_TRUE(batch.ends_with(">\r\n$0\r\n\r\n")) << batch;
}

TEST(Workload, LeavesOtherBracesAlone) {
  auto workload = Workload::create(sequential({{.text = "GET {tag}"}}));
  ASSERT_TRUE(workload);
  std::string batch;

  workload->compose(batch, 1);

  EXPECT_EQ(batch, "*2\r\n$3\r\nGET\r\n$5\r\n{tag}\r\n");
}

TEST(Workload, ChoosesByWeight) {
  auto workload =
      Workload::create(sequential({{.text = "A", .weight = 3}, {.text = "B", .weight = 1}}));
  ASSERT_TRUE(workload);
  std::string batch;

  workload->compose(batch, 10'000);

  const auto count = std::ranges::count(batch, 'A');
  EXPECT_NEAR(static_cast<double>(count), 7500, 200);
  EXPECT_EQ(workload->request_bytes_max(), 11u);
}

TEST(Workload, RefusesBrokenTemplates) {
  EXPECT_FALSE(Workload::create(sequential({{.text = ""}})));
  EXPECT_FALSE(Workload::create(sequential({{.text = "GET \"a"}})));
}

}  // namespace
}  // namespace duplex::load
