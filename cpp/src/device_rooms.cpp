#include "gigafleet/device_rooms.hpp"

#include <algorithm>

#include "gigafleet/ratio.hpp"

namespace gigafleet {

DeviceRooms::DeviceRooms(const Schema& schema, std::int64_t devices, const Amounts& each)
    : schema_(schema), each_(each), rooms_(static_cast<std::size_t>(devices), {kWholeDevice, each}) {}

void DeviceRooms::take(const DeviceDemand& demand, std::uint64_t on) {
    for (std::size_t i = 0; i < rooms_.size(); ++i) {
        if (!(on >> i & 1)) continue;
        rooms_[i].share -= std::min(demand.share, kWholeDevice);
        for_each_dimension([&](std::size_t d) {
            if (rooms_[i].each[d] != kUnlimited) rooms_[i].each[d] -= demand.each[d];
        });
    }
}

bool DeviceRooms::has_each(const Amounts& there, const DeviceDemand& demand, std::size_t but) const {
    bool enough = true;
    for_each_dimension([&](std::size_t d) { enough = enough && (d == but || there[d] >= demand.each[d]); });
    return enough;
}

Quantity DeviceRooms::empty() const {
    return kWholeDevice * std::ranges::count(rooms_, kWholeDevice, &Room::share);
}

std::vector<DeviceRooms::Lack> DeviceRooms::lacks(const DeviceDemand& demand) const {
    const auto count = static_cast<std::uint32_t>(schema_.devices);
    if (rooms_.empty()) return {{count, demand.share, 0, -1}};
    const auto lacks_of = [&](Quantity share, const Amounts& each, std::int32_t device) {
        std::vector<Lack> lacks;
        if (share < demand.share) lacks.push_back({count, demand.share, share, device});
        for_each_dimension([&](std::size_t d) {
            if (each[d] < demand.each[d])
                lacks.push_back({static_cast<std::uint32_t>(d), demand.each[d], each[d], device});
        });
        return lacks;
    };
    if (demand.share >= kWholeDevice) return lacks_of(empty(), each_, -1);
    std::vector<Lack> least;
    Ratio size;
    for (std::size_t i = 0; i < rooms_.size(); ++i) {
        std::vector<Lack> lacks = lacks_of(rooms_[i].share, rooms_[i].each, static_cast<std::int32_t>(i));
        Ratio largest{0, 1};
        for (const Lack& lack : lacks)
            largest = std::max(largest, Ratio{lack.needed - lack.has, lack.needed});
        if (!(largest < size)) continue;
        size = largest;
        least = std::move(lacks);
    }
    return least;
}

Quantity DeviceRooms::most_share(const DeviceDemand& demand) const {
    if (demand.share >= kWholeDevice && has_each(each_, demand, SIZE_MAX))
        if (const Quantity whole = std::min(empty(), demand.share); whole > 0) return whole;
    Quantity most = 0;
    for (const Room& room : rooms_)
        if (has_each(room.each, demand, SIZE_MAX))
            most = std::max(most, std::min(room.share, kWholeDevice - 1));
    return most;
}

Quantity DeviceRooms::most_each(const DeviceDemand& demand, std::size_t d) const {
    if (demand.share >= kWholeDevice)
        return !rooms_.empty() && empty() >= demand.share && has_each(each_, demand, d) ? each_[d] : -1;
    Quantity most = -1;
    for (const Room& room : rooms_)
        if (room.share >= demand.share && has_each(room.each, demand, d)) most = std::max(most, room.each[d]);
    return most;
}

Quantity DeviceRooms::devices_for(const DeviceDemand& demand) const {
    if (rooms_.empty() || !has_each(each_, demand, SIZE_MAX)) return -1;
    const Quantity more = demand.share >= kWholeDevice ? demand.share - empty() : kWholeDevice;
    return more <= kMaxDevices * kWholeDevice - devices() ? devices() + more : -1;
}

Quantity DeviceRooms::each_for(const DeviceDemand& demand, std::size_t d) const {
    const Quantity most = most_each(demand, d);
    return most < 0 ? -1 : each_[d] + (demand.each[d] - most);
}

DevicesLeft::DevicesLeft(const Problem& problem)
    : problem_(problem), states_(problem.fleet().kinds().size()) {}

DeviceRooms DevicesLeft::empty(KindId kind) const {
    const Fleet& fleet = problem_.fleet();
    const Fleet::Kind& of = fleet.kinds()[kind.at()];
    return {fleet.schema(), of.devices, fleet.each_device(of)};
}

const DeviceRooms& DevicesLeft::rooms(KindId kind, std::uint32_t number,
                                      const std::vector<DeviceStates::Part>& parts) {
    const std::uint64_t key = std::uint64_t{kind.value} << 32 | number;
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    if (known_.size() == kMostKnown) {
        known_.clear();
        for (auto& states : states_) states.reset();
    }
    DeviceRooms rooms = empty(kind);
    Quantity asked = 0;
    for (const auto& [demand, tasks] : parts) asked += problem_.device_demands()[demand].share * tasks;
    if (asked > rooms.devices()) {  // the tables have changed since
        rooms.take({kWholeDevice, rooms.each()}, ~std::uint64_t{0});
    } else if (!parts.empty()) {
        if (!states_[kind.at()]) states_[kind.at()] = std::make_unique<DeviceStates>(problem_, kind);
        DeviceStates& states = *states_[kind.at()];
        const std::vector<std::uint64_t> seats = states.seats(states.of(parts));
        std::size_t seat = 0;
        for (const auto& [demand, tasks] : parts)
            for (std::int64_t k = 0; k < tasks; ++k)
                rooms.take(problem_.device_demands()[demand], seats[seat++]);
    }
    return known_.emplace(key, std::move(rooms)).first->second;
}

}  // namespace gigafleet
