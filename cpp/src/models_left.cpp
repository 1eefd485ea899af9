#include "gigafleet/models_left.hpp"

#include "gigafleet/residency.hpp"

namespace gigafleet {

ModelsLeft::ModelsLeft(const Problem& problem, const Solution& solution) : problem_(problem) {
    if (problem.models() == nullptr) return;
    loaded_.resize(problem.network().site_count());
    for (const ModelLoad& load : loads_of(problem, solution, 1))
        loaded_[problem.fleet().pools()[load.pool.at()].site.at()] +=
            load.slots * problem.models()->megabits(load.model);
}

Quantity ModelsLeft::window_left(SiteId site) const {
    const Quantity all = window(site);
    return all == kUnlimited ? kUnlimited : all - loaded_[site.at()];
}

ModelsLeft::Lack ModelsLeft::lack(const Problem::Shape& shape, const At& at) const {
    Lack lack;
    if (loaded_.empty()) return lack;
    const Models& models = *problem_.models();
    lack.in_use = models.weight_of(at.in_use);
    if (shape.model == kNoModel) return lack;
    const Quantity asked = shape.demand[models.memory()], memory = at.capacity[models.memory()];
    if (!has(at.in_use, shape.model)) lack.more = models.weight(shape.model);
    lack.memory = asked <= memory && memory != kUnlimited && memory - asked < models.weight(shape.model);
    if (has(at.held, shape.model)) return lack;
    const Quantity line = at.capacity[problem_.fleet().schema().line_down()];
    lack.too_slow = !models.loads_in(shape.model, line, shape.max_wait_ns);
    lack.window_of_all = window(at.site) < models.megabits(shape.model);
    lack.window = !has(at.in_use, shape.model) && window_left(at.site) < models.megabits(shape.model);
    return lack;
}

}  // namespace gigafleet
