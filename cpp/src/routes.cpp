#include "gigafleet/routes.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::uint32_t kNoArc = UINT32_MAX;

std::vector<std::uint8_t> checked(const Network& network, std::vector<std::uint8_t> allowed) {
    if (!allowed.empty() && allowed.size() != network.site_count())
        throw InputTypeError("allowed", kNoRow, std::to_string(allowed.size()) + " flags",
                             std::to_string(network.site_count()) + ", one per site");
    return allowed;
}

/// What a route is compared by: time, then links. The site comes last, for a total order.
struct Reached {
    std::int64_t ns;
    std::uint32_t links, site;

    bool operator<(const Reached& o) const {
        if (ns != o.ns) return ns < o.ns;
        return links != o.links ? links < o.links : site < o.site;
    }
};

}  // namespace

Routes::Routes(std::shared_ptr<const Network> network, std::vector<std::uint8_t> allowed, int threads,
               Control& control, std::size_t all_up_to, std::span<const std::uint8_t> lost,
               const Routes* whole)
    : network_(std::move(network)),
      forest_(*network_, checked(*network_, std::move(allowed)), lost),
      threads_(threads > 0 ? threads : available_threads()),
      rows_(forest_.core_count(), all_up_to) {
    control.poll("routes", 0, static_cast<std::int64_t>(core_count()));
    for (std::size_t a = 0; a < network_->arc_count() && !priced_; ++a)
        priced_ = network_->price(ArcId{a}) != 0;
    if (!priced_) free_.assign(core_count(), 0);
    build_core(lost);
    if (whole != nullptr && whole->keeps_all()) build_upon(*whole);
}

void Routes::build_core(std::span<const std::uint8_t> lost) {
    const std::size_t cores = core_count();
    first_.assign(cores + 1, 0);
    core_tail_.assign(network_->arc_count(), kNoCore);
    std::vector<std::uint32_t> slot(cores, 0);  // 1 + place of the arc to this head in the current row
    for (std::uint32_t c = 0; c < cores; ++c) {
        const std::size_t begin = arcs_.size();
        for (const ArcId a : network_->out_arcs(forest_.core_site(c))) {
            const SiteId head = network_->head(a);
            const std::uint32_t h = core_index(head);
            if (h == kNoCore || forest_.root(head) != head || is_lost(*network_, a, lost)) continue;
            const std::int64_t ns = network_->latency_ns(a);
            core_tail_[a.at()] = c;
            if (slot[h] > begin) {
                if (ns < arcs_[slot[h] - 1].ns) arcs_[slot[h] - 1] = {ns, h, a.value};
            } else {
                arcs_.push_back({ns, h, a.value});
                slot[h] = static_cast<std::uint32_t>(arcs_.size());
            }
        }
        first_[c + 1] = static_cast<std::uint32_t>(arcs_.size());
    }
}

/// A core site that hung on what was lost is another one now; it is alone in what is cut off, or all rows are
/// searched for.
void Routes::build_upon(const Routes& whole) {
    for (std::uint32_t c = 0; c < core_count(); ++c) {
        const SiteId site = forest_.core_site(c);
        whole_core_.push_back(whole.forest_.root(site) == site ? whole.core_index(site) : kNoCore);
    }
    if (std::ranges::any_of(arcs_, [&](const CoreArc& arc) { return whole_core_[arc.head] == kNoCore; }))
        return;
    for (const CoreArc& arc : whole.arcs_) {
        const SiteId head = network_->head(ArcId(arc.arc));
        if (core_tail_[arc.arc] == kNoCore && forest_.root(head) == head)
            gone_.push_back({arc.arc, core_index(head)});
    }
    for (std::uint32_t c = 0; c < core_count(); ++c) {
        if (whole_core_[c] == kNoCore) continue;
        const bool goes_on =
            c > 0 && whole_core_[c - 1] != kNoCore && whole_core_[c - 1] + 1 == whole_core_[c];
        if (!goes_on) shared_.push_back({whole_core_[c], c, 0});
        ++shared_.back().count;
    }
    turn_arcs();
    whole_ = &whole;
}

void Routes::turn_arcs() {
    first_into_.assign(core_count() + 1, 0);
    for (const CoreArc& arc : arcs_) ++first_into_[arc.head + 1];
    std::partial_sum(first_into_.begin(), first_into_.end(), first_into_.begin());
    into_.resize(arcs_.size());
    std::vector<std::uint32_t> next(first_into_.begin(), first_into_.end() - 1);
    for (std::uint32_t c = 0; c < core_count(); ++c)
        for (std::uint32_t i = first_[c]; i < first_[c + 1]; ++i)
            into_[next[arcs_[i].head]++] = {arcs_[i].ns, c, arcs_[i].arc};
}

/// Dijkstra by (time, links). Links grow by one along each arc, so a site is final when it leaves the heap
/// even where latencies are zero, and every equally good predecessor has left it before.
class Routes::Search {
public:
    Search(const Routes& routes, std::uint32_t start) : routes_(routes), start_(start) {
        row_.ns.assign(routes.core_count(), kUnreachable);
        if (routes.priced_) row_.price.assign(routes.core_count(), 0);
        row_.pred_arc.assign(routes.core_count(), kNoArc);
    }

