// Which change of one amount of a row would do for its gang, which a plan leaves out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "gigafleet/control.hpp"
#include "gigafleet/explanation.hpp"
#include "gigafleet/gang_search.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/models_left.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// The gang by itself, beside a plan: a problem of its rows, in which one may ask for less. Whether a domain
/// holds it is found as BoundTasks does. Keeps references.
class GangChanges {
public:
    /// What a plan leaves.
    struct Left {
        const Loads& loads;
        const Holdings& holdings;
        const ModelsLeft& models;
        const SpreadCounts& spreads;
    };
    /// `count`: members of the row, which is of class `of`; at least one. O(classes + fillings + pools).
    GangChanges(const Problem& problem, const Left& left, ClassId of, std::int64_t count, Control& control);

    /// Offers the least change of each amount with which some domain holds the gang as things are: less of a
    /// demand, bandwidth or duration, a longer way or wait. Devices and labels stay. For each of them O(pools
    /// · log), and once O(pools of a domain) a bit of the amount. `one_bandwidth`: up and down are one
    /// column.
    void offer(bool one_bandwidth, Findings& findings, Control& control);

private:
    using Set = std::function<void(Problem::Shape&, Quantity)>;
    void less(Change::Of of, std::size_t at, Quantity from, Quantity least, const Set& set);
    void more(Change::Of of, Quantity from, const Set& set);
    std::optional<GangSearch::Found> find(Quantity least, Quantity limit, int sign, const Set& set);

    const Problem::Shape& shape_;  ///< of the row
    ClassId own_;                  ///< the row, in `gang_`
    std::shared_ptr<const Problem> gang_;
    std::optional<GangSearch> search_;
    Findings* findings_ = nullptr;  ///< of the call at hand
    Control* control_ = nullptr;
};

}  // namespace gigafleet
