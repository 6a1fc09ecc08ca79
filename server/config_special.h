// Directives whose values are more than one word of one kind, and the checks of some texts.
#pragma once

#include "server/config_directive.h"

#include <string>
#include <string_view>
#include <vector>

namespace duplex::server {

// A directive that Redis or Valkey knows and that changes nothing here: its value is checked like
// theirs, kept and shown, so that files and tools written for them work.
Outcome write_accepted(const Directive& directive, Config& config, Words words, Source source);
std::string read_accepted(const Directive& directive, const Config& config);

Outcome write_save(const Directive& directive, Config& config, Words words, Source source);
std::string read_save(const Directive& directive, const Config& config);
std::vector<std::string> save_lines(const Directive& directive, const Config& config);

Outcome write_output_limit(const Directive& directive, Config& config, Words words, Source source);
std::string read_output_limit(const Directive& directive, const Config& config);
std::vector<std::string> output_limit_lines(const Directive& directive, const Config& config);

Outcome write_channel(const Directive& directive, Config& config, Words words, Source source);
std::string read_channel(const Directive& directive, const Config& config);
std::vector<std::string> channel_lines(const Directive& directive, const Config& config);

Outcome write_renamed(const Directive& directive, Config& config, Words words, Source source);
std::string read_renamed(const Directive& directive, const Config& config);
std::vector<std::string> renamed_lines(const Directive& directive, const Config& config);

Outcome write_user(const Directive& directive, Config& config, Words words, Source source);
std::vector<std::string> user_lines(const Directive& directive, const Config& config);

Outcome write_percentiles(const Directive& directive, Config& config, Words words, Source source);
std::string read_percentiles(const Directive& directive, const Config& config);

Outcome write_bind(const Directive& directive, Config& config, Words words, Source source);
Outcome write_dir(const Directive& directive, Config& config, Words words, Source source);
Outcome write_hz(const Directive& directive, Config& config, Words words, Source source);
Outcome write_events(const Directive& directive, Config& config, Words words, Source source);
Outcome write_oom_scores(const Directive& directive, Config& config, Words words, Source source);
std::string read_oom_scores(const Directive& directive, const Config& config);

std::string_view check_dbfilename(std::string_view value);
std::string_view check_appendfilename(std::string_view value);
std::string_view check_appenddirname(std::string_view value);
std::string_view check_title_template(std::string_view value);
std::string_view check_shutdown_options(std::string_view value);
std::string_view check_hostname(std::string_view value);

// What no single directive can tell: directives that do not go together. Empty if all do.
std::string check_together(const Config& config);

}  // namespace duplex::server
