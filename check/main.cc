// duplex-check: what is in a file of the server, and where it is broken.
#include "base/mapped_file.h"
#include "check/file_check.h"
#include "check/options.h"
#include "check/text.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

namespace duplex::check {

namespace {

// The exit statuses; help_text promises them.
constexpr int all_well = 0;
constexpr int broken = 1;
constexpr int not_checked = 2;

int fix(const Report& report) {
  const TornTail& tail = *report.torn_tail();
  if (const std::string error = fix_tail(tail); !error.empty()) {
    fmt::print(stderr, "{}: cannot be cut: {}\n", tail.path, error);
    return broken;
  }
  fmt::print("REPAIRED: {} cut off {}, which now has {}\n",
             counted(tail.bytes, "byte"),
             tail.path,
             counted(tail.good_end, "byte"));
  return all_well;
}

int truncate(const Report& report, std::int64_t until_s) {
  if (!report.later()) {
    fmt::print("Nothing was written later than {}: nothing to cut off\n", until_s);
    return all_well;
  }
  const TornTail& tail = *report.later();
  if (!report.later_may_be_cut()) {
    const std::string_view why = tail.good_end == 0
                                     ? "everything in it was written later"
                                     : "what was written later is not in the last file alone";
    fmt::print(stderr, "{}: {}: nothing was cut off\n", tail.path, why);
    return broken;
  }
  if (const std::string error = fix_tail(tail); !error.empty()) {
    fmt::print(stderr, "{}: cannot be cut: {}\n", tail.path, error);
    return broken;
  }
  fmt::print("TRUNCATED: {} cut off {}, which now has {}\n",
             counted(tail.bytes, "byte"),
             tail.path,
             counted(tail.good_end, "byte"));
  return all_well;
}

int check(const Options& options) {
  const auto report = check_path(options.path, options.until_s);
  if (!report) {
    fmt::print(stderr, "{}\n", report.error());
    return not_checked;
  }
  for (const std::string& line : report->lines())
    fmt::print("{}\n", line);
  if (report->problems().empty()) {
    fmt::print("OK\n");
    return options.until_s ? truncate(*report, *options.until_s) : all_well;
  }
  fmt::print("{} found\n", counted(report->problems().size(), "problem"));
  if (options.fix && report->is_fixable()) return fix(*report);
  if (options.fix)
    fmt::print(
        "Not repaired: only a torn end of the last file is, and only if nothing else is "
        "broken.\n");
  else if (report->is_fixable())
    fmt::print(
        "A server cuts this off when it starts (aof-load-truncated yes); --fix does it "
        "now.\n");
  return broken;
}

int run(std::vector<std::string_view> arguments) {
  const auto options = parse_options(arguments);
  if (!options) {
    fmt::print(stderr, "duplex-check: {}\n\n{}", options.error(), help_text);
    return not_checked;
  }
  if (options->help) {
    fmt::print("{}", help_text);
    return all_well;
  }
  if (options->version) {
    fmt::print("Duplex check v={}\n", DUPLEX_VERSION);
    return all_well;
  }
  base::exit_on_unreadable_pages();
  return check(*options);
}

}  // namespace

}  // namespace duplex::check

int main(int argc, char** argv) {
  try {
    return duplex::check::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "duplex-check: {}\n", error.what());
    return 2;
  }
}
