#include "gigafleet/label_wishes.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::TaskRow;

namespace {

// Of problem_cases::kNodeLabels and kTaskLabels.
constexpr std::uint8_t kEv = 1, kGpu = 2, kX = 4, kNobody = 16;

struct Asked {
    std::optional<LabelWishes::Lack> lack;
    std::vector<std::string> names;
};

/// Of nodes with `labels` at a site in country X.
Asked ask(const TaskRow& task, std::uint8_t labels) {
    Case c = Case::one_site();
    c.country = {0};
    c.nodes = {{.labels = labels}};
    c.tasks = {task};
    const auto problem = c.problem();
    const LabelWishes wishes(*problem, ShapeId(std::size_t{0}));
    const std::uint64_t has = problem->fleet().kinds()[0].labels;
    const SiteId site(std::size_t{0});
    const auto lack = wishes.lack(has, site);
    CHECK_EQ(lack.has_value(),
             lack && !problem->labels_pass(problem->shapes()[0], problem->fleet().pools()[0]));
    if (!lack) return {};
    return {lack, wishes.in_the_way(lack->role, has, site)};
}

bool is(const Asked& asked, LabelRole role, const std::vector<std::string>& names) {
    return asked.lack && asked.lack->role == role && asked.lack->names == names.size() &&
           asked.names == names;
}

}  // namespace

TEST(nothing_is_lacking_where_all_pass) {
    CHECK(!ask({}, 0).lack);
    CHECK(!ask({.require = kEv | kX, .any_of = kGpu | kEv, .forbid = kGpu | kNobody}, kEv).lack);
}

TEST(the_names_of_one_column) {
    CHECK(is(ask({.require = kEv | kGpu | kX | kNobody}, kEv), kRequire, {"gpu", "nobody"}));
    CHECK(is(ask({.forbid = kEv | kGpu | kX}, kEv), kForbid, {"ev", "country=X"}));
    CHECK(is(ask({.any_of = kGpu | kNobody}, kEv), kAnyOf, {"gpu", "nobody"}));
    CHECK(is(ask({.any_of = kGpu | kEv, .forbid = kEv}, kEv), kForbid, {"ev"}));
}

TEST(two_columns_are_one_too_many) {
    CHECK(!ask({.require = kGpu, .forbid = kEv}, kEv).lack);
    CHECK(!ask({.require = kGpu, .any_of = kNobody}, kEv).lack);
    CHECK(!ask({.any_of = kNobody, .forbid = kX}, kEv).lack);
}
