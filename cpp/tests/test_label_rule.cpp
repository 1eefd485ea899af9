#include "gigafleet/label_rule.hpp"

#include "check.hpp"
#include "gigafleet/error.hpp"

using namespace gigafleet;
using Names = std::vector<std::string>;

namespace {

/// Site 0 in DE, Bayern; site 1 in FR; site 2 nowhere. Site labels: 0 sea, 1 sea and fibre, 2 none.
Network network() {
    static const std::vector<std::uint64_t> labels{1, 3, 0};
    NetworkInput in;
    in.sites = 3;
    in.site_labels = labels;
    in.label_vocabulary = {"sea", "fibre"};
    in.domains = {{"country", {0, 1, -1}, {"DE", "FR"}}, {"region", {0, -1, -1}, {"Bayern"}}};
    return Network(in);
}

std::optional<int> bit_of(std::string_view name) {
    if (name == "ev") return 0;
    if (name == "gpu") return 63;
    return std::nullopt;
}
constexpr std::uint64_t kEv = 1, kGpu = std::uint64_t{1} << 63;

LabelTerms terms(const Names& names, const Network& net) { return {names, net, bit_of, "require"}; }

NodeRule rule(const Network& net, const Names& require, const Names& any_of, const Names& forbid) {
    return {terms(require, net), terms(any_of, net), terms(forbid, net)};
}

}  // namespace

TEST(all_and_any_over_bits_and_domains) {
    const Network net = network();
    const LabelTerms both = terms({"ev", "gpu"}, net), mixed = terms({"gpu", "country=DE"}, net);
    CHECK(both.all(kEv | kGpu, net, SiteId(2)));
    CHECK(!both.all(kGpu, net, SiteId(2)));
    CHECK(both.any(kGpu, net, SiteId(2)));
    CHECK(!both.any(2, net, SiteId(2)));
    CHECK(mixed.all(kGpu, net, SiteId(0)));
    CHECK(!mixed.all(kGpu, net, SiteId(1)));
    CHECK(!mixed.all(kEv, net, SiteId(0)));
    CHECK(mixed.any(kGpu, net, SiteId(1)));
    CHECK(mixed.any(0, net, SiteId(0)));
    CHECK(!mixed.any(kEv, net, SiteId(2)));
}

TEST(two_values_of_a_level_are_never_both) {
    const Network net = network();
    const LabelTerms two = terms({"country=DE", "country=FR"}, net);
    for (std::size_t s = 0; s < 3; ++s) CHECK(!two.all(~std::uint64_t{0}, net, SiteId(s)));
    CHECK(two.any(0, net, SiteId(1)));
    CHECK(!two.any(0, net, SiteId(2)));
    CHECK(terms({"country=DE", "region=Bayern"}, net).all(0, net, SiteId(0)));
}

TEST(a_name_nobody_has_matches_nobody) {
    const Network net = network();
    for (const char* name : {"boat", "country=IT", "campus=Nord"}) {
        const LabelTerms only = terms({name}, net), beside = terms({name, "ev"}, net);
        CHECK(!only.empty);
        CHECK(!only.all(~std::uint64_t{0}, net, SiteId(0)));
        CHECK(!only.any(~std::uint64_t{0}, net, SiteId(0)));
        CHECK(!beside.all(~std::uint64_t{0}, net, SiteId(0)));
        CHECK(beside.any(kEv, net, SiteId(0)));
    }
}

TEST(no_names_pass) {
    const Network net = network();
    const LabelTerms none = terms({}, net);
    CHECK(none.empty);
    CHECK(none.all(0, net, SiteId(0)));
    CHECK(!none.any(~std::uint64_t{0}, net, SiteId(0)));
    const NodeRule free = rule(net, {}, {}, {});
    CHECK(free.passes(0, net, SiteId(2)));
    CHECK(!free.depends_on_site());
}

TEST(the_three_columns_work_together) {
    const Network net = network();
    const NodeRule r = rule(net, {"ev"}, {"gpu", "country=FR"}, {"region=Bayern"});
    CHECK(r.depends_on_site());
    CHECK(r.passes(kEv | kGpu, net, SiteId(2)));
    CHECK(r.passes(kEv, net, SiteId(1)));
    CHECK(!r.passes(kEv, net, SiteId(2)));         // none of any_of
    CHECK(!r.passes(kGpu, net, SiteId(1)));        // not ev
    CHECK(!r.passes(kEv | kGpu, net, SiteId(0)));  // forbidden
    CHECK(!rule(net, {}, {"boat"}, {}).passes(~std::uint64_t{0}, net, SiteId(0)));
    CHECK(rule(net, {}, {}, {"boat"}).passes(~std::uint64_t{0}, net, SiteId(0)));
    CHECK(!rule(net, {}, {}, {"ev"}).passes(kEv, net, SiteId(0)));
    CHECK(!rule(net, {"ev"}, {"gpu"}, {"gpu"}).depends_on_site());
    CHECK(rule(net, {"country=DE"}, {}, {}).depends_on_site());
    CHECK(rule(net, {}, {"country=DE"}, {}).depends_on_site());
}

TEST(a_transit_rule_asks_every_site) {
    const Network net = network();
    const auto site_bit = [&](std::string_view name) { return net.site_label_bit(name); };
    const auto allowed = [&](const Names& require, const Names& forbid) {
        const TransitRule transit{{require, net, site_bit, "transit_require"},
                                  {forbid, net, site_bit, "transit_forbid"}};
        CHECK_EQ(transit.is_free(), require.empty() && forbid.empty());
        return transit.allowed(net);
    };
    using Flags = std::vector<std::uint8_t>;
    CHECK(allowed({}, {}) == (Flags{1, 1, 1}));
    CHECK(allowed({"sea"}, {}) == (Flags{1, 1, 0}));
    CHECK(allowed({"sea"}, {"fibre"}) == (Flags{1, 0, 0}));
    CHECK(allowed({}, {"country=DE"}) == (Flags{0, 1, 1}));
    CHECK(allowed({"country=FR", "fibre"}, {}) == (Flags{0, 1, 0}));
    CHECK(allowed({"boat"}, {}) == (Flags{0, 0, 0}));
    CHECK(allowed({}, {"boat", "country=IT"}) == (Flags{1, 1, 1}));
}

TEST(an_unknown_level_names_the_argument) {
    const Network net = network();
    CHECK_THROWS(InputError, "forbid: got \"town=Ulm\", wanted a domain level country, region",
                 LabelTerms({"ev", "town=Ulm"}, net, bit_of, "forbid"));
    CHECK_THROWS(InputError, "\"=DE\"", LabelTerms({"=DE"}, net, bit_of, "require"));
    // Only the first sign divides.
    CHECK(LabelTerms({"region=a=b"}, net, bit_of, "require").unknown);
}
