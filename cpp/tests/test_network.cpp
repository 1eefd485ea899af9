#include "gigafleet/network.hpp"

#include <cmath>

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "net_cases.hpp"

using namespace gigafleet;
using net_cases::Links;

namespace {

Links triangle(bool directed) {
    Links links;
    links.sites = 4;  // site 3 is on its own
    links.directed = directed;
    links.add(0, 1, 1.5, 0.25);
    links.add(2, 1, 0);
    links.add(0, 2, 2e-6 / 3);  // two thirds of a ns
    return links;
}

std::vector<std::size_t> values(std::span<const ArcId> arcs) {
    std::vector<std::size_t> result;
    for (const ArcId a : arcs) result.push_back(a.at());
    return result;
}

using Values = std::vector<std::size_t>;

}  // namespace

TEST(a_link_of_a_graph_is_two_arcs) {
    const Network net(triangle(false).input());
    CHECK_EQ(net.site_count(), 4u);
    CHECK_EQ(net.link_count(), 3u);
    CHECK_EQ(net.arc_count(), 6u);
    CHECK(net.tail(ArcId{2}) == SiteId{2} && net.head(ArcId{2}) == SiteId{1});
    CHECK(net.tail(ArcId{3}) == SiteId{1} && net.head(ArcId{3}) == SiteId{2});
    CHECK(net.mirror(ArcId{2}) == ArcId{3} && net.mirror(ArcId{3}) == ArcId{2});
    CHECK_EQ(net.latency_ns(ArcId{1}), 1'500'000);
    CHECK_EQ(net.latency_ns(ArcId{5}), 1);
    CHECK_EQ(net.price(ArcId{1}), 0.25);
    CHECK_EQ(values(net.out_arcs(SiteId{1})), (Values{1, 3}));
    CHECK_EQ(values(net.in_arcs(SiteId{1})), (Values{0, 2}));
    CHECK(net.out_arcs(SiteId{3}).empty());
}

TEST(a_link_of_a_digraph_is_one_arc) {
    const Network net(triangle(true).input());
    CHECK_EQ(net.arc_count(), 3u);
    CHECK(!net.mirror(ArcId{0}).valid());
    CHECK_EQ(values(net.out_arcs(SiteId{0})), (Values{0, 2}));
    CHECK_EQ(values(net.in_arcs(SiteId{1})), (Values{0, 1}));
    CHECK(net.out_arcs(SiteId{1}).empty());
}

TEST(columns_have_defaults_and_are_quantised) {
    NetworkInput in = triangle(false).input();
    const Links links = triangle(false);
    const std::vector<double> capacity{10.0000005, INFINITY, 0}, up{1, 2, 3, INFINITY};
    in.tail = links.tail;
    in.head = links.head;
    in.latency_ms = links.latency_ms;
    in.price_per_mbps = {};
    in.capacity_mbps = capacity;
    in.access_up_mbps = up;
    const Network net(in);
    CHECK_EQ(net.capacity(ArcId{1}), 10'000'000);
    CHECK_EQ(net.capacity(ArcId{2}), kUnlimited);
    CHECK_EQ(net.capacity(ArcId{4}), 0);
    CHECK_EQ(net.price(ArcId{0}), 0.0);
    CHECK_EQ(net.access_up(SiteId{1}), 2'000'000);
    CHECK_EQ(net.access_up(SiteId{3}), kUnlimited);
    CHECK_EQ(net.access_down(SiteId{0}), kUnlimited);
    CHECK_EQ(net.site_labels(SiteId{0}), 0u);
    CHECK_EQ(net.domain(0, SiteId{0}), -1);
}

TEST(capacities_that_were_rounded_are_told) {
    Links links = triangle(false);
    const std::vector<double> whole{1, 0.1 + 0.2, INFINITY}, third{1, 1.0 / 3, 2};
    NetworkInput input = links.input();
    input.capacity_mbps = whole;
    CHECK(!Network(input).links_rounded());
    input.capacity_mbps = third;
    CHECK(Network(input).links_rounded());
    CHECK(!Network(input).access_rounded());
    const std::vector<double> access{1, 1, 1.0 / 3, 1};
    input.access_down_mbps = access;
    CHECK(Network(input).access_rounded());
}

