#include "gigafleet/label_rule.hpp"

#include <algorithm>

#include "gigafleet/error.hpp"

namespace gigafleet {

LabelTerms::LabelTerms(const std::vector<std::string>& names, const Network& network, const BitOf& bit_of,
                       std::string_view argument)
    : empty(names.empty()) {
    for (const std::string& name : names) {
        const std::size_t equals = name.find('=');
        if (equals == std::string::npos) {
            const auto bit = bit_of(name);
            if (bit) bits |= std::uint64_t{1} << *bit;
            unknown = unknown || !bit;
            continue;
        }
        const std::string_view level(name.data(), equals),
            value(name.data() + equals + 1, name.size() - equals - 1);
        const auto number = domain_level(level);
        if (!number)
            throw InputError(argument, kNoRow, "\"" + name + "\"",
                             "a domain level country, region, campus or rack");
        const auto code = network.domain_code(level, value);
        if (code) domains.push_back({*number, *code});
        unknown = unknown || !code;
    }
}

bool LabelTerms::all(std::uint64_t labels, const Network& network, SiteId site) const {
    return !unknown && (bits & ~labels) == 0 && std::ranges::all_of(domains, [&](const Domain& d) {
        return network.domain(d.level, site) == d.code;
    });
}

bool LabelTerms::any(std::uint64_t labels, const Network& network, SiteId site) const {
    return (bits & labels) != 0 || std::ranges::any_of(domains, [&](const Domain& d) {
               return network.domain(d.level, site) == d.code;
           });
}

std::vector<std::uint8_t> TransitRule::allowed(const Network& network) const {
    std::vector<std::uint8_t> sites(network.site_count());
    for (std::size_t s = 0; s < sites.size(); ++s) {
        const SiteId site(s);
        const std::uint64_t labels = network.site_labels(site);
        sites[s] = require.all(labels, network, site) && !forbid.any(labels, network, site);
    }
    return sites;
}

}  // namespace gigafleet
