#include "gigafleet/tenant_parts.hpp"

#include <algorithm>
#include <numeric>

#include "check.hpp"
#include "tenant_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

NoControl quiet;

/// Tasks of one unit and of others, in classes of several tenants, at one site.
struct Crowd {
    Case c = Case::one_site();
    std::vector<std::int8_t> tenant;
    std::shared_ptr<const Problem> problem;

    explicit Crowd(std::mt19937& random) {
        c.nodes = {{.compute = 10, .count = 5}};
        for (int row = 0; row < 30; ++row)
            c.tasks.push_back({.compute = 1.0 + random() % 3,
                               .priority = static_cast<int>(random() % 2),
                               .count = static_cast<std::int64_t>(random() % 100)});
        tenant = tenant_cases::random_tenants(random, c.tasks.size(), 3);
        problem = c.problem();
    }
    std::vector<TenantPart> parts(const Tenancy& tenancy) const {
        return tenancy.parts(std::vector<std::uint8_t>(problem->workload().classes().size(), 1), 1);
    }
    Quantity demand(const TenantPart& part) const {
        return problem->shape(problem->workload().classes()[part.of.at()].shape).demand[0];
    }
};

std::int64_t sum_of(std::span<const TenantPart> parts, ClassId of, std::int64_t TenantPart::* what) {
    std::int64_t sum = 0;
    for (const TenantPart& part : parts)
        if (part.of == of) sum += part.*what;
    return sum;
}

}  // namespace

TEST(dealing_gives_all_seats_and_no_swap_of_two_would_be_fairer) {
    std::mt19937 random(2);
    for (int i = 0; i < 100; ++i) {
        const Crowd crowd(random);
        const TenantTable table = tenant_cases::table_of(crowd.tenant, 3);
        const Tenancy tenancy(*crowd.problem, table, 1, quiet);
        auto parts = crowd.parts(tenancy);
        std::vector<std::int64_t> placed;
        for (const Workload::Class& c : crowd.problem->workload().classes())
            placed.push_back(
                c.members == 0 ? 0 : static_cast<std::int64_t>(random() % static_cast<unsigned>(c.members)));
        deal(tenancy, placed, parts);
        for (std::size_t c = 0; c < placed.size(); ++c)
            CHECK_EQ(sum_of(parts, ClassId(c), &TenantPart::placed), placed[c]);
        TenantShares shares(tenancy);
        for (std::size_t level = 0; level < tenancy.levels(); ++level) {
            for (const TenantPart& part : parts)
                if (tenancy.level(part.of) == level)
                    shares.add(
                        part.tenant,
                        crowd.problem->shape(crowd.problem->workload().classes()[part.of.at()].shape).demand,
                        part.placed);
            for (const TenantPart& a : parts)
                for (const TenantPart& b : parts) {
                    CHECK(a.placed >= 0 && a.placed <= a.admitted);
                    if (a.of != b.of || tenancy.level(a.of) != level || a.placed == a.members ||
                        b.placed == 0)
                        continue;
                    const Amounts demand =
                        crowd.problem->shape(crowd.problem->workload().classes()[a.of.at()].shape).demand;
                    // What a gains by one more, b must not be able to spare twice over.
                    CHECK(shares.with(b.tenant, demand, -2) < shares.with(a.tenant, demand, 2) + 1e-9);
                }
        }
    }
}

TEST(parts_become_classes_with_their_rows_and_seats) {
    std::mt19937 random(3);
    for (int i = 0; i < 60; ++i) {
        const Crowd crowd(random);
        const TenantTable table = tenant_cases::table_of(crowd.tenant, 3);
        const Tenancy tenancy(*crowd.problem, table, 1, quiet);
        auto parts = crowd.parts(tenancy);
        const auto& classes = crowd.problem->workload().classes();
        std::vector<std::uint8_t> apart;
        for (std::size_t c = 0; c < classes.size(); ++c) apart.push_back(random() % 2);
        std::erase_if(parts, [&](const TenantPart& part) { return !apart[part.of.at()]; });
        const Split made = split(tenancy, parts, 2);
        const Workload& workload = made.problem->workload();
        std::vector<std::int64_t> members(workload.classes().size());
        for (std::size_t row = 0; row < crowd.c.tasks.size(); ++row) {
            const ClassId was = crowd.problem->workload().class_of_row(static_cast<std::int64_t>(row));
            const ClassId is = workload.class_of_row(static_cast<std::int64_t>(row));
            CHECK(classes[was.at()].shape == workload.classes()[is.at()].shape);
            members[is.at()] += crowd.c.tasks[row].count;
            if (crowd.c.tasks[row].count > 0 && made.tenant_of_class[is.at()] != Split::kMixed)
                CHECK_EQ(made.tenant_of_class[is.at()],
                         tenancy.tenant_of_row(static_cast<std::int64_t>(row)));
        }
        for (std::size_t c = 0; c < members.size(); ++c) CHECK_EQ(members[c], workload.classes()[c].members);
        CHECK_EQ(std::accumulate(members.begin(), members.end(), std::int64_t{0}), workload.members());
    }
}

