// The network: sites, links, their latency and capacity, labels and domains of sites. Immutable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gigafleet/ids.hpp"
#include "gigafleet/quantity.hpp"

namespace gigafleet {

/// Time that no route takes: "there is no route".
inline constexpr std::int64_t kUnreachable = INT64_MAX;

/// Locality and failure levels of sites, from coarse to fine; each nests in the ones before it.
inline constexpr std::array<std::string_view, 4> kDomainLevels{"country", "region", "campus", "rack"};

/// Position of `name` in kDomainLevels.
std::optional<int> domain_level(std::string_view name);

/// What a Network is built from. Spans are read during construction only; an empty span of an optional column
/// stands for its default in every row.
struct NetworkInput {
    struct Domain {
        std::string level;                ///< one of kDomainLevels
        std::vector<std::int32_t> codes;  ///< per site: position in `names`, -1 for none
        std::vector<std::string> names;   ///< all different
    };

    std::int64_t sites = 0;
    bool directed = false;
    std::span<const std::int32_t> tail, head;     ///< per link: its end sites
    std::span<const double> latency_ms;           ///< per link, one way; rounded to the nearest ns, a half up
    std::span<const double> capacity_mbps = {};   ///< per link, each way; default: no limit
    std::span<const double> price_per_mbps = {};  ///< per link, EUR/h per Mbps each way, any sign; default: 0
    std::span<const double> access_up_mbps = {};  ///< per site; default: no limit
    std::span<const double> access_down_mbps = {};  ///< per site; default: no limit
    std::span<const std::uint64_t> site_labels =
        {};  ///< per site: bit i is label_vocabulary[i]; default: none
    std::vector<std::string> label_vocabulary = {};  ///< at most 64, all different
    std::vector<Domain> domains = {};
};

/// Sites and arcs in compressed rows. An arc is one direction of a link: link l of a Graph (undirected) is
/// the arcs 2l (tail to head as given) and 2l + 1 (back); link l of a DiGraph is arc l.
class Network {
public:
    /// Throws InputError (InputTypeError for a wrong length) naming argument and row: ends out of range,
    /// self-loops, NaN, negative or infinite latency, NaN or negative capacity, domains that do not nest,
    /// more than 64 labels, more than 2^31 - 1 sites or links, latencies of more than kLargest ns together
    /// (so that no route's time overflows). O(sites + links).
    explicit Network(const NetworkInput& input);

    std::size_t site_count() const { return out_first_.size() - 1; }
    std::size_t link_count() const { return latency_ns_.size(); }
    std::size_t arc_count() const { return tail_.size(); }
    bool directed() const { return shift_ == 0; }

    SiteId tail(ArcId arc) const { return tail_[arc.at()]; }
    SiteId head(ArcId arc) const { return head_[arc.at()]; }
    /// Link that the arc is a direction of.
    std::size_t link(ArcId arc) const { return arc.at() >> shift_; }
    /// The other direction of the arc's link; an invalid id in a DiGraph.
    ArcId mirror(ArcId arc) const { return directed() ? ArcId{} : ArcId{arc.at() ^ 1}; }
    /// By link, in ns.
    std::span<const std::int64_t> latencies_ns() const { return latency_ns_; }
    std::int64_t latency_ns(ArcId arc) const { return latency_ns_[link(arc)]; }
    /// In 1e-6 Mbps, rounded down; kUnlimited for no limit.
    Quantity capacity(ArcId arc) const { return capacity_[link(arc)]; }
    /// Whether the capacity of some link (of some site's access) was rounded down.
    bool links_rounded() const { return links_rounded_; }
    bool access_rounded() const { return access_rounded_; }
    /// EUR/h per Mbps.
    double price(ArcId arc) const { return price_[link(arc)]; }

    /// Arcs that leave (enter) a site, in ascending order.
    std::span<const ArcId> out_arcs(SiteId site) const { return row(out_first_, out_arcs_, site); }
    std::span<const ArcId> in_arcs(SiteId site) const { return row(in_first_, in_arcs_, site); }

    /// The site's own access (a cell's air, a campus gateway) in 1e-6 Mbps; kUnlimited for no limit.
    Quantity access_up(SiteId site) const { return access_up_[site.at()]; }
    Quantity access_down(SiteId site) const { return access_down_[site.at()]; }

    std::uint64_t site_labels(SiteId site) const { return labels_[site.at()]; }
    const std::vector<std::string>& label_vocabulary() const { return vocabulary_; }
    /// Bit of a site label; none where no site can have it.
    std::optional<int> site_label_bit(std::string_view name) const;

    /// Code of the site's domain at `level` (a position in kDomainLevels); -1 for none.
    std::int32_t domain(int level, SiteId site) const {
        const auto& codes = domain_codes_[static_cast<std::size_t>(level)];
        return codes.empty() ? -1 : codes[site.at()];
    }
    /// Names by code; empty where the network has no domains of that level.
    const std::vector<std::string>& domain_names(int level) const {
        return domain_names_[static_cast<std::size_t>(level)];
    }
    /// Code of a domain; none where no site is in it. Throws InputError on an unknown level.
    std::optional<int> domain_code(std::string_view level, std::string_view value) const;

private:
    using Lookup = std::unordered_map<std::string, int>;

    static std::span<const ArcId> row(const std::vector<std::uint32_t>& first, const std::vector<ArcId>& arcs,
                                      SiteId site) {
        return {arcs.data() + first[site.at()], arcs.data() + first[site.at() + 1]};
    }
    void set_links(const NetworkInput& input);
    void set_sites(const NetworkInput& input);
    void set_domain(const NetworkInput::Domain& domain);
    void check_nesting() const;

    unsigned shift_;
    std::vector<SiteId> tail_, head_;       // by arc
    std::vector<std::int64_t> latency_ns_;  // by link
    std::vector<Quantity> capacity_;        // by link
    bool links_rounded_ = false, access_rounded_ = false;
    std::vector<double> price_;  // by link
    std::vector<std::uint32_t> out_first_, in_first_;
    std::vector<ArcId> out_arcs_, in_arcs_;
    std::vector<Quantity> access_up_, access_down_;
    std::vector<std::uint64_t> labels_;
    std::vector<std::string> vocabulary_;
    Lookup label_bits_;
    std::array<std::vector<std::int32_t>, kDomainLevels.size()> domain_codes_;
    std::array<std::vector<std::string>, kDomainLevels.size()> domain_names_;
    std::array<Lookup, kDomainLevels.size()> domain_lookup_;
};

}  // namespace gigafleet
