#include "gigafleet/routes.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "net_cases.hpp"

using namespace gigafleet;
using net_cases::Links;
using net_cases::Reference;

namespace {

NoControl quiet;

/// Every pair of sites against the definition on the uncontracted network.
void check_all_pairs(const std::shared_ptr<const Network>& net, const std::vector<std::uint8_t>& allowed,
                     std::size_t all_up_to) {
    const Routes routes(net, allowed, 1, quiet, all_up_to);
    const std::size_t sites = net->site_count();
    std::vector<Reference> reference;
    for (std::size_t i = 0; i < sites; ++i) reference.emplace_back(*net, SiteId{i}, allowed);
    for (std::size_t i = 0; i < sites; ++i) {
        for (std::size_t j = 0; j < sites; ++j) {
            const SiteId from{i}, to{j};
            const std::vector<ArcId> wanted = reference[i].route(*net, to);
            double price = 0;
            for (const ArcId a : wanted) price += net->price(a);
            CHECK_EQ(routes.one_way_ns(from, to), reference[i].ns[j]);
            CHECK(routes.route(from, to) == wanted);
            CHECK(std::abs(routes.path_price(from, to) - price) < 1e-12);  // quarters: exact

            std::vector<ArcId> back = net->directed() ? reference[j].route(*net, from) : wanted, got;
            if (!net->directed())
                for (ArcId& a : back) a = net->mirror(a);
            const std::int64_t back_ns = net->directed() ? reference[j].ns[i] : reference[i].ns[j];
            CHECK_EQ(routes.for_each_arc_back(from, to, [&](ArcId a) { got.push_back(a); }),
                     back_ns != kUnreachable);
            std::sort(back.begin(), back.end());
            std::sort(got.begin(), got.end());
            CHECK(got == back);
            CHECK_EQ(routes.back_ns(from, to), back_ns);
            const bool both = reference[i].ns[j] != kUnreachable && back_ns != kUnreachable;
            CHECK_EQ(routes.rtt_ns(from, to), both ? reference[i].ns[j] + back_ns : kUnreachable);
        }
    }
}

Links grid(std::int64_t side) {
    Links links;
    links.sites = side * side;
    for (std::int64_t s = 0; s < links.sites; ++s) {
        if (s % side + 1 < side) links.add(s, s + 1, 1);
        if (s + side < links.sites) links.add(s, s + side, 1);
    }
    return links;
}

std::vector<std::uint32_t> every_core(const Routes& routes) {
    std::vector<std::uint32_t> cores(routes.core_count());
    for (std::uint32_t c = 0; c < cores.size(); ++c) cores[c] = c;
    return cores;
}

}  // namespace

TEST(random_networks_agree_with_the_definition) {
    std::mt19937 random(11);
    for (int round = 0; round < 3000; ++round) {
        const auto net = net_cases::random_links(random, round % 2 == 1).network();
        std::vector<std::uint8_t> allowed;
        if (round % 3 == 0)
            for (std::size_t s = 0; s < net->site_count(); ++s) allowed.push_back(random() % 4 != 0);
        check_all_pairs(net, allowed, round % 5 == 0 ? 2 : RowStore::kAllUpTo);
    }
}

TEST(ties_go_to_fewer_links_then_to_the_smaller_arc) {
    Links links;
    links.sites = 4;
    links.add(0, 2, 0);  // 0: no time, but one link more than 4
    links.add(2, 3, 2);  // 1
    links.add(0, 1, 1);  // 2
    links.add(1, 3, 1);  // 3: as good as by 2, larger arc into site 3
    links.add(0, 3, 3);  // 4
    const Routes routes(links.network(), {}, 1, quiet);
    CHECK(routes.route(SiteId{0}, SiteId{3}) == (std::vector{ArcId{0}, ArcId{2}}));
    // From site 3 the arcs into site 0 decide: 1 (of link 0) is smaller than 5 (of link 2).
    CHECK(routes.route(SiteId{3}, SiteId{0}) == (std::vector{ArcId{3}, ArcId{1}}));
    links.latency_ms[4] = 2;
    CHECK(Routes(links.network(), {}, 1, quiet).route(SiteId{0}, SiteId{3}) == (std::vector{ArcId{8}}));
}

