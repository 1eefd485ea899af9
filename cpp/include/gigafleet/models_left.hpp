// What is in the way of one more task that uses a model, on nodes that a plan has filled; and what would do.
#pragma once

#include <cstdint>
#include <vector>

#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Windows count what the plan loads. Of a problem without models nobody waits for anything.
class ModelsLeft {
public:
    /// Keeps a reference to the problem. O(sites + fillings · log).
    ModelsLeft(const Problem& problem, const Solution& solution);

    /// A node.
    struct At {
        SiteId site;
        const Amounts& capacity;
        ModelSet held, in_use;
    };
    /// What a task of a shape meets there.
    struct Lack {
        Quantity in_use = 0;         ///< what weights take of memory already
        Quantity more = 0;           ///< what those of its model take besides
        bool memory = false;         ///< an empty node holds the task, but not beside its weights
        bool too_slow = false;       ///< they are not there, and cannot be in time
        bool window = false;         ///< they have to be loaded, and the site may not load so much more
        bool window_of_all = false;  ///< nor if it loaded nothing else
        /// Gate MODEL.
        bool shuts() const { return memory || too_slow || window_of_all; }
    };
    Lack lack(const Problem::Shape& shape, const At& at) const;

    /// 1e-6 Mb that nodes of the site may load, in all and still.
    Quantity window(SiteId site) const { return problem_.models()->allowance(problem_.network(), site); }
    Quantity window_left(SiteId site) const;
    /// The least access of the site with which the model can be loaded as well; kUnlimited: none.
    Quantity access_for(std::int32_t model, SiteId site) const {
        return problem_.models()->least_access(loaded_[site.at()] + problem_.models()->megabits(model));
    }

private:
    const Problem& problem_;
    std::vector<Quantity> loaded_;  ///< by site, 1e-6 Mb; empty: there are no models
};

}  // namespace gigafleet
