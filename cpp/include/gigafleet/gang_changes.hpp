// Which change of one column of a row would do for its gang, which a plan leaves out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/explanation.hpp"
#include "gigafleet/gang_search.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/models_left.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// The gang by itself, beside a plan: a problem of its rows, in which one may ask for anything. Whether a
/// domain holds it is found as BoundTasks does. Keeps references.
class GangChanges {
public:
    /// What a plan leaves.
    struct Left {
        const Loads& loads;
        const Holdings& holdings;
        const ModelsLeft& models;
        const SpreadCounts& spreads;
    };
    /// Routes of the row's transit policy with one column empty; null where it is.
    struct Detours {
        std::shared_ptr<const Routes> without_require, without_forbid;
    };
    /// Of require and forbid, as few names are taken out as will do where there are at most so many; of more
    /// all.
    static constexpr std::size_t kMostNames = 8;

    /// `count`: members of the row, which is of class `of`; at least one. O(classes + fillings + pools).
    GangChanges(const Problem& problem, const Left& left, ClassId of, std::int64_t count,
                const Detours& detours, Control& control);

    /// Offers the least change of each column of the row with which some domain holds the gang as things are:
    /// less of a demand, of devices, bandwidth or duration, a longer way or wait, fewer names of labels. For
    /// each amount O(pools · log), and once O(pools of a domain) a bit of it; for names O(pools · log) a
    /// subset. `one_bandwidth`: up and down are one column.
    void offer(bool one_bandwidth, Findings& findings, Control& control);

private:
    using Set = std::function<void(Problem::Shape&, Quantity)>;
    using Names = std::vector<std::string>;
    void offer_amounts(bool one_bandwidth);
    void offer_devices();
    void ask_devices(Problem::Shape& shape, const DeviceDemand& demand);
    void offer_labels(LabelRole role, Change::Of of);
    void offer_detour(LabelRole role, Change::Of of, std::uint32_t policy);
    const Names& names(LabelRole role) const;
    bool offer_without(LabelRole role, Change::Of of, std::uint64_t gone);
    void offer_names(Change::Of of, const Names& gone, const GangSearch::Found& found);
    void less(Change::Of of, std::size_t at, Quantity from, Quantity least, const Set& set);
    void more(Change::Of of, Quantity from, const Set& set);
    std::optional<GangSearch::Found> find(Quantity least, Quantity limit, int sign, const Set& set);

    const Problem& problem_;
    const Problem::Shape& shape_;  ///< of the row
    Detours detours_;
    ClassId own_;                    ///< the row, in `gang_`
    std::shared_ptr<Problem> gang_;  ///< gets more rules and demands of devices
    std::optional<GangSearch> search_;
    Findings* findings_ = nullptr;  ///< of the call at hand
    Control* control_ = nullptr;
};

}  // namespace gigafleet