TEST(a_grid_full_of_ties) { check_all_pairs(grid(9).network(), {}, RowStore::kAllUpTo); }

TEST(rows_hold_what_they_say) {
    const auto net = grid(5).network();
    const Routes routes(net, {}, 1, quiet);
    const Routes::Row& row = routes.row(routes.core_index(SiteId{7}));
    CHECK_EQ(row.ns.size(), routes.core_count());
    CHECK_EQ(row.ns[routes.core_index(SiteId{7})], 0);
    CHECK_EQ(row.pred_arc[routes.core_index(SiteId{7})], UINT32_MAX);
    CHECK(net->head(ArcId{row.pred_arc[routes.core_index(SiteId{9})]}) == SiteId{9});
    CHECK_EQ(row.price.size(), routes.core_count());
    CHECK(std::ranges::all_of(row.price, [](double price) { return price == 0; }));
    CHECK_EQ(routes.path_price(SiteId{0}, SiteId{24}), 0.0);
}

TEST(prepared_rows_are_those_made_on_demand_on_any_number_of_threads) {
    const auto net = grid(20).network();
    const Routes lazy(net, {}, 1, quiet);
    for (const int threads : {1, 2, 5}) {
        for (const std::size_t all_up_to : {std::size_t{4096}, std::size_t{100}}) {
            const Routes routes(net, {}, threads, quiet, all_up_to);
            routes.prepare(every_core(routes), quiet);
            for (std::uint32_t c = 0; c < routes.core_count(); ++c) {
                const Routes::Row got = routes.row(c), wanted = lazy.row(c);
                CHECK(std::ranges::equal(got.ns, wanted.ns) &&
                      std::ranges::equal(got.pred_arc, wanted.pred_arc));
            }
        }
    }
}

TEST(threads_may_share_a_bounded_cache) {
    const auto net = grid(12).network();
    const Routes lazy(net, {}, 1, quiet), routes(net, {}, 1, quiet, 20);
    CHECK_EQ(routes.row_capacity(), 16u);
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> pool;
        for (int t = 0; t < 4; ++t)
            pool.emplace_back([&, t] {
                std::mt19937 random(static_cast<unsigned>(t));
                for (int i = 0; i < 2000; ++i) {
                    const SiteId a{random() % 144}, b{random() % 144};
                    const Routes::Row held = routes.row(routes.core_index(a));
                    if (routes.one_way_ns(b, a) != held.ns[routes.core_index(b)]) ++wrong;
                }
            });
    }
    CHECK_EQ(wrong.load(), 0);
}

TEST(a_wish_to_stop_is_heard) {
    struct Stop final : Control {
        void poll(std::string_view, std::int64_t done, std::int64_t) override {
            if (done > 0) throw Cancelled();
        }
    } stop;
    const Routes routes(grid(20).network(), {}, 2, quiet);
    bool stopped = false;
    try {
        routes.prepare(every_core(routes), stop);
    } catch (const Cancelled&) {
        stopped = true;
    }
    CHECK(stopped);
    CHECK_EQ(routes.one_way_ns(SiteId{0}, SiteId{399}), 38'000'000);
}