TEST(latency_rounds_to_the_nearest_ns_a_half_up) {
    const auto ns = [](double ms) {
        Links links = triangle(false);
        links.latency_ms[0] = ms;
        return links.network()->latency_ns(ArcId{0});
    };
    CHECK_EQ(ns(1.0), 1'000'000);
    CHECK_EQ(ns(0.0), 0);
    CHECK_EQ(ns(1e-300), 0);
    CHECK_EQ(ns(0.0078125 / 2 + 0.0078125 / 4), 5859);  // 5859.375
    CHECK_EQ(ns(0.0078125 / 64), 122);                  // 122.0703125
    CHECK_EQ(ns(1.0 / 64 / 128), 122);
    CHECK_EQ(ns(0.5 / 64 / 64 / 2), 61);      // 61.03515625
    CHECK_EQ(ns(std::ldexp(1.0, -7)), 7813);  // 7812.5: a half, exactly
    CHECK_EQ(ns(std::nextafter(std::ldexp(1.0, -7), 0)), 7812);
    CHECK_EQ(ns(0.0000005), 0);  // as a double a little under half a ns
    CHECK_EQ(ns(123456.789012), 123'456'789'012);
}

TEST(labels_and_domains) {
    const Links links = triangle(false);
    NetworkInput in = links.input();
    const std::vector<std::uint64_t> labels{1, 3, 0, 2};
    in.site_labels = labels;
    in.label_vocabulary = {"edge", "metro"};
    in.domains = {{"country", {0, 0, 1, -1}, {"DE", "FR"}}, {"rack", {0, 0, 1, -1}, {"r0", "r1"}}};
    const Network net(in);
    CHECK(net.site_label_bit("metro") == 1);
    CHECK(!net.site_label_bit("none"));
    CHECK_EQ(net.site_labels(SiteId{1}), 3u);
    CHECK(net.domain_code("country", "FR") == 1);
    CHECK(!net.domain_code("country", "PL"));
    CHECK(!net.domain_code("campus", "c"));
    CHECK_EQ(net.domain(*domain_level("rack"), SiteId{2}), 1);
    CHECK_EQ(net.domain(*domain_level("region"), SiteId{2}), -1);
    CHECK_THROWS(InputError, "domain: got 'planet', wanted one of country", net.domain_code("planet", "x"));

    in.domains[1].codes = {0, 0, 0, -1};
    CHECK_THROWS(
        InputError,
        "domains['rack'][row 2]: got 'r0' in country 'FR' and in 'DE', wanted each rack inside one country",
        Network{in});
    in.domains[1] = {"street", {0, 0, 0, 0}, {"x"}};
    CHECK_THROWS(InputError, "domains: got 'street'", Network{in});
    in.domains[1] = {"rack", {0, 0, 5, 0}, {"x"}};
    CHECK_THROWS(InputError, "domains['rack'][row 2]: got 5", Network{in});
    in.domains[1] = {"rack", {0, 0, 0, 0}, {"x", "x"}};
    CHECK_THROWS(InputError, "domains['rack'][row 1]: got 'x' twice", Network{in});
    in.domains.clear();
    in.label_vocabulary = {"edge"};
    CHECK_THROWS(InputError, "labels[row 1]: got a mask with bits beyond", Network{in});
    in.label_vocabulary.assign(65, "x");
    CHECK_THROWS(InputError, "labels: got 65 labels, wanted at most 64", Network{in});
}

TEST(bad_links_name_argument_and_row) {
    const auto build = [](auto&& change) {
        Links links = triangle(false);
        change(links);
        return links.network();
    };
    CHECK_THROWS(InputError, "links[row 1]: got site 4, wanted a site from 0 to 3",
                 build([](Links& l) { l.head[1] = 4; }));
    CHECK_THROWS(InputError, "links[row 2]: got site -1", build([](Links& l) { l.tail[2] = -1; }));
    CHECK_THROWS(InputError, "links[row 0]: got a self-loop at site 1",
                 build([](Links& l) { l.tail[0] = 1; }));
    CHECK_THROWS(InputError, "latency_ms[row 1]: got nan", build([](Links& l) { l.latency_ms[1] = NAN; }));
    CHECK_THROWS(InputError, "latency_ms[row 1]: got -1", build([](Links& l) { l.latency_ms[1] = -1; }));
    CHECK_THROWS(InputError, "latency_ms[row 1]: got inf",
                 build([](Links& l) { l.latency_ms[1] = INFINITY; }));
    CHECK_THROWS(InputError, "latency_ms[row 1]: got 1e+99", build([](Links& l) { l.latency_ms[1] = 1e99; }));
    CHECK_THROWS(InputError, "over all links", build([](Links& l) { l.latency_ms.assign(3, 2e12); }));
    CHECK_THROWS(InputError, "price_per_mbps[row 2]: got inf",
                 build([](Links& l) { l.price[2] = INFINITY; }));
    CHECK_THROWS(InputTypeError, "latency_ms: got 2 values, wanted 3",
                 build([](Links& l) { l.latency_ms.pop_back(); }));
    Links links = triangle(false);
    NetworkInput in = links.input();
    const std::vector<double> capacity{1, NAN, 1};
    in.capacity_mbps = capacity;
    CHECK_THROWS(InputError, "capacity_mbps[row 1]: got nan", Network{in});
}

TEST(no_sites_and_one_site) {
    CHECK_EQ(Network(NetworkInput{}).site_count(), 0u);
    NetworkInput in;
    in.sites = 1;
    CHECK_EQ(Network(in).arc_count(), 0u);
    in.sites = -1;
    CHECK_THROWS(InputError, "sites: got -1", Network{in});
}
