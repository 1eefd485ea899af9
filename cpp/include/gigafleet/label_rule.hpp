// Which nodes, and which sites on the way, a task's label columns let through.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gigafleet/network.hpp"

namespace gigafleet {

/// A set of names resolved against a vocabulary and a network: label bits and domains ("country=DE").
struct LabelTerms {
    struct Domain {
        int level, code;
    };
    std::uint64_t bits = 0;
    std::vector<Domain> domains;
    bool unknown = false;  ///< some name that no node or site has
    bool empty = true;

    using BitOf = std::function<std::optional<int>(std::string_view)>;
    /// Throws InputError naming `argument` on an unknown domain level.
    LabelTerms(const std::vector<std::string>& names, const Network& network, const BitOf& bit_of,
               std::string_view argument);

    bool all(std::uint64_t labels, const Network& network, SiteId site) const;
    bool any(std::uint64_t labels, const Network& network, SiteId site) const;
};

/// require, any_of and forbid of a task against a node's labels and the domains of its site.
struct NodeRule {
    LabelTerms require, any_of, forbid;

    /// Whether nodes with the same labels at other sites may fare differently.
    bool depends_on_site() const {
        return !require.domains.empty() || !any_of.domains.empty() || !forbid.domains.empty();
    }

    bool passes(std::uint64_t labels, const Network& network, SiteId site) const {
        return require.all(labels, network, site) && (any_of.empty || any_of.any(labels, network, site)) &&
               !forbid.any(labels, network, site);
    }
};

/// transit_require and transit_forbid against every site of a route, its ends included.
struct TransitRule {
    LabelTerms require, forbid;

    bool is_free() const { return require.empty && forbid.empty; }
    /// One byte a site: 1 where data may pass.
    std::vector<std::uint8_t> allowed(const Network& network) const;
};

}  // namespace gigafleet