TEST(a_long_path_neither_recurses_nor_keeps_its_square) {
    Links links;
    links.sites = 100'000;
    for (std::int64_t s = 1; s < links.sites; ++s) links.add(s - 1, s, 1, 1);
    const Routes routes(links.network(), {}, 1, quiet);
    CHECK_EQ(routes.one_way_ns(SiteId{10}, SiteId{99'990}), 99'980'000'000);
    CHECK_EQ(routes.path_price(SiteId{10}, SiteId{99'990}), 99'980.0);
    CHECK_EQ(routes.route(SiteId{99'990}, SiteId{10}).size(), 99'980u);
    CHECK(routes.row_capacity() < 200);
}

TEST(one_flag_a_site) {
    CHECK_THROWS(InputTypeError, "allowed: got 3 flags, wanted 25, one per site",
                 Routes(grid(5).network(), {1, 1, 1}, 1, quiet));
    CHECK_EQ(Routes(Links{}.network(), {}, 1, quiet).core_count(), 0u);
}

TEST(without_links_routes_are_those_of_the_network_without_them) {
    std::mt19937 random(12);
    for (int round = 0; round < 1000; ++round) {
        Links links = net_cases::random_links(random, round % 2 == 1);
        const auto net = links.network();
        std::vector<std::uint8_t> lost(net->link_count());
        for (std::uint8_t& flag : lost) flag = random() % 5 == 0;
        Links rest;
        rest.sites = links.sites;
        rest.directed = links.directed;
        std::vector<std::size_t> kept;  // links of the rest, by their numbers in the whole
        for (std::size_t l = 0; l < lost.size(); ++l) {
            if (lost[l]) continue;
            rest.add(links.tail[l], links.head[l], links.latency_ms[l], links.price[l]);
            kept.push_back(l);
        }
        const std::size_t all_up_to = round % 5 == 0 ? 2 : RowStore::kAllUpTo;
        const Routes routes(net, {}, 1, quiet, all_up_to, lost), wanted(rest.network(), {}, 1, quiet);
        for (std::size_t i = 0; i < net->site_count(); ++i)
            for (std::size_t j = 0; j < net->site_count(); ++j) {
                CHECK_EQ(routes.rtt_ns(SiteId{i}, SiteId{j}), wanted.rtt_ns(SiteId{i}, SiteId{j}));
                std::vector<ArcId> arcs = wanted.route(SiteId{i}, SiteId{j});
                for (ArcId& a : arcs)
                    a = links.directed ? ArcId{kept[a.at()]} : ArcId{2 * kept[a.at() / 2] + a.at() % 2};
                CHECK(routes.route(SiteId{i}, SiteId{j}) == arcs);
            }
    }
}

TEST(routes_made_of_those_of_the_whole_network_are_those_searched_anew) {
    std::mt19937 random(13);
    int changed = 0, same = 0;
    for (int round = 0; round < 2000 / check::kShare; ++round) {
        const auto net = round % 3 == 0 ? grid(4 + round % 4).network()
                                        : net_cases::random_links(random, round % 2 == 1).network();
        std::vector<std::uint8_t> some(net->site_count(), 1);
        for (std::uint8_t& flag : some) flag = random() % 16 != 0;
        const Routes whole(net, some, 1, quiet);
        std::vector<std::uint8_t> lost(net->link_count(), 0), left = some;
        for (std::size_t k = random() % 3; k > 0 && !lost.empty(); --k) lost[random() % lost.size()] = 1;
        for (std::size_t k = random() % 3; k > 0 && !left.empty(); --k) left[random() % left.size()] = 0;
        const Routes wanted(net, left, 1, quiet, RowStore::kAllUpTo, lost);
        const Routes routes(net, left, 1, quiet, RowStore::kAllUpTo, lost, &whole);
        for (std::uint32_t c = 0; c < wanted.core_count(); ++c) {
            const Routes::Row row = routes.row(c), anew = wanted.row(c);
            CHECK(std::ranges::equal(row.ns, anew.ns));
            CHECK(std::ranges::equal(row.pred_arc, anew.pred_arc));
            CHECK(std::ranges::equal(row.price, anew.price));
            const std::uint32_t before = whole.core_index(wanted.forest().core_site(c));
            const bool fewer = whole.core_count() != wanted.core_count();
            (fewer || !std::ranges::equal(row.pred_arc, whole.row(before).pred_arc) ? changed : same) += 1;
        }
    }
    CHECK(changed > 2000 / check::kShare);
    CHECK(same > 2000 / check::kShare);
}
