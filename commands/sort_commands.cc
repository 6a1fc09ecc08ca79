// SORT and SORT_RO: the elements of a list, set or sorted set in an order, and values at other
// keys.
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/sort_options.h"
#include "store/hash.h"
#include "store/list.h"
#include "store/set.h"
#include "store/sorted_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;
using store::ValueType;

// What is sorted: copies, because looking up other keys may remove ended ones and so move entries.
struct Element {
  std::string_view text;
  std::size_t index = 0;
  double score = 0;
  std::optional<std::string_view> weight;
};

// Texts one behind the other, each with a NUL behind it for strtod(), in blocks that stay in place.
class Texts {
 public:
  std::string_view keep(std::string_view text) {
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < text.size() + 1) {
      blocks_.emplace_back();
      blocks_.back().reserve(std::max(block_bytes, text.size() + 1));
    }
    std::string& block = blocks_.back();
    const std::size_t at = block.size();
    block.append(text);
    block.push_back('\0');
    return {block.data() + at, text.size()};
  }

 private:
  static constexpr std::size_t block_bytes = 64 * 1024;

  std::deque<std::string> blocks_;
};

// One SORT in execution.
class Sorting {
 public:
  Sorting(CommandContext& ctx, SortOptions options) : ctx_(ctx), options_(std::move(options)) {}

  void run();

 private:
  bool take_limit();
  void load(const Entry& entry);
  void choose_range(std::size_t size);
  void add(std::string_view text) {
    elements_.push_back({.text = texts_.keep(text), .index = elements_.size(), .weight = {}});
  }
  // Gives each element what it is ordered by; false if that is no number.
  bool weigh();
  bool take_number(Element& element, std::string_view text);
  void sort();
  int compare(const Element& a, const Element& b) const;
  int collate(std::string_view a, std::string_view b) const;
  // Calls use(text) with what the pattern finds for an element; nothing if it finds none.
  template <typename Use>
  void look_up(const SortPattern& pattern, std::string_view element, Use&& use);
  void reply();
  void store();

  CommandContext& ctx_;
  SortOptions options_;
  std::int64_t limit_first_ = 0;
  std::int64_t limit_count_ = -1;
  std::size_t first_ = 0;  // the range of elements that is the result
  std::size_t count_ = 0;
  Texts texts_;
  std::vector<Element> elements_;
};

bool Sorting::take_limit() {
  if (options_.limit_at == 0) return true;
  const auto first = ctx_.integer_arg(options_.limit_at);
  if (!first) return false;
  const auto count = ctx_.integer_arg(options_.limit_at + 1);
  if (!count) return false;
  limit_first_ = *first;
  limit_count_ = *count;
  return true;
}

void Sorting::choose_range(std::size_t size) {
  const auto all = static_cast<std::int64_t>(size);
  first_ = static_cast<std::size_t>(std::clamp<std::int64_t>(limit_first_, 0, all));
  count_ = size - first_;
  if (limit_count_ >= 0)
    count_ = static_cast<std::size_t>(std::min(limit_count_, static_cast<std::int64_t>(count_)));
}

// Lists and sorted sets have an order already: without sorting, only the range is loaded.
void Sorting::load(const Entry& entry) {
  if (entry.type() == ValueType::set) {
    const store::SetView set(entry);
    choose_range(set.size());
    elements_.reserve(set.size());
    set.for_each([&](std::string_view member) { add(member); });
    return;
  }
  if (entry.type() == ValueType::sorted_set) {
    const store::SortedSetView set(entry);
    choose_range(set.size());
    const store::RankRange range = options_.sorts ? store::RankRange{0, set.size()}
                                   : options_.descending
                                       ? store::RankRange{first_, count_}.reversed(set.size())
                                       : store::RankRange{first_, count_};
    elements_.reserve(range.count);
    set.visit(range, !options_.sorts && options_.descending, [&](std::string_view text, double) {
      add(text);
    });
  } else {
    const store::ListView list(entry);
    choose_range(list.size());
    std::size_t left = options_.sorts ? list.size() : count_;
    elements_.reserve(left);
    char scratch[base::int64_digits_max];
    const auto visit = [&](const store::ListpackItem& item) {
      add(item.text(scratch));
      return --left > 0;
    };
    if (left > 0 && options_.sorts)
      list.visit(0, visit);
    else if (left > 0 && options_.descending)
      list.visit_back(list.size() - first_ - 1, visit);
    else if (left > 0)
      list.visit(first_, visit);
  }
  if (!options_.sorts) first_ = 0;
}

template <typename Use>
void Sorting::look_up(const SortPattern& pattern, std::string_view element, Use&& use) {
  if (pattern.is_element()) return use(std::optional(element));
  if (!pattern.looks_up()) return use(std::optional<std::string_view>());
  const std::string key = pattern.key_for(element);
  const Entry* entry = ctx_.read(store::HashedKey(key));
  char scratch[base::int64_digits_max];
  std::optional<std::string_view> found;
  if (entry != nullptr && pattern.has_field() && entry->type() == ValueType::hash) {
    const store::HashView hash(*entry, ctx_.now_ms());
    const auto at = hash.find(pattern.field());
    if (at != store::HashView::nowhere) found = hash.value(at, scratch);
  } else if (entry != nullptr && !pattern.has_field() && entry->is_string()) {
    found = entry->text(scratch);
  }
  use(found);
}