TEST(quotas_admit_what_they_hold_and_higher_levels_first) {
    std::mt19937 random(4);
    int bound = 0;
    for (int i = 0; i < 100; ++i) {
        const Crowd crowd(random);
        TenantTable table = tenant_cases::table_of(crowd.tenant, 3);
        table.quota[1][0] = static_cast<Quantity>(random() % 1'000'000);
        const Tenancy tenancy(*crowd.problem, table, 1, quiet);
        auto parts = crowd.parts(tenancy);
        admit(tenancy, parts);
        WideQuantity used = 0;
        Quantity least_left = kUnlimited;
        for (const TenantPart& part : parts) {
            CHECK(part.admitted >= 0 && part.admitted <= part.members);
            if (part.tenant != 1) {
                CHECK_EQ(part.admitted, part.members);
                continue;
            }
            used += WideQuantity{crowd.demand(part)} * part.admitted;
            if (part.admitted < part.members) least_left = std::min(least_left, crowd.demand(part));
        }
        CHECK(used <= table.quota[1][0]);
        if (least_left != kUnlimited) CHECK(used + least_left > table.quota[1][0]);
        bound += any_over_quota(tenancy);
        bool left_above = false;
        for (std::size_t level = 0; level < tenancy.levels(); ++level)
            for (const TenantPart& part : parts)
                if (part.tenant == 1 && tenancy.level(part.of) == level) {
                    // Below a level with members left, only what is smaller than those.
                    if (left_above && part.admitted > 0) CHECK(crowd.demand(part) < 3000);
                    left_above = left_above || part.admitted < part.members;
                }
    }
    CHECK(bound > 20);
}

TEST(bands_hold_all_that_is_wanted_and_are_joined_again) {
    std::mt19937 random(5);
    for (int i = 0; i < 60; ++i) {
        const Crowd crowd(random);
        const TenantTable table = tenant_cases::table_of(crowd.tenant, 3);
        const Tenancy tenancy(*crowd.problem, table, 1, quiet);
        auto parts = crowd.parts(tenancy);
        std::vector<std::int64_t> wanted, kept;
        for (TenantPart& part : parts) {
            part.placed = static_cast<std::int64_t>(random() % 2) * (part.members / 3);
            wanted.push_back(part.members);
            kept.push_back(random() % 2 ? part.placed : 0);
        }
        const auto fairness = fairness_of(tenancy, parts, wanted);
        const Banded banded = in_bands(tenancy, parts, wanted, kept, fairness);
        const auto& bands = banded.problem->workload().classes();
        std::vector<std::int64_t> members(crowd.problem->workload().classes().size());
        Solution all{{}, {}, {}, {}, Loads(*crowd.problem)};
        for (std::size_t k = 0; k < bands.size(); ++k) {
            members[banded.class_of[k].at()] += bands[k].members;
            all.of_class.push_back({all.fillings.size(), all.fillings.size()});
            all.placed.push_back(bands[k].members);
            const Problem::Shape& shape = banded.problem->shape(bands[k].shape);
            CHECK(shape.demand ==
                  crowd.problem->shape(crowd.problem->workload().classes()[banded.class_of[k].at()].shape)
                      .demand);
        }
        const Solution again = joined(banded, *crowd.problem, std::move(all));
        for (std::size_t c = 0; c < members.size(); ++c) {
            CHECK_EQ(members[c], sum_of(parts, ClassId(c), &TenantPart::members));
            CHECK_EQ(again.placed[c], members[c]);
        }
    }
}
