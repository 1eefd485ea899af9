// Which models nodes hold and load: a plan that knew nothing of them becomes one that keeps their rule.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gigafleet/buffer.hpp"
#include "gigafleet/coarse.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

class Residents;
struct ModelDeal;

struct ResidencyOptions {
    int threads = 1;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "models";  ///< as reported to Control
};

/// The problem to place before models are seen to (without_models). Where few pools hold several sets of
/// models, they are split by these there, so that tasks go where their weights are, above all those that
/// cannot wait.
class NoModels {
public:
    /// Keeps a reference to the problem.
    NoModels(const Problem& problem, int threads);

    const Coarse& coarse() const { return coarse_; }
    /// The same, with the pools of the problem.
    const Coarse& joined() const { return entry_of_.empty() ? coarse_ : joined_; }
    /// Brings a plan of coarse().problem to the pools of the problem.
    void join(Solution& plan) const;

private:
    const Problem& problem_;
    Buffer<std::uint32_t> entry_of_;  ///< by entry of a split fleet; empty: none was split
    Coarse coarse_, joined_;          ///< joined_: of a split fleet
};

/// Deals the seats of `plan`, a plan of NoModels that was joined, then places what is left, the cheapest pool
/// first: where its model is in use, where it is held, where it may be loaded. Afterwards nothing that is
/// left fits anywhere, on slots as they are. The same on any number of threads.
Solution with_models(const Problem& problem, const Coarse& coarse, Solution&& plan,
                     const ResidencyOptions& options, Control& control);

/// Places what `dealt` has left, class of `coarse` by class, as above, and takes from `residents`; of each
/// level of priority bound tasks first. False where time ran out. O(levels · classes + classes left · pools
/// tried).
bool place_left(const Problem& problem, const Coarse& coarse, Residents& residents, ModelDeal& dealt,
                const ResidencyOptions& options, Control& control);

/// Places `more` members of each class, of those that a solution does not, beside those that it does, as
/// above. Of status kTimeLimit where time ran out, or had before.
Solution place_beside(const Problem& problem, const Solution& solution, std::vector<std::int64_t> more,
                      const ResidencyOptions& options, Control& control);

/// Places a problem as if no task had a model, as hard as that says.
using PlaceBare = std::function<Solution(const std::shared_ptr<const Problem>&, Effort)>;

/// A plan of `place_bare`, with models. What mixes tasks of many models in a slot, as prices and patterns
/// may, leaves some over then: what streams is tried, too, and where classes are few all of them by
/// themselves; the one with the most weight by level, then the least cost, is kept. The time counts from
/// here.
Solution with_models(const Problem& problem, Effort effort, const PlaceBare& place_bare,
                     const ResidencyOptions& options, Control& control);

/// Slots side by side that load a model, as no task could use it otherwise, or where one is in use.
struct ModelLoad {
    PoolId pool;
    std::int64_t first, slots;
    std::int32_t model;
    Quantity line;     ///< of each of them, 1e-6 Mbps
    double longest_s;  ///< that a task which uses it there lasts
};

/// What a solution loads, by pool and slot. O(fillings · log(fillings a pool)), and where nodes differ,
/// slots.
std::vector<ModelLoad> loads_of(const Problem& problem, const Solution& solution, int threads);

/// The same of all models that tasks use there, whether loaded or held.
std::vector<ModelLoad> models_in_use(const Problem& problem, const Solution& solution, int threads);

/// EUR/h: load_eur_per_gb · gigabytes of each load · 3600 / the longest that a task which uses it lasts
/// there. As loads_of, but lists none.
double load_cost(const Problem& problem, const Solution& solution, int threads);

}  // namespace gigafleet