    RouteTable from_start() {
        state_.assign(row_.ns.size(), kSought);
        links_.assign(row_.ns.size(), kUnknown);
        row_.ns[start_] = 0;
        links_[start_] = 0;
        heap_.push_back({0, 0, start_});
        run();
        return std::move(row_);
    }

    /// The whole network's row, as far as it leads by ways that are there still; from these, the others. Ways
    /// that are there still stay as they are: nothing is better now, and what is as good was so before.
    RouteTable from_whole() {
        const RouteTable& whole = routes_.whole_->kept_row(routes_.whole_core_[start_]);
        for (const auto& [from, to, count] : routes_.shared_) {
            std::copy_n(&whole.ns[from], count, &row_.ns[to]);
            std::copy_n(&whole.pred_arc[from], count, &row_.pred_arc[to]);
            if (routes_.priced_) std::copy_n(&whole.price[from], count, &row_.price[to]);
        }
        for (const auto& [arc, head] : routes_.gone_)
            if (row_.pred_arc[head] == arc) cut_.push_back(head);
        if (cut_.empty()) return std::move(row_);
        take_back_cut();
        links_.assign(row_.ns.size(), kUnknown);
        links_[start_] = 0;
        for (const std::uint32_t core : cut_)
            for (std::uint32_t i = routes_.first_into_[core]; i < routes_.first_into_[core + 1]; ++i) {
                const auto [ns, tail, arc] = routes_.into_[i];
                if (state_[tail] != kHolds || row_.ns[tail] == kUnreachable) continue;
                go({ns, core, arc}, {row_.ns[tail], links_to(tail), tail});
            }
        run();
        return std::move(row_);
    }

private:
    static constexpr std::uint32_t kUnknown = UINT32_MAX;
    enum : std::uint8_t { kHolds, kSought };

    static bool later(const Reached& a, const Reached& b) { return b < a; }

    void run() {
        while (!heap_.empty()) {
            const Reached here = heap_.front();
            std::pop_heap(heap_.begin(), heap_.end(), later);
            heap_.pop_back();
            if (here.ns != row_.ns[here.site] || here.links != links_[here.site]) continue;  // better since
            if (routes_.priced_ && here.site != start_) {
                const ArcId last{row_.pred_arc[here.site]};
                row_.price[here.site] = row_.price[routes_.core_tail(last)] + routes_.network_->price(last);
            }
            for (std::uint32_t i = routes_.first_[here.site]; i < routes_.first_[here.site + 1]; ++i)
                if (state_[routes_.arcs_[i].head] == kSought) go(routes_.arcs_[i], here);
        }
    }

    void go(const CoreArc& arc, const Reached& from) {
        const Reached next{from.ns + arc.ns, from.links + 1, arc.head};
        std::int64_t& ns = row_.ns[arc.head];
        std::uint32_t& links = links_[arc.head];
        std::uint32_t& last = row_.pred_arc[arc.head];
        if (next.ns < ns || (next.ns == ns && next.links < links)) {
            ns = next.ns;
            links = next.links;
            last = arc.arc;
            heap_.push_back(next);
            std::push_heap(heap_.begin(), heap_.end(), later);
        } else if (next.ns == ns && next.links == links) {
            last = std::min(last, arc.arc);
        }
    }

    /// What lies behind cut_ is cut, too; all of it is sought.
    void take_back_cut() {
        state_.assign(row_.ns.size(), kHolds);
        for (std::size_t i = 0; i < cut_.size(); ++i) {
            const std::uint32_t core = cut_[i];
            for (std::uint32_t a = routes_.first_[core]; a < routes_.first_[core + 1]; ++a)
                if (row_.pred_arc[routes_.arcs_[a].head] == routes_.arcs_[a].arc)
                    cut_.push_back(routes_.arcs_[a].head);
            state_[core] = kSought;
            row_.ns[core] = kUnreachable;
            row_.pred_arc[core] = kNoArc;
            if (routes_.priced_) row_.price[core] = 0;
        }
    }

    /// Of a route that holds.
    std::uint32_t links_to(std::uint32_t core) {
        std::uint32_t at = core, links = 0;
        const auto before = [&](std::uint32_t to) { return routes_.core_tail_[row_.pred_arc[to]]; };
        for (; links_[at] == kUnknown; at = before(at)) ++links;
        links += links_[at];
        for (at = core; links_[at] == kUnknown; at = before(at)) links_[at] = links--;
        return links_[core];
    }

    const Routes& routes_;
    std::uint32_t start_;
    RouteTable row_;
    std::vector<std::uint32_t> links_, cut_;
    std::vector<std::uint8_t> state_;
    std::vector<Reached> heap_;
};

