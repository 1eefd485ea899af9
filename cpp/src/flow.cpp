#include "gigafleet/flow.hpp"

#include <algorithm>
#include <cmath>

#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr float kNegligible = 9;  // exponents beyond this count as 0

/// Rounds the flows of one shape; what a pool is owed is carried from class to class.
class Diffusion {
public:
    Diffusion(const Market& market, std::span<const double> prices, std::size_t s)
        : price_(market.pools().size()), owed_(market.pools().size()) {
        find_payments(market, prices, s, price_);
    }

    void spread(std::uint32_t of, std::int64_t members, std::span<const Choices::Choice> list, float penalty,
                float tau, std::vector<Flow>& out) {
        wanted_.clear();
        float least = penalty;
        for (const auto& [pool, cost] : list) least = std::min(least, cost + price_[pool]);
        double total = std::exp((least - penalty) / tau);
        for (const auto& [pool, cost] : list) {
            const float x = (cost + price_[pool] - least) / tau;
            if (!(x < kNegligible)) continue;
            wanted_.push_back({pool, static_cast<double>(std::exp(-x)), 0});
            total += wanted_.back().amount;
        }
        if (wanted_.empty()) return;
        // Left out, in whole members, are those that no pool is owed; what that rounds is carried on, too.
        double kept = 0;
        for (Wanted& w : wanted_) {
            w.amount *= static_cast<double>(members) / total;
            kept += w.amount;
        }
        kept += owed_to_all_;
        std::int64_t left = std::clamp<std::int64_t>(std::llround(kept), 0, members);
        owed_to_all_ = kept - static_cast<double>(left);
        for (Wanted& w : wanted_) {
            w.amount += owed_[w.pool];
            w.whole = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(w.amount)), 0, left);
            left -= w.whole;
        }
        hand_out(left);
        for (const Wanted& w : wanted_) {
            owed_[w.pool] = w.amount - static_cast<double>(w.whole);
            if (w.whole > 0) out.push_back({of, w.pool, w.whole});
        }
    }

private:
    struct Wanted {
        std::uint32_t pool;
        double amount;
        std::int64_t whole;
    };

    /// What rounding down left: to those that are owed most.
    void hand_out(std::int64_t left) {
        if (left == 0) return;
        std::ranges::sort(wanted_, [](const Wanted& a, const Wanted& b) {
            const double x = a.amount - static_cast<double>(a.whole);
            const double y = b.amount - static_cast<double>(b.whole);
            return x != y ? x > y : a.pool < b.pool;
        });
        for (std::size_t i = 0; left > 0; i = (i + 1) % wanted_.size()) {
            ++wanted_[i].whole;
            --left;
        }
    }

    std::vector<float> price_;  // by pool, of a task of the shape
    std::vector<double> owed_;  // by pool, members
    double owed_to_all_ = 0;
    std::vector<Wanted> wanted_;
};

}  // namespace

std::vector<Flow> whole_flows(const Market& market, std::span<const double> prices, const Choices& choices,
                              double tau, int threads) {
    std::vector<std::vector<Flow>> parts(market.shapes());
    parallel_for(threads, static_cast<std::int64_t>(market.shapes()), [&](std::int64_t i) {
        const auto s = static_cast<std::size_t>(i);
        Diffusion diffusion(market, prices, s);
        for (std::size_t c = market.first_class(s); c < market.first_class(s + 1); ++c)
            diffusion.spread(static_cast<std::uint32_t>(c),
                             static_cast<std::int64_t>(market.classes()[c].members), choices.of(c),
                             static_cast<float>(market.penalty(s)), static_cast<float>(tau), parts[s]);
    });
    std::vector<Flow> flows;
    for (const auto& part : parts) flows.insert(flows.end(), part.begin(), part.end());
    return flows;
}

}  // namespace gigafleet
