// Which arguments of a command are secrets: neither logs nor monitors may show them.
#include "commands/redaction.h"

#include "base/text.h"
#include "commands/services.h"

#include <algorithm>
#include <cstddef>

namespace duplex::commands {

namespace {

using base::equals_ignoring_case;
using Shown = std::vector<std::string_view>;

constexpr std::string_view hidden = "(redacted)";

void hide(Shown& shown, std::size_t first, std::size_t count) {
  const std::size_t end = std::min(shown.size(), first + std::min(count, shown.size()));
  for (std::size_t i = first; i < end; ++i)
    shown[i] = hidden;
}

void hide_rest(Shown& shown, std::size_t first) {
  hide(shown, first, shown.size());
}

// HELLO version [AUTH user password] …
void hide_hello(Shown& shown) {
  for (std::size_t i = 2; i + 2 < shown.size(); ++i)
    if (equals_ignoring_case(shown[i], "AUTH")) return hide(shown, i + 1, 2);
}

// MIGRATE host port key database timeout [COPY] [REPLACE] [AUTH p | AUTH2 u p] [KEYS …]
void hide_migrate(Shown& shown) {
  constexpr std::size_t first_option = 6;
  for (std::size_t i = first_option; i < shown.size(); ++i) {
    if (equals_ignoring_case(shown[i], "KEYS")) return;
    if (equals_ignoring_case(shown[i], "AUTH")) return hide(shown, i + 1, 1);
    if (equals_ignoring_case(shown[i], "AUTH2")) return hide(shown, i + 1, 2);
  }
}

void hide_config(Shown& shown, const ConfigAccess& config) {
  for (std::size_t i = 2; i + 1 < shown.size(); i += 2)
    if (config.is_sensitive(shown[i])) hide(shown, i + 1, 1);
}

}  // namespace

std::vector<std::string_view> without_secrets(const Command& command,
                                              Args args,
                                              const ConfigAccess& config) {
  Shown shown(args.begin(), args.end());
  // The declaration's name: an operator may have renamed the command.
  const std::string_view name = command.spec->name;
  if (command.container == nullptr) {
    if (name == "AUTH") hide_rest(shown, 1);
    if (name == "HELLO") hide_hello(shown);
    if (name == "MIGRATE") hide_migrate(shown);
    return shown;
  }
  const std::string_view container = command.container->spec->name;
  if (container == "CONFIG" && name == "SET") hide_config(shown, config);
  // Users' names are nobody's business either.
  if (container == "ACL" && (name == "SETUSER" || name == "GETUSER" || name == "DELUSER"))
    hide_rest(shown, 2);
  return shown;
}

}  // namespace duplex::commands
