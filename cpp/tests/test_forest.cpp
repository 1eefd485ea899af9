#include "gigafleet/forest.hpp"

#include <set>

#include "check.hpp"
#include "net_cases.hpp"

using namespace gigafleet;
using net_cases::Links;

namespace {

/// A ring 0-1-2 with a tree 3-(4,5) at site 1, a lone pair 6-7 and a lone site 8.
Links ring_and_tree() {
    Links links;
    links.sites = 9;
    links.add(0, 1, 1);
    links.add(1, 2, 1);
    links.add(2, 0, 1);
    links.add(1, 3, 2, 0.5);   // 3
    links.add(3, 1, 1, 0.25);  // 4: parallel and faster
    links.add(3, 4, 3);
    links.add(5, 3, 4, 1);
    links.add(6, 7, 1);
    return links;
}

}  // namespace

TEST(trees_hang_off_the_core) {
    const auto net = ring_and_tree().network();
    const Forest forest(*net, {});
    CHECK_EQ(forest.core_count(), 5u);  // the ring, one of 6 and 7, and 8
    CHECK(forest.root(SiteId{4}) == SiteId{1} && forest.root(SiteId{1}) == SiteId{1});
    CHECK(forest.parent(SiteId{5}) == SiteId{3} && !forest.parent(SiteId{1}).valid());
    CHECK_EQ(forest.depth(SiteId{5}), 2u);
    CHECK_EQ(forest.up_ns(SiteId{5}), 5'000'000);
    CHECK_EQ(forest.down_ns(SiteId{5}), 5'000'000);
    CHECK_EQ(forest.up_price(SiteId{5}), 1.25);
    CHECK(forest.up_arc(SiteId{3}) == ArcId{8} && forest.down_arc(SiteId{3}) == ArcId{9});
    CHECK_EQ(forest.core_index(SiteId{5}), 1u);
    CHECK(forest.core_site(1) == SiteId{1});
    CHECK(forest.root(SiteId{6}) == forest.root(SiteId{7}));
    CHECK(forest.root(SiteId{8}) == SiteId{8});
    CHECK(forest.meet(SiteId{4}, SiteId{5}) == SiteId{3});
    CHECK(forest.meet(SiteId{4}, SiteId{1}) == SiteId{1});
}

TEST(subtrees_are_consecutive) {
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        const auto net = net_cases::random_links(random, round % 2 == 0).network();
        const Forest forest(*net, {});
        CHECK_EQ(forest.order().size(), net->site_count());
        for (std::size_t i = 0; i < net->site_count(); ++i) {
            std::set<SiteId> below, listed;
            for (std::size_t j = 0; j < net->site_count(); ++j) {
                SiteId s{j};
                while (s.valid() && s != SiteId{i}) s = forest.parent(s);
                if (s.valid()) below.insert(SiteId{j});
            }
            for (std::uint32_t k = forest.first(SiteId{i}); k < forest.last(SiteId{i}); ++k)
                listed.insert(forest.order()[k]);
            CHECK(below == listed);
            CHECK(forest.order()[forest.first(SiteId{i})] == SiteId{i});
        }
        for (std::size_t k = 1; k < forest.order().size(); ++k)
            CHECK(forest.core_index(forest.order()[k - 1]) <= forest.core_index(forest.order()[k]));
    }
}

TEST(one_way_pendants_stay_in_the_core) {
    Links links;
    links.sites = 4;
    links.directed = true;
    links.add(0, 1, 1);
    links.add(1, 0, 1);
    links.add(2, 0, 1, 0.5);
    links.add(3, 2, 1);
    links.add(2, 3, 1, 0.25);
    const auto net = links.network();
    const Forest forest(*net, std::vector<std::uint8_t>{1, 0, 1, 1});
    CHECK_EQ(forest.core_count(), 2u);  // 0 hears from 2 but does not answer
    CHECK(!forest.root(SiteId{1}).valid());
    CHECK_EQ(forest.core_index(SiteId{1}), kNoCore);
    CHECK_EQ(forest.first(SiteId{1}), forest.last(SiteId{1}));
    CHECK(forest.core_site(0) == SiteId{0});
    CHECK(forest.core_site(1) == SiteId{2});
    CHECK(forest.root(SiteId{3}) == SiteId{2});
    CHECK_EQ(forest.up_ns(SiteId{3}), 1'000'000);
    CHECK_EQ(forest.down_price(SiteId{3}), 0.25);
}

TEST(a_long_path_keeps_its_middle_in_the_core) {
    Links links;
    links.sites = 100'000;
    for (std::int64_t s = 1; s < links.sites; ++s) links.add(s - 1, s, 1);
    const Forest forest(*links.network(), {});
    CHECK_EQ(forest.core_count(), 100'000u - 2 * Forest::kMaxDepth);
    CHECK_EQ(forest.depth(SiteId{0}), Forest::kMaxDepth);
    CHECK_EQ(forest.up_ns(SiteId{0}), 64'000'000);
}
