// The libraries of FUNCTION LOAD and their functions.
#include "script/libraries.h"

#include "base/text.h"

#include <fmt/format.h>

#include <utility>

namespace duplex::script {

Libraries::Found Libraries::find(std::string_view function) const {
  const base::MutexLock lock(mutex_);
  auto found = functions_.find(function);
  if (found == functions_.end()) found = functions_.find(base::lowered(function));
  return found == functions_.end() ? Found{} : found->second;
}

std::vector<Libraries::Pointer> Libraries::list() const {
  const base::MutexLock lock(mutex_);
  std::vector<Pointer> all;
  for (const auto& [name, library] : libraries_)
    all.push_back(library);
  return all;
}

Libraries::Pointer Libraries::get(std::string_view name) const {
  const base::MutexLock lock(mutex_);
  const auto found = libraries_.find(name);
  return found == libraries_.end() ? nullptr : found->second;
}

std::expected<Libraries::ByFunction, std::string> Libraries::index(const ByName& libraries) {
  ByFunction functions;
  for (const auto& [name, library] : libraries)
    for (const Function& function : library->functions)
      if (!functions.try_emplace(base::lowered(function.name), library, &function).second)
        return std::unexpected(fmt::format("ERR Function {} already exists", function.name));
  return functions;
}

std::expected<void, std::string> Libraries::insert(ByName& libraries,
                                                   const std::vector<Pointer>& added,
                                                   bool replaces) {
  for (const Pointer& library : added) {
    const auto [at, is_new] = libraries.try_emplace(library->name, library);
    if (is_new) continue;
    if (!replaces)
      return std::unexpected(fmt::format("ERR Library '{}' already exists", library->name));
    at->second = library;
  }
  return {};
}

std::expected<void, std::string> Libraries::add(const std::vector<Pointer>& added, bool replaces) {
  const base::MutexLock lock(mutex_);
  ByName next = libraries_;
  if (auto inserted = insert(next, added, replaces); !inserted) return inserted;
  auto functions = index(next);
  if (!functions) return std::unexpected(std::move(functions.error()));
  libraries_ = std::move(next);
  functions_ = std::move(*functions);
  return {};
}

std::expected<void, std::string> Libraries::replace_all(const std::vector<Pointer>& added) {
  ByName next;
  if (auto inserted = insert(next, added, false); !inserted) return inserted;
  auto functions = index(next);
  if (!functions) return std::unexpected(std::move(functions.error()));
  const base::MutexLock lock(mutex_);
  libraries_.swap(next);
  functions_.swap(*functions);
  generation_.fetch_add(1, std::memory_order_release);
  return {};
}

bool Libraries::erase(std::string_view name) {
  const base::MutexLock lock(mutex_);
  const auto found = libraries_.find(name);
  if (found == libraries_.end()) return false;
  for (const Function& function : found->second->functions)
    functions_.erase(base::lowered(function.name));
  libraries_.erase(found);
  return true;
}

}  // namespace duplex::script
