#include "gigafleet/network.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/error_text.hpp"

namespace gigafleet {

namespace {

std::string quoted(std::string_view name) { return '\'' + std::string(name) + '\''; }

/// Milliseconds to the nearest ns, a half up. The product is taken exactly: its rounding error decides
/// halves.
double nearest_ns(double ms) {
    const double ns = ms * 1e6, below = std::floor(ns), error = std::fma(ms, 1e6, -ns);
    return (ns - below - 0.5) + error >= 0 ? below + 1 : below;
}

/// A column has one value per row, or none at all where that is allowed.
template <class T>
void check_length(std::string_view argument, std::span<const T> column, std::size_t rows, bool optional) {
    if (column.size() == rows || (optional && column.empty())) return;
    throw InputTypeError(argument, kNoRow, std::to_string(column.size()) + " values", std::to_string(rows));
}

/// Sets `rounded` where a value is not a multiple.
std::vector<Quantity> quantise_mbps(std::string_view argument, std::span<const double> column,
                                    std::size_t rows, bool& rounded) {
    check_length(argument, column, rows, true);
    std::vector<Quantity> result(rows, kUnlimited);
    for (std::size_t i = 0; i < column.size(); ++i) {
        const auto read = [&](Rounding rounding) {
            return quantise(column[i], kMbpsResolution, rounding, true, argument,
                            static_cast<std::int64_t>(i));
        };
        result[i] = read(Rounding::kDown);
        rounded = rounded || read(Rounding::kUp) != result[i];
    }
    return result;
}

/// Name to position; throws where a name comes twice.
std::unordered_map<std::string, int> index_names(std::string_view argument,
                                                 const std::vector<std::string>& names) {
    std::unordered_map<std::string, int> lookup;
    lookup.reserve(names.size());
    for (std::size_t i = 0; i < names.size(); ++i)
        if (!lookup.emplace(names[i], static_cast<int>(i)).second)
            throw InputError(argument, static_cast<std::int64_t>(i), quoted(names[i]) + " twice",
                             "names that differ");
    return lookup;
}

/// Arcs by the site at `ends`: offsets of sites and the arcs of each in ascending order (a counting sort).
void compress(const std::vector<SiteId>& ends, std::size_t sites, std::vector<std::uint32_t>& first,
              std::vector<ArcId>& arcs) {
    first.assign(sites + 1, 0);
    for (const SiteId s : ends) ++first[s.at() + 1];
    for (std::size_t s = 0; s < sites; ++s) first[s + 1] += first[s];
    arcs.resize(ends.size());
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (std::size_t a = 0; a < ends.size(); ++a) arcs[next[ends[a].at()]++] = ArcId{a};
}

}  // namespace

std::optional<int> domain_level(std::string_view name) {
    const auto found = std::find(kDomainLevels.begin(), kDomainLevels.end(), name);
    if (found == kDomainLevels.end()) return std::nullopt;
    return static_cast<int>(found - kDomainLevels.begin());
}

Network::Network(const NetworkInput& input) : shift_(input.directed ? 0 : 1) {
    if (input.sites < 0 || input.sites > INT32_MAX)
        throw InputError("sites", kNoRow, std::to_string(input.sites), "0 to 2147483647");
    if (input.tail.size() > INT32_MAX)
        throw InputError("links", kNoRow, std::to_string(input.tail.size()), "at most 2147483647");
    set_links(input);
    set_sites(input);
    for (const auto& domain : input.domains) set_domain(domain);
    check_nesting();
}

void Network::set_links(const NetworkInput& input) {
    const std::size_t links = input.tail.size();
    check_length("links", input.head, links, false);
    check_length("latency_ms", input.latency_ms, links, false);
    check_length("price_per_mbps", input.price_per_mbps, links, true);
    capacity_ = quantise_mbps("capacity_mbps", input.capacity_mbps, links, links_rounded_);
    price_.assign(links, 0);
    latency_ns_.resize(links);
    tail_.resize(links << shift_);
    head_.resize(links << shift_);

    WideQuantity total_ns = 0;
    for (std::size_t l = 0; l < links; ++l) {
        const auto row = static_cast<std::int64_t>(l);
        for (const std::int32_t end : {input.tail[l], input.head[l]})
            if (end < 0 || end >= input.sites)
                throw InputError("links", row, "site " + std::to_string(end),
                                 "a site from 0 to " + std::to_string(input.sites - 1));
        if (input.tail[l] == input.head[l])
            throw InputError("links", row, "a self-loop at site " + std::to_string(input.tail[l]),
                             "two sites");
        const double ms = input.latency_ms[l];
        if (!(ms >= 0 && std::isfinite(ms)))
            throw InputError("latency_ms", row, text_of(ms), "a finite number >= 0");
        const double ns = nearest_ns(ms);
        if (ns > static_cast<double>(kLargest))
            throw InputError("latency_ms", row, text_of(ms), "at most 73 years");
        latency_ns_[l] = static_cast<std::int64_t>(ns);
        total_ns += latency_ns_[l];
        if (!input.price_per_mbps.empty()) {
            price_[l] = input.price_per_mbps[l];
            if (!std::isfinite(price_[l]))
                throw InputError("price_per_mbps", row, text_of(price_[l]), "a finite number");
        }
        const SiteId u{static_cast<std::size_t>(input.tail[l])}, v{static_cast<std::size_t>(input.head[l])};
        tail_[l << shift_] = u;
        head_[l << shift_] = v;
        if (shift_ == 1) {
            tail_[2 * l + 1] = v;
            head_[2 * l + 1] = u;
        }
    }
    if (total_ns > kLargest)
        throw InputError("latency_ms", kNoRow,
                         text_of(static_cast<double>(total_ns) * 1e-6) + " over all links",
                         "at most 73 years, so that no route's time overflows");
    compress(tail_, static_cast<std::size_t>(input.sites), out_first_, out_arcs_);
    compress(head_, static_cast<std::size_t>(input.sites), in_first_, in_arcs_);
}

void Network::set_sites(const NetworkInput& input) {
    const std::size_t sites = site_count();
    access_up_ = quantise_mbps("access_up_mbps", input.access_up_mbps, sites, access_rounded_);
    access_down_ = quantise_mbps("access_down_mbps", input.access_down_mbps, sites, access_rounded_);
    check_length("labels", input.site_labels, sites, true);
    labels_.assign(input.site_labels.begin(), input.site_labels.end());
    labels_.resize(sites, 0);
    vocabulary_ = input.label_vocabulary;
    if (vocabulary_.size() > 64)
        throw InputError("labels", kNoRow, std::to_string(vocabulary_.size()) + " labels", "at most 64");
    label_bits_ = index_names("labels", vocabulary_);
    for (std::size_t s = 0; s < sites && vocabulary_.size() < 64; ++s)
        if (labels_[s] >> vocabulary_.size() != 0)
            throw InputError("labels", static_cast<std::int64_t>(s), "a mask with bits beyond the vocabulary",
                             "bits below " + std::to_string(vocabulary_.size()));
}

void Network::set_domain(const NetworkInput::Domain& domain) {
    const auto level = domain_level(domain.level);
    if (!level)
        throw InputError("domains", kNoRow, quoted(domain.level), "one of country, region, campus, rack");
    const std::string argument = "domains['" + domain.level + "']";
    check_length(argument, std::span<const std::int32_t>(domain.codes), site_count(), false);
    const auto names = static_cast<std::int64_t>(domain.names.size());
    for (std::size_t s = 0; s < domain.codes.size(); ++s)
        if (domain.codes[s] < -1 || domain.codes[s] >= names)
            throw InputError(argument, static_cast<std::int64_t>(s), std::to_string(domain.codes[s]),
                             "-1 or a code below " + std::to_string(names));
    const auto at = static_cast<std::size_t>(*level);
    if (!domain_codes_[at].empty())
        throw InputError("domains", kNoRow, quoted(domain.level) + " twice", "each level once");
    domain_lookup_[at] = index_names(argument, domain.names);
    domain_codes_[at] = domain.codes;
    domain_names_[at] = domain.names;
}

void Network::check_nesting() const {
    constexpr std::int32_t kUnseen = -2;
    for (std::size_t fine = 1; fine < kDomainLevels.size(); ++fine) {
        for (std::size_t coarse = 0; coarse < fine; ++coarse) {
            const auto& inner = domain_codes_[fine];
            const auto& outer = domain_codes_[coarse];
            if (inner.empty() || outer.empty()) continue;
            std::vector<std::int32_t> parent(domain_names_[fine].size(), kUnseen);
            const auto name = [&](std::int32_t code) {
                return code < 0 ? std::string("none")
                                : quoted(domain_names_[coarse][static_cast<std::size_t>(code)]);
            };
            for (std::size_t s = 0; s < inner.size(); ++s) {
                if (inner[s] < 0) continue;
                std::int32_t& known = parent[static_cast<std::size_t>(inner[s])];
                if (known == kUnseen) known = outer[s];
                if (known == outer[s]) continue;
                const std::string level(kDomainLevels[fine]), above(kDomainLevels[coarse]);
                throw InputError("domains['" + level + "']", static_cast<std::int64_t>(s),
                                 quoted(domain_names_[fine][static_cast<std::size_t>(inner[s])]) + " in " +
                                     above + ' ' + name(outer[s]) + " and in " + name(known),
                                 "each " + level + " inside one " + above);
            }
        }
    }
}

std::optional<int> Network::site_label_bit(std::string_view name) const {
    const auto found = label_bits_.find(std::string(name));
    if (found == label_bits_.end()) return std::nullopt;
    return found->second;
}

std::optional<int> Network::domain_code(std::string_view level, std::string_view value) const {
    const auto at = domain_level(level);
    if (!at) throw InputError("domain", kNoRow, quoted(level), "one of country, region, campus, rack");
    const Lookup& lookup = domain_lookup_[static_cast<std::size_t>(*at)];
    const auto found = lookup.find(std::string(value));
    if (found == lookup.end()) return std::nullopt;
    return found->second;
}

}  // namespace gigafleet
