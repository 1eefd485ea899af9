#include "gigafleet/n_minus_1.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <thread>

#include "gigafleet/parallel.hpp"

namespace gigafleet {

NMinus1::NMinus1(const Groundwork& ground, const Solution& solution, const Elements& elements)
    : ground_(ground),
      problem_(ground.problem),
      solution_(solution),
      shared_(std::make_unique<const LossTrial::Shared>(ground, solution, elements)) {
    for (std::uint32_t e = 0; e < elements.count; ++e)
        if (!shared_->crossings.of(e).empty()) needed_.push_back(e);
}

NMinus1::~NMinus1() = default;

Loss NMinus1::lose(std::uint32_t element, Aftermath* after) const {
    return LossTrial(ground_, solution_, *shared_).lose(element, after);
}

std::vector<Loss> NMinus1::run(int threads, Control& control) const {
    std::vector<Loss> losses(needed_.size());
    const auto total = static_cast<std::int64_t>(losses.size());
    if (problem_.device_demands().size() > 1) threads = 1;  // DeviceStates are not safe from several
    const std::int64_t workers = std::clamp<std::int64_t>(threads, 1, std::max<std::int64_t>(total, 1));
    const std::thread::id caller = std::this_thread::get_id();
    // The small ones first: what the large ones ask for is known by then.
    std::vector<std::size_t> order(losses.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {},
                             [&](std::size_t i) { return shared_->crossings.of(needed_[i]).size(); });
    std::atomic<std::int64_t> next{0}, done{0};
    std::atomic<bool> stopped{false};
    parallel_for(threads, workers, [&](std::int64_t) {
        LossTrial trial(ground_, solution_, *shared_);
        try {
            for (std::int64_t at = next.fetch_add(1); at < total && !stopped; at = next.fetch_add(1)) {
                const std::size_t i = order[static_cast<std::size_t>(at)];
                losses[i] = trial.lose(needed_[i], nullptr);
                const std::int64_t now = done.fetch_add(1) + 1;
                if (std::this_thread::get_id() == caller) control.poll("n-1", now, total);
            }
        } catch (...) {
            stopped = true;
            throw;
        }
    });
    return losses;
}

}  // namespace gigafleet
