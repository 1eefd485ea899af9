#include "gigafleet/slot_fit.hpp"

namespace gigafleet {

std::int64_t SlotFit::fit_devices(const Slots& slots, std::int64_t most) {
    if (shape_.device_demand == 0 || most == 0) return most;
    DeviceStates& states = states_.try_emplace(slots.kind.value, problem_, slots.kind).first->second;
    DeviceStates::State state = DeviceStates::kEmpty;
    for (const auto& [demand, tasks] : slots.on.devices) state = states.with(state, demand, tasks);
    return states.fit(state, shape_.device_demand, most);
}

std::int64_t SlotFit::fit(const Slots& slots, std::int64_t most) {
    for (std::size_t d = 0; d < kMaxDimensions; ++d) {
        if (shape_.demand[d] == 0 || slots.capacity[d] == kUnlimited) continue;
        const Quantity left = std::max<Quantity>(slots.capacity[d] - slots.on.taken[d], 0);
        most = std::min(most, left / shape_.demand[d]);
    }
    return fit_devices(slots, most);
}

}  // namespace gigafleet
