#include "gigafleet/device_refill.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "gigafleet/device_packing.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kStepsAClass = 64;  // of tying bundles

class Refill {
public:
    Refill(SlotTable& table, const SearchOptions& options, Control& control)
        : table_(table), budget_(options, control), level_(levels_of_shapes(table.market().problem())) {}

    bool run() {
        const Market& market = table_.market();
        const auto site_of = [&](std::size_t p) {
            return market.problem().fleet().pools()[market.pools()[p].id.at()].site;
        };
        bool any = false, left = false;
        for (std::uint32_t c = 0; c < market.classes().size(); ++c) left = left || table_.left(c) > 0;
        if (!left) return !budget_.is_late();
        for (std::size_t first = 0, last = 0; first < market.pools().size() && budget_.is_left();
             first = last) {
            bool with_devices = false;
            for (; last < market.pools().size() && site_of(last) == site_of(first); ++last)
                with_devices = with_devices || table_.devices(last) != nullptr;
            if (with_devices && refill(first, last)) any = true;
        }
        if (any) place_what_fits(table_);
        return !budget_.is_late();
    }

private:
    /// Pools of a site.
    bool refill(std::size_t first, std::size_t last) {
        const DeviceSite site(table_, first, last, level_);
        const PerDevice per_device(table_, first, last);
        std::optional<DevicePacking> best;
        for (const Fill how : {Fill::kLargestFirst, Fill::kFullestFirst}) {
            budget_.spend(kStepsAClass * std::ssize(site.wanted()));
            const std::vector<Bundle> bundles =
                tie_bundles(table_, per_device, site.wanted(), site.each_device(), how, budget_);
            const bool several = !bundles.empty() && bundles.front().level != bundles.back().level;
            for (int ways = several ? 2 : 1; ways > 0; --ways) {
                DevicePacking packing(table_, site, per_device);
                if (!pack(bundles, ways == 1, packing)) continue;
                if (packing.weight() > (best ? best->weight() : site.weight()))
                    best.emplace(std::move(packing));
            }
        }
        return best && settle(site, *best);
    }

    /// False where the budget was spent.
    bool pack(std::span<const Bundle> bundles, bool at_once, DevicePacking& packing) {
        for (std::size_t first = 0, last = 0; first < bundles.size(); first = last) {
            while (last < bundles.size() && (at_once || bundles[last].level == bundles[first].level)) ++last;
            if (!packing.pack(bundles.subspan(first, last - first), budget_)) return false;
        }
        return true;
    }

    /// What a packing makes of the site, unless that weighs no more than before.
    bool settle(const DeviceSite& site, const DevicePacking& packing) {
        const std::size_t before = table_.changes();
        const std::vector<Seat> seats = seats_of(site, packing);
        // Seats are kept by class, then slot: what comes last goes first, and comes back in order.
        for (std::size_t p = site.first_pool(); p < site.last_pool(); ++p)
            for (std::size_t s = 0; site.is_open(p) && s < table_.in_pool(p).size(); ++s)
                while (!table_.in_pool(p)[s].seats.empty())
                    table_.remove(table_.in_pool(p)[s].seats.back().of,
                                  table_.in_pool(p)[s].seats.back().slot);
        for (const auto& [of, slot, tasks] : seats)
            for (std::int64_t k = 0; k < tasks && table_.links_hold(of, table_.pool_of(slot)); ++k)
                table_.add(of, slot);
        const bool more = weight_of(site) > site.weight();
        if (!more) table_.undo_to(before);
        table_.settle();
        return more;
    }

    using Seat = std::tuple<std::uint32_t, std::size_t, std::int64_t>;  ///< class, slot, tasks

    std::vector<Seat> seats_of(const DeviceSite& site, const DevicePacking& packing) {
        std::vector<Seat> seats;
        for (std::size_t p = site.first_pool(); p < site.last_pool(); ++p) {
            if (!site.is_open(p)) continue;
            for (std::size_t slot = table_.first_slot(p); slot < table_.first_slot(p + 1); ++slot)
                for (const auto& [bundle, number] : held(packing, slot))
                    for (const auto& [of, tasks] : packing.bundles()[bundle].parts)
                        seats.emplace_back(of, slot, tasks * number);
        }
        std::ranges::sort(seats);
        return seats;
    }

    /// What goes into a slot, less what its devices are not seen to hold.
    std::vector<DevicePacking::Held> held(const DevicePacking& packing, std::size_t slot) {
        std::vector<DevicePacking::Held> held(packing.at(slot).begin(), packing.at(slot).end());
        DeviceStates& devices = *table_.devices(table_.pool_of(slot));
        DeviceStates::State state = DeviceStates::kEmpty;
        const auto add = [&](std::uint32_t bundle, std::int64_t number) {
            for (const auto& [of, tasks] : packing.bundles()[bundle].parts)
                state = devices.with(state, table_.device_demand(table_.shape(of)), tasks * number);
        };
        for (const auto& [bundle, number] : held) add(bundle, number);
        while (!devices.packs(state)) {
            add(held.back().bundle, -1);
            if (--held.back().number == 0) held.pop_back();
        }
        return held;
    }

    /// Of what is at the site, by level.
    std::vector<WideQuantity> weight_of(const DeviceSite& site) const {
        const Market& market = table_.market();
        std::vector<WideQuantity> weights(site.weight().size());
        for (const auto& [of, tasks, level, reach] : site.wanted())
            weights[level] += WideQuantity{market.problem().shape(market.shape(table_.shape(of))).weight} *
                              (tasks - table_.left(of));
        return weights;
    }

    SlotTable& table_;
    SearchBudget budget_;
    std::vector<std::size_t> level_;  ///< by shape of the problem
};

}  // namespace

bool refill_devices(SlotTable& table, const SearchOptions& options, Control& control) {
    return Refill(table, options, control).run();
}

}  // namespace gigafleet