RouteTable Routes::search(std::uint32_t start) const {
    Search search(*this, start);
    const bool is_there = whole_ != nullptr && whole_core_[start] != kNoCore;
    return is_there ? search.from_whole() : search.from_start();
}

const RouteTable& Routes::kept_row(std::uint32_t core) const {
    if (const RouteTable* there = rows_.kept(core)) return *there;
    return *rows_.keep(core, std::make_unique<const RouteTable>(search(core)));
}

std::shared_ptr<const RouteTable> Routes::cached_row(std::uint32_t core) const {
    if (auto there = rows_.cached(core)) return there;
    auto made = std::make_shared<const RouteTable>(search(core));
    rows_.cache(core, made);
    return made;
}

bool Routes::has_row(std::uint32_t core) const {
    return rows_.keeps_all() ? rows_.kept(core) != nullptr : rows_.cached(core) != nullptr;
}

Routes::Row Routes::row(std::uint32_t core) const {
    const auto view = [this](const RouteTable& t, std::shared_ptr<const RouteTable> owner) {
        return Row{t.ns, t.pred_arc, priced_ ? t.price : free_, std::move(owner)};
    };
    if (rows_.keeps_all()) return view(kept_row(core), nullptr);
    auto owner = cached_row(core);
    const RouteTable& table = *owner;
    return view(table, std::move(owner));
}

void Routes::prepare(std::span<const std::uint32_t> cores, Control& control) const {
    std::vector<std::uint32_t> wanted(cores.begin(), cores.end());
    std::erase(wanted, kNoCore);
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    if (wanted.size() > row_capacity()) wanted.resize(row_capacity());
    std::erase_if(wanted, [&](std::uint32_t core) { return has_row(core); });

    constexpr std::int64_t kRowsPerShard = 4;
    const auto total = static_cast<std::int64_t>(wanted.size());
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<std::int64_t> done{0};
    parallel_for(threads_, (total + kRowsPerShard - 1) / kRowsPerShard, [&](std::int64_t shard) {
        const std::int64_t end = std::min(total, (shard + 1) * kRowsPerShard);
        for (std::int64_t i = shard * kRowsPerShard; i < end; ++i) {
            const std::uint32_t core = wanted[static_cast<std::size_t>(i)];
            if (rows_.keeps_all()) {
                kept_row(core);
            } else {
                cached_row(core);
            }
            const std::int64_t now = done.fetch_add(1) + 1;
            if (std::this_thread::get_id() == caller) control.poll("routes", now, total);
        }
    });
}

std::int64_t Routes::tree_ns(SiteId from, SiteId to) const {
    const SiteId top = forest_.meet(from, to);
    return forest_.up_ns(from) - forest_.up_ns(top) + forest_.down_ns(to) - forest_.down_ns(top);
}

double Routes::tree_price(SiteId from, SiteId to) const {
    const SiteId top = forest_.meet(from, to);
    double price = 0;
    for (; from != top; from = forest_.parent(from)) price += network_->price(forest_.up_arc(from));
    for (; to != top; to = forest_.parent(to)) price += network_->price(forest_.down_arc(to));
    return price;
}

std::int64_t Routes::one_way_ns(SiteId from, SiteId to) const {
    const std::uint32_t a = core_index(from), b = core_index(to);
    if (a == kNoCore || b == kNoCore) return kUnreachable;
    if (a == b) return tree_ns(from, to);
    const std::int64_t up = forest_.up_ns(from), down = forest_.down_ns(to);
    if (up == kUnreachable || down == kUnreachable) return kUnreachable;
    const std::int64_t across = with_row(a, [&](const RouteTable& row) { return row.ns[b]; });
    return across == kUnreachable ? kUnreachable : up + across + down;
}

std::int64_t Routes::rtt_ns(SiteId origin, SiteId site) const {
    const std::int64_t out = one_way_ns(origin, site);
    if (out == kUnreachable) return kUnreachable;
    if (!network_->directed()) return 2 * out;
    const std::int64_t back = one_way_ns(site, origin);
    return back == kUnreachable ? kUnreachable : out + back;
}

double Routes::path_price(SiteId from, SiteId to) const {
    if (!priced_ || one_way_ns(from, to) == kUnreachable) return 0;
    const std::uint32_t a = core_index(from), b = core_index(to);
    if (a == b) return tree_price(from, to);
    return forest_.up_price(from) + with_row(a, [&](const RouteTable& row) { return row.price[b]; }) +
           forest_.down_price(to);
}

std::vector<ArcId> Routes::route(SiteId from, SiteId to) const {
    std::vector<ArcId> arcs;
    if (!for_each_arc(from, to, [&](ArcId a) { arcs.push_back(a); })) return arcs;
    // All but the arcs up the start's own tree came backwards.
    std::reverse(arcs.begin(), arcs.end());
    const SiteId root = forest_.root(from);
    const SiteId top = root == forest_.root(to) ? forest_.meet(from, to) : root;
    std::reverse(arcs.begin(), arcs.begin() + (forest_.depth(from) - forest_.depth(top)));
    return arcs;
}

}  // namespace gigafleet
