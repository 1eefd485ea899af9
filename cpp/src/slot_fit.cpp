#include "gigafleet/slot_fit.hpp"

namespace gigafleet {

Quantity SlotFit::left(const Slots& slots, std::size_t d) const {
    const Quantity left = slots.capacity[d] - slots.on.taken[d];
    const Models* models = problem_.models();
    if (models == nullptr || d != models->memory()) return left;
    return left - models->weight_of(slots.on.in_use | (shape_.model == kNoModel ? 0 : only(shape_.model)));
}

bool SlotFit::is_in_time(const Slots& slots) const {
    if (shape_.model == kNoModel || has(slots.held, shape_.model)) return true;
    const Quantity line = slots.capacity[problem_.fleet().schema().line_down()];
    return problem_.models()->loads_in(shape_.model, line, shape_.max_wait_ns);
}

bool SlotFit::may_use_model(const Slots& slots, Quantity window) const {
    if (shape_.model == kNoModel) return true;
    const Models& models = *problem_.models();
    const Quantity memory = slots.capacity[models.memory()];
    const Quantity asked = shape_.demand[models.memory()] + models.weight(shape_.model);
    return (memory == kUnlimited || asked <= memory) && is_in_time(slots) &&
           (has(slots.held, shape_.model) || models.megabits(shape_.model) <= window);
}

std::int64_t SlotFit::fit_devices(const Slots& slots, std::int64_t most) {
    if (shape_.device_demand == 0 || most == 0) return most;
    DeviceStates& states = states_.try_emplace(slots.kind.value, problem_, slots.kind).first->second;
    return states.fit(states.of(slots.on.devices), shape_.device_demand, most);
}

std::int64_t SlotFit::fit(const Slots& slots, std::int64_t most) {
    if (!is_in_time(slots)) return 0;
    for (std::size_t d = 0; d < kMaxDimensions; ++d) {
        if (slots.capacity[d] == kUnlimited) continue;
        const Quantity left = this->left(slots, d);
        if (left < shape_.demand[d]) return 0;
        if (shape_.demand[d] > 0) most = std::min(most, left / shape_.demand[d]);
    }
    return fit_devices(slots, most);
}

}  // namespace gigafleet