bool Sorting::take_number(Element& element, std::string_view text) {
  char* end = nullptr;
  errno = 0;
  element.score = std::strtod(text.data(), &end);
  return *end == '\0' && errno != ERANGE && !std::isnan(element.score);
}

bool Sorting::weigh() {
  bool all_numbers = true;
  for (Element& element : elements_) {
    if (!options_.by) {
      if (!options_.alpha) all_numbers &= take_number(element, element.text);
      continue;
    }
    look_up(*options_.by, element.text, [&](std::optional<std::string_view> found) {
      if (!found) return;
      element.weight = texts_.keep(*found);
      if (!options_.alpha) all_numbers &= take_number(element, *element.weight);
    });
  }
  return all_numbers;
}

// As in Redis, texts that are only shown are compared up to a NUL, as strcoll() does.
int Sorting::collate(std::string_view a, std::string_view b) const {
  return options_.store_at != 0 ? a.compare(b) : std::strcmp(a.data(), b.data());
}

int Sorting::compare(const Element& a, const Element& b) const {
  if (!options_.alpha) {
    if (a.score != b.score) return a.score < b.score ? -1 : 1;
    return a.text.compare(b.text);
  }
  if (!options_.by) return collate(a.text, b.text);
  if (!a.weight || !b.weight) return static_cast<int>(a.weight.has_value()) - b.weight.has_value();
  return collate(*a.weight, *b.weight);
}

void Sorting::sort() {
  // Elements that are ordered alike stay in the order they had.
  const auto precedes = [this](const Element& a, const Element& b) {
    const int order = compare(a, b);
    if (order != 0) return options_.descending ? order > 0 : order < 0;
    return a.index < b.index;
  };
  const auto end = elements_.begin() + static_cast<std::ptrdiff_t>(first_ + count_);
  if (end == elements_.end())
    std::sort(elements_.begin(), end, precedes);
  else
    std::partial_sort(elements_.begin(), end, elements_.end(), precedes);
}

void Sorting::reply() {
  ctx_.reply().array(count_ * std::max<std::size_t>(options_.gets.size(), 1));
  for (std::size_t i = first_; i < first_ + count_; ++i) {
    if (options_.gets.empty()) ctx_.reply().bulk(elements_[i].text);
    for (const SortPattern& get : options_.gets)
      look_up(get, elements_[i].text, [&](std::optional<std::string_view> found) {
        if (found)
          ctx_.reply().bulk(*found);
        else
          ctx_.reply().null();
      });
  }
}

// The log gets the result instead of the question: the order of a set's members that are ordered
// alike, and fields that have ended, would be others when the log is replayed.
void Sorting::store() {
  std::vector<std::string_view> logged{"RPUSH", {}};
  for (std::size_t i = first_; i < first_ + count_; ++i) {
    if (options_.gets.empty()) logged.push_back(elements_[i].text);
    for (const SortPattern& get : options_.gets)
      look_up(get, elements_[i].text, [&](std::optional<std::string_view> found) {
        logged.push_back(texts_.keep(found.value_or("")));
      });
  }
  const store::HashedKey& key = ctx_.key(1);
  const auto result = std::span(logged).subspan(2);
  const store::Table::Position at = ctx_.find(key);
  if (at) ctx_.effect({"DEL", key.key});
  if (result.empty()) {
    if (at) {
      ctx_.erase(key, at);
      ctx_.changed(key, Event::generic, "del");
    }
    return ctx_.reply().integer(0);
  }
  store::EntryPtr entry = store::List::make(key.key, store::no_expiry);
  store::List(*entry).push(store::ListEnd::back, result);
  ctx_.put(key, at, std::move(entry));
  ctx_.changed(key, Event::list, "sortstore");
  ctx_.count_changes(result.size());
  logged[1] = key.key;
  for (std::string_view& word : result)
    word = ctx_.keep(std::string(word));
  ctx_.effect(logged);
  ctx_.reply().integer(static_cast<std::int64_t>(result.size()));
}

void Sorting::run() {
  if (!take_limit()) return;
  if (options_.first_foreign != 0 && !ctx_.may_read_every_key())
    return ctx_.error(
        fmt::format("ERR {} option of SORT denied due to insufficient ACL permissions.",
                    options_.first_foreign == 'B' ? "BY" : "GET"));
  if (!options_.is_valid) return ctx_.error(errors::syntax);
  const Entry* entry = ctx_.read(ctx_.key());
  if (entry != nullptr && entry->type() != ValueType::list && entry->type() != ValueType::set &&
      entry->type() != ValueType::sorted_set)
    return ctx_.error(errors::wrong_type);
  // What is stored must not depend on the order in which a set happens to keep its members.
  if (entry != nullptr && !options_.sorts && entry->type() == ValueType::set &&
      options_.store_at != 0) {
    options_.sorts = options_.alpha = true;
    options_.by.reset();
  }
  if (entry != nullptr) load(*entry);
  if (options_.sorts) {
    if (!weigh()) return ctx_.error("ERR One or more scores can't be converted into double");
    sort();
  }
  if (options_.store_at != 0)
    store();
  else
    reply();
}

