#include "gigafleet/n_minus_1.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
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
    std::atomic<std::int64_t> next{0}, done{0};
    std::atomic<bool> stopped{false};
    parallel_for(threads, workers, [&](std::int64_t) {
        LossTrial trial(ground_, solution_, *shared_);
        try {
            for (std::int64_t i = next.fetch_add(1); i < total && !stopped; i = next.fetch_add(1)) {
                losses[static_cast<std::size_t>(i)] =
                    trial.lose(needed_[static_cast<std::size_t>(i)], nullptr);
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