void sort(CommandContext& ctx) {
  Sorting(ctx, read_sort_options(ctx.args(), true)).run();
}

void sort_ro(CommandContext& ctx) {
  Sorting(ctx, read_sort_options(ctx.args(), false)).run();
}

// Which keys BY and GET lead to is known only when the elements are.
bool looks_up(const SortOptions& options) {
  return (options.sorts && options.by) ||
         std::any_of(options.gets.begin(), options.gets.end(), [](const SortPattern& get) {
           return get.looks_up();
         });
}

bool sort_looks_up(Args args) {
  return looks_up(read_sort_options(args, true));
}

bool sort_ro_looks_up(Args args) {
  return looks_up(read_sort_options(args, false));
}

// Calls use(text) for the elements of a list, set or sorted set; false if there are too many.
template <typename Use>
bool visit_few(const Entry& entry, std::size_t count_max, Use&& use) {
  char scratch[base::int64_digits_max];
  switch (entry.type()) {
    case ValueType::list:
      if (store::ListView(entry).size() > count_max) return false;
      store::ListView(entry).visit(0, [&](const store::ListpackItem& item) {
        use(item.text(scratch));
        return true;
      });
      return true;
    case ValueType::set:
      if (store::SetView(entry).size() > count_max) return false;
      store::SetView(entry).for_each(use);
      return true;
    case ValueType::sorted_set:
      if (store::SortedSetView(entry).size() > count_max) return false;
      store::SortedSetView(entry).visit_all([&](std::string_view text, double) { use(text); });
      return true;
    default:
      return true;
  }
}

// Beyond this many keys it costs less to lock all shards.
bool find_led_keys(CommandContext& ctx,
                   Args args,
                   const SortOptions& options,
                   std::vector<std::string>& keys) {
  constexpr std::size_t led_keys_max = 64;
  std::vector<SortPattern> patterns;
  if (options.sorts && options.by) patterns.push_back(*options.by);
  for (const SortPattern& get : options.gets)
    if (get.looks_up()) patterns.push_back(get);
  const store::Table::Position at = ctx.lock().find(ctx.database(), store::HashedKey(args[1]));
  if (!at) return true;
  return visit_few(*at.entry(), led_keys_max / patterns.size(), [&](std::string_view element) {
    for (const SortPattern& pattern : patterns)
      keys.push_back(pattern.key_for(element));
  });
}

bool find_sort_led_keys(CommandContext& ctx, Args args, std::vector<std::string>& keys) {
  return find_led_keys(ctx, args, read_sort_options(args, true), keys);
}

bool find_sort_ro_led_keys(CommandContext& ctx, Args args, std::vector<std::string>& keys) {
  return find_led_keys(ctx, args, read_sort_options(args, false), keys);
}

// Of several keys to store to the last one counts.
void find_sort_keys(Args args, std::vector<KeyPosition>& positions) {
  if (args.size() < 2) return;
  positions.push_back({1, KeyFlag::ro | KeyFlag::access});
  const std::size_t store_at = read_sort_options(args, true).store_at;
  if (store_at != 0) positions.push_back({store_at, KeyFlag::ow | KeyFlag::update});
}

constexpr std::string_view complexity =
    "O(N+M*log(M)) where N is the number of elements and M the number of returned ones. When "
    "nothing is sorted, O(N).";

constexpr CommandSpec specs[] = {
    {.name = "SORT",
     .arity = -2,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::dangerous | Category::list | Category::set | Category::slow |
                   Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access),
                  unknown_keys(KeyFlag::ro | KeyFlag::access),
                  unknown_keys(KeyFlag::ow | KeyFlag::update)),
     .handler = sort,
     .group = "generic",
     .syntax = "key [BY by-pattern] [LIMIT offset count] [GET get-pattern [GET get-pattern ...]] "
               "[ASC|DESC] [ALPHA] [STORE destination]",
     .summary = "Returns or stores the elements of a list, set or sorted set in order.",
     .complexity = complexity,
     .since = "1.0.0",
     .find_keys = find_sort_keys,
     .needs_all_shards = sort_looks_up,
     .find_led_keys = find_sort_led_keys},
    {.name = "SORT_RO",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = Category::dangerous | Category::list | Category::read | Category::set |
                   Category::slow | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access),
                  unknown_keys(KeyFlag::ro | KeyFlag::access)),
     .handler = sort_ro,
     .group = "generic",
     .syntax = "key [BY by-pattern] [LIMIT offset count] [GET get-pattern [GET get-pattern ...]] "
               "[ASC|DESC] [ALPHA]",
     .summary = "Returns the elements of a list, set or sorted set in order.",
     .complexity = complexity,
     .since = "7.0.0",
     .needs_all_shards = sort_ro_looks_up,
     .find_led_keys = find_sort_ro_led_keys},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> sort_commands() {
  return specs;
}

}  // namespace duplex::commands
